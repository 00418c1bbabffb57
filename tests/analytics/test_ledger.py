"""The capture ledger: what came, what was kept, what each rule took away, counted as a set."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.column_bytes import SegmentBroken
from analytics.ledger import Ledger, decode, encode

SALT = bytes(range(16))
RULES = st.sampled_from(["title-to-category", "incognito", "unknown-key"])
EVENTS = st.lists(st.binary(max_size=4))


def dropping(ledger: Ledger, rule: str, events: list[bytes]) -> Ledger:
    found = np.array([ledger.fingerprint(each) for each in events], dtype=np.uint64)
    dropped = ledger.with_dropped(rule, found)
    return Ledger(ledger.kept, ledger.coarsened, dropped, ledger.doors, ledger.salt)


def test_received_is_what_was_kept_and_what_was_dropped() -> None:
    bits = np.array([True, False, True])
    ledger = Ledger(3, {"title-to-category": bits, "unknown-key": ~bits & bits}, salt=SALT)

    ledger = dropping(ledger, "incognito", [b"one", b"two"])

    assert ledger.totals() == {
        "received": 5,
        "kept": 3,
        "coarsened": {"title-to-category": 2},
        "dropped": {"incognito": 2},
    }


@settings(max_examples=60, deadline=None)
@given(EVENTS, EVENTS, RULES)
def test_what_was_dropped_twice_counts_once_in_any_order(one: list[bytes], other: list[bytes], rule: str) -> None:
    forwards = dropping(dropping(Ledger(salt=SALT), rule, one), rule, other)
    backwards = dropping(dropping(Ledger(salt=SALT), rule, other[::-1] + other), rule, one)

    assert forwards.totals() == backwards.totals()
    assert forwards.totals()["received"] == len({*one, *other})
    assert encode(forwards) == encode(backwards)


def test_an_event_that_one_rule_dropped_is_not_counted_under_another() -> None:
    ledger = dropping(dropping(Ledger(salt=SALT), "incognito", [b"one"]), "unknown-stream", [b"one", b"two"])

    assert ledger.totals()["dropped"] == {"incognito": 1, "unknown-stream": 1}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.booleans()), EVENTS, st.lists(st.text()))
def test_a_ledger_survives_being_stored(bits: list[bool], events: list[bytes], doors: list[str]) -> None:
    ledger = Ledger(len(bits), {"unknown-key": np.array(bits, dtype=bool)}, doors=tuple(doors))
    ledger = dropping(ledger, "incognito", events)

    found = decode(encode(ledger))

    assert found.totals() == ledger.totals()
    assert (found.doors, found.salt) == (ledger.doors, ledger.salt)
    assert found.coarsened["unknown-key"].tolist() == bits
    assert encode(found) == encode(ledger)


def test_a_fingerprint_says_nothing_without_the_ledgers_own_salt() -> None:
    one, other = Ledger(), Ledger()

    assert one.salt != other.salt
    assert one.fingerprint(b"a private tab") != other.fingerprint(b"a private tab")
    assert len(one.salt) == 16


@pytest.mark.parametrize("broken", [b"", b"no frame", encode(Ledger())[:-3]], ids=["empty", "no frame", "cut short"])
def test_bytes_that_are_no_ledger_are_refused(broken: bytes) -> None:
    with pytest.raises(SegmentBroken):
        decode(broken)
