"""dated one-to-ones

Revision ID: 0011
Revises: 0010
"""

from alembic import op
import sqlalchemy as sa


revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'meeting',
        sa.Column('subject_id', sa.String(length=32), nullable=False),
        sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('manager_id', sa.String(length=32), nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('changes', sa.Integer(), nullable=False),
        sa.Column('proposed_by', sa.String(length=32), nullable=False),
        sa.Column('proposed_on', sa.Date(), nullable=False),
        sa.Column('agreed_on', sa.Date(), nullable=True),
        sa.Column('agreement', sa.Integer(), nullable=True),
        sa.Column('ended_on', sa.Date(), nullable=True),
        sa.Column('stamp', sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(['subject_id'], ['person.subject_id'], name=op.f('fk_meeting_subject_id_person')),
        sa.PrimaryKeyConstraint('subject_id', 'number', name=op.f('pk_meeting')),
    )
    op.create_index('ix_meeting_manager_id', 'meeting', ['manager_id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_meeting_manager_id', table_name='meeting')
    op.drop_table('meeting')
