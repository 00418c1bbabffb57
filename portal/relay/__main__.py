"""`python -m portal.relay`: the relay's own way in, without the portal. `sameview relay` leads here."""

import os
import sys

import click

from portal.relay.commands import FAILURES, relay


def main() -> None:
    """Run a command of the relay; failures are one line and exit code 1."""
    os.umask(0o077)
    try:
        relay.main(prog_name="sameview relay", standalone_mode=True)
    except FAILURES as failure:
        click.echo(f"sameview: {failure}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
