"""released figures of units, and the sealed memory of what was released

Revision ID: 0010
Revises: 0009
"""

from alembic import op
import sqlalchemy as sa


revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('release_closing',
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('entry', sa.BigInteger(), nullable=False),
    sa.Column('statement', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('kind', 'first_day', name=op.f('pk_release_closing'))
    )
    op.create_table('release_memory',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_release_memory'))
    )
    op.create_table('team_release',
    sa.Column('unit', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('payload', sa.LargeBinary(), nullable=False),
    sa.Column('seats', sa.LargeBinary(), nullable=False),
    sa.Column('digest', sa.String(length=80), nullable=False),
    sa.Column('seated', sa.String(length=80), nullable=False),
    sa.Column('roster', sa.String(length=80), nullable=False),
    sa.Column('entry', sa.BigInteger(), nullable=False),
    sa.Column('stamp', sa.LargeBinary(length=32), nullable=False),
    sa.PrimaryKeyConstraint('unit', 'kind', 'first_day', name=op.f('pk_team_release'))
    )
    op.create_index('ix_team_release_kind', 'team_release', ['kind', 'first_day'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_team_release_kind', table_name='team_release')
    op.drop_table('team_release')
    op.drop_table('release_memory')
    op.drop_table('release_closing')
