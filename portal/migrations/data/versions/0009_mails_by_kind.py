"""the day of the last mail that somebody looked, beside that of the last mail of a week

Revision ID: 0009
Revises: 0008
"""

from alembic import op
import sqlalchemy as sa


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('person', sa.Column('looks_mailed', sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column('person', 'looks_mailed')
