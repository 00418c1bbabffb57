"""the state of the work: cases per team, process and day

Revision ID: 0007
Revises: 0006
"""

from alembic import op
import sqlalchemy as sa


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('volume',
    sa.Column('team_id', sa.String(length=64), nullable=False),
    sa.Column('process', sa.String(length=80), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('received', sa.Integer(), nullable=True),
    sa.Column('completed', sa.Integer(), nullable=True),
    sa.Column('open', sa.Integer(), nullable=True),
    sa.Column('oldest_days', sa.Integer(), nullable=True),
    sa.Column('in_time', sa.Integer(), nullable=True),
    sa.Column('wrong', sa.Integer(), nullable=True),
    sa.Column('delivered_on', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('team_id', 'process', 'day', name=op.f('pk_volume'))
    )


def downgrade() -> None:
    op.drop_table('volume')
