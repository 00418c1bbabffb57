"""The night's part for conversations that wait: who is asked is there, and both sides hear of the due day.

A manager who was asked and does not manage the person any more, has left or was erased can answer no more: compliance
is asked instead, and the person is told. What compliance or the council was asked is handed over by the person alone
(`portal.threads`): otherwise whoever appoints reviewers could choose who reads an older report.
"""

from collections.abc import Callable
from typing import Final

from auth.notices import Kind as Told
from auth.notices import Notice
from portal import conversations
from portal.retention import DAMAGE
from portal.wiring import System
from privacy.stores import writing
from privacy.threads import State, Thread

_HEARD: Final = ("thread", "due")


def run(system: System, tell: Callable[[str], object]) -> None:
    """Hand over what nobody can answer, and tell what is due. `tell` hears what could not be done."""
    for thread in system.rooms.threads.everything():
        if thread.state is not State.OPEN:
            continue
        try:
            _remind(system, _answerable(system, thread))
        except DAMAGE as error:
            tell(f"person {thread.subject}: a conversation that waits was not looked after: {error}")


def _answerable(system: System, thread: Thread) -> Thread:
    alone = bool(thread.to_person) and not conversations.answerers(system, thread)
    if alone and conversations.successors(system, thread):
        return conversations.hand_over(system, thread, by_itself=True)
    return thread


def _remind(system: System, thread: Thread) -> None:
    """Tell both sides once that an answer is due, on the due day or, if a night was missed, after it."""
    told = {"thread": str(thread.number), "due": thread.due_on.isoformat()}
    if system.gate.today(thread.subject) < thread.due_on or told in _heard(system, thread.subject):
        return
    asked = [Notice(each, Told.THREAD_DUE_FROM, told) for each in conversations.answerers(system, thread)]
    with writing(system.stores.data) as connection:
        system.journal.tell(connection, [Notice(thread.subject, Told.THREAD_DUE, told), *asked], by=None)


def _heard(system: System, subject: str) -> list[dict[str, str]]:
    known = system.announcements.parameters(Told.THREAD_DUE, subject)
    return [{name: each[name] for name in _HEARD} for each in known]
