"""What the log says of keys: since when each is there, which is the escrow's, and whether something is missing."""

import datetime as dt
from typing import Any

import pytest

from privacy.fields import KeyClass
from privacy.key_history import KeyHistory, Said, read
from privacy.key_provider import KeyClassWithheld, KeyRefused
from privacy.log_entries import Chain, Entry
from privacy.log_read import Filter, Page

DAY = dt.date(2026, 9, 1)


class Told:
    """A log of the organisation with one entry a day: outcome, fields and digest of each."""

    def __init__(self, *entries: tuple[str, tuple[str, ...], str | None], without: int | None = None) -> None:
        self.entries = [entry(number, *each) for number, each in enumerate(entries) if number != without]
        self.unreadable: tuple[int, ...] = ()

    def read(self, wanted: Filter) -> Page:
        assert list(wanted.chains) == [Chain.ORGANISATION], "whom an entry is about is nobody's business here"
        return Page(tuple(reversed(self.entries)), None, self.unreadable)


def entry(number: int, outcome: str, fields: tuple[str, ...], digest: str | None) -> Entry:
    time = dt.datetime.combine(DAY, dt.time(8), dt.UTC) + dt.timedelta(days=number)
    return Entry(
        index=10 * number,
        time=time,
        viewer=None,
        subject=None,
        relation="operations",
        fields=fields,
        purpose="operations",
        period=None,
        policy=1,
        outcome=outcome,
        chain=Chain.ORGANISATION,
        sequence=number,
        previous=None,
        digest=digest,
    )


FOUNDED = ("founded", (), None)
CLOSED = ("closed", ("access_log",), "sha256:0")


def key(outcome: str, name: str) -> tuple[str, tuple[str, ...], None]:
    return outcome, (name,), None


def since(history: KeyHistory, key_class: KeyClass = KeyClass.SHARED) -> dict[int, int]:
    """Return after how many days the log shows each version."""
    return {v: (said.day - DAY).days for (c, v), said in history.since.items() if c is key_class}


def test_a_setup_makes_the_first_key_of_every_class() -> None:
    history = read(Told(FOUNDED, CLOSED))

    assert history.since == {(each, 1): Said(DAY, 0) for each in KeyClass}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ((key("rotated", "kek-shared-2"),), {1: 0, 2: 1}),
        ((key("key-noted", "kek-shared-2"), key("rotated", "kek-shared-2")), {1: 0, 2: 1}),
        ((key("key-destroyed", "kek-shared-1"),), {1: 0, 2: 1}),
        ((CLOSED, key("rotated", "kek-shared-4"), key("rotated", "kek-shared-3")), {1: 0, 2: 2, 3: 2, 4: 2}),
        ((key("rotated", "kek-text-2"), key("escrowed", "kek-shared-9")), {1: 0}),
        ((key("rotated", "kek-shared-0"), key("rotated", "kek-other-2"), key("rotated", "kek-shared-2 ")), {1: 0}),
    ],
)
def test_the_first_entry_that_shows_a_key_dates_it_and_those_before_it(entries: Any, expected: dict[int, int]) -> None:
    assert since(read(Told(FOUNDED, *entries))) == expected


def test_the_escrow_key_that_was_made_last_is_the_one_that_counts() -> None:
    made = [("escrow-key-made", (), f"sha256:{each}") for each in "ab"]

    assert read(Told(FOUNDED, CLOSED)).escrow_key is None
    assert read(Told(FOUNDED, *made, CLOSED)).escrow_key == "sha256:b"


def test_a_chain_with_a_gap_or_an_entry_that_does_not_open_is_not_whole() -> None:
    entries = (FOUNDED, CLOSED, CLOSED)
    unreadable = Told(*entries)
    unreadable.unreadable = (7,)

    assert read(Told(*entries)).is_whole
    for each in (Told(*entries, without=0), Told(*entries, without=1), unreadable, Told()):
        assert not read(each).is_whole


@pytest.mark.parametrize("error", [KeyClassWithheld("audit"), KeyRefused("damaged")])
def test_a_log_whose_keys_are_not_here_says_nothing(error: Exception) -> None:
    class Shut:
        def read(self, _wanted: Filter) -> Page:
            raise error

    assert read(Shut()) == KeyHistory({}, None, is_whole=False)
