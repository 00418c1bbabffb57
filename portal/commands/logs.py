"""`log verify`, `log export`, `log checkpoint`."""

from pathlib import Path

import click

from portal.commands.common import CommandRefused, opened
from privacy.canonical import canonical


@click.group()
def log() -> None:
    """The access log."""


@log.command()
@click.option("--hashes", is_flag=True, help="Rebuild only the tree; open nothing.")
def verify(hashes: bool) -> None:
    """Rebuild the log from its entries and compare; name every line that does not fit."""
    with opened() as system:
        found = system.log.verify(hashes_only=hashes)
    for problem in found.problems:
        click.echo(problem)
    if found.problems or found.root is None:
        raise CommandRefused(f"the log does not verify: {len(found.problems)} problem(s), named above")
    click.echo(f"verified: {found.size} entries, root {found.root.hex()}")
    if found.unopened:
        click.echo(f"{found.unopened} own reads were not opened: this process was not given their keys")


@log.command()
@click.option("--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@click.option("--old-size", type=click.IntRange(0), help="Prove consistency with the kept checkpoint of this size.")
def export(output: Path, old_size: int | None) -> None:
    """Write a bundle of proofs for every entry, without salts and payloads."""
    with opened() as system:
        bundle = system.log.export_bundle(range(system.log.size), old_size)
    output.write_bytes(canonical(bundle) + b"\n")
    click.echo(f"{len(bundle['inclusion'])} entries written to {output}")


@log.command()
@click.option("--key", is_flag=True, help="Print the log's verifier key instead.")
def checkpoint(key: bool) -> None:
    """Print the newest signed checkpoint."""
    with opened() as system:
        click.echo(str(system.log.signer.verifier) if key else system.log.checkpoint(), nl=key)


COMMANDS = (log,)
