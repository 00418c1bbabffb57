"""That people were told who manages them, read together with the membership and the appointment that it was about."""

from typing import Final

from sqlalchemy import and_, select

from auth.models import Management, Membership, Told

TOLD: Final = (
    select(Told.__table__, Membership.team_id, Membership.since)
    .join(Membership, and_(Membership.subject_id == Told.subject_id, Membership.id == Told.membership_id))
    .join(Management, and_(Management.subject_id == Told.manager_id, Management.id == Told.management_id))
    .where(Management.team_id == Membership.team_id)
)
"""With the columns that the stamp of Told is over: `team_id` and `since` are those of the membership."""
