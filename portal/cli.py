"""The command line: parse, call, print. Exit codes: 0 done, 1 refused or failed, 2 wrong usage.

There is no command that prints somebody's data: whoever sits at the command line is not a way around the gate.
"""

import os
import sys
from typing import Any

import click
from sqlalchemy.exc import DBAPIError

from portal.commands.common import FAILURES


class _Group(click.Group):
    """A group that turns what the product refuses into one line on standard error and exit code 1."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        os.umask(0o077)  # whatever a command writes is its owner's alone
        try:
            return super().main(*args, **kwargs)
        except FAILURES as failure:
            text = str(failure).partition("\n")[0] if isinstance(failure, DBAPIError) else str(failure)
            click.echo(f"sameview: {text}", err=True)  # a database's further lines quote rows
            sys.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sameview", prog_name="sameview")
def main() -> None:
    """Sameview shows employees the same desktop analytics that their manager sees, who looked and why."""


def _register() -> None:
    from portal.commands import backups, demo, files, jobs, keys, logs, people, policy, setup

    for module in (setup, demo, people, files, logs, keys, policy, jobs, backups):
        for command in module.COMMANDS:
            main.add_command(command)


_register()

if __name__ == "__main__":
    main()
