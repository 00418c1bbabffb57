"""The first setup: folders, keys, schema, the organisation, and the first entry of the log."""

import os
import secrets

from sqlalchemy import Connection, insert, inspect

from auth import models, person
from portal import schema
from portal.config import Config
from portal.providers import open_provider
from portal.wiring import Clock, NotInitialised, System, build, open_stores, utc_now
from privacy import key_history, key_versions, organisation, policy_versions
from privacy.access_log import Draft
from privacy.fields import KeyClass
from privacy.policy import Purpose, Relation
from privacy.policy_note import Signers
from privacy.policy_versions import Agreed, Version
from privacy.stores import Stores, writing
from privacy.vault import ORGANISATION, Subject


def found(
    config: Config,
    name: str,
    *,
    throw_away: bool = False,
    clock: Clock = utc_now,
    signers: Signers | None = None,
) -> System:
    """Set up an installation and return it, running; NotInitialised if there is one already.

    With `signers` nothing is kept before they have signed a first policy; without, the settings choose one.
    What can be repeated is done first, the row that makes it an installation last: an interrupted setup starts anew.
    """
    make_folders(config)
    stores = open_stores(config)
    try:
        _refuse_installed(stores)
        open_provider(config, frozenset(KeyClass)).create(key_versions.classes_known(stores.keys))
        schema.upgrade(stores)
        with writing(stores.data) as connection:
            _refuse_second(connection)
            if organisation.find(connection) is None:
                connection.execute(insert(Subject).values(id=ORGANISATION, created_day=clock().date()))
                organisation.found(connection, name, clock().date(), throw_away=throw_away)
    finally:
        stores.dispose()
    system = build(config, clock)
    system.keys.record()
    with writing(system.stores.data) as connection:
        policy = _first_policy(system, connection, signers)
        system.log.append(_first_entry(policy))
    system.policies.learn()
    return system


def _first_policy(system: System, connection: Connection, signers: Signers | None) -> str:
    """Store the policy that the settings choose, or who has to sign one; return what the first entry says of it."""
    if signers is not None:
        keys = Agreed(signers, first_signed=1)
        policy_versions.agree(connection, keys)
        return keys.digest
    chosen = system.policies.now()
    version = Version(chosen.version, chosen.text, "", chosen.effective, True)
    policy_versions.put(connection, version)
    return version.digest


def _refuse_installed(stores: Stores) -> None:
    """Raise NotInitialised if there is an installation, of whatever schema, before anything is made beside it."""
    with stores.data.connect() as connection:
        tables = inspect(connection)
        if all(
            tables.has_table(name) for name in (organisation.OrganisationRow.__tablename__, models.Person.__tablename__)
        ):
            _refuse_second(connection)


def _refuse_second(connection: Connection) -> None:
    there = organisation.find(connection)
    if there is not None and person.read(connection):
        raise NotInitialised(f"these stores belong to {there.name} already: choose another SAMEVIEW_HOME or database")


def make_folders(config: Config) -> None:
    """Make the folders of the embedded stores and the secret of the forms, where they are missing."""
    for folder in (config.home, config.home / "data", config.home / "keys"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not config.web_secret.exists():
        handle = os.open(config.web_secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))


def _first_entry(policy: str) -> Draft:
    return Draft(
        viewer=None,
        subject=None,
        relation=Relation.OPERATIONS,
        fields=(),
        purpose=Purpose.OPERATIONS,
        period=None,
        outcome=key_history.FOUNDED,
        digest=policy,
        chain="organisation",
    )
