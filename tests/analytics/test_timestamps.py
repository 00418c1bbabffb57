"""Moments of ActivityWatch's exports: read one by one or many together, as aw-core reads them."""

import datetime as dt
from typing import Any

import pytest
from aw_core.models import Event
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.imports.timestamps import BadTimestamp, microsecond, microseconds

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
IN_BULK = 25
"""So many timestamps of one length are read together."""
ZONES = st.sampled_from(["", "Z", "+00:00", "-03:30", "+14:00", "+0530", "+02"])
FRACTIONS = st.text("0123456789", max_size=9).map(lambda digits: "." + digits if digits else "")


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.builds(
            lambda at, between, fraction, zone: f"{at:%Y-%m-%d}{between}{at:%H:%M:%S}{fraction}{zone}",
            st.datetimes(EPOCH.replace(tzinfo=None, year=1000), EPOCH.replace(tzinfo=None, year=9000)),
            st.sampled_from("T "),
            FRACTIONS,
            ZONES,
        )
    )
)
def test_timestamps_are_floored_to_milliseconds_as_activitywatch_does(texts: list[str]) -> None:
    expected = [(Event(timestamp=each).timestamp - EPOCH) // dt.timedelta(microseconds=1) for each in texts]

    assert microseconds(texts).tolist() == expected
    assert microseconds(texts * IN_BULK).tolist() == expected * IN_BULK


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2025-13-01T00:00:00Z",
        "2025-04-31T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "2025-01-01T24:00:00Z",
        "2025-01-01T00:60:00Z",
        "2025-01-01T00:00:60Z",
        "2025-01-01T00:00:00+24:00",
        "2025-01-01T00:00:00*02:00",
        "2025-01-01x00:00:00Z",
        "²025-01-01T00:00:00Z",
        "~~~~-01-01T00:00:00Z",
        "2025-~~-01T00:00:00Z",
        "2025-01-//T00:00:00Z",
    ],
)
@pytest.mark.parametrize("before", [1, IN_BULK])
def test_what_is_no_moment_is_named(text: str, before: int) -> None:
    with pytest.raises(BadTimestamp) as caught:
        microseconds([*["2025-01-01T00:00:00Z"] * before, text, "2025-01-01T00:00:00Z"])

    assert caught.value.index == before


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "2025-03-30T04:00:00Z",
                "2025-03-30T04:00:00.123Z",
                "2025-12-31T23:59:59.999999+00:00",
                "2025-12-31 23:59:59.999999-11:30",
                "2025-03-30",
                "2025-02-30T04:00:00.123Z",
                "2025-03-30T04:00:00.12\nZ",
                "2025-03-30T04:00:00.123Z\n",
                "",
                "é",
            ]
        ),
        max_size=4,
    ),
    st.sampled_from([1, IN_BULK, 10 * IN_BULK]),
    st.randoms(),
)
def test_texts_read_together_are_what_each_is_alone(odd: list[str], usual: int, order: Any) -> None:
    texts = ["2026-01-02T03:04:05.678Z"] * usual + odd
    order.shuffle(texts)

    try:
        expected = [microsecond(each) for each in texts]
    except BadTimestamp:
        with pytest.raises(BadTimestamp) as caught:
            microseconds(texts)
        with pytest.raises(BadTimestamp):
            microsecond(texts[caught.value.index])
    else:
        assert microseconds(texts).tolist() == expected


def test_two_moments_in_one_text_are_none() -> None:
    """Neither are they read as two where other texts are as much shorter."""
    usual = "2026-01-02T03:04:05.678Z"

    with pytest.raises(BadTimestamp) as caught:
        microseconds([*[usual] * IN_BULK, f"{usual}?{usual}", "2025-03-30T04", "2025-03-30"])

    assert caught.value.index == IN_BULK
