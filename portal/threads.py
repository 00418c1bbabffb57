"""Conversations that have to be answered: a figure is disputed, a rule is proposed, misuse is reported.

Other pages lead to `/me/threads/new?about=figure&measure=NAME&day=DATE` (or `week=…`), `?about=rule&app=…`,
`?about=misuse&entry=N` or `?about=question&target=TEAM/N` (or `measure=NAME`), or call `start`. An answer is due in so
many working days (`portal.conversations`); whoever has to answer is told, and both sides see when it is overdue. Who is
reported for misuse never reads the report, whatever roles they have, and the proof of the entry goes with it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import abort

from analytics.targets import Target
from auth.notices import Kind as Told
from auth.permissions import Role
from portal import conversations, target_questions, targets
from portal.access import session_key, system, viewer
from portal.conversations import MOST_OPEN, Audience, Message, TooManyWait, WaitsAlready
from portal.locale import N_, _
from privacy.free_text import UNSEEN, unseen
from privacy.log_entries import Entry
from privacy.log_talks import THREAD_REMOVED, removal
from privacy.period import local_day
from privacy.seal import SealBroken
from privacy.threads import Kind, State, Thread

LONGEST_TEXT: Final = 4_000
MOST_MESSAGES: Final = 60
REVIEWERS: Final = "reviewers"
"""What the form calls compliance; managers are called by their subject id."""
ABOUT: Final = ("measure", "day", "week", "app", "entry", "target")
"""What a conversation can be about, as the address and the first message name it."""
LONGEST_ABOUT: Final = 200
_WAITS: Final = N_(
    "A question of yours about this target waits for an answer already. Write more there, under “Questions and"
    " answers”; what you typed is below."
)


class Refused(Exception):
    """What was written cannot be sent: a message for each place in the form."""

    def __init__(self, **messages: str) -> None:
        super().__init__(", ".join(messages))
        self.messages = messages


@dataclass(frozen=True, slots=True)
class Conversation:
    """An opened conversation: its row, the entry of the look, and the messages with the names of who wrote them."""

    thread: Thread
    entry: int
    messages: Sequence[Message]
    names: Mapping[str, str]

    @property
    def about(self) -> Mapping[str, str]:
        return self.messages[0].about

    @property
    def proof(self) -> dict[str, Any] | None:
        return self.messages[0].proof


def start(kind: Kind, about: Mapping[str, str], text: str, to: str = REVIEWERS) -> int:
    """Begin a conversation as the asker, and return its number. Refused has a message for each place in the form.

    `to` is REVIEWERS or the subject id of a manager of theirs; a report of misuse always goes to compliance and
    council. `about` has those of ABOUT that say what it is about.
    """
    wrong: dict[str, str] = {}
    said = _text(text, wrong)
    app = about.get("app", "")
    if len(app) > LONGEST_ABOUT:
        wrong["app"] = _("At most %(most)s characters; these are %(count)s.", most=LONGEST_ABOUT, count=len(app))
    elif (letter := unseen(app)) is not None:
        wrong["app"] = _(UNSEEN, **letter)
    entry = reported(about) if kind is Kind.MISUSE else None
    if kind is Kind.MISUSE and entry is None:
        wrong["entry"] = _("Choose the entry of your access log that you report.")
    if kind is Kind.FIGURE and not (about.get("day") or about.get("week")):
        wrong["day"] = _("Say of which day or week.")
    target = asked_about(about) if kind is Kind.QUESTION else None
    if kind is Kind.QUESTION and target is None and not about.get("measure"):
        wrong["about"] = _("Begin it at a target or a figure: there is none that it is about.")
    audience = _audience(kind, to, entry, wrong) if target is None else Audience(person=_answers_for(target))
    if not wrong and not conversations.candidates(system(), viewer(), audience):
        wrong["to"] = _("Nobody is there who could answer. Ask your works council or an operator in person.")
    if wrong:
        raise Refused(**wrong)
    plain = {name: about[name][:LONGEST_ABOUT] for name in ABOUT if about.get(name)}
    first = conversations.message(system(), viewer(), said, plain, None if entry is None else _proof(entry))
    topic = "" if target is None else target_questions.topic(target.team, target.number)
    try:
        return conversations.begin(system(), viewer(), kind, audience, first, topic).number
    except TooManyWait:
        raise Refused(about=_too_many()) from None
    except WaitsAlready:
        raise Refused(text=_(_WAITS)) from None


def mine() -> list[Thread]:
    """Return the conversations that the asker began. Nothing is opened."""
    return conversations.waiting(system().rooms.threads.of(viewer()))


def addressed() -> list[Thread]:
    """Return those that the asker was asked to answer. Nothing is opened."""
    return conversations.waiting(system().gate.addressed(viewer()))


def addressed_by_name() -> list[Thread]:
    """Return those of them that the asker was asked as somebody's manager. Nothing is opened."""
    return conversations.waiting(system().gate.addressed_by_name(viewer()))


def read(subject: str, number: int) -> Conversation:
    """Open a conversation, as the person who began it or as somebody who was asked; logged. 404 for none."""
    try:
        opened = system().gate.open_thread(viewer(), subject, number, session_key())
    except LookupError:
        abort(404)
    messages = [conversations.parse(each) for each in opened.messages]
    names = system().directory.names({each.by for each in messages} | {subject, opened.thread.to_person})
    return Conversation(opened.thread, opened.entry, messages, names)


def answer(subject: str, number: int, text: str) -> None:
    """Answer as somebody who was asked; the person who asked is told. Refused if it cannot be sent."""
    asked = (each for each in addressed() if (each.subject, each.number) == (subject, number))
    thread = _writable(next(asked, None))
    said = conversations.message(system(), viewer(), _checked(text), {}, None)
    try:
        conversations.answer(system(), thread, viewer(), said)
    except SealBroken:
        raise _crossed() from None


def write(number: int, text: str) -> None:
    """Add to a conversation of one's own: it waits for an answer again. Refused if it cannot be sent."""
    thread = _writable(system().rooms.threads.find(viewer(), number))
    said = conversations.message(system(), viewer(), _checked(text), {}, None)
    try:
        conversations.go_on(system(), thread, said)
    except TooManyWait:
        raise Refused(text=_too_many()) from None
    except SealBroken:
        raise _crossed() from None


def close(number: int) -> None:
    """Close a conversation of one's own; 404 for none, Refused if somebody wrote at the same moment."""
    thread = system().rooms.threads.find(viewer(), number)
    if thread is None:
        abort(404)
    try:
        conversations.close(system(), thread)
    except SealBroken:
        raise Refused(
            text=_("Somebody wrote at the same moment. Read it first; then you can still close it.")
        ) from None


def ask_again(number: int) -> bool:
    """Hand a conversation of one's own over to those who hold the roles today, if nobody is left who may answer it.

    False if nobody is there either. 404 for none, Refused if somebody wrote at the same moment.
    """
    thread = system().rooms.threads.find(viewer(), number)
    if thread is None:
        abort(404)
    if not is_left_alone(thread):
        return True
    if not conversations.successors(system(), thread):
        return False
    try:
        conversations.hand_over(system(), thread)
    except SealBroken:
        raise _crossed() from None
    return True


def is_left_alone(thread: Thread) -> bool:
    """Tell whether a conversation waits, and nobody is left who was asked and may answer."""
    return thread.state is State.OPEN and not conversations.answerers(system(), thread)


def taken_away() -> int:
    """Return how many conversations of the asker are missing, and the log does not say that they were removed."""
    said = system().announcements.parameters(Told.THREAD_ASKED)
    asked = {int(each["thread"]) for each in said if each.get("by") == viewer() and each["thread"].isdecimal()}
    missing = asked - {each.number for each in system().rooms.threads.of(viewer())}
    if not missing:
        return 0
    entries = system().gate.own_log(viewer(), session_key())
    removed = {each.digest for each in entries if each.outcome == THREAD_REMOVED}
    return sum(removal(each) not in removed for each in missing)


def counts() -> dict[Kind, tuple[int, int]]:
    """Return how many conversations wait for an answer, and how many of them are overdue, by kind; no persons.

    Without those in which the asker is reported: a count that no list explains would tell them.
    """
    rooms = system().rooms.threads
    every = [each for each in rooms.everything() if not rooms.excludes(each, viewer())]
    open_ones = {kind: [each for each in every if each.kind is kind and each.state is State.OPEN] for kind in Kind}
    late = overdue(every)
    return {kind: (len(each), len(late.intersection(each))) for kind, each in open_ones.items()}


def overdue(found: Collection[Thread]) -> frozenset[Thread]:
    """Return those to which an answer was due before today, on the clock of whoever asked."""
    waiting = [each for each in found if each.state is State.OPEN]
    known = system().directory.persons({each.subject for each in waiting})
    now, day_start = system().clock(), system().config.day_start
    today = {subject: local_day(now, each.zone, day_start) for subject, each in known.items()}
    return frozenset(each for each in waiting if each.subject in today and each.is_overdue(today[each.subject]))


def asked_about(about: Mapping[str, str]) -> Target | None:
    """Return the target of a team of the asker's that a question is about, None if it is about none."""
    named = target_questions.parsed(about.get("target", ""))
    if named is None or named[0] not in system().directory.teams_of(viewer()):
        return None
    return targets.board(system(), named[0]).find(named[1])


def _answers_for(target: Target) -> str:
    """Return who is asked about a target: its owner, another manager of the team once the owner is none, or nobody."""
    managers = system().directory.managers_of(viewer())
    heads = [each.person.subject for each in managers if each.team_id == target.team]
    owner = target.newest.terms.owner
    return owner if owner in heads else next(iter(heads), "")


def reported(about: Mapping[str, str]) -> Entry | None:
    """Return the entry of the asker's own log that is to be reported, None if there is none such by somebody else."""
    number = about.get("entry", "")
    if not number.isdecimal():
        return None
    entries = system().gate.own_log(viewer(), session_key())
    return next((each for each in entries if str(each.index) == number and each.viewer != viewer()), None)


def _audience(kind: Kind, to: str, entry: Entry | None, wrong: dict[str, str]) -> Audience:
    if kind is Kind.MISUSE:
        return Audience(
            frozenset({Role.REVIEWER.value, Role.COUNCIL.value}), "", None if entry is None else entry.viewer
        )
    if to == REVIEWERS:
        return Audience(frozenset({Role.REVIEWER.value}))
    if to not in {each.person.subject for each in system().directory.managers_of(viewer())}:
        wrong["to"] = _("Choose compliance or a manager of yours.")
    return Audience(person=to)


def _text(text: str, wrong: dict[str, str]) -> str:
    said = text.replace("\r\n", "\n").strip()
    if not said:
        wrong["text"] = _("Write what it is about.")
    elif len(said) > LONGEST_TEXT:
        wrong["text"] = _("At most %(most)s characters; these are %(count)s.", most=LONGEST_TEXT, count=len(said))
    elif (letter := unseen(said, lines=True)) is not None:
        wrong["text"] = _(UNSEEN, **letter)
    return said


def _checked(text: str) -> str:
    wrong: dict[str, str] = {}
    said = _text(text, wrong)
    if wrong:
        raise Refused(**wrong)
    return said


def _writable(thread: Thread | None) -> Thread:
    if thread is None:
        abort(404)
    if thread.state is State.CLOSED:
        raise Refused(text=_("This conversation is closed. Begin another one."))
    if thread.messages >= MOST_MESSAGES:
        raise Refused(text=_("This conversation is full. Begin another one."))
    return thread


def _too_many() -> str:
    return _(
        "You have %(most)s conversations that wait for an answer. Close one that you need no more, or wait for an"
        " answer.",
        most=MOST_OPEN,
    )


def _crossed() -> Refused:
    return Refused(text=_("Somebody wrote at the same moment. Read it, and send yours again."))


def _proof(entry: Entry) -> dict[str, Any]:
    """Return the bundle that proves an entry: its content too if it is about the asker, else that it is in the log."""
    if entry.subject == viewer():
        return system().gate.own_proofs(viewer(), session_key(), [entry.index])
    return system().log.export_bundle([entry.index])
