"""`jobs nightly`."""

import click

from portal.commands.common import opened, progress
from portal.nightly import run


@click.group()
def jobs() -> None:
    """What runs on a schedule. Every job is idempotent and logs each attempt before it unwraps a key."""


@jobs.command()
def nightly() -> None:
    """Freeze the weeks that are due, let go what is older than agreed, replace keys, and close the log's days."""
    with opened() as system, progress() as step:
        done = run(system, step)
    click.echo(f"weeks frozen: {done.weeks}; days of text expired: {done.text_days}; log days closed: {done.log_days}")
    click.echo(f"classes of data of which something was too old: {done.expired}")
    click.echo(f"classes whose key was replaced: {done.keys_renewed}")
    click.echo(f"cosignatures on the published checkpoint: {done.cosignatures}")


COMMANDS = (jobs,)
