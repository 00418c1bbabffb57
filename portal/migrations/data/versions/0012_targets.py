"""targets of teams, and what a question is about

Revision ID: 0012
Revises: 0011
"""

from alembic import op
import sqlalchemy as sa


revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('target_act',
    sa.Column('team_id', sa.String(length=64), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('sequence', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('by_id', sa.String(length=32), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
    sa.Column('entry', sa.BigInteger(), nullable=False),
    sa.Column('stamp', sa.LargeBinary(length=32), nullable=False),
    sa.PrimaryKeyConstraint('team_id', 'number', 'sequence', name=op.f('pk_target_act'))
    )
    op.add_column('thread', sa.Column('topic', sa.String(length=64), nullable=True))


def downgrade() -> None:
    op.drop_column('thread', 'topic')
    op.drop_table('target_act')
