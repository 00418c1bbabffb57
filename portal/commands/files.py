"""`import`: another program's export becomes a person's own record."""

from pathlib import Path

import click

from analytics.categories import RulesError
from analytics.imports import FORMATS, NotAnExport
from analytics.intake import Report
from portal.commands.common import CommandRefused, opened, progress
from privacy.capture import PRESETS


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--employee", required=True, metavar="EMAIL", help="Whose record it is.")
@click.option("--format", "form", default="activitywatch", show_default=True, type=click.Choice(sorted(FORMATS)))
def import_(file: Path, employee: str, form: str) -> None:
    """Import FILE for an employee; the same file twice changes nothing."""
    with opened() as system:
        person = system.people.find(employee)
        if person is None:
            raise CommandRefused(f"there is no account for {employee}: add it with `sameview people import`")
        size = file.stat().st_size
        try:
            with file.open("rb") as source, progress() as step:
                export = FORMATS[form](source, lambda done, _: step("reading", done, size))
                report = system.intake.take(person.subject, export, lambda done, days: step("days", done, days))
        except NotAnExport as error:
            raise CommandRefused(f"{file}: {error}; nothing was imported") from error
        except RulesError as error:
            raise CommandRefused(str(error)) from error
        reasons = {rule.id: rule.because for rule in PRESETS[system.config.capture_preset].rules}
    for line in lines(report, reasons):
        click.echo(line)
    if report.refused_buckets:
        raise CommandRefused(f"{len(report.refused_buckets)} bucket(s) refused, named above; the others were imported")


def lines(report: Report, reasons: dict[str, str]) -> list[str]:
    """Return the report as lines: what was read, and what became of it. `reasons`: capture rule → its sentence."""
    found = [f"read {report.read:,} events: kept {report.kept:,}, already there {report.known:,}"]
    for what, counts in (("coarsened", report.coarsened), ("dropped", report.dropped)):
        found += [f"  {what} {n:,} by {rule}: {reasons.get(rule, '')}" for rule, n in sorted(counts.items())]
    found += [f"  refused {n:,}: {reason}" for reason, n in sorted(report.refused_events.items())]
    found += [f"  refused {bucket}" for bucket in report.refused_buckets]
    if report.days:
        found.append(f"days changed: {len(report.days)}, {report.days[0]} to {report.days[-1]}")
    else:
        found.append("nothing changed")
    found.append("nothing was opened" if report.entry is None else f"log entry {report.entry}")
    return found


COMMANDS = (import_,)
