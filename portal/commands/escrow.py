"""`keys escrow-key`, `escrow`, `drill`, `recover`: against the loss of the keys. Registered by `keys`."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from portal import escrowing, recovery
from portal.commands.common import CommandRefused, opened, progress
from portal.config import Config
from portal.escrowing import Drilled
from portal.providers import open_provider
from portal.recovery import Recovered
from portal.wiring import utc_now
from privacy.escrow import Place, RecoveredKeys
from privacy.fields import KeyClass

_FOLDER: Final = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


def _with_shares(command: Any) -> Any:
    share = click.option("--share", "shares", multiple=True, type=_FILE, help="A share's file; as many as are needed.")
    return click.option("--key", type=_FILE, help="The file of a whole escrow key.")(share(command))


@click.command("escrow-key")
@click.option("--output", required=True, type=click.Path(file_okay=False, path_type=Path), help="Folder, not in HOME.")
@click.option("--shares", type=click.IntRange(1, 255), default=1, help="In how many shares the key is split.")
@click.option("--threshold", type=click.IntRange(1, 255), default=1, help="How many of them restore it.")
@click.option("--replace", "anew", is_flag=True, help="Make another key, although there is one.")
def escrow_key(output: Path, shares: int, threshold: int, anew: bool) -> None:
    """Make the escrow's key: files to print and take away; only the public half stays."""
    if threshold > shares or (shares > 1 and threshold == 1):
        raise click.UsageError("with --shares N, --threshold is from 2 to N")
    with opened() as system:
        for path in escrowing.make_key(system, output, threshold, shares, replace=anew):
            click.echo(path)
    click.echo("Print these, keep them apart, and delete the files from this machine.", err=True)


@click.command()
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
def escrow(output: Path) -> None:
    """Seal every key to the escrow's key and write them to FILE, which belongs on another machine."""
    with opened() as system:
        sealed = escrowing.hand_out(system, output)
        horizon = system.config.erasure_horizon
    click.echo(f"{len(sealed.keys)} keys sealed to the escrow key {sealed.recipient}, in {output}")
    click.echo(f"Keep it elsewhere, and delete it within {horizon} days: it opens what is erased meanwhile.", err=True)


@click.command()
@click.argument("file", required=False, type=_FILE)
@click.option("--token", help="Drill with the token of this label, in place of an escrow.")
@_with_shares
def drill(file: Path | None, token: str | None, key: Path | None, shares: Sequence[Path]) -> None:
    """Prove that the keys could be recovered: unwrap every data key with what FILE holds. Writes nothing."""
    if (file is None) == (token is None):
        raise click.UsageError("name the escrow's FILE, or --token LABEL")
    config = Config.from_environ(os.environ)
    with recovery.key_store_here(config) as (keys, origins), progress() as step:
        if token is not None:
            provider: Any = open_provider(replace(config, pkcs11_token=token), frozenset(KeyClass))
            fix = "copy the token in use anew to the token that is kept, and drill with that copy"
        else:
            provider = RecoveredKeys(recovery.open_escrow(origins, _given(file), _shares(key, shares)))
            fix = "make a new escrow with `sameview keys escrow`"
        found = escrowing.drill(keys, provider, step)
    _report(found, fix)


@click.command()
@click.argument("file", type=_FILE)
@click.option("--keys", metavar="DIR", type=_FOLDER, help="On a new host: the newest backup of the key store.")
@_with_shares
def recover(file: Path, keys: Path | None, key: Path | None, shares: Sequence[Path]) -> None:
    """Write the key files that are missing from an escrow. No file is ever written over."""
    config, given = Config.from_environ(os.environ), _shares(key, shares)
    if keys is not None:
        _say_recovered(recovery.recover_on_new_host(config, file, given, keys, utc_now().date()))
        click.echo("now run `sameview restore` with the same --keys, then this again without --keys", err=True)
        return
    noted: list[bool] = []
    with recovery.key_store_here(config) as (store, origins):
        keks = recovery.open_escrow(origins, file, given)
        note = lambda: noted.append(recovery.note_recovery(config, file))  # noqa: E731
        done = recovery.recover(config, store, keks, note, handed_out=recovery.was_handed_out(config, file))
    if noted == [False] and not recovery.note_recovery(config, file):  # the keys of the log were among the missing
        click.echo("the log could not be written: nothing there says that keys were recovered", err=True)
    _say_recovered(done)


def _say_recovered(done: Recovered) -> None:
    click.echo(f"written: {_names(done.written) or 'nothing was missing'}")
    if done.destroyed:
        click.echo(f"left out, because they were destroyed: {_names(done.destroyed)}")
    if done.unproven:
        click.echo(
            f"left out, because nothing shows that they are genuine: {_names(done.unproven)}; take the escrow that was"
            " handed out last"
        )


def _report(found: Sequence[Drilled], fix: str) -> None:
    for each in found:
        lost = ", ".join(f"{count} of {name}" for name, count in sorted(each.lost.items()))
        click.echo(f"{each.key_class}: {each.opened} data keys open" + (f"; LOST: {lost}" if lost else ""))
        if each.example:
            click.echo(f"    such as: {each.example}")
    if gone := sum(each.lost.total() for each in found):
        raise CommandRefused(f"{gone} data keys would be lost: {fix}")
    click.echo("everything would open again")


def _given(file: Path | None) -> Path:
    if file is None:
        raise click.UsageError("name the escrow's FILE")
    return file


def _shares(key: Path | None, shares: Sequence[Path]) -> list[Path]:
    if (key is None) == (not shares):
        raise click.UsageError("give --key FILE, or --share FILE for each share")
    return [key] if key is not None else list(shares)


def _names(places: Sequence[Place]) -> str:
    return ", ".join(f"kek-{key_class}-{version}" for key_class, version in places)


COMMANDS = (escrow_key, escrow, drill, recover)
