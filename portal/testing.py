"""Testing mode: ActivityWatch's own client tests against this server, on a database that is thrown away.

There is one built-in person and no token; the capture policy keeps everything, and buckets can be deleted. So it is
refused wherever anything real could be: the stores must have been made with `init --throw-away`, and nobody but the
built-in person may have anything in them. The first is seen to wherever a system is built (`portal.wiring`).
"""

from typing import Final

from sqlalchemy import select

from auth.permissions import Role
from portal.wiring import System
from privacy.policy import POLICY_VERSION
from privacy.vault_store import SealedField

EMAIL: Final = "testing@sameview.invalid"


class NotForTesting(Exception):
    """These stores are not for testing; the text says what to do."""


def subject_of(system: System) -> str | None:
    """Return the built-in person, None if there is none yet."""
    found = system.people.find(EMAIL)
    return None if found is None else found.subject


def prepare(system: System) -> str:
    """Make the built-in person where it is missing, and return it. Raises NotForTesting."""
    subject = subject_of(system)
    others = select(SealedField.subject_id).where(SealedField.subject_id != (subject or "")).limit(1)
    with system.stores.data.connect() as connection:
        if connection.scalar(others) is not None:
            raise NotForTesting(
                "--testing: somebody's data are in this database; make another with `init --throw-away`"
            )
    if subject is not None:
        return subject
    with system.people.changing(None) as changes:
        subject = changes.create(EMAIL, "Testing", "UTC")
        changes.grant(subject, Role.EMPLOYEE)
        changes.acknowledge(subject, POLICY_VERSION)
    return subject
