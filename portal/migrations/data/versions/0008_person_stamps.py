"""stamps of people's own rows

Revision ID: 0008
Revises: 0007
"""

from alembic import op
import sqlalchemy as sa


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('person', sa.Column('former_zones', sa.LargeBinary(length=32), nullable=True))
    op.add_column('person', sa.Column('stamp', sa.LargeBinary(length=32), nullable=True))


def downgrade() -> None:
    op.drop_column('person', 'stamp')
    op.drop_column('person', 'former_zones')
