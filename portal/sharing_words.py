"""The words with which a grant is drawn: its fields, purposes and notes, on every page that shows one."""

from typing import Any, Final

import msgspec

from analytics.weeks import Answer
from portal.locale import N_
from portal.own_notes import KINDS
from privacy.fields import Field
from privacy.granted_gate import GrantOpened
from privacy.policy import Purpose

FIELDS: Final[dict[Field, tuple[str, str]]] = {
    Field.ACTIVE_TIME: (N_("Active time"), N_("the total")),
    Field.CATEGORIES: (N_("Categories"), N_("top level only")),
    Field.CATEGORY_DETAIL: (N_("Categories in detail"), N_("every level, such as Work > ERP")),
    Field.APPS: (N_("Applications"), N_("the total of each")),
    Field.FOCUS: (N_("Focus"), N_("blocks: how many, how long, the longest")),
    Field.RECOVERY: (N_("Breaks"), N_("how many, how long, the longest stretch without")),
    Field.AWAY_TIME: (N_("Time away"), N_("the total")),
    Field.RHYTHM: (N_("Parts of the day"), N_("morning, afternoon, evening, night; no hour")),
    Field.ANNOTATIONS: (N_("Notes"), N_("those that you choose in the next step")),
}
"""What can be shared, in the order of the form: its name, and how fine."""
BROKEN: Final = N_("What was shared was changed in the database, so it does not open any more.")
PURPOSE_WORDS: Final[dict[Purpose, str]] = {
    Purpose.ONE_TO_ONE: N_("for a talk between you two"),
    Purpose.TARGET_SETTING: N_("to agree on goals"),
}


def answer_of(opened: GrantOpened) -> Answer:
    """Return what was opened in the form in which pages draw it."""
    return Answer(msgspec.json.decode(opened.payload), opened.entry, opened.grant.digest)


def words() -> dict[str, Any]:
    """Return the words of the fragment that draws a grant."""
    return {"fields": FIELDS, "purposes": PURPOSE_WORDS, "kinds": KINDS}
