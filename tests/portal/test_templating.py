"""Templates write what they are given: escaped, unless it is markup."""

from typing import Any

from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from portal.templating import Templates, written


class Word(str):
    """A text that is no plain one."""


class Drawn:
    """Something that says itself how it is written."""

    def __html__(self) -> str:
        return "<i>"


VALUES = st.one_of(
    st.text(),
    st.text("&<>\"'a;#"),
    st.text().map(Markup),
    st.text("&<>a").map(Word),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.dates(),
    st.builds(Drawn),
    st.lists(st.text("<&")),
)


@given(VALUES)
def test_what_is_written_is_what_escaping_makes_of_it(value: Any) -> None:
    assert str(written(value)) == str(escape(value))


@given(st.text("&<>\"'{}a"), st.integers(1, 3))
def test_a_page_escapes_what_passes_through_macros_sets_and_blocks(word: str, times: int) -> None:
    page = Templates(Flask("page")).from_string(
        "{% autoescape true %}{% macro shown(of) %}<b>{{ of }}</b>{{ caller() if caller }}{% endmacro %}"
        "{% set kept %}{{ word }}{% endset %}"
        "{% for n in range(times) %}{{ shown(word) }}{{ shown(kept) }}{{ word ~ kept }}"
        "{% call shown(n) %}{{ word }}{% endcall %}{% endfor %}{% endautoescape %}"
    )
    safe = str(escape(word))

    drawn = page.render(word=word, times=times)

    assert drawn == "".join(f"<b>{safe}</b><b>{safe}</b>{safe}{safe}<b>{n}</b>{safe}" for n in range(times))
