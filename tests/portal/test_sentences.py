"""The log in plain words: who, what, when, why — and nothing that the entry does not say."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from cast import ANA, BEN, CLEO, ODA

from auth.notices import TOLD
from portal.log_words import FIELD_NAMES
from portal.sentences import Sentence, sentence, sentences
from privacy.fields import Field
from privacy.log_entries import Chain, Entry
from privacy.period import Period, iso_week

NAMES = {ANA: "Ana Ruiz", BEN: "Ben Ott", CLEO: "Cleo Park", ODA: "Oda Blau"}
BERLIN = ZoneInfo("Europe/Berlin")
SHARED = ("active_time", "categories", "focus")


def entry(index: int = 7, **changes: Any) -> Entry:
    usual: dict[str, Any] = {
        "time": dt.datetime(2026, 11, 18, 10, 42, tzinfo=dt.UTC),
        "viewer": ANA,
        "subject": BEN,
        "relation": "manager",
        "fields": SHARED,
        "purpose": "one_to_one",
        "period": iso_week("2026-W46"),
        "policy": 1,
        "outcome": "shown",
        "chain": Chain.OTHERS,
        "sequence": 0,
        "previous": None,
        "digest": None,
    }
    return Entry(index=index, **(usual | changes))


def said(reader: str = BEN, **changes: Any) -> Sentence:
    return sentence(entry(**changes), reader, NAMES.__getitem__, BERLIN)


def test_a_managers_look_names_who_what_when_and_why() -> None:
    found = said()

    assert str(found) == "Ana Ruiz, your manager, saw your active time, categories and focus of week 46"
    assert (found.number, found.when, found.why) == (7, "18 Nov 2026, 11:42", "for a one-to-one")


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("paused", "You paused what is recorded"),
        ("resumed", "You ended a pause of what is recorded"),
        ("forgotten", "You let a time be forgotten of 12 Nov"),
        ("private-apps", "You changed which applications are kept private"),
        ("noted", "You noted what a time was"),
        ("note-removed", "You took back what was noted"),
        ("corrected", "You corrected a category"),
    ],
)
def test_what_one_keeps_private_is_said_to_oneself(outcome: str, words: str) -> None:
    period = Period.day(dt.date(2026, 11, 12)) if outcome == "forgotten" else None
    own = {"viewer": BEN, "relation": "self", "purpose": "own_review", "chain": Chain.SELF, "fields": ("own_times",)}

    assert str(said(outcome=outcome, period=period, **own)) == words


def test_a_refusal_begins_with_the_word() -> None:
    found = said(outcome="refused", fields=("apps",), period=Period.day(dt.date(2026, 11, 12)))

    assert str(found) == "Refused: Ana Ruiz, your manager, asked for your applications of 12 Nov"


def test_a_reviewer_reads_the_same_entry_with_names() -> None:
    assert str(said(CLEO)) == "Ana Ruiz, Ben Ott’s manager, saw Ben Ott’s active time, categories and focus of week 46"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"viewer": None, "relation": "operations", "purpose": "operations", "outcome": "disclosed"},
            "Sameview itself opened your active time, categories and focus of week 46, to add up figures."
            " Nobody was shown them",
        ),
        (
            {"viewer": BEN, "relation": "self", "purpose": "own_review", "period": None, "chain": Chain.SELF},
            "You saw your own active time, categories and focus",
        ),
        (
            {"viewer": CLEO, "subject": None, "relation": "compliance", "fields": ("access_log",), "period": None}
            | {"outcome": "disclosed"},
            "Cleo Park read the access log",
        ),
        (
            {"viewer": ODA, "relation": "operations", "fields": (), "outcome": "invited", "period": None},
            "Oda Blau issued an invitation to your account",
        ),
        (
            {"viewer": None, "relation": "operations", "fields": (), "outcome": "role-granted", "period": None},
            "An operator at the command line gave you a role",
        ),
        ({"viewer": None, "outcome": "imported"}, "Sameview itself added events to your record of week 46"),
    ],
    ids=["job", "own", "review", "account", "command line", "import"],
)
def test_every_kind_of_entry_has_its_sentence(changes: dict[str, Any], words: str) -> None:
    assert str(said(**changes)) == words


def test_an_opening_and_its_receipt_are_one_line_with_both_numbers() -> None:
    opened, shown = entry(7, outcome="disclosed"), entry(8, digest="sha256:00")

    (found,) = sentences([opened, shown], BEN, NAMES.__getitem__, BERLIN)

    assert (found.number, found.opened, found.digest) == (8, 7, "sha256:00")


def test_an_opening_without_a_receipt_stays_in_the_list() -> None:
    other_week = entry(7, outcome="disclosed", period=iso_week("2026-W45"))

    found = sentences([other_week, entry(8)], BEN, NAMES.__getitem__, BERLIN)

    assert [each.number for each in found] == [8, 7]


def test_every_field_has_a_name() -> None:
    assert set(Field) <= set(FIELD_NAMES)


@pytest.mark.parametrize(
    "outcome", sorted({outcome for outcome, _ in TOLD.values()} | {"grant-expired", "thread-removed"})
)
def test_whatever_people_are_told_of_has_words_in_the_log_too(outcome: str) -> None:
    found = str(said(outcome=outcome, fields=(), purpose="operations", relation="operations", period=None))

    assert f"wrote “{outcome}”" not in found
    assert "{" not in found


def test_what_was_shared_and_asked_is_said_as_such() -> None:
    shared = said(relation="grantee", fields=("apps",))
    asked = said(relation="addressee", outcome="disclosed", fields=("thread",), purpose="subject_request", period=None)

    assert str(shared) == "Ana Ruiz saw your applications of week 46, as shared with them"
    assert shared.replays
    assert str(asked) == "Ana Ruiz opened your conversation"
    assert not asked.replays
