"""`keys status`."""

import click
from rich.console import Console
from rich.table import Table

from portal.commands.common import opened
from privacy.key_store import counts


@click.group()
def keys() -> None:
    """Keys: versions and counts, never their bytes."""


@keys.command()
def status() -> None:
    """Show which versions of each class's key exist and how many data keys each wraps."""
    table = Table("class", "version", "data keys", "epochs")
    with opened() as system:
        for each in counts(system.stores.keys):
            table.add_row(each.key_class, str(each.kek_version), str(each.keys), f"{each.oldest} to {each.newest}")
    Console().print(table)


COMMANDS = (keys,)
