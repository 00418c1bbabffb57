"""The command line: parse, call, print. Exit codes: 0 done, 1 refused or failed, 2 wrong usage.

There is no command that prints somebody's data: whoever sits at the command line is not a way around the gate.
"""

import os
import sqlite3
import sys
from typing import Any

import click
from sqlalchemy.exc import DBAPIError

from portal import full_disk
from portal.commands.common import FAILURES
from privacy.log_entries import LogUnavailable


class _Group(click.Group):
    """A group that turns what the product refuses into one line on standard error and exit code 1."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        os.umask(0o077)  # whatever a command writes is its owner's alone
        try:
            return super().main(*args, **kwargs)
        except (*FAILURES, sqlite3.Error) as failure:
            click.echo(f"sameview: {_line(failure)}", err=True)
            sys.exit(1)


def _line(failure: Exception) -> str:
    """Return the text of a failure, and what to do about a full disk where the text does not name the place itself.

    Of a database's text only the first line: further ones quote rows.
    """
    of_system = isinstance(failure, (DBAPIError, sqlite3.Error, OSError, LogUnavailable))
    if of_system and (full := full_disk.sentence(failure)):
        return full
    return str(failure).partition("\n")[0] if of_system else str(failure)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sameview", prog_name="sameview")
def main() -> None:
    """Sameview shows employees the same desktop analytics that their manager sees, who looked and why."""


def _register() -> None:
    from portal.commands import backups, demo, files, jobs, keys, logs, people, policy, relay, setup, volumes

    for module in (setup, demo, people, files, volumes, logs, keys, policy, jobs, backups, relay):
        for command in module.COMMANDS:
            main.add_command(command)


_register()

if __name__ == "__main__":
    main()
