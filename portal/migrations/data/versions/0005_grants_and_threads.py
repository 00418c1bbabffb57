"""what people let others see, and conversations that they began

Revision ID: 0005
Revises: 0004
"""

from alembic import op
import sqlalchemy as sa


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('granted',
    sa.Column('subject_id', sa.String(length=32), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('viewer_id', sa.String(length=32), nullable=False),
    sa.Column('purpose', sa.String(length=32), nullable=False),
    sa.Column('fields', sa.String(length=255), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('end_day', sa.Date(), nullable=False),
    sa.Column('given_on', sa.Date(), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=False),
    sa.Column('digest', sa.String(length=80), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('stamp', sa.LargeBinary(length=32), nullable=False),
    sa.ForeignKeyConstraint(['subject_id'], ['subject.id'], name=op.f('fk_granted_subject_id_subject')),
    sa.ForeignKeyConstraint(['viewer_id'], ['subject.id'], name=op.f('fk_granted_viewer_id_subject')),
    sa.PrimaryKeyConstraint('subject_id', 'number', name=op.f('pk_granted'))
    )
    op.create_index('ix_granted_viewer_id', 'granted', ['viewer_id'], unique=False)
    op.create_table('thread',
    sa.Column('subject_id', sa.String(length=32), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('to_roles', sa.String(length=64), nullable=False),
    sa.Column('to_person', sa.String(length=32), nullable=False),
    sa.Column('not_to', sa.String(length=64), nullable=False),
    sa.Column('opened_on', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('moved_on', sa.Date(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('messages', sa.Integer(), nullable=False),
    sa.Column('stamp', sa.LargeBinary(length=32), nullable=False),
    sa.ForeignKeyConstraint(['subject_id'], ['subject.id'], name=op.f('fk_thread_subject_id_subject')),
    sa.PrimaryKeyConstraint('subject_id', 'number', name=op.f('pk_thread'))
    )
    op.create_table('thread_message',
    sa.Column('subject_id', sa.String(length=32), nullable=False),
    sa.Column('number', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('sequence', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['subject_id'], ['subject.id'], name=op.f('fk_thread_message_subject_id_subject')),
    sa.PrimaryKeyConstraint('subject_id', 'number', 'sequence', name=op.f('pk_thread_message'))
    )


def downgrade() -> None:
    op.drop_table('thread_message')
    op.drop_table('thread')
    op.drop_index('ix_granted_viewer_id', table_name='granted')
    op.drop_table('granted')
