"""`backup` and `restore`."""

import os
from collections.abc import Iterator
from pathlib import Path

import click

from portal import backup
from portal.commands.common import CommandRefused, opened, progress
from portal.config import Config
from portal.restoring import Restored, Source, restore

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("backup")
@click.option("--output", required=True, metavar="DIR", type=_FOLDER, help="New folder for the data and the log.")
@click.option("--keys", metavar="DIR", type=_FOLDER, help="New folder elsewhere for the wrapped keys.")
def backup_(output: Path, keys: Path | None) -> None:
    """Save data and log, and the wrapped keys apart from them, while the portal is running; verified when it ends."""
    with opened() as system, progress() as step:
        saved = backup.save(system, output.absolute(), None if keys is None else keys.absolute(), step)
        until = saved.day.toordinal() + system.config.erasure_horizon
    click.echo(f"{output}: {saved.rows['data']:,} rows of data, {saved.log_size:,} entries of the log, verified")
    if keys is None:
        click.echo("the wrapped keys were not saved: without a newer key store this opens nothing (--keys DIR)")
    else:
        click.echo(f"{keys}: {saved.rows['keys']:,} rows of keys; delete it by {saved.day.fromordinal(until)}")
    click.echo("key-encryption keys are in no backup: keep them with `sameview keys escrow`")


@click.command("restore")
@click.option("--from", "folder", metavar="DIR", type=_FOLDER, help="The backup; left out, finishes a restore.")
@click.option("--keys", metavar="DIR", type=_FOLDER, help="The newest backup of the keys; only if they are lost.")
@click.option("--checkpoint", metavar="FILE", type=_FILE, help="The newest signed checkpoint that anybody has.")
@click.option("--lost-entries", is_flag=True, help="Accept that entries of the access log are lost; all are told.")
@click.option("--lost-keys", is_flag=True, help="Accept keys that are not the newest; erasures are done again.")
def restore_(
    folder: Path | None, keys: Path | None, checkpoint: Path | None, lost_entries: bool, lost_keys: bool
) -> None:
    """Bring data back from a backup, under the newest keys and the longest log. Stop the server first."""
    source = Source(folder, keys, checkpoint, lost_entries, lost_keys)
    with progress() as step:
        done = restore(Config.from_environ(os.environ), source, step)
    for line in _lines(done):
        click.echo(line)
    if done.problems:
        raise CommandRefused(f"restored, but {len(done.problems)} thing(s) do not verify; each is named above")


def _lines(done: Restored) -> Iterator[str]:
    log = "taken from the backup" if done.took_log else "kept"
    keys = "taken from the backup" if done.took_keys else "kept"
    yield f"restored the data of {done.backup_day}: {done.people:,} people, {done.rows:,} sealed rows; sessions ended"
    yield f"access log: {log}, {done.entries:,} entries; keys: {keys}; erased again: {done.erased_again}"
    if done.lost_entries:
        yield f"{done.lost_entries:,} entries of the access log are lost; everybody is told. Witnesses will say so, too"
    yield from done.problems
    if not done.problems:
        yield "verified: every entry of the log, and for everybody all that the vault lists"


COMMANDS = (backup_, restore_)
