"""`people import`, `people invite`, `people vouch` and `people erase`."""

from pathlib import Path

import click

from auth.import_csv import apply, plan
from auth.zones import zones_over_time
from portal import erasing
from portal.commands.common import CommandRefused, opened


@click.group()
def people() -> None:
    """People, teams and roles."""


@people.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--apply", "do_apply", is_flag=True, help="Make the changes that are shown.")
def import_(file: Path, do_apply: bool) -> None:
    """Show what FILE would change; with --apply, change it. Everybody concerned is told, and it is logged."""
    with opened() as system:
        diff = plan(system.people, file.read_bytes())
        for line in diff.lines():
            click.echo(line)
        if not diff:
            click.echo("nothing to change")
        elif do_apply:
            apply(system.people, diff, by=None)
            click.echo("applied")
        else:
            click.echo("nothing was changed yet: repeat with --apply")


@people.command()
@click.argument("email")
def invite(email: str) -> None:
    """Print a one-time invitation link for an account that has no credentials yet."""
    with opened() as system:
        found = system.people.find(email)
        if found is None:
            raise CommandRefused(f"there is no account for {email}: add it with `sameview people import`")
        click.echo(system.invitation_url(found.subject, by=None))


@people.command()
@click.argument("person")
@click.option("--yes", is_flag=True, help="What is shown is right.")
def vouch(person: str, yes: bool) -> None:
    """Show what is stored of PERSON (address or number) that was changed from outside; with --yes, let it count.

    What they asked to be mailed is dropped, and they are told that their profile was changed.
    """
    with opened() as system:
        found = system.people.find(person) or system.people.get(person)
        if found is None or found.is_erased:
            raise CommandRefused(f"there is no account for {person}: name the address, or the number that was named")
        if system.directory.is_genuine(found.subject):
            raise CommandRefused(f"nothing to do: the row of {found.email} is what the portal wrote")
        zones = ", ".join(zone for _since, zone in zones_over_time(system.stores.data, found.subject, found.timezone))
        click.echo(f"e-mail address: {found.email}\ntime zones: {zones}\nfirst day: {found.joined}")
        click.echo(f"last day: {found.left or '-'}\nnotice: version {found.acknowledged_policy or '-'}")
        if not yes:
            raise CommandRefused("nothing was changed: put right what is wrong, and repeat with --yes")
        with system.people.changing(None) as changes:
            changes.vouch(found.subject)
        click.echo("it counts again; ask the person whether their settings are as they want them")


@people.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do it: it cannot be taken back.")
def erase(email: str, yes: bool) -> None:
    """Erase a person from every store, at their request, and print the receipt for them."""
    with opened() as system:
        found = system.people.find(email)
        if found is None:
            raise CommandRefused(f"there is no account for {email}; whoever was erased has none")
        if not yes:
            raise CommandRefused(f"nothing was erased: repeat with --yes, and {email} is gone for good")
        receipt = erasing.erase(system, found.subject, None, lambda said: click.echo(f"warning: {said}", err=True))
        click.echo(receipt.as_text())


COMMANDS = (people,)
