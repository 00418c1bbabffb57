"""Marks of batches, remembered: whose they are, that they are those of each event alone, and that they do not grow."""

import pytest

from analytics import known_marks
from analytics.known_marks import KnownMarks
from analytics.raw_data import NotPlain, canonical_text
from privacy.hot import Marker

TEXTS = [b'{"app":"a","n":1}', b'{"n": 1.0, "app": "a"}', b'{"app":"b"}']


@pytest.fixture
def known() -> KnownMarks:
    return KnownMarks()


def test_a_mark_that_is_remembered_is_the_mark_of_the_event_alone(known: KnownMarks) -> None:
    marker = Marker(b"k" * 32)

    for _ in range(2):
        assert [known.of(marker)[text] for text in TEXTS] == [marker.data(canonical_text(text)) for text in TEXTS]


def test_nobody_gets_marks_under_the_key_of_somebody_else(known: KnownMarks) -> None:
    anna, ben = (known.of(Marker(key * 32)) for key in (b"a", b"b"))

    assert anna[TEXTS[0]] != ben[TEXTS[0]]


def test_what_cannot_be_read_is_refused_and_not_remembered(known: KnownMarks) -> None:
    marks = known.of(Marker(b"k" * 32))

    with pytest.raises(NotPlain):
        marks[b'{"a":' + b"[" * 100 + b"]" * 100 + b"}"]

    assert not marks


def test_only_so_much_of_so_many_people_is_remembered(known: KnownMarks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known_marks, "_MOST_TEXTS", 1)
    monkeypatch.setattr(known_marks, "_MOST_PEOPLE", 2)
    markers = [Marker(bytes([n]) * 32) for n in range(3)]
    first = known.of(markers[0])
    assert known.of(markers[0]) is first
    first[TEXTS[0]], first[TEXTS[2]]

    assert known.of(markers[0]) is not first
    for marker in markers:
        known.of(marker)[TEXTS[0]]
    assert len(known._known) <= 2
