"""Canonical JSON has one form of bytes for one value, on both ways to it."""

import hashlib

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from privacy.canonical import canonical, canonical_record, digest

text = st.text(st.characters(codec="utf-8"))
scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | text
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4), max_leaves=8)
records = st.dictionaries(st.text(st.characters(min_codepoint=32, max_codepoint=126)), values, max_size=8)


def test_numbers_strings_and_keys_take_the_form_of_rfc_8785() -> None:
    value = {"numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 1e-27], "string": "\u20ac$\u000f\nA'B\"\\", "\u20ac": 1}

    assert canonical(value).decode() == (
        '{"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\","€":1}'
    )


@given(records)
def test_records_have_the_same_form_the_fast_way(record: dict[str, object]) -> None:
    assert canonical_record(record) == canonical(record)


numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**7), 10**9).map(lambda ms: ms / 1000)
anything = st.recursive(
    scalars | numbers,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4) | st.tuples(inner, inner),
    max_leaves=12,
)


@given(anything)
@example({"\U0001f600": 1, "\ufb33": 2})
@example([-0.0, 0.001, 12.345, 9007199254740991.0, "\u2028\x7f\b"])
@example(1e-5)
@example(1e-7)
@example(1e16)
@example(1e21)
def test_every_value_has_the_form_of_the_reference_implementation(value: object) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def test_a_digest_names_its_hash_and_ignores_the_order_of_keys() -> None:
    assert digest({"b": 1, "a": 2}) == digest({"a": 2, "b": 1})
    assert digest({}) == "sha256:" + hashlib.sha256(b"{}").hexdigest()


@pytest.mark.parametrize("value", [float("nan"), 2**60, "\ud800"], ids=["not a number", "too large", "no text"])
def test_what_json_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        canonical({"value": value})
