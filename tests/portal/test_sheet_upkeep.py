"""Sheets go once their day is older than agreed: at the next line that is written, and by night; the rest stays."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from portal import nightly, sheet_upkeep
from privacy.fields import Field
from privacy.vault_store import SealedField
from tests.meetings import meet

LATER = dt.datetime(2028, 1, 5, 9, 0, tzinfo=dt.UTC)  # thirteen whole months after November 2026 and more
NEXT = dt.date(2028, 1, 10)


def topic(form: Callable[..., Any], number: int, text: str) -> None:
    assert form("ben", f"/me/one-to-ones/{number}", action="write", kind="topic", text=text).status_code == 303


def page(office: Any, number: int) -> str:
    office.clients.clear()
    return office.client("ben").get(f"/me/one-to-ones/{number}").text


def filed(office: Any) -> list[dt.date]:
    """Return the days under which Ben's sheets are filed."""
    query = select(SealedField.day).where(
        SealedField.subject_id == office.ids["ben"], SealedField.field == Field.ONE_TO_ONES
    )
    with office.system.stores.data.connect() as connection:
        return list(connection.scalars(query))


def test_what_is_written_anew_takes_the_place_of_what_stood(office: Any, form: Callable[..., Any]) -> None:
    topic(form, 1, "Leave in spring")
    office.clock.advance(days=1)
    office.clients.clear()
    topic(form, 1, "The forecast")

    assert filed(office) == [dt.date(2026, 11, 20)]
    assert "Leave in spring" in page(office, 1)


def test_a_sheet_that_is_older_than_agreed_goes_by_night_and_its_meeting_stays(
    office: Any, form: Callable[..., Any]
) -> None:
    topic(form, 1, "Leave in spring")
    office.clock.now = LATER
    meet(office.system, office.ids["ben"], office.ids["ana"], NEXT)

    assert sheet_upkeep.run(office.system, pytest.fail) == 1
    assert sheet_upkeep.run(office.system, pytest.fail) == 0

    assert "Leave in spring" not in page(office, 1)
    assert [each.number for each in office.system.directory.meetings.of(office.ids["ben"])] == [2, 1]
    assert filed(office) == [LATER.date()]
    by_job = [each for each in office.entries("ben") if each.viewer is None and set(each.fields) == {"one_to_ones"}]
    assert [each.outcome for each in by_job][-2:] == ["disclosed", "inventoried"]


def test_a_new_line_lets_old_sheets_go_and_keeps_those_of_now(office: Any, form: Callable[..., Any]) -> None:
    topic(form, 1, "Leave in spring")
    office.clock.now = LATER
    meet(office.system, office.ids["ben"], office.ids["ana"], NEXT)
    office.clients.clear()

    topic(form, 2, "The forecast")

    assert "Leave in spring" not in page(office, 1)
    assert "The forecast" in page(office, 2)


def test_no_sheet_is_opened_by_night_before_it_is_old_enough(office: Any, form: Callable[..., Any]) -> None:
    topic(form, 1, "Leave in spring")
    office.clock.now = dt.datetime(2027, 12, 1, 9, 0, tzinfo=dt.UTC)

    assert sheet_upkeep.run(office.system, pytest.fail) == 0
    assert "Leave in spring" in page(office, 1)


def test_a_night_does_it(office: Any, form: Callable[..., Any]) -> None:
    topic(form, 1, "Leave in spring")
    office.clock.now = LATER

    nightly.run(office.system, lambda _what, _done, _total: None, clock_is_right=True)

    assert "Leave in spring" not in page(office, 1)
