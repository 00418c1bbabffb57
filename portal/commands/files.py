"""`import`: another program's export becomes a person's own record."""

from pathlib import Path
from typing import Final

import click

from analytics.ahead import take_file
from analytics.categories import RulesError
from analytics.imports import NotAnExport
from analytics.intake import Report
from portal import policy_record
from portal.commands import csv_files
from portal.commands.common import CommandRefused, opened, progress

_CSV: Final = "csv"
_ACTIVITYWATCH: Final = "activitywatch"


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--employee", required=True, metavar="EMAIL", help="Whose record it is.")
@click.option("--format", "form", default=_ACTIVITYWATCH, show_default=True, type=click.Choice([_ACTIVITYWATCH, _CSV]))
@click.option("--mapping", metavar="NAME|FILE", help="For CSV: what the columns mean. Without it, one is proposed.")
@click.option("--zone", metavar="ZONE", help="For CSV: whose clock it shows. Default: the employee's zone.")
@click.option("--with", "pairs", metavar="KEY=VALUE", multiple=True, help="For CSV: changes a key of the mapping.")
@click.option("--save-mapping", "keep", metavar="NAME", help="For CSV: keeps the mapping under a name.")
def import_(
    file: Path,
    employee: str,
    form: str,
    mapping: str | None,
    zone: str | None,
    pairs: tuple[str, ...],
    keep: str | None,
) -> None:
    """Import FILE for an employee; the same file twice changes nothing."""
    if form != _CSV and (mapping or zone or pairs or keep):
        raise click.UsageError("--mapping, --zone, --with and --save-mapping are for --format csv")
    changes = csv_files.changes_of(pairs, zone)
    with opened() as system:
        policy_record.settle(system)
        person = system.people.find(employee)
        if person is None:
            raise CommandRefused(f"there is no account for {employee}: add it with `sameview people import`")
        size = file.stat().st_size
        try:
            if form == _CSV and mapping is None:
                csv_files.show_proposal(system, file, employee, keep)
            with file.open("rb") as source, progress() as step:
                told = (lambda done, _: step("reading", done, size), lambda done, days: step("days", done, days))
                if form == _CSV:
                    read = csv_files.format_of(system, person.subject, mapping or "", changes, keep).read
                    export = read(source, told[0])
                    report = system.intake.take(person.subject, export, told[1])
                else:
                    export, report = take_file(system.intake, person.subject, source, *told)
        except NotAnExport as error:
            raise CommandRefused(f"{file}: {error}; nothing was imported") from error
        except RulesError as error:
            raise CommandRefused(str(error)) from error
        rules = report.coarsened.keys() | report.dropped.keys()
        reasons = {rule: system.policies.because(rule) for rule in rules}
    for line in [*export.notes, *lines(report, reasons), *(f"  refused {each}" for each in export.refused_rows)]:
        click.echo(line)
    if report.refused_buckets:
        raise CommandRefused(f"{len(report.refused_buckets)} bucket(s) refused, named above; the others were imported")
    if refused := sum(each.count for each in export.refused_rows):
        raise CommandRefused(f"{refused:,} row(s) refused, named above; the others were imported")


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
