"""stamps of tombstones and expiries

What an older version wrote has none; `portal.known_erasures` stamps whatever of it the log confirms.

Revision ID: 0002
Revises: 0001
"""

from alembic import op
import sqlalchemy as sa


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def schema() -> str | None:
    """Changes of a table do not follow the engine's map of schemas: on SQLite there is none."""
    return None if op.get_context().dialect.name == 'sqlite' else 'key_store'


def upgrade() -> None:
    op.add_column('tombstone', sa.Column('stamp', sa.LargeBinary(), nullable=True), schema=schema())
    op.add_column('expiry', sa.Column('stamp', sa.LargeBinary(), nullable=True), schema=schema())


def downgrade() -> None:
    op.drop_column('expiry', 'stamp', schema=schema())
    op.drop_column('tombstone', 'stamp', schema=schema())
