"""The words of the access log: how its fields and purposes are called, and what its outcomes mean, as messages.

A message has places: `viewer` is whoever did it, with the auxiliary verb where a language wants one; `subject` is whom
it was about, as the object of a sentence; `whose` is what was theirs; `of` are the days. Marked here, said by
`portal.sentences` in the reader's language.
"""

from typing import Final

from portal.locale import N_
from privacy.fields import Field
from privacy.log_entries import (
    CORRECTED,
    FORGOTTEN,
    GRANT_FIELD,
    LOG_FIELD,
    MAIL_FAILED,
    MAILED,
    NOTE_REMOVED,
    NOTED,
    PAUSED,
    PRIVATE_APPS,
    RELEASED,
    RELEASES_RESTORED,
    RESUMED,
    TARGET_ANNOUNCED,
    TARGET_ANSWERED,
    TARGET_ENDED,
    THREAD_FIELD,
    VOLUMES_DELIVERED,
)
from privacy.policy import Purpose

FIELD_NAMES: Final[dict[str, str]] = {
    Field.ACTIVE_TIME: N_("active time"),
    Field.AWAY_TIME: N_("time away"),
    Field.CATEGORIES: N_("categories"),
    Field.CATEGORY_DETAIL: N_("categories in detail"),
    Field.FOCUS: N_("focus"),
    Field.RHYTHM: N_("hours of the day"),
    Field.RECOVERY: N_("breaks"),
    Field.APPS: N_("applications"),
    Field.TITLES: N_("window titles"),
    Field.URLS: N_("web addresses"),
    Field.CAPTURE_LEDGER: N_("capture ledger"),
    Field.ANNOTATIONS: N_("notes"),
    Field.CORRECTED: N_("which figures were corrected"),
    Field.GOALS: N_("own goals"),
    Field.AGREED_GOALS: N_("agreed goals"),
    Field.ONE_TO_ONES: N_("sheets of one-to-ones"),
    Field.WORKING_PATTERN: N_("working week"),
    Field.SOURCES: N_("names of collectors"),
    Field.OWN_TIMES: N_("what you keep private"),
    Field.OWN_RULES: N_("own categories of applications"),
    LOG_FIELD: N_("access log"),
    GRANT_FIELD: N_("shared copy"),
    THREAD_FIELD: N_("conversation"),
}
"""How a field is called in a sentence."""

PURPOSE_NAMES: Final[dict[str, str]] = {
    Purpose.OWN_REVIEW: N_("for themselves"),
    Purpose.ONE_TO_ONE: N_("for a one-to-one"),
    Purpose.TEAM_RHYTHM: N_("for the team's rhythm"),
    Purpose.TARGET_SETTING: N_("to set a target"),
    Purpose.COMPLIANCE_REVIEW: N_("to review the log"),
    Purpose.SUBJECT_REQUEST: N_("on request of the person"),
    Purpose.OPERATIONS: N_("to run the system"),
}

EVENTS: Final[dict[str, str]] = {
    "acknowledged": N_("%(viewer)s read the notice on what is recorded"),
    "appointed": N_("%(viewer)s appointed a manager of %(whose)s team; the notice says who"),
    "credential-changed": N_("A password, a computer or a personal token of %(whose)s account changed"),
    "credential-renewed": N_("%(whose)s password, unchanged, is stored in a stronger form"),
    "dismissed": N_("%(viewer)s ended the appointment of a manager of %(whose)s team; the notice says who"),
    "escrow-key-made": N_("%(viewer)s made the key pair of the escrow"),
    "escrowed": N_("%(viewer)s sealed a copy of every key to the key of the escrow"),
    "recovered": N_("%(viewer)s brought lost keys back from an escrow"),
    "founded": N_("%(viewer)s set this portal up"),
    "goal-agreed": N_("%(viewer)s agreed to a goal that %(subject)s proposed"),
    "goal-declined": N_("%(viewer)s did not agree to a goal that %(subject)s proposed"),
    "goal-ended": N_("%(viewer)s ended a goal with %(subject)s"),
    "goal-proposed": N_("%(viewer)s proposed a goal to %(subject)s, or a change of one"),
    "grant-ended": N_("%(viewer)s ended what somebody could see of %(whose)s record; the notice says who"),
    "grant-expired": N_("Something that was shared of %(whose)s record was closed: its time was over"),
    "grant-given": N_("%(viewer)s let %(subject)s see something of their own record; the notice says until when"),
    "grant-made": N_("%(viewer)s let somebody see something of %(whose)s record; the notice says who"),
    "grant-revoked": N_("%(viewer)s ended what %(subject)s could see of their own record"),
    "invited": N_("%(viewer)s issued an invitation to %(whose)s account"),
    "key-destroyed": N_("The key %(keys)s was destroyed: what backups hold under it opens no more"),
    "key-noted": N_("The key %(keys)s was found to be in use"),
    "leaving": N_("%(viewer)s noted %(whose)s last day"),
    MAIL_FAILED: N_("A mail to %(subject)s was not taken by the mail server, and did not go out"),
    MAILED: N_("Sameview mailed %(subject)s what was asked for: to the address of the account, and to nobody else"),
    "meeting-agreed": N_("%(viewer)s said yes to a one-to-one; the notice to %(subject)s says on which day"),
    "meeting-cancelled": N_("%(viewer)s cancelled a one-to-one; the notice to %(subject)s says which"),
    "meeting-moved": N_("%(viewer)s moved a one-to-one; the notice to %(subject)s says to which day"),
    "meeting-proposed": N_("%(viewer)s proposed a day for a one-to-one; the notice to %(subject)s says which"),
    "member-added": N_("%(viewer)s put %(subject)s into a team"),
    "member-removed": N_("%(viewer)s took %(subject)s out of a team"),
    "people-stamped": N_("Everybody's address, time zones and days were stamped as they stood"),
    "person-created": N_("%(viewer)s made %(whose)s account"),
    "policy": N_("A version of the policy on what is recorded was accepted"),
    "policy-signers": N_("It was agreed on who signs the policy on what is recorded"),
    "policy-told": N_("%(subject)s was told of a change in what is recorded"),
    "profile-changed": N_("%(viewer)s changed %(whose)s profile"),
    RELEASED: N_("%(viewer)s released the team figures%(of)s, of all teams at once: they never change again"),
    RELEASES_RESTORED: N_("%(viewer)s noted which team figures a restore has brought back"),
    "reset-issued": N_("%(viewer)s issued a link that sets a new password for %(subject)s"),
    "reviewer-granted": N_("%(viewer)s let somebody review the access log; the notice to %(subject)s says who"),
    "restored": N_("%(viewer)s put an older state of this portal back from a backup"),
    "reviewer-revoked": N_("%(viewer)s ended that somebody reviews the access log; the notice to %(subject)s says who"),
    "role-granted": N_("%(viewer)s gave %(subject)s a role"),
    "role-revoked": N_("%(viewer)s took a role from %(subject)s"),
    "rotated": N_("The key %(keys)s was made, and the data keys of its class were wrapped anew under it"),
    "sign-in-link-issued": N_("%(viewer)s issued a one-time link that signs in as %(subject)s"),
    "signed-in-by-link": N_("Somebody signed in as %(subject)s with a one-time link"),
    "staying": N_("%(viewer)s removed %(whose)s last day"),
    TARGET_ANNOUNCED: N_("%(viewer)s announced a target of a team, or a change of one"),
    TARGET_ANSWERED: N_("%(viewer)s wrote what came of the comments on a target of a team"),
    TARGET_ENDED: N_("%(viewer)s ended a target of a team"),
    "target-told": N_("%(subject)s was told of a target of a team"),
    "thread-answered": N_("%(viewer)s answered a question of %(subject)s"),
    "thread-asked": N_("%(viewer)s asked %(subject)s for an answer"),
    "thread-due": N_("%(subject)s was told that an answer is due"),
    "thread-moved": N_("Somebody else was asked for an answer to %(subject)s: nobody was left who could give it"),
    "thread-removed": N_("A conversation of %(subject)s was removed: the time for which it is kept is over"),
    VOLUMES_DELIVERED: N_("%(viewer)s delivered the state of the work%(of)s: numbers of cases, without a person"),
    "witness-refused": N_("A witness refused to co-sign the access log; everybody sees why at the top of their pages"),
}
"""What happened to a person's account and relations, by the outcome of the entry."""

OF_EVENTS: Final[dict[str, str]] = {
    "compacted": N_("%(viewer)s put together what came from %(whose)s computers%(of)s"),
    "removed": N_("%(viewer)s removed events of %(whose)s record%(of)s"),
}
"""What the system did with events that came, by the outcome of the entry."""

BY_THEMSELVES: Final[dict[str, tuple[str, str]]] = {
    PAUSED: (N_("%(viewer)s paused what is recorded%(of)s"), "pause"),
    RESUMED: (N_("%(viewer)s ended a pause of what is recorded%(of)s"), "check"),
    FORGOTTEN: (N_("%(viewer)s let a time be forgotten%(of)s"), "cross"),
    PRIVATE_APPS: (N_("%(viewer)s changed which applications are kept private%(of)s"), "lock"),
    NOTED: (N_("%(viewer)s noted what a time was%(of)s"), "check"),
    NOTE_REMOVED: (N_("%(viewer)s took back what was noted%(of)s"), "cross"),
    CORRECTED: (N_("%(viewer)s corrected a category%(of)s"), "check"),
}
"""What somebody did about what is recorded of them, in the chain that only they read; and its icon."""

TAKEN: Final[dict[str, str]] = {
    "imported": N_("%(viewer)s added events to %(whose)s record%(of)s"),
    "compacted": N_("%(viewer)s put what %(whose)s collectors sent into days%(of)s"),
    "removed": N_("%(viewer)s removed events from %(whose)s record%(of)s"),
}
"""What came of a person's events."""
