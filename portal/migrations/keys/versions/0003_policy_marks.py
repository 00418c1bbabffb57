"""marks of what was agreed on of the capture policy

What was agreed on before gets its marks from the log (`sameview migrate`, and every start).

Revision ID: 0003
Revises: 0002
"""

from alembic import op
import sqlalchemy as sa


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('policy_mark',
    sa.Column('digest', sa.String(length=80), nullable=False),
    sa.Column('entry', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('outcome', sa.String(length=40), nullable=False),
    sa.Column('content', sa.Text(), nullable=True),
    sa.Column('stamp', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_policy_mark')),
    schema='key_store'
    )


def downgrade() -> None:
    op.drop_table('policy_mark', schema='key_store')
