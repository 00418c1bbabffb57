"""A receipt belongs to the newest read before it that has none; a read whose receipt was never written stays alone."""

import datetime as dt
from typing import Any

import pytest
from cast import ANA, BEN, DAN
from hypothesis import given
from hypothesis import strategies as st

from privacy.log_entries import Chain, Entry
from privacy.period import iso_week
from privacy.receipts import READ, RECEIPT, paired


def entry(index: int, outcome: str, **changes: Any) -> Entry:
    usual: dict[str, Any] = {
        "time": dt.datetime(2026, 11, 18, 10, 42, tzinfo=dt.UTC),
        "viewer": ANA,
        "subject": BEN,
        "relation": "manager",
        "fields": ("active_time", "focus"),
        "purpose": "one_to_one",
        "period": iso_week("2026-W46"),
        "policy": 1,
        "chain": Chain.OTHERS,
        "sequence": index,
        "previous": None,
        "digest": "sha256:00" if outcome == RECEIPT else None,
    }
    return Entry(index=index, outcome=outcome, **(usual | changes))


@pytest.mark.parametrize(
    ("outcomes", "pairs"),
    [
        pytest.param([READ, RECEIPT], {1: 0}, id="one read"),
        pytest.param([READ, RECEIPT, READ, RECEIPT], {1: 0, 3: 2}, id="one after the other"),
        pytest.param([READ, READ, RECEIPT], {2: 1}, id="the first was never sent"),
        pytest.param([READ, READ, RECEIPT, RECEIPT], {2: 1, 3: 0}, id="at one moment"),
        pytest.param([READ, RECEIPT, READ], {1: 0}, id="the last was never sent"),
        pytest.param([RECEIPT, READ], {}, id="a receipt whose read is not among them"),
        pytest.param([READ, "refused", RECEIPT], {2: 0}, id="a refusal between"),
    ],
)
def test_a_receipt_belongs_to_the_newest_read_without_one(outcomes: list[str], pairs: dict[int, int]) -> None:
    assert paired(entry(n, outcome) for n, outcome in enumerate(outcomes)) == pairs


@pytest.mark.parametrize(
    "other",
    [
        {"viewer": DAN},
        {"subject": DAN},
        {"fields": ("focus",)},
        {"purpose": "team_rhythm"},
        {"period": iso_week("2026-W45")},
    ],
    ids=lambda each: next(iter(each)),
)
def test_a_receipt_never_belongs_to_another_read(other: dict[str, Any]) -> None:
    assert paired([entry(0, READ), entry(1, READ, **other), entry(2, RECEIPT)]) == {2: 0}


@given(st.lists(st.tuples(st.sampled_from([READ, RECEIPT, "refused"]), st.sampled_from([ANA, DAN])), max_size=12))
def test_every_read_has_at_most_one_receipt_which_comes_after_it(drafted: list[tuple[str, str]]) -> None:
    entries = [entry(n, outcome, viewer=viewer) for n, (outcome, viewer) in enumerate(drafted)]

    found = paired(reversed(entries))

    assert len(set(found.values())) == len(found)
    for receipt, read in found.items():
        assert (drafted[read], drafted[receipt]) == ((READ, drafted[read][1]), (RECEIPT, drafted[read][1]))
        assert read < receipt
