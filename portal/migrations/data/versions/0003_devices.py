"""computers that send for a person, and their enrolment

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
    op.add_column('personal_token', sa.Column('host', sa.String(length=255), nullable=True))
    op.create_table('enrolment',
    sa.Column('device_hash', sa.String(length=64), nullable=False),
    sa.Column('user_hash', sa.String(length=64), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('until', sa.LargeBinary(), nullable=False),
    sa.Column('asked', sa.LargeBinary(), nullable=False),
    sa.Column('answer', sa.LargeBinary(), nullable=True),
    sa.PrimaryKeyConstraint('device_hash', name=op.f('pk_enrolment'))
    )
    op.create_index('ix_enrolment_user_hash', 'enrolment', ['user_hash'], unique=True)


def downgrade() -> None:
    op.drop_index('ix_enrolment_user_hash', table_name='enrolment')
    op.drop_table('enrolment')
    op.drop_column('personal_token', 'host')
