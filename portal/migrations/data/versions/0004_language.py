"""the language in which somebody reads their pages

Revision ID: 0004
Revises: 0003
"""

from alembic import op
import sqlalchemy as sa


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('person', sa.Column('language', sa.String(length=16), nullable=True))


def downgrade() -> None:
    op.drop_column('person', 'language')
