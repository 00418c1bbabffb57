"""`policy`: what is captured and who may see what; proposing, signing and accepting a version of it."""

import datetime as dt
import os
from pathlib import Path
from typing import Final

import click

from analytics import trial
from analytics.categories import as_stated, load
from portal import policy_record
from portal.commands.common import CommandRefused, opened
from portal.commands.policy_show import captured, shared
from portal.policy_record import PolicyRefused
from portal.proposed import tried_on
from portal.wiring import System
from privacy.capture import PRESET_NAMES, preset_text
from privacy.capture_policy import CapturePolicy, PolicyBroken, read
from privacy.checkpoint import NoteBroken
from privacy.fields import Tier
from privacy.period import Period, local_day
from privacy.policy import Purpose
from privacy.policy_diff import changes, is_wider
from privacy.policy_note import PolicyKey, Signers
from privacy.policy_text import categories_text, version_of
from privacy.policy_versions import Version

_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
_DAYS: Final = click.IntRange(1, 14)


@click.group()
def policy() -> None:
    """What is captured, and who may see what, for which purpose."""


@policy.command()
@click.option("--preset", type=click.Choice(PRESET_NAMES), help="A whole policy to begin with, as a file.")
@click.option("--version", "number", type=click.IntRange(1), help="The text of a version, as it is or will be signed.")
def show(preset: str | None, number: int | None) -> None:
    """Print the policy in force, as employees read it; or the text of a preset or of a version."""
    if preset is not None and number is not None:
        raise click.UsageError("--preset and --version are two different texts; ask for one")
    if preset is not None:
        click.echo(_beginning(preset), nl=False)
        return
    with opened() as system:
        if number is not None:
            click.echo(_stored(system, number).text, nl=False)
            return
        found, signed = system.policies.now(), system.policies.is_signed()
    click.echo(shared(found))
    click.echo(captured(found, signed))


def _beginning(preset: str) -> str:
    """Return a preset with the category rules that Sameview brings: all that a version needs but its header."""
    note = (
        "# To make a version of this: write three lines above all others, such as\n"
        '#   version = 1\n#   organisation = "sameview/…" # as `sameview log checkpoint` prints it first\n'
        "#   effective = 2027-01-04T00:00:00Z\n"
    )
    return note + preset_text(preset) + categories_text(as_stated(load()))


def _stored(system: System, number: int) -> Version:
    found = {each.version: each for each in system.policies.versions()}
    if number not in found:
        raise CommandRefused(f"there is no version {number}; known: {', '.join(map(str, found)) or 'none'}")
    return found[number]


@policy.command()
@click.argument("old")
@click.argument("new")
def diff(old: str, new: str) -> None:
    """Say what changes from OLD to NEW, a sentence each. Both are a preset, a file, or the number of a version."""
    before, after = _named(old), _named(new)
    for line in _differences(before, after):
        click.echo(line)


def _differences(before: CapturePolicy, after: CapturePolicy) -> list[str]:
    signs = {True: "wider   ", False: "narrower", None: "neither "}
    found = [f"{signs[each.wider]}  {each.sentence}" for each in changes(before, after)]
    if not found:
        return ["nothing changes"]
    wider = is_wider(before, after)
    return [*found, "More is recorded, kept or seen." if wider else "Not more is recorded, kept or seen."]


def _named(name: str) -> CapturePolicy:
    if name in PRESET_NAMES:
        return _read(_beginning(name), name, draft=True)
    if name.isdecimal():
        with opened() as system:
            return _read(_stored(system, int(name)).text, f"version {name}")
    if not Path(name).is_file():
        raise CommandRefused(f"{name} is no preset ({', '.join(PRESET_NAMES)}), no file and no number of a version")
    return _read(_text(Path(name)), name, draft=True)


def _read(text: str, name: str, *, draft: bool = False) -> CapturePolicy:
    try:
        return read(text, draft=draft)
    except PolicyBroken as error:
        raise CommandRefused(f"{name}: {error}") from error


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise CommandRefused(f"{file} is not UTF-8: save it as such") from error


@policy.command()
@click.option("--name", required=True, metavar="NAME", help="Whose key it is, such as example-mutual/council.")
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The new key file.")
def key(name: str, output: Path) -> None:
    """Make a key that signs policies, on its owner's own machine; print the verifier key, which is to be agreed on."""
    try:
        made = PolicyKey.new(name)
    except NoteBroken as error:
        raise CommandRefused(f"--name: {error}") from error
    try:
        handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise CommandRefused(f"{output} is there already: a key is never written over another") from error
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"{made}\n")
    click.echo(made.verifier)


@policy.command()
@click.argument("file", type=_FILE)
@click.option("--key", "key_file", required=True, type=_FILE, help="The file that `sameview policy key` wrote.")
def sign(file: Path, key_file: Path) -> None:
    """Print the signature of FILE's text; needs no installation. Read what you sign: `sameview policy diff` helps."""
    text = _text(file)
    _read(text, str(file))
    try:
        made = PolicyKey.parse(_text(key_file))
    except NoteBroken as error:
        raise CommandRefused(f"{key_file}: {error}") from error
    click.echo(made.sign(text), nl=False)


@policy.command()
@click.argument("file", type=_FILE)
def propose(file: Path) -> None:
    """Store FILE as the next version, which waits for signatures; say what it would change."""
    with opened() as system:
        try:
            found = policy_record.propose(system, _text(file))
        except (PolicyBroken, PolicyRefused) as error:
            raise CommandRefused(f"{file}: {error}") from error
        for line in _differences(system.policies.now(), found):
            click.echo(line)
        signers = system.policies.signers
    names = " and ".join(signers.names) if signers else "nobody"
    click.echo(f"version {found.version} waits for the signature of {names}; it would hold from {found.effective}")


@policy.command()
@click.argument("version", type=click.IntRange(1))
@click.option("--signature", "files", multiple=True, required=True, type=_FILE, help="What `policy sign` printed.")
def approve(version: int, files: tuple[Path, ...]) -> None:
    """Add signatures to a proposed version; with the last one it is accepted, and holds from its moment on."""
    lines = [line for file in files for line in _text(file).splitlines() if line.strip()]
    with opened() as system:
        try:
            found, missing = policy_record.approve(system, version, lines)
        except PolicyRefused as error:
            raise CommandRefused(str(error)) from error
    if missing:
        click.echo(f"version {version} still waits for the signature of {' and '.join(missing)}")
    else:
        click.echo(f"version {version} is accepted and holds from {found.effective} on; everybody was told")


@policy.command()
def mend() -> None:
    """Put back what was agreed on, where the database says something else; nothing that holds changes by it."""
    with opened() as system:
        wrong = policy_record.mend(system)
        lost = system.policies.refused()
    for line in wrong:
        click.echo(line)
    click.echo("the database says what was agreed on" if wrong else "nothing to do: it says what was agreed on")
    if lost:
        raise CommandRefused("something is lost: " + "; ".join(lost))


@policy.command("try")
@click.argument("file", type=_FILE)
@click.option("--employee", required=True, metavar="EMAIL", help="On whose last days; they see that it was done.")
@click.option("--days", default=7, show_default=True, type=_DAYS)
def try_(file: Path, employee: str, days: int) -> None:
    """Try FILE on what is stored of somebody: how many events it would coarsen or drop by which rule, and no values."""
    tried = _read(_text(file), str(file), draft=True)
    with opened() as system:
        person = system.people.find(employee)
        if person is None:
            raise CommandRefused(f"there is no account for {employee}: add it with `sameview people import`")
        today = local_day(system.clock(), person.zone, system.config.day_start)
        period = Period(today - dt.timedelta(days=days - 1), today + dt.timedelta(days=1))
        opened_days = system.gate.disclose(
            None, person.subject, trial.FIELDS, Purpose.OPERATIONS, period, tier=Tier.DAY
        )
        found = trial.of_days(opened_days, tried_on(system, person.subject, tried, person.zone))
    click.echo(f"{found.events:,} events of {found.days} days that are stored; log entry {found.entry}")
    for what, counts in (("coarsen", found.coarsened), ("drop", found.dropped)):
        for rule, count in sorted((+counts).items()):
            click.echo(f"  would {what} {count:,} by {rule}: {tried.because(rule)}")
    if not (+found.coarsened or +found.dropped):
        click.echo("  would take nothing away")
    click.echo("what was never stored cannot be counted; `policy diff` says what a wider policy would add")


@policy.command("signers")
@click.option("--employer", metavar="VKEY", help="The employer's verifier key.")
@click.option("--council", metavar="VKEY", help="The works council's verifier key.")
@click.option("--single", metavar="VKEY", help="One key that signs alone; every page about the policy says so.")
def signers_(employer: str | None, council: str | None, single: str | None) -> None:
    """Agree, once and for all, on the keys that sign the policy; the settings choose it no more."""
    if (signers := signers_from(employer, council, single)) is None:
        raise click.UsageError("name --employer and --council, or --single")
    with opened() as system:
        try:
            policy_record.agree(system, signers)
        except PolicyRefused as error:
            raise CommandRefused(str(error)) from error
        current = system.policies.now()
    click.echo(f"{' and '.join(signers.names)} sign from now on; what holds now goes on until version")
    click.echo(f"{current.version + 1} is proposed and signed. To begin with, its text as it is now:\n")
    body = version_of(current.text.partition("\n\n")[2], current.version + 1, current.organisation, current.effective)
    click.echo(body, nl=False)


def signers_from(employer: str | None, council: str | None, single: str | None) -> Signers | None:
    """Return the signers whom options name, None if they name nobody."""
    if single is not None and (employer or council):
        raise click.UsageError("one key signs alone, or employer and council sign together: not both")
    if single is None and bool(employer) != bool(council):
        raise click.UsageError("employer and council sign together: name both keys, or one that signs alone")
    if not (employer or single):
        return None
    try:
        return Signers(single or employer or "", council)
    except NoteBroken as error:
        raise CommandRefused(f"not the verifier key of a signer: {error}; `sameview policy key` prints it") from error


COMMANDS = (policy,)
