"""The file for calendars: RFC 5545 to the octet, whatever a name holds, read back by the rules of the RFC alone."""

import datetime as dt
import re

from hypothesis import given
from hypothesis import strategies as st

from portal.calendar_file import Entry, text_of

DAY = dt.date(2026, 11, 20)
NOW = dt.datetime(2026, 11, 19, 10, 30, tzinfo=dt.timezone(dt.timedelta(hours=1)))


def entry(summary: str = "One-to-one with Ana", description: str = "") -> Entry:
    address = "https://portal.example/me/one-to-ones/1"
    return Entry("1@portal.example", NOW, DAY, 2, "CONFIRMED", summary, description, address)


def properties(text: str) -> list[tuple[str, str]]:
    """Read lines as RFC 5545 §3.1 has them: unfolded, then name with parameters, then value."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    unfolded = text.replace("\r\n ", "")
    return [(line.partition(":")[0], line.partition(":")[2]) for line in unfolded.split("\r\n")[:-1]]


def value(text: str) -> str:
    """Read a TEXT value (§3.3.11)."""
    return re.sub(r"\\([\\;,nN])", lambda found: "\n" if found[1] in "nN" else found[1], text)


def test_it_is_an_event_of_a_whole_day_within_a_calendar() -> None:
    found = properties(text_of(entry()))

    assert [name for name, _ in found[:2]] == ["BEGIN", "VERSION"]
    assert found[-2:] == [("END", "VEVENT"), ("END", "VCALENDAR")]
    assert dict(found)["DTSTART;VALUE=DATE"] == "20261120"
    assert dict(found)["DTEND;VALUE=DATE"] == "20261121"
    assert dict(found)["DTSTAMP"] == "20261119T093000Z"
    assert dict(found)["SEQUENCE"] == "2"
    assert {"PRODID", "UID", "STATUS", "SUMMARY", "URL"} <= {name for name, _ in found}


@given(st.text(max_size=120), st.text(max_size=300))
def test_any_words_come_back_and_make_no_property_of_their_own(summary: str, description: str) -> None:
    text = text_of(entry(summary, description))

    assert all(len(line.encode("utf-8", "surrogatepass")) <= 75 for line in text.split("\r\n"))
    found = properties(text)
    assert len(found) == 16
    plain = "".join(each for each in summary.replace("\r", "") if each.isprintable() or each == "\n")
    assert value(dict(found)["SUMMARY"]) == plain
