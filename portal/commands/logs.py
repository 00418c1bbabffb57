"""`log verify`, `log export`, `log checkpoint`, `log witness`."""

from pathlib import Path

import click

from portal import verifying
from portal.commands.common import CommandRefused, opened, refuse_taken
from portal.witness.home import Place
from privacy.canonical import canonical


@click.group()
def log() -> None:
    """The access log."""


@log.command()
@click.option("--hashes", is_flag=True, help="Rebuild only the tree; open nothing.")
def verify(hashes: bool) -> None:
    """Rebuild the log from its entries, compare the stores with it, and name every line that does not fit."""
    with opened() as system:
        found = verifying.verify(system, hashes_only=hashes)
    for problem in found.problems:
        click.echo(problem)
    for warning in found.warnings:
        click.echo(f"warning: {warning}", err=True)
    if found.problems or found.root is None:
        raise CommandRefused(f"the log does not verify: {len(found.problems)} problem(s), named above")
    click.echo(f"verified: {found.size} entries, root {found.root.hex()}")
    if found.unopened:
        click.echo(f"{found.unopened} own reads were not opened: this process was not given their keys")
    if found.uncompared:
        click.echo(f"what is stored of {found.uncompared} people was not compared with the log, for the same reason")


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


@log.command()
@click.option("--name", required=True, help="What the witness is called, such as council.example/witness.")
@click.option("--home", required=True, type=click.Path(file_okay=False, path_type=Path), help="Its folder, its own.")
@click.option("--log", "logs", required=True, multiple=True, metavar="VERIFIER-KEY", help="A log; may be repeated.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8100, show_default=True, type=click.IntRange(1, 65535))
def witness(name: str, home: Path, logs: tuple[str, ...], host: str, port: int) -> None:
    """Co-sign checkpoints of logs that only grew. For a machine of the works council, not for the portal's."""
    place = Place(home.absolute(), name, logs)
    opened_witness = place.open()
    opened_witness.store.close()
    refuse_taken(host, port)
    click.echo(f"witness {name} on http://{host}:{port}, for {', '.join(opened_witness.logs)}")
    click.echo(f"its verifier key: {opened_witness.signer.verifier}")
    from portal.witness.server import serve

    serve(place, host, port)


COMMANDS = (log,)
