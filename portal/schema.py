"""The schema of the three stores: brought up to date by Alembic, and compared with the models by a test."""

from pathlib import Path
from typing import Any, Final

from alembic import command, context
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData
from sqlalchemy.schema import CreateSchema

import analytics.models  # noqa: F401 - imports fill the metadata
import auth.models  # noqa: F401 - likewise
import privacy.access_log
import privacy.grants
import privacy.key_versions
import privacy.keys
import privacy.organisation
import privacy.policy_marks
import privacy.policy_versions
import privacy.release_memory
import privacy.release_store
import privacy.restoration
import privacy.threads
import privacy.tombstones
import privacy.vault
import privacy.watermark
import privacy.witnesses  # noqa: F401 - the imports above fill the metadata
from privacy.base import KEY_SCHEMA, LOG_SCHEMA, Base, KeyBase, LogBase
from privacy.stores import Stores, writing

_FOLDER: Final = Path(__file__).resolve().parent / "migrations"
_METADATA: Final[dict[str, tuple[MetaData, str | None]]] = {
    "data": (Base.metadata, None),
    "log": (LogBase.metadata, LOG_SCHEMA),
    "keys": (KeyBase.metadata, KEY_SCHEMA),
}


def upgrade(stores: Stores) -> None:
    """Bring every store to the newest schema; does nothing where it is already."""
    for name, engine in _engines(stores).items():
        upgrade_store(name, engine)


def upgrade_store(name: str, engine: Engine) -> None:
    """Bring one store (`data`, `log` or `keys`) to its newest schema."""
    with writing(engine) as connection:
        _prepare(connection, name)
        command.upgrade(_config(name, connection), "head")


def outdated(stores: Stores) -> list[str]:
    """Return the names of the stores whose schema is not the newest."""
    return [name for name, engine in _engines(stores).items() if revision(name, engine) != newest(name)]


def metadata_of(name: str) -> MetaData:
    """Return the tables of a store."""
    return _METADATA[name][0]


def knows(name: str, wanted: str) -> bool:
    """Tell whether a revision of a store's schema is one that this version can bring up to date."""
    return any(each.revision == wanted for each in ScriptDirectory.from_config(_config(name)).walk_revisions())


def write_revision(stores: Stores, name: str, message: str, revision: str) -> None:
    """Write the next migration of one store from what its models say and its database lacks (a developer's tool)."""
    with writing(_engines(stores)[name]) as connection:
        _prepare(connection, name)
        command.revision(_config(name, connection), message=message, rev_id=revision, autogenerate=True)


def run_migrations(config: AlembicConfig) -> None:
    """Run inside Alembic's environment: the store's connection, metadata and schema come in through `attributes`."""
    connection, metadata, schema = (config.attributes[key] for key in ("connection", "metadata", "schema"))
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table_schema=schema if connection.dialect.name == "postgresql" else None,
        include_schemas=schema is not None,
        include_name=lambda found, kind, _parents: kind != "schema" or found == schema,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _engines(stores: Stores) -> dict[str, Engine]:
    return {"data": stores.data, "log": stores.log, "keys": stores.keys}


def _config(name: str, connection: Connection | None = None) -> AlembicConfig:
    config = AlembicConfig(attributes={})
    config.set_main_option("script_location", str(_FOLDER / name).replace("%", "%%"))
    metadata, schema = _METADATA[name]
    attributes: dict[str, Any] = {"connection": connection, "metadata": metadata, "schema": schema}
    config.attributes.update(attributes)
    return config


def _prepare(connection: Connection, name: str) -> None:
    schema = _METADATA[name][1]
    if schema is not None and connection.dialect.name == "postgresql":
        connection.execute(CreateSchema(schema, if_not_exists=True))


def revision(name: str, engine: Engine) -> str | None:
    """Return the revision of a store's schema, None before the first."""
    with engine.connect() as connection:
        schema = _METADATA[name][1] if connection.dialect.name == "postgresql" else None
        options = {"version_table_schema": schema}
        return MigrationContext.configure(connection, opts=options).get_current_revision()


def newest(name: str) -> str | None:
    """Return the newest revision of a store's schema."""
    return ScriptDirectory.from_config(_config(name)).get_current_head()
