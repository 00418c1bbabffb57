"""What a person can be told about who may read them, who may sign in as them, and what was agreed with them.

Each kind has the outcome under which it stands in the access log, and the sentence.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from privacy.messages import N_


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

MEETINGS: Final = (Kind.MEETING_PROPOSED, Kind.MEETING_MOVED, Kind.MEETING_AGREED, Kind.MEETING_CANCELLED)
"""What is said about one-to-ones, to both: whoever did it has seen it happen."""

UNDONE_FROM: Final = "undone_from"
"""Parameter of a restore: the first entry of the log whose change the backup does not have any more."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What one person is to be told; `by` is added by the journal."""

    subject: str
    kind: Kind
    parameters: Mapping[str, str]
