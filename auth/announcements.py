"""What a person is told about changes of who may read them and who may sign in as them, in plain words.

Each kind has the outcome under which it stands in the access log, and the sentence. An announcement stores ids, and
names are filled in when it is shown; it is shown until it was seen, and can be read again after that.
"""

import datetime as dt
import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

from sqlalchemy import Connection, Engine, bindparam, func, select, update

from auth import models
from auth.person import some
from privacy.messages import N_, Said
from privacy.statement import Question
from privacy.stores import writing


class Kind(enum.StrEnum):
    """What happened to somebody."""

    CREATED = "created"
    PROFILE_CHANGED = "profile-changed"
    MEMBER_ADDED = "member-added"
    MEMBER_REMOVED = "member-removed"
    MANAGER_APPOINTED = "manager-appointed"
    MANAGER_DISMISSED = "manager-dismissed"
    MANAGER_LEAVING = "manager-leaving"
    MANAGER_STAYING = "manager-staying"
    APPOINTED = "appointed"
    DISMISSED = "dismissed"
    ROLE_GRANTED = "role-granted"
    ROLE_REVOKED = "role-revoked"
    REVIEWER_GRANTED = "reviewer-granted"
    REVIEWER_REVOKED = "reviewer-revoked"
    LEAVING = "leaving"
    STAYING = "staying"
    INVITED = "invited"
    RESET_ISSUED = "reset-issued"
    SIGN_IN_LINK_ISSUED = "sign-in-link-issued"
    SIGNED_IN_BY_LINK = "signed-in-by-link"
    PASSWORD_SET = "password-set"  # noqa: S105 - a kind, not a password
    PASSWORD_RESET = "password-reset"  # noqa: S105
    PASSWORD_CHANGED = "password-changed"  # noqa: S105
    PASSWORD_RENEWED = "password-renewed"  # noqa: S105
    TOKEN_ISSUED = "token-issued"  # noqa: S105
    TOKEN_REVOKED = "token-revoked"  # noqa: S105
    DEVICE_ENROLLED = "device-enrolled"
    DEVICE_RENAMED = "device-renamed"
    DEVICE_REVOKED = "device-revoked"
    ACKNOWLEDGED = "acknowledged"
    RESTORED = "restored"
    ENTRIES_LOST = "entries-lost"
    POLICY_CHANGED = "policy-changed"
    POLICY_PROPOSED = "policy-proposed"
    POLICY_SIGNERS = "policy-signers"
    GOAL_PROPOSED = "goal-proposed"
    GOAL_AGREED = "goal-agreed"
    GOAL_DECLINED = "goal-declined"
    GOAL_ENDED = "goal-ended"
    GRANT_MADE = "grant-made"
    GRANT_GIVEN = "grant-given"
    GRANT_ENDED = "grant-ended"
    GRANT_REVOKED = "grant-revoked"
    MEETING_PROPOSED = "meeting-proposed"
    MEETING_MOVED = "meeting-moved"
    MEETING_AGREED = "meeting-agreed"
    MEETING_CANCELLED = "meeting-cancelled"
    THREAD_ASKED = "thread-asked"
    THREAD_ANSWERED = "thread-answered"
    THREAD_MOVED = "thread-moved"
    THREAD_DUE = "thread-due"
    THREAD_DUE_FROM = "thread-due-from"
    TARGET_ANNOUNCED = "target-announced"
    TARGET_CHANGED = "target-changed"
    TARGET_ENDED = "target-ended"
    TARGET_ANSWERED = "target-answered"


TOLD: Final[dict[Kind, tuple[str, str]]] = {
    Kind.CREATED: ("person-created", N_("%(by)s made an account for you.")),
    Kind.PROFILE_CHANGED: ("profile-changed", N_("%(by)s changed your %(field)s.")),
    Kind.MEMBER_ADDED: ("member-added", N_("%(by)s put you into the team %(team)s, from %(since)s on.")),
    Kind.MEMBER_REMOVED: (
        "member-removed",
        N_("%(by)s took you out of the team %(team)s. Its managers can open no later week."),
    ),
    Kind.MANAGER_APPOINTED: (
        "appointed",
        N_(
            "%(manager)s manages %(team)s, your team. On the sheet of a one-to-one that you both agree to, %(manager)s"
            " can open the totals of your weeks that begin after %(day)s and have closed; earlier weeks stay closed to"
            " %(manager)s. You see every time it happens."
        ),
    ),
    Kind.MANAGER_DISMISSED: (
        "dismissed",
        N_("%(manager)s does not manage %(team)s any more, and can open no week of yours."),
    ),
    Kind.MANAGER_LEAVING: (
        "dismissed",
        N_("%(manager)s manages %(team)s until %(last_day)s, and can open no week of yours after it."),
    ),
    Kind.MANAGER_STAYING: ("appointed", N_("%(manager)s stays, and goes on managing %(team)s, your team.")),
    Kind.APPOINTED: (
        "appointed",
        N_(
            "%(by)s made you a manager of %(team)s. Everybody in the team was told, and you can open only closed"
            " weeks that begin after that."
        ),
    ),
    Kind.DISMISSED: ("dismissed", N_("%(by)s ended that you manage %(team)s.")),
    Kind.ROLE_GRANTED: ("role-granted", N_("%(by)s gave you the role %(role)s.")),
    Kind.ROLE_REVOKED: ("role-revoked", N_("%(by)s took the role %(role)s from you.")),
    Kind.REVIEWER_GRANTED: (
        "reviewer-granted",
        N_(
            "%(by)s made %(reviewer)s a reviewer. %(reviewer)s can read the access log from %(since)s on, but no"
            " earlier entry of it, and none of your figures. You see every time it happens."
        ),
    ),
    Kind.REVIEWER_REVOKED: (
        "reviewer-revoked",
        N_("%(by)s ended that %(reviewer)s is a reviewer. %(reviewer)s cannot read the access log any more."),
    ),
    Kind.LEAVING: ("leaving", N_("%(by)s noted %(last_day)s as your last day; your account ends with it.")),
    Kind.STAYING: ("staying", N_("%(by)s removed your last day; your account goes on.")),
    Kind.INVITED: ("invited", N_("%(by)s issued an invitation to your account, valid until %(expires)s.")),
    Kind.RESET_ISSUED: (
        "reset-issued",
        N_("%(by)s issued a link that sets a new password for you, valid until %(expires)s."),
    ),
    Kind.SIGN_IN_LINK_ISSUED: ("sign-in-link-issued", N_("%(by)s issued a one-time link that signs in as you.")),
    Kind.SIGNED_IN_BY_LINK: (
        "signed-in-by-link",
        N_("Somebody signed in as you with a one-time link, from %(address)s."),
    ),
    Kind.PASSWORD_SET: (
        "credential-changed",
        N_(
            "Your first password was set with the invitation that %(by)s issued on %(issued)s; it was opened from"
            " %(address)s."
        ),
    ),
    Kind.PASSWORD_RESET: (
        "credential-changed",
        N_(
            "Your password was set anew with the link that %(by)s issued on %(issued)s; it was opened from"
            " %(address)s. All sessions and reading tokens were ended."
        ),
    ),
    Kind.PASSWORD_CHANGED: ("credential-changed", N_("Your password was changed. All other sessions were ended.")),
    Kind.PASSWORD_RENEWED: (
        "credential-renewed",
        N_("Your password, unchanged, is stored in a stronger form since you signed in."),
    ),
    Kind.TOKEN_ISSUED: (
        "credential-changed",
        N_("You made the personal token “%(name)s” for %(scopes)s, valid until %(expires)s."),
    ),
    Kind.TOKEN_REVOKED: ("credential-changed", N_("The personal token “%(name)s” was revoked.")),
    Kind.DEVICE_ENROLLED: (
        "credential-changed",
        N_(
            "You let the computer “%(name)s” (%(host)s) send what is recorded on it, until %(expires)s. It can read"
            " what you keep private, and nothing else of you."
        ),
    ),
    Kind.DEVICE_RENAMED: ("credential-changed", N_("You call the computer “%(was)s” “%(name)s” now.")),
    Kind.DEVICE_REVOKED: (
        "credential-changed",
        N_("The computer “%(name)s” was taken off your list. Nothing that it sends is accepted any more."),
    ),
    Kind.ACKNOWLEDGED: ("acknowledged", N_("You have read the notice on what is recorded (policy %(policy)s).")),
    Kind.RESTORED: (
        "restored",
        N_(
            "%(by)s restored this portal from the backup of %(day)s. What you entered since is gone, and passwords,"
            " roles and managers are those of that day, until somebody changes them again. No entry of the access log"
            " was lost."
        ),
    ),
    Kind.ENTRIES_LOST: (
        "restored",
        N_(
            "%(by)s restored this portal from the backup of %(day)s, and its access log, too. %(lost)s entries that"
            " came after entry number %(size)s are lost: this log does not show who looked then. Witnesses, and"
            " whoever kept a checkpoint, can prove that they were there. What you entered since is gone, and"
            " passwords, roles and managers are those of that day."
        ),
    ),
    Kind.POLICY_CHANGED: (
        "policy-told",
        N_(
            "What is recorded changes: version %(version)s of the policy holds from %(since)s on. %(change)s than"
            " before. “What is recorded” has its text."
        ),
    ),
    Kind.POLICY_PROPOSED: (
        "policy-told",
        N_(
            "Version %(version)s of the policy on what is recorded is proposed, from %(since)s on. %(change)s than"
            " before, if everybody signs who has to; until then nothing changes. “What is recorded” shows what it would"
            " do."
        ),
    ),
    Kind.POLICY_SIGNERS: (
        "policy-told",
        N_("From now on a new policy on what is recorded needs to be signed by %(names)s."),
    ),
    Kind.GOAL_PROPOSED: (
        "goal-proposed",
        N_(
            "%(by)s proposed a goal for you both to agree on, or a change of one. It does not hold before both have"
            " agreed."
        ),
    ),
    Kind.GOAL_AGREED: ("goal-agreed", N_("%(by)s agreed to the goal that you proposed.")),
    Kind.GOAL_DECLINED: (
        "goal-declined",
        N_("%(by)s did not agree to the goal that you proposed. What held before holds."),
    ),
    Kind.GOAL_ENDED: ("goal-ended", N_("%(by)s ended a goal between you.")),
    Kind.GRANT_MADE: ("grant-made", N_("You let %(viewer)s see what you chose of your record, until %(expires)s.")),
    Kind.GRANT_GIVEN: (
        "grant-given",
        N_(
            "%(by)s lets you see something of their record until %(expires)s, under “Sharing”. They see each time"
            " that you open it."
        ),
    ),
    Kind.GRANT_ENDED: ("grant-ended", N_("You ended what %(viewer)s could see of your record until %(expires)s.")),
    Kind.GRANT_REVOKED: (
        "grant-revoked",
        N_("%(by)s ended what you could see of their record until %(expires)s. It opens no more."),
    ),
    Kind.MEETING_PROPOSED: (
        "meeting-proposed",
        N_(
            "%(by)s proposed a one-to-one of %(person)s and %(manager)s on %(day)s. It counts once both have said yes,"
            " under “One-to-ones”."
        ),
    ),
    Kind.MEETING_MOVED: (
        "meeting-moved",
        N_(
            "%(by)s moved the one-to-one of %(person)s and %(manager)s to %(day)s. It counts again once both have said"
            " yes to that day, under “One-to-ones”."
        ),
    ),
    Kind.MEETING_AGREED: (
        "meeting-agreed",
        N_(
            "%(person)s and %(manager)s agreed on a one-to-one on %(day)s. From %(opens)s to %(closes)s %(manager)s can"
            " open, on its sheet, what the policy shares of the weeks of %(person)s since the last one. %(person)s sees"
            " every time it happens."
        ),
    ),
    Kind.MEETING_CANCELLED: (
        "meeting-cancelled",
        N_("%(by)s cancelled the one-to-one of %(person)s and %(manager)s on %(day)s. Nothing opens for it any more."),
    ),
    Kind.THREAD_ASKED: (
        "thread-asked",
        N_("%(by)s asks you for an answer by %(due)s. The conversation is under “Questions and answers”."),
    ),
    Kind.THREAD_ANSWERED: ("thread-answered", N_("%(by)s answered you. It is under “Questions and answers”.")),
    Kind.THREAD_MOVED: (
        "thread-moved",
        N_(
            "Your manager whom you asked cannot answer any more. Compliance was asked instead, and reads the"
            " conversation; an answer is due by %(due)s. It is under “Questions and answers”."
        ),
    ),
    Kind.THREAD_DUE: (
        "thread-due",
        N_("An answer to you is due by %(due)s, and there is none yet. It is under “Questions and answers”."),
    ),
    Kind.THREAD_DUE_FROM: (
        "thread-due",
        N_("Your answer is due by %(due)s, and there is none yet. The conversation is under “Questions and answers”."),
    ),
    Kind.TARGET_ANNOUNCED: (
        "target-told",
        N_(
            "%(by)s announced a target for the team %(team)s. It takes effect on %(since)s; until then everybody in the"
            " team can comment on it, under “Targets”."
        ),
    ),
    Kind.TARGET_CHANGED: (
        "target-told",
        N_(
            "%(by)s announced a change of a target of the team %(team)s, with the reason. It takes effect on"
            " %(since)s; until then everybody in the team can comment on it, under “Targets”."
        ),
    ),
    Kind.TARGET_ENDED: ("target-told", N_("%(by)s ended a target of the team %(team)s. “Targets” says why.")),
    Kind.TARGET_ANSWERED: (
        "target-told",
        N_("%(by)s wrote what came of the comments on a target of the team %(team)s, under “Targets”."),
    ),
}
"""For each kind: the outcome in the access log, and the sentence."""

UNDONE_FROM: Final = "undone_from"
"""Parameter of a restore: the first entry of the log whose change the backup does not have any more."""

PEOPLE: Final = frozenset({"by", "manager", "person", "reviewer", "viewer"})
"""Parameters that hold the subject id of somebody; an empty one is the command line."""

COMMAND_LINE: Final = N_("An operator at the command line")
_COMMAND_LINE_INSIDE: Final = N_("an operator at the command line")
MEETINGS: Final = (Kind.MEETING_PROPOSED, Kind.MEETING_MOVED, Kind.MEETING_AGREED, Kind.MEETING_CANCELLED)
"""What is said about one-to-ones, to both: whoever did it has seen it happen."""
GONE: Final = N_("somebody who is no longer here")
USED_FROM: Final = " first, and used from "
"""Between the address that opened a link and another that used it."""

_WORDS: Final = frozenset({"change", "field", "role"})
"""Parameters that are words of ours."""
_LISTS: Final = frozenset({"names", "scopes"})
"""Parameters that are several words, with "and" between them."""
_DAYS: Final = frozenset({"closes", "day", "due", "expires", "issued", "last_day", "opens", "since"})
"""Parameters that are days, or a moment in UTC."""
_DAY: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d) UTC)?")


@dataclass(frozen=True, slots=True)
class Notice:
    """What one person is to be told; `by` is added by the journal."""

    subject: str
    kind: Kind
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Announced:
    """An announcement as its person reads it; `entry` is the number of the entry in the access log."""

    entry: int
    day: dt.date
    kind: Kind
    sentence: str
    seen: bool


_TABLE: Final = models.Announcement.__table__
_UNSEEN: Final = Question(  # every page asks
    select(func.count()).select_from(_TABLE).where(_TABLE.c.subject_id == bindparam("subject"), ~_TABLE.c.seen)
)


class Announcements:
    """Reads announcements for the person whom they concern."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, subject: str, *, unseen_only: bool = False) -> list[Announced]:
        """Return what `subject` was told, newest first."""
        query = select(_TABLE).where(_TABLE.c.subject_id == subject).order_by(_TABLE.c.entry.desc())
        if unseen_only:
            query = query.where(~_TABLE.c.seen)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
            names = _names(connection, {row.parameters[key] for row in rows for key in PEOPLE & row.parameters.keys()})
            teams = {row.id: row.name for row in connection.execute(select(models.Team.id, models.Team.name))}
        return [
            Announced(
                row.entry, row.day, Kind(row.kind), sentence(Kind(row.kind), row.parameters, names, teams), row.seen
            )
            for row in rows
        ]

    def parameters(self, kind: Kind, subject: str | None = None) -> list[Mapping[str, str]]:
        """Return what was said in announcements of a kind, to one person or to everybody, oldest first."""
        query = select(_TABLE.c.parameters).where(_TABLE.c.kind == kind.value).order_by(_TABLE.c.entry)
        if subject is not None:
            query = query.where(_TABLE.c.subject_id == subject)
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def unseen(self, subject: str) -> int:
        """Return how many announcements `subject` has not seen."""
        return int(_UNSEEN.ask(self._engine, subject=subject)[0][0])

    def mark_seen(self, subject: str, up_to: int) -> None:
        """Note that `subject` has seen every announcement up to the entry `up_to`."""
        own = (models.Announcement.subject_id == subject, models.Announcement.entry <= up_to)
        seen = update(models.Announcement).where(*own, ~models.Announcement.seen)
        with writing(self._engine) as connection:
            connection.execute(seen.values(seen=True))


def sentence(kind: Kind, parameters: Mapping[str, str], names: Mapping[str, str], teams: Mapping[str, str]) -> str:
    """Return the announcement in plain words; `names` and `teams` map ids to names."""
    shown: dict[str, Any] = dict(parameters)
    text = TOLD[kind][1]
    operator = Said(COMMAND_LINE if text.startswith("%") else _COMMAND_LINE_INSIDE)
    for key in PEOPLE & shown.keys():
        shown[key] = names.get(shown[key]) or Said(GONE) if shown[key] else operator
    for key in _WORDS & shown.keys():
        shown[key] = Said(shown[key].replace("%", "%%"))
    if "team" in shown:
        shown["team"] = teams.get(shown["team"], shown["team"])
    for key in _DAYS & shown.keys():
        shown[key] = _day(shown[key])
    for key in _LISTS & shown.keys():
        shown[key] = reduce(_and, map(_word, shown[key].split(" and ")))
    if "address" in shown and (places := shown["address"].split(USED_FROM))[1:]:
        shown["address"] = Said(N_("%(opened)s first, and used from %(used)s"), opened=places[0], used=places[1])
    return Said(text, **shown)


def _day(text: str) -> Any:
    """Return a stored day as one that a sentence writes in its reader's language."""
    found = _DAY.fullmatch(text)
    if found is None:
        return text
    day = dt.date.fromisoformat(found[1])
    return day if found[2] is None else Said(N_("%(day)s, %(time)s UTC"), day=day, time=found[2])


def _word(text: str) -> str:
    return text if "%" in text else Said(text)  # in a message it would be doubled


def _and(before: str, last: str) -> str:
    return Said(N_("%(before)s and %(last)s"), before=before, last=last)


def _names(connection: Connection, ids: set[str]) -> dict[str, str]:
    table = models.Person.__table__
    found: dict[str, str] = {}
    for portion in some(ids - {""}):
        query = select(table.c.subject_id, table.c.name).where(table.c.subject_id.in_(portion))
        found.update((row.subject_id, row.name) for row in connection.execute(query))
    return found
