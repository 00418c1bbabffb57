"""`volumes import`: the state of the work of teams, from a file of a system that counts cases."""

from pathlib import Path

import click

from portal import volumes as deliveries
from portal.commands.common import opened, progress


@click.group()
def volumes() -> None:
    """The state of the work: cases per team, process and day, and no person."""


@volumes.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--team", metavar="TEAM", help="Whose rows these are, for a file without the column `team`.")
def import_(file: Path, team: str | None) -> None:
    """Take in FILE, whole or not at all; the same file twice changes nothing."""
    with opened() as system, file.open("rb") as source, progress() as step:
        step("reading", 0, 0)
        found = deliveries.deliver(system, lambda reader: reader.csv(source), by=None, only=team)
    click.echo(summary(found))


def summary(found: deliveries.Delivery) -> str:
    """Return what became of a delivery, as one or two lines."""
    changed = found.changed
    if found.period is None:
        return "no rows, nothing changed"
    where = f"{changed.rows:,} rows of {len(found.teams)} team(s), {found.period.first} to {found.period.last}"
    if found.entry is None:
        return f"{where}: nothing changed, all of them were there"
    same = changed.rows - changed.new - changed.replaced
    counts = f"{changed.new:,} new, {changed.replaced:,} replaced, {same:,} unchanged"
    return f"{where}: {counts}\nlog entry {found.entry}, {found.digest}"


COMMANDS = (volumes,)
