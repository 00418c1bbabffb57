"""A text that somebody else reads says what is seen of it: nothing hidden, nothing turned round."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.free_text import UNSEEN, unseen


@pytest.mark.parametrize(
    "text", ["\u202egnp.exe", "a\x07", "\x1b[31m", "a\u2066b", "a\x00", "a\u2028b", "\x85", "\ud800"]
)
def test_what_cannot_be_seen_or_turns_letters_is_named_with_its_place(text: str) -> None:
    found = unseen("ab" + text, lines=True)

    assert found is not None
    assert UNSEEN % found
    assert ("ab" + text)[int(found["letter"]) - 1] == chr(int(found["code"], 16))


@pytest.mark.parametrize("text", ["Käse – 10 €", "👩‍👩‍👧", "שלום\u200f", "नमस्ते\u200d", "a\u00a0b", "=cmd()"])
def test_all_that_people_write_is_kept(text: str) -> None:
    assert unseen(text) is None


def test_line_breaks_are_kept_where_lines_are_broken() -> None:
    assert unseen("one\r\ntwo\tthree", lines=True) is None
    assert unseen("one\ntwo") == {"code": "000A", "letter": "4"}


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf", "Zl", "Zp"])), st.sampled_from("\u202e\u2067\x1b\x9f")
)
def test_wherever_it_stands_it_is_found(text: str, letter: str) -> None:
    middle = len(text) // 2
    assert unseen(text) is None
    assert unseen(text[:middle] + letter + text[middle:]) == {"code": f"{ord(letter):04X}", "letter": str(middle + 1)}
    assert unicodedata.category(letter) in ("Cc", "Cf")
