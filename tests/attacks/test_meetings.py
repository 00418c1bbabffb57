"""An administrator writes, moves, dates back or brings back a one-to-one, so that somebody's weeks open."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select

from auth.models import Meeting
from privacy.fields import SHARED_FIELDS, Tier
from privacy.period import iso_week
from privacy.policy import Purpose
from tests.attacks.conftest import DATA, Attacked
from tests.attacks.test_relations import told
from tests.meetings import meet

LATER = dt.date(2026, 12, 10)
TUESDAY = dt.datetime(2026, 12, 8, 9, tzinfo=dt.UTC)


def opens(attacked: Attacked, week: str = "2026-W46", who: str = "ana") -> bool:
    asked = (attacked[who], attacked["ben"], SHARED_FIELDS, Purpose.ONE_TO_ONE, iso_week(week), Tier.WEEK)
    return attacked.system.gate.decide(*asked).permitted


def cancel(attacked: Attacked, number: int = 1) -> None:
    with attacked.system.people.changing(attacked["ben"]) as changes:
        changes.cancel_meeting(attacked["ben"], number, 1)


def row(attacked: Attacked) -> Any:
    """Return Ben's one-to-one as it is stored, with its stamp: what an administrator has a copy of."""
    with attacked.system.stores.data.connect() as connection:
        return connection.execute(select(Meeting.__table__).where(Meeting.subject_id == attacked["ben"])).one()


def put_back(attacked: Attacked, found: Any) -> None:
    with attacked.system.stores.data.begin() as connection:
        own = (Meeting.subject_id == found.subject_id, Meeting.number == found.number)
        connection.execute(Meeting.__table__.delete().where(*own))
        connection.execute(Meeting.__table__.insert().values(**found._mapping))


def place(attacked: Attacked, number: int = 1) -> str:
    return f"one-to-one {number} of {attacked['ben']} with {attacked['ana']}"


def test_a_one_to_one_written_into_the_database_opens_nothing_and_is_named(attacked: Attacked) -> None:
    cancel(attacked)
    attacked.sql(
        "INSERT INTO meeting SELECT subject_id, 2, manager_id, day, 1, proposed_by, proposed_on, '2026-11-19', 7, NULL,"
        " stamp FROM meeting WHERE subject_id = ?",
        attacked["ben"],
    )

    assert not opens(attacked)
    assert told(attacked, place(attacked, 2), "was not written by the portal")
    assert told(attacked, place(attacked, 2), "no entry of the log made it so")


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param("day = '2026-11-20'", id="moved to where its sheet is open"),
        pytest.param("proposed_on = '2026-09-01', agreed_on = '2026-09-01'", id="dated back"),
        pytest.param("manager_id = (SELECT subject_id FROM person WHERE name = 'Gus')", id="given to somebody else"),
    ],
)
def test_a_one_to_one_changed_in_the_database_opens_nothing_and_is_named(attacked: Attacked, columns: str) -> None:
    cancel(attacked)
    meet(attacked.system, attacked["ben"], attacked["ana"], LATER)
    assert attacked.verify() == []

    attacked.sql(f"UPDATE meeting SET {columns} WHERE subject_id = ? AND number = 2", attacked["ben"])  # noqa: S608

    assert not opens(attacked)
    assert not opens(attacked, who="gus")
    assert told(attacked, f"one-to-one 2 of {attacked['ben']}", "was not written by the portal")


def test_a_yes_that_nobody_gave_opens_nothing_and_is_named(attacked: Attacked) -> None:
    with attacked.system.people.changing(attacked["ben"]) as changes:
        changes.move_meeting(attacked["ben"], 1, 1, dt.date(2026, 11, 23), attacked["ben"])

    attacked.sql("UPDATE meeting SET agreed_on = '2026-11-19', agreement = 5 WHERE subject_id = ?", attacked["ben"])

    assert not opens(attacked)
    assert told(attacked, place(attacked), "stands as agreed to")


def test_a_cancelled_one_to_one_that_is_put_back_opens_nothing_and_is_named(attacked: Attacked) -> None:
    """The row is genuine, with its stamp; the key of the agreement is what is gone."""
    before = row(attacked)
    cancel(attacked)

    put_back(attacked, before)

    assert not opens(attacked)
    assert told(attacked, place(attacked), "stands as agreed to", "says cancelled")


def test_a_day_from_before_it_was_moved_that_is_put_back_opens_nothing_and_is_named(attacked: Attacked) -> None:
    before = row(attacked)
    with attacked.system.people.changing(attacked["ana"]) as changes:
        changes.move_meeting(attacked["ben"], 1, 1, LATER, attacked["ana"])
    with attacked.system.people.changing(attacked["ben"]) as changes:
        changes.accept_meeting(attacked["ben"], 1, 2, attacked["ben"])

    put_back(attacked, before)

    assert not opens(attacked)
    assert told(attacked, place(attacked), "on another day than entry")


def test_the_data_of_yesterday_put_back_bring_no_cancelled_one_to_one_back(attacked: Attacked) -> None:
    backup = attacked.copy(DATA)
    cancel(attacked)

    attacked.put_back(backup)

    assert not opens(attacked)
    assert told(attacked, "the announcement to", "is missing")


def test_a_held_one_to_one_taken_away_opens_no_earlier_week_and_is_named(attacked: Attacked) -> None:
    """What was held narrows the next sheet; without its row all would stand on it, if nothing else said so."""
    meet(attacked.system, attacked["ben"], attacked["ana"], LATER)
    attacked.office.clock.now = TUESDAY
    assert (opens(attacked, "2026-W46"), opens(attacked, "2026-W47")) == (False, True)

    attacked.sql("DELETE FROM meeting WHERE subject_id = ? AND number = 1", attacked["ben"])

    assert (opens(attacked, "2026-W46"), opens(attacked, "2026-W47")) == (False, False)
    assert told(attacked, f"one-to-one 1 of {attacked['ben']}", "it was taken away")


def test_a_held_one_to_one_given_to_somebody_else_opens_no_earlier_week_and_is_named(attacked: Attacked) -> None:
    """The row is there, and its number: it only is no meeting of these two any more."""
    meet(attacked.system, attacked["ben"], attacked["ana"], LATER)
    attacked.office.clock.now = TUESDAY
    assert (opens(attacked, "2026-W46"), opens(attacked, "2026-W47")) == (False, True)

    attacked.sql("UPDATE meeting SET manager_id = 'nobody' WHERE subject_id = ? AND number = 1", attacked["ben"])

    assert (opens(attacked, "2026-W46"), opens(attacked, "2026-W47")) == (False, False)
    assert told(attacked, f"one-to-one 1 of {attacked['ben']}", "was not written by the portal")


def test_not_prevented_the_last_one_to_one_taken_away_opens_more_and_is_named(attacked: Attacked) -> None:
    """One that was proposed after the next one, for a day before it, has the highest number: its gap does not show."""
    meet(attacked.system, attacked["ben"], attacked["ana"], LATER)
    meet(attacked.system, attacked["ben"], attacked["ana"], dt.date(2026, 12, 2))
    attacked.office.clock.now = TUESDAY
    assert not opens(attacked, "2026-W48")

    attacked.sql("DELETE FROM meeting WHERE subject_id = ? AND number = 3", attacked["ben"])

    assert (opens(attacked, "2026-W46"), opens(attacked, "2026-W48")) == (False, True)
    assert told(attacked, f"one-to-one 3 of {attacked['ben']}", "it was taken away")


def test_a_one_to_one_with_a_manager_who_was_appointed_later_opens_no_earlier_week(attacked: Attacked) -> None:
    """Before the appointment is told there is nobody to agree with, and after it earlier weeks stay closed."""
    with pytest.raises(Exception, match="not employee and manager"):
        meet(attacked.system, attacked["ben"], attacked["gus"], dt.date(2026, 11, 20))
    attacked.system.people.appoint(attacked["gus"], "claims")
    meet(attacked.system, attacked["ben"], attacked["gus"], dt.date(2026, 11, 20))

    assert not opens(attacked, who="gus")
    assert attacked.verify() == []


def test_a_dismissal_between_the_yes_and_the_day_leaves_nothing_open(attacked: Attacked) -> None:
    attacked.system.people.dismiss(attacked["ana"], "claims")
    attacked.system.people.appoint(attacked["ana"], "claims")

    assert not opens(attacked)
    assert attacked.verify() == []
