"""Open again what somebody else was shown: the frozen week behind an entry of the asker's log, and whether it is it.

The receipt in the log has the digest of what was sent. The week is frozen, so the same function over the same stored
bytes must come to the same digest; if it does, the page may say "this is what Ana saw". Nothing else is compared: the
log holds no figures.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import abort

from analytics.weeks import Answer
from auth.notice_sentences import GONE as NO_LONGER_HERE
from portal import own, retention, sharing_words
from portal.access import session_key, system, viewer
from portal.answers import logged
from portal.locale import N_, _
from portal.parse import purpose_from
from portal.sentences import field_words, period_words
from portal.show import moment
from privacy.decisions import STANDING
from privacy.fields import Field, KeyClass
from privacy.inventory import VaultIncomplete
from privacy.keys import KeyGone
from privacy.log_entries import LOG_FIELD, THREAD_FIELD, Entry
from privacy.policy import Relation
from privacy.receipts import READ, RECEIPT, paired
from privacy.seal import SealBroken

_REFUSED: Final = "refused"
_NO_FIGURES: Final = frozenset({LOG_FIELD, THREAD_FIELD, *STANDING})
_TAKEN_AWAY: Final = ("expired", "erased")
"""Outcomes of entries that say that stored figures were taken away for good."""


class State(enum.StrEnum):
    """What came of opening it again. DIFFERS, BROKEN and LOST are alarms."""

    SAME = "same"
    DIFFERS = "differs"
    BROKEN = "broken"
    LOST = "lost"
    GONE = "gone"
    ENDED = "ended"
    UNSENT = "unsent"
    REFUSED = "refused"


ALARMS: Final = frozenset({State.DIFFERS, State.BROKEN, State.LOST})

SENTENCES: Final[dict[State, str]] = {
    State.SAME: N_("The digest that was logged before the answer was sent is the digest of these bytes."),
    State.DIFFERS: N_(
        "The figures below are not those that were shown: their digest is another than the one in the log."
    ),
    State.BROKEN: N_(
        "The stored week does not open, or is not complete: somebody changed rows of it since it was read."
    ),
    State.LOST: N_(
        "The stored week is missing. Its time is not over, and no entry of yours says that it was taken away."
    ),
    State.GONE: N_("The stored week is no longer kept, so it cannot be shown again. The log keeps its digest."),
    State.ENDED: N_("What you shared was ended, or its time was over: its key is destroyed. The log keeps its digest."),
    State.UNSENT: N_("The week was opened, but no receipt followed. Sameview sends an answer only after its receipt."),
    State.REFUSED: N_("The request was refused, so nothing was opened and nothing was shown."),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the log says about one read of the asker's figures, and what opening them again came to."""

    state: State
    read: Entry
    receipt: Entry | None = None
    answer: Answer | None = None
    grant: bool = False

    @property
    def entry(self) -> Entry:
        """The entry that says what was shown, else the one that says what was asked for."""
        return self.receipt or self.read

    @property
    def sentence(self) -> str:
        return _(SENTENCES[self.state])

    @property
    def alarm(self) -> bool:
        return self.state in ALARMS


def open_again(number: int) -> Shown:
    """Open what the read or the receipt of this number showed. The look is an own read, logged like every one.

    404 for a number that is no read of the asker's figures by somebody else.
    """
    entries = system().gate.own_log(viewer(), session_key())
    asked = next((each for each in entries if each.index == number and _is_read(each)), None)
    if asked is None:
        abort(404)
    if asked.outcome == _REFUSED:
        return Shown(State.REFUSED, asked)
    read, receipt = _of(asked, entries)
    if receipt is None:
        return Shown(State.UNSENT, read)
    return _compare(read, receipt, entries)


def facts(shown: Shown) -> dict[str, Any]:
    """Say for the page who it was, what it was about and when, on the asker's clock."""
    entry = shown.entry
    person = entry.viewer or ""
    return {
        "who": system().directory.names({person}).get(person, _(NO_LONGER_HERE)),
        "when": moment(entry.time, own.zone()),
        "what": field_words(entry.fields),
        "period": "" if entry.period is None else period_words(entry.period),
        **sharing_words.words(),
    }


def as_json(shown: Shown) -> dict[str, Any]:
    """Return it as JSON; `again` is an answer like that of the week itself."""
    found = None if shown.grant else shown.answer  # what was granted has a shape of its own, and a page
    return {
        "state": shown.state.value,
        "sentence": shown.sentence,
        "read": logged(shown.read),
        "receipt": None if shown.receipt is None else logged(shown.receipt),
        "again": found and {"payload": found.payload, "entry": found.entry, "digest": found.digest},
    }


def _is_read(entry: Entry) -> bool:
    """Tell whether somebody else read the asker's figures in it, or asked to: not the log, and no job."""
    by_person = entry.subject == viewer() and entry.viewer not in (None, viewer())
    return by_person and entry.outcome in (READ, RECEIPT, _REFUSED) and not _NO_FIGURES.intersection(entry.fields)


def _of(asked: Entry, entries: Sequence[Entry]) -> tuple[Entry, Entry | None]:
    """Return the read and its receipt. A receipt whose read is not there stands for both: the list shows the gap."""
    by_number = {each.index: each for each in entries}
    reads = paired(entries)
    if asked.outcome == RECEIPT:
        return by_number[reads.get(asked.index, asked.index)], asked
    receipt = next((number for number, read in reads.items() if read == asked.index), None)
    return asked, None if receipt is None else by_number[receipt]


def _compare(read: Entry, receipt: Entry, entries: Sequence[Entry]) -> Shown:
    if receipt.relation == Relation.GRANTEE:
        return _compare_grant(read, receipt)
    purpose = purpose_from(receipt.purpose)
    if receipt.period is None or purpose is None or receipt.relation != Relation.MANAGER:
        return Shown(State.BROKEN, read, receipt)  # Sameview shows nobody but managers, and only weeks
    try:
        fields = frozenset(map(Field, receipt.fields))
        found = system().weeks.again(viewer(), receipt.period, purpose, session_key(), fields)
    except (SealBroken, VaultIncomplete):
        return Shown(State.BROKEN, read, receipt)
    except KeyGone:
        found = None
    if found is None:
        over = retention.is_over(system(), KeyClass.SHARED, receipt.period.first)
        gone = over or any(_takes_away(each, receipt) for each in entries)
        return Shown(State.GONE if gone else State.LOST, read, receipt)
    same = found.digest == receipt.digest
    return Shown(State.SAME if same else State.DIFFERS, read, receipt, found)


def _compare_grant(read: Entry, receipt: Entry) -> Shown:
    """Open what was shared as its viewer saw it: the gate has compared its digest, by which it is found."""
    mine = system().rooms.grants.of(viewer())
    grant = next((each for each in mine if (each.viewer, each.digest) == (receipt.viewer, receipt.digest)), None)
    try:
        opened = None if grant is None else system().gate.open_own_grant(viewer(), grant.number, session_key())
    except SealBroken:
        return Shown(State.BROKEN, read, receipt, grant=True)
    except KeyGone:
        opened = None
    if opened is None:
        return Shown(State.ENDED, read, receipt, grant=True)
    return Shown(State.SAME, read, receipt, sharing_words.answer_of(opened), grant=True)


def _takes_away(entry: Entry, receipt: Entry) -> bool:
    """Tell whether an entry says that fields of a receipt were taken away after it."""
    later = entry.index > receipt.index and entry.outcome in _TAKEN_AWAY
    return later and set(receipt.fields) <= set(entry.fields)
