"""The log's signing key: made once, kept in the key store, sealed under a key of the organisation."""

import os
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from privacy.checkpoint import Signer
from privacy.keys import KeyRing
from privacy.log_seals import LogSeals
from privacy.log_tables import LogKeyRow
from privacy.stores import writing

_SEED_BYTES: Final = 32


def open_signer(keys: KeyRing, origin: str) -> Signer:
    """Return the signer of the log with this origin; its key is made when the log has none yet.

    Needs the class `audit`. Two processes may ask at once: whoever files first wins, and both use what is filed. The
    sealing key is made before the transaction, since it commits to the same store.
    """
    seals = LogSeals(keys)
    table = LogKeyRow.__table__
    find = select(table.c.sealed).where(table.c.origin == origin)
    with keys.engine.connect() as connection:
        sealed = connection.scalar(find)
    if sealed is None:
        fresh = seals.seal_signing_key(origin, os.urandom(_SEED_BYTES))
        with writing(keys.engine) as connection:
            insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
            connection.execute(insert(LogKeyRow).values(origin=origin, sealed=fresh).on_conflict_do_nothing())
            sealed = connection.scalar(find)
    if sealed is None:
        raise LookupError(f"the key store has no signing key for {origin}")
    return Signer(origin, seals.open_signing_key(origin, sealed))
