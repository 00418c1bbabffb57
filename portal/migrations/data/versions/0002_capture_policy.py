"""versions of the capture policy, and who signs them

Revision ID: 0002
Revises: 0001
"""

from alembic import op
import sqlalchemy as sa


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('capture_policy',
    sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('signatures', sa.Text(), nullable=False),
    sa.Column('effective', sa.BigInteger(), nullable=False),
    sa.Column('accepted', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('version', name=op.f('pk_capture_policy'))
    )
    op.create_table('policy_signers',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('employer', sa.String(length=400), nullable=False),
    sa.Column('council', sa.String(length=400), nullable=True),
    sa.Column('first_signed', sa.Integer(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_policy_signers_single')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_policy_signers'))
    )


def downgrade() -> None:
    op.drop_table('policy_signers')
    op.drop_table('capture_policy')
