"""Which entries of the log are of conversations, and who may read them beside the person who asked (pure).

An entry does not say which conversation it is of. So a reviewer gets of all of them what they did themselves, and that
they were asked: whoever is reported in one does not learn of it from the doings of those who read the report.
"""

from typing import Final

from privacy.canonical import digest
from privacy.log_entries import THREAD_FIELD, Entry

THREAD_REMOVED: Final = "thread-removed"
"""The outcome of the entry that says which conversation was removed when its time was over, by `removal`."""
_OUTCOMES: Final = "thread-"


def removal(number: int) -> str:
    """Return the digest by which an entry says which of a person's conversations was removed."""
    return digest({"thread": number})


def is_of_others(opened: Entry, party: str) -> bool:
    """Tell whether an entry is of a conversation, and `party` is neither who acts in it nor whom it tells."""
    is_talk = THREAD_FIELD in opened.fields or opened.outcome.startswith(_OUTCOMES)
    return is_talk and party not in (opened.viewer, opened.subject)
