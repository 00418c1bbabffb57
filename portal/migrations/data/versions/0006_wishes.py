"""what somebody asked for about their own data, and when the last mail about it went

Revision ID: 0006
Revises: 0005
"""

from alembic import op
import sqlalchemy as sa


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('person', sa.Column('wishes', sa.String(length=64), nullable=True))
    op.add_column('person', sa.Column('mailed', sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column('person', 'mailed')
    op.drop_column('person', 'wishes')
