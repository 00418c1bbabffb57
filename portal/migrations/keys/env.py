"""Alembic's entry for one store: the connection and the metadata are handed in by `portal.schema`."""

from alembic import context

from portal.schema import run_migrations

run_migrations(context.config)
