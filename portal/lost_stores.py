"""Whether the access log or the key store is gone from beside data that exist.

An empty store in the place of a lost one would be worse than none: new keys and a new log would be put into it, and
the right ones could not come back without a loss. So nothing makes one there but a restore.
"""

from sqlalchemy import inspect, select

from auth import models
from portal import schema
from privacy.log_tables import LogKeyRow
from privacy.organisation import OrganisationRow
from privacy.stores import Stores

_LOST_KEYS = (
    "the key store is lost: it is missing or empty beside data that exist, and they do not open without it. Put it"
    " back, or bring back its newest backup with `sameview restore --from DIR --keys DIR`"
)
_LOST_LOG = (
    "the access log is lost: it is missing or empty beside data that exist. Put it back, or bring back the newest"
    " backup with `sameview restore --from DIR`"
)


def lost(stores: Stores) -> str | None:
    """Return which store is lost and how it comes back; None if none is, or nobody is in the data yet."""
    if (origin := _origin(stores)) is None:
        return None
    if schema.revision("keys", stores.keys) is None or not _has_log_key(stores, origin):
        return _LOST_KEYS
    return _LOST_LOG if schema.revision("log", stores.log) is None else None


def _origin(stores: Stores) -> str | None:
    """Return the origin of an installation that has people, whatever its schema; None before that."""
    organisation, person = OrganisationRow.__table__, models.Person.__table__
    with stores.data.connect() as connection:
        tables = inspect(connection)
        if not all(tables.has_table(each.__tablename__) for each in (OrganisationRow, models.Person)):
            return None
        if connection.scalar(select(person.c.subject_id).limit(1)) is None:
            return None
        return connection.scalar(select(organisation.c.origin))


def _has_log_key(stores: Stores, origin: str) -> bool:
    table = LogKeyRow.__table__
    with stores.keys.connect() as connection:
        return connection.scalar(select(table.c.origin).where(table.c.origin == origin)) is not None
