"""`keys status`, `rotate`, `destroy`: how old keys are, and how they are replaced. The escrow is in `escrow`."""

import sys
from typing import Final

import click
from rich.console import Console
from rich.table import Table

from portal import key_life, key_records
from portal.commands import escrow
from portal.commands.common import CommandRefused, Step, opened, progress
from portal.wiring import System
from privacy import rotation
from privacy.fields import KeyClass
from privacy.key_provider import KeyGone, KeyRefused, ProviderRefused
from privacy.rotation import State

_CLASSES: Final = click.Choice([each.value for each in KeyClass])
_WIDTH: Final = 120  # where no terminal says how wide it is


@click.group()
def keys() -> None:
    """Keys: versions, ages and counts, never their bytes."""


@keys.command()
def status() -> None:
    """Show every version of each class's key, since when it wraps and what, and whether lost keys could come back."""
    table = Table("class", "version", "since", "age", "data keys", "epochs", "state")
    with opened() as system:
        system.keys.record()
        states = key_records.states(system)
        for each in states:
            table.add_row(*_row(each, system))
        reach = key_life.reach(states, system.clock().date(), system.config.erasure_horizon)
        sentence, fault = key_life.escrow_state(system, states).sentence, _fault(system)
    Console(width=None if sys.stdout.isatty() else _WIDTH).print(table)
    click.echo(reach)
    click.echo(sentence)
    if fault:
        raise CommandRefused(fault)


@keys.command()
@click.option("--class", "classes", multiple=True, type=_CLASSES, help="Only this class; may be given several times.")
@click.option("--keep-old", is_flag=True, help="Keep the older versions, for `keys destroy` or the night.")
@click.option("--new", is_flag=True, help="Make a new key even where an interrupted rotation could be finished.")
def rotate(classes: tuple[str, ...], keep_old: bool, new: bool) -> None:
    """Replace keys: rewrap every data key under a new one and destroy the old. Interrupted, run it again."""
    with opened() as system, progress() as step:
        system.keys.record()
        refused = []
        for key_class in sorted(map(KeyClass, classes)) or sorted(KeyClass):
            try:
                _renew(system, key_class, keep_old=keep_old, anew=new, step=step)
            except (KeyGone, KeyRefused) as error:
                refused.append(f"{key_class}: {error}")
    if refused:
        raise CommandRefused("; ".join(refused) + "; the other classes were rotated")


def _renew(system: System, key_class: KeyClass, *, keep_old: bool, anew: bool, step: Step) -> None:
    try:
        done = rotation.renew(
            system.keys,
            system.log,
            key_class,
            anew=anew,
            keep_old=keep_old,
            progress=lambda number, total: step(f"{key_class} keys", number, total),
        )
    except KeyboardInterrupt as error:
        raise CommandRefused(
            f"interrupted at the {key_class} keys: nothing is lost, and `sameview keys rotate` goes on from there"
        ) from error
    gone = ", ".join(f"kek-{key_class}-{each}" for each in done.destroyed)
    click.echo(f"kek-{key_class}-{done.version} wraps now" + (f"; destroyed: {gone}" if gone else ""))


@keys.command()
@click.argument("key_class", metavar="CLASS", type=_CLASSES)
@click.argument("version", type=click.IntRange(1))
@click.option("--yes", is_flag=True, help="Destroy it for good, without asking.")
def destroy(key_class: str, version: int, yes: bool) -> None:
    """Destroy an old version of a class's key that wraps nothing any more. Backups from its time open no more."""
    with opened() as system:
        system.keys.record()
        system.keys.refuse_needed(KeyClass(key_class), version)
        if not yes:
            click.confirm(f"Destroy kek-{key_class}-{version} for good?", abort=True, err=True)
        rotation.destroy(system.keys, system.log, KeyClass(key_class), version)
    click.echo(f"kek-{key_class}-{version} was destroyed")


def _fault(system: System) -> str:
    """Return what is wrong with the keys that are here, such as a damaged file; empty if all can be used."""
    try:
        system.provider.check()
    except (KeyGone, ProviderRefused) as error:
        return str(error)
    return ""


def _row(state: State, system: System) -> tuple[str, ...]:
    age = state.age_days(system.clock().date())
    return (
        state.key_class.value,
        str(state.version),
        str(state.since or "unknown"),
        "" if age is None or state.destroyed_on else f"{age} d",
        str(state.keys or ""),
        key_life.epochs_of(state),
        _word(state),
    )


def _word(state: State) -> str:
    if state.is_lost:
        return "MISSING"
    if state.is_back:
        return f"destroyed {state.destroyed_on}, but there again"
    if state.destroyed_on is not None:
        return f"destroyed {state.destroyed_on}"
    if state.is_redated:
        return f"dated {state.made_on} in the key store"
    return "here" if state.is_here else "not given to this process" if state.is_here is None else "gone"


for command in escrow.COMMANDS:
    keys.add_command(command)

COMMANDS = (keys,)
