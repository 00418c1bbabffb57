"""`import --format csv`: what a CSV file's columns mean, said by a mapping or proposed from its first rows."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NoReturn

import click

from analytics.imports.csv import CsvFormat
from analytics.imports.csv_mapping import find_mapping, keep_mapping, read_mapping, written
from analytics.imports.csv_proposal import Proposal, propose
from portal.commands.common import CommandRefused
from portal.wiring import System

_WIDEST: Final = 40


def format_of(system: System, subject: str, name: str, changes: Mapping[str, str], keep: str | None) -> CsvFormat:
    """Return how to read a file by the mapping called `name`; `keep` is a name to keep it under."""
    mapping = read_mapping(find_mapping(name, system.config.mappings), changes)
    if keep is not None:
        click.echo(f"mapping kept as {keep}: {keep_mapping(mapping, keep, system.config.mappings)}")
    return CsvFormat(mapping, system.directory.zone(subject), system.clock())


def show_proposal(system: System, file: Path, employee: str, keep: str | None) -> NoReturn:
    """Show the first rows and a mapping for them; always raises CommandRefused, with the command to run."""
    with file.open("rb") as source:
        found = propose(source, file.name.split(".")[0])
    for line in _rows(found):
        click.echo(line)
    mapping = found.mapping
    if mapping is None:
        raise CommandRefused(
            "the columns do not say enough by their names: write a mapping (docs/imports.md) and name it with "
            "--mapping; nothing was imported"
        )
    click.echo("")
    click.echo(written(mapping) if found.preset is None else f"this is what the mapping {found.preset} is for")
    name = found.preset or "FILE"
    if keep is not None:
        click.echo(f"kept as {keep_mapping(mapping, keep, system.config.mappings)}")
        name = keep
    elif found.preset is None:
        click.echo("save these lines as a file and change them as needed, or keep them with --save-mapping NAME")
    dates = " --with dates=day-first (or month-first)" if found.needs_dates else ""
    command = f"sameview import {shlex.quote(str(file))} --employee {shlex.quote(employee)} --format csv"
    raise CommandRefused(f"nothing was imported yet; look at it, then run\n{command} --mapping {name}{dates}")


def changes_of(pairs: tuple[str, ...], zone: str | None) -> dict[str, str]:
    """Return the keys of a mapping that the command line changes."""
    split = [pair.partition("=") for pair in pairs]
    wrong = next((pair for pair, (_, sign, _) in zip(pairs, split, strict=True) if not sign), None)
    if wrong is not None:
        raise click.UsageError(f"--with {wrong}: write it as KEY=VALUE, such as dates=day-first")
    return {key.strip(): value.strip() for key, _, value in split} | ({} if zone is None else {"zone": zone})


def _rows(found: Proposal) -> list[str]:
    """Return the columns, each with what the first rows have in it; nothing that could steer a terminal."""
    lines = []
    for place, name in enumerate(found.header):
        values = [row[place] for row in found.rows if place < len(row)]
        lines.append(f"{_plain(name)}: {' | '.join(map(_plain, values))}")
    return lines


def _plain(text: str) -> str:
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
    return shown if len(shown) <= _WIDEST else shown[: _WIDEST - 1] + "…"
