"""`init`, `migrate`, `check`, `serve`."""

import os

import click

from auth import genuine
from auth.accounts import checked_email
from auth.change import zone_named
from auth.permissions import Role
from portal import founding, key_life, known_erasures, lost_stores, person_stamps, schema
from portal.checks import Level, examine
from portal.commands.common import CommandRefused, opened, refuse_taken
from portal.commands.policy import signers_from
from portal.config import Config
from portal.occupancy import Occupancy
from portal.testing import prepare
from portal.wiring import build, open_stores
from privacy import policy_marks, policy_versions


@click.command()
@click.option("--organisation", required=True, metavar="NAME", help="What the organisation is called.")
@click.option("--admin", required=True, metavar="EMAIL", help="The first administrator; the printed link is for them.")
@click.option("--timezone", default="UTC", show_default=True, metavar="ZONE", help="Their time zone, an IANA name.")
@click.option("--throw-away", is_flag=True, help="For trials and tests alone: `serve --testing` serves only such.")
@click.option("--employer-key", metavar="VKEY", help="Who has to sign the capture policy: the employer's verifier key.")
@click.option("--council-key", metavar="VKEY", help="… and the works council's. `sameview policy key` makes both.")
@click.option("--single-key", metavar="VKEY", help="One key that signs alone; every page about the policy says so.")
def init(
    organisation: str,
    admin: str,
    timezone: str,
    throw_away: bool,
    employer_key: str | None,
    council_key: str | None,
    single_key: str | None,
) -> None:
    """Set up stores, keys and the first administrator; print their one-time invitation link."""
    config = Config.from_environ(os.environ)
    admin, _ = checked_email(admin), zone_named(timezone)  # refused before anything is made
    signers = signers_from(employer_key, council_key, single_key)
    system = founding.found(config, organisation, throw_away=throw_away, signers=signers)
    try:
        person_stamps.settle(system)  # before there is anybody: interrupted, nobody is left to stamp
        name = admin.partition("@")[0].replace(".", " ").title()
        with system.people.changing(None) as changes:
            subject = changes.create(admin, name, timezone)
            for role in (Role.EMPLOYEE, Role.OPERATOR):
                changes.grant(subject, role)
        click.echo(system.invitation_url(subject, by=None))
    finally:
        system.close()


@click.command()
def migrate() -> None:
    """Bring the schema of the stores up to date."""
    config = Config.from_environ(os.environ)
    occupancy = Occupancy(config.home)
    stores = open_stores(config)
    try:
        if (gone := lost_stores.lost(stores)) is not None:
            raise CommandRefused(gone)
        waiting = schema.outdated(stores)
        schema.upgrade(stores)
        unstamped = known_erasures.has_unstamped(stores.keys)
        with stores.data.connect() as connection:
            nobody_stamped = genuine.has_unstamped(connection)
        unmarked = policy_marks.has_none(stores.keys) and policy_versions.has_any(stores.data)
    finally:
        stores.dispose()
        occupancy.leave()
    if unstamped or unmarked or nobody_stamped:
        _stamp(config)
    click.echo(f"brought up to date: {', '.join(waiting)}" if waiting else "nothing to do: the schema is up to date")


def _stamp(config: Config) -> None:
    """Stamp what an older version wrote of erasures and the policy, as far as the log confirms it; name the rest.

    People's rows, of which the log has no values, are stamped as they stand, once (`portal.person_stamps`).
    """
    system = build(config)
    try:
        stamped = person_stamps.settle(system)
        system.policies.learn()
        known_erasures.learn(system)
        if not (problems := list(known_erasures.problems(system))):  # else the file is what they were read from
            known_erasures.keep_file(system)
        for problem in (*problems, *system.policies.refused(), *person_stamps.problems(system)):
            click.echo(f"problem: {problem}", err=True)
        if stamped:
            click.echo(
                f"{stamped} people were stamped as they stand: look through their addresses, time zones and days once"
            )
    finally:
        system.close()


@click.command()
def check() -> None:
    """Name every fault with its fix; exit 1 if there is one."""
    findings = examine(os.environ)
    for finding in findings:
        click.echo(f"{finding.level.value}: {finding.what}\n    {finding.fix}")
    if any(finding.level is Level.FAULT for finding in findings):
        raise CommandRefused("faults were found; each is named above with its fix")
    click.echo("no faults")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Processes (PostgreSQL only)."
)
@click.option(
    "--testing", is_flag=True, help="For ActivityWatch's own tests, without tokens, on a throw-away database."
)
def serve(host: str, port: int, workers: int, testing: bool) -> None:
    """Serve the portal until stopped."""
    if testing:
        os.environ["SAMEVIEW_TESTING"] = "yes"  # the server's own processes read it there
    with opened() as system:
        embedded = system.stores.data.dialect.name == "sqlite"
        for each in (concern for concern in key_life.concerns(system) if concern.is_fault):
            click.echo(f"fault: {each.what}. {each.fix}", err=True)  # served all the same: the rest of it opens
        system.policies.learn()
        for said in system.policies.refused():
            click.echo(f"fault: {said}. `sameview check` says what to do", err=True)
        for said in person_stamps.problems(system):
            click.echo(f"fault: {said}", err=True)
        if system.config.testing:
            prepare(system)
    if embedded and workers > 1:
        raise CommandRefused("--workers: SQLite is served by one process; set SAMEVIEW_DATABASE_URL for more")
    refuse_taken(host, port)
    from portal.serving import serve as run

    run(host, port, workers)


COMMANDS = (init, migrate, check, serve)
