"""Stores that wait beside the live ones until a restore puts them into their place.

A SQLite store is exchanged by one rename, after what its write-ahead log held was brought into the old file: at any
moment the old file or the new one is whole. Stores on PostgreSQL are emptied and refilled in one transaction. Either
can be repeated after an interruption: a staged file that is gone has arrived.
"""

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from sqlite3 import DatabaseError
from typing import Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from portal import schema, tables
from portal.backup_files import sync
from portal.config import Config
from portal.occupancy import Occupied
from portal.tables import Step
from privacy.stores import open_engine, writing

NAMES: Final = ("data", "log", "keys")
_JOURNALS: Final = ("-wal", "-shm", "-journal")
_OTHERS: Final = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND usename = current_user AND backend_type = 'client backend'"
)


def url_of(config: Config, name: str) -> str:
    """Return the address of a live store."""
    return {"data": config.data_url, "log": config.log_url, "keys": config.keys_url}[name]


def live_file(config: Config, name: str) -> Path | None:
    """Return the file of a live store; None on PostgreSQL."""
    url = make_url(url_of(config, name))
    return Path(str(url.database)).absolute() if url.get_backend_name() == "sqlite" else None


def staged_file(config: Config, name: str) -> Path:
    """Return where a store waits: on the file system of the live one, so that a rename exchanges them."""
    live = live_file(config, name)
    return config.home / f"{name}.restoring" if live is None else live.with_name(f"{live.name}.restoring")


def recovery_file(config: Config) -> Path:
    """Return where a recovery keeps its copy of a backup's key store, for as long as it runs."""
    return config.home / "keys.recovering"


@contextmanager
def opened(config: Config, name: str, *, staged: bool) -> Iterator[Engine]:
    """Open a staged or a live store, and close it at the end."""
    engine = open_engine(f"sqlite:///{staged_file(config, name)}" if staged else url_of(config, name))
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def opened_file(path: Path) -> Iterator[Engine]:
    """Open a store in a SQLite file, and close it at the end."""
    engine = open_engine(f"sqlite:///{path}")
    try:
        yield engine
    finally:
        engine.dispose()


def discard(config: Config, names: Collection[str] = NAMES) -> None:
    """Remove staged stores, and what a recovery that was killed left."""
    _remove(*staged_paths(config, names))


def staged_paths(config: Config, names: Collection[str] = NAMES) -> list[Path]:
    """Return the files that staged stores and a recovery may have, whether they are there or not."""
    stores = (*(staged_file(config, name) for name in names), recovery_file(config))
    return [each.with_name(each.name + ending) for each in stores for ending in ("", *_JOURNALS)]


def settle(config: Config, names: Collection[str]) -> None:
    """Bring staged stores into one durable file each."""
    for name in names:
        tables.close_file(staged_file(config, name))
        sync(staged_file(config, name))


def place(config: Config, names: Collection[str], step: Step) -> None:
    """Put staged stores into their places. Those that share a PostgreSQL database arrive in one transaction."""
    for name in names:
        if (live := live_file(config, name)) is not None and staged_file(config, name).exists():
            _exchange(staged_file(config, name), live)
    remote = [n for n in names if live_file(config, n) is None and staged_file(config, n).exists()]
    if remote:
        _refill(config, remote, step)
        discard(config, remote)


def _exchange(staged: Path, live: Path) -> None:
    if live.exists():
        with suppress(DatabaseError):  # a damaged file is what a restore is for
            tables.close_file(live)
    _remove(*(live.with_name(live.name + ending) for ending in _JOURNALS))  # SQLite would apply them to the new file
    os.replace(staged, live)
    sync(live.parent)


def _remove(*paths: Path) -> None:
    for path in paths:
        if path.exists():
            path.unlink(missing_ok=True)  # another process may be as fast


def _refill(config: Config, names: Collection[str], step: Step) -> None:
    with opened(config, next(iter(names)), staged=False) as engine, writing(engine) as target:
        found = [schema.metadata_of(name) for name in names]
        every = [engine.dialect.identifier_preparer.format_table(t) for each in found for t in each.sorted_tables]
        target.execute(text(f"TRUNCATE {', '.join(every)}"))
        refuse_others(target)  # now nobody can begin to read: a server that comes later waits, and finds the mark
        for name, metadata in zip(names, found, strict=True):
            with opened(config, name, staged=True) as source, source.connect() as reading:
                tables.copy(reading, target, metadata, f"restoring {name}", step)


def refuse_others(connection: Connection) -> None:
    """Raise Occupied if other connections of our role are open on this PostgreSQL database."""
    if connection.dialect.name == "postgresql" and (others := connection.scalar(_OTHERS)):
        raise Occupied(f"the database has {others} other connection(s): stop the servers on every host, then try again")


def is_readable(engine: Engine, table: str, name: str) -> bool:
    """Tell whether a live store can be read and has a table; a damaged SQLite file has none."""
    try:
        with engine.connect() as connection:
            metadata = schema.metadata_of(name)
            found = next(each for each in metadata.tables.values() if each.name == table)
            return engine.dialect.has_table(connection, table, schema=_schema(connection, found.schema))
    except SQLAlchemyError:
        if engine.dialect.name == "sqlite":
            return False
        raise


def _schema(connection: Connection, schema_name: str | None) -> str | None:
    return schema_name if connection.dialect.name == "postgresql" else None
