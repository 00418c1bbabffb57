"""One-to-ones: proposed by either, agreed to by both, moved or cancelled by either, and never back-dated."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import update

from auth.errors import ChangeRefused
from auth.meeting_changes import MOST_AHEAD, MeetingMoved, MeetingRefused
from auth.meetings import OneToOne
from auth.models import Management, Meeting
from privacy.one_to_ones import Met
from tests.auth.conftest import Office

DAY = dt.date(2026, 11, 24)  # the clock stands at Thursday 19 November
NEXT = dt.date(2026, 11, 26)


class Two:
    """Ana, a manager, and Ben, whom she manages."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.ana = office.hire("Ana", "Claims", manages=True)
        self.ben = office.hire("Ben", "Claims")

    def propose(self, by: str, day: dt.date = DAY, manager: str | None = None) -> int:
        with self.office.people.changing(by) as changes:
            return changes.propose_meeting(self.ben, manager or self.ana, day, by)

    def accept(self, by: str, number: int = 1, seen: int = 0) -> None:
        with self.office.people.changing(by) as changes:
            changes.accept_meeting(self.ben, number, seen, by)

    def move(self, by: str, day: dt.date, number: int = 1, seen: int = 1) -> None:
        with self.office.people.changing(by) as changes:
            changes.move_meeting(self.ben, number, seen, day, by)

    def cancel(self, by: str, number: int = 1, seen: int = 1) -> None:
        with self.office.people.changing(by) as changes:
            changes.cancel_meeting(self.ben, number, seen)

    def agree(self, day: dt.date = DAY) -> int:
        number = self.propose(self.ana, day)
        self.accept(self.ben, number)
        return number

    @property
    def met(self) -> Any:
        return self.office.directory.one_to_ones(self.ana, self.ben)

    @property
    def states(self) -> list[str]:
        today = self.office.clock().date()
        return [each.state(today) for each in self.office.directory.meetings.of(self.ben)]

    def only(self) -> OneToOne:
        (found,) = self.office.directory.meetings.of(self.ben)
        return found


@pytest.fixture
def two(office: Office) -> Two:
    return Two(office)


@pytest.mark.parametrize("proposer", ["ana", "ben"])
def test_it_counts_once_both_have_said_yes_and_both_are_told(two: Two, proposer: str) -> None:
    first, second = (two.ana, two.ben) if proposer == "ana" else (two.ben, two.ana)

    two.propose(first)
    assert (two.met, two.states) == ([], ["waiting"])
    assert two.only().waits_for(DAY) == second
    two.accept(second)

    assert (two.met, two.states) == ([Met(DAY, True)], ["agreed"])
    for each in (two.ana, two.ben):
        assert two.office.log.outcomes(each)[-2:] == ["meeting-proposed", "meeting-agreed"]
        assert two.office.told(each)[0].startswith("Ben and Ana agreed on a one-to-one on 24 November 2026.")
    assert [each.seen for each in two.office.announcements.of(first)[:2]] == [False, True]
    assert [each.seen for each in two.office.announcements.of(second)[:2]] == [True, False]


def test_nobody_says_yes_to_their_own_proposal(two: Two) -> None:
    two.propose(two.ana)

    with pytest.raises(MeetingMoved):
        two.accept(two.ana)

    assert two.states == ["waiting"]


def test_a_move_needs_a_new_yes_and_the_old_agreement_is_gone_for_good(two: Two) -> None:
    two.agree()
    (former,) = two.office.agreements.keys

    two.move(two.ana, NEXT)

    assert (two.met, two.states) == ([], ["waiting"])
    assert former not in two.office.agreements.keys
    two.accept(two.ben, seen=2)
    assert two.met == [Met(NEXT, True)]


@pytest.mark.parametrize("by", ["ana", "ben"])
def test_either_cancels_it_and_nothing_opens_for_it_any_more(two: Two, by: str) -> None:
    two.agree()

    two.cancel(getattr(two, by))

    assert (two.met, two.states, two.office.agreements.keys) == ([], ["cancelled"], set())
    assert "cancelled the one-to-one of Ben and Ana" in two.office.told(two.ben)[0]


def test_a_day_that_is_over_was_held_and_stays_so(two: Two, clock: Any) -> None:
    two.agree()
    clock.advance(days=6)

    for step in (lambda: two.cancel(two.ana), lambda: two.move(two.ana, dt.date(2026, 12, 1))):
        with pytest.raises(MeetingRefused, match="Its day is over"):
            step()

    assert (two.met, two.states) == ([Met(DAY, True)], ["held"])


def test_a_yes_that_comes_too_late_counts_for_nothing(two: Two, clock: Any) -> None:
    two.propose(two.ana)
    clock.advance(days=6)

    with pytest.raises(MeetingRefused, match="Its day is over"):
        two.accept(two.ben)

    assert (two.met, two.states) == ([], ["lapsed"])


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        pytest.param(dt.date(2026, 11, 18), "This day is over", id="yesterday"),
        pytest.param(dt.date(2027, 11, 21), "more than a year ahead", id="too far"),
        pytest.param(DAY, "on this day already", id="two on one day"),
    ],
)
def test_a_day_that_cannot_be_is_refused_beside_the_day(two: Two, day: dt.date, reason: str) -> None:
    two.agree()

    with pytest.raises(MeetingRefused, match=reason) as refused:
        two.propose(two.ben, day)

    assert refused.value.place == "day"
    assert len(two.states) == 1


def test_today_is_the_employees(two: Two, clock: Any) -> None:
    """At 12:00 UTC on 19 November it is the 20th in Kiritimati, and the 19th in Vienna."""
    clock.now = dt.datetime(2026, 11, 19, 12, 0, tzinfo=dt.UTC)
    with two.office.people.changing(None) as changes:
        changes.update(two.ben, timezone="Pacific/Kiritimati")

    with pytest.raises(MeetingRefused, match="This day is over"):
        two.propose(two.ana, dt.date(2026, 11, 19))
    assert two.propose(two.ana, dt.date(2026, 11, 20)) == 1


def test_whoever_proposes_every_day_gets_no_further_than_some_and_opens_nothing(two: Two) -> None:
    days = [DAY + dt.timedelta(days=n) for n in range(MOST_AHEAD + 1)]
    for day in days[:-1]:
        two.propose(two.ana, day)

    with pytest.raises(MeetingRefused, match=f"You two have {MOST_AHEAD} one-to-ones ahead"):
        two.propose(two.ana, days[-1])

    assert two.met == []


def test_nobody_meets_themselves_or_somebody_who_does_not_manage_them(two: Two) -> None:
    stranger = two.office.hire("Gus", "Payroll", manages=True)

    for manager in (two.ben, stranger):
        with pytest.raises(ChangeRefused):
            two.propose(two.ben, DAY, manager)

    assert two.states == []


def test_of_two_who_change_it_at_once_the_later_one_reads_it_again(two: Two) -> None:
    two.agree()
    two.move(two.ana, NEXT, seen=1)

    for step in (lambda: two.cancel(two.ben, seen=1), lambda: two.move(two.ben, DAY, seen=1)):
        with pytest.raises(MeetingMoved):
            step()

    assert two.only().day == NEXT


def test_a_dismissal_cancels_what_lies_ahead_and_a_new_appointment_does_not_bring_it_back(two: Two) -> None:
    two.agree()

    two.office.people.dismiss(two.ana, "claims")
    two.office.people.appoint(two.ana, "claims")

    assert (two.met, two.states) == ([], ["cancelled"])
    assert any("cancelled the one-to-one" in each for each in two.office.told(two.ben))


def test_whoever_leaves_the_team_keeps_no_one_to_one(two: Two) -> None:
    two.agree()

    two.office.people.part(two.ben, "claims")

    assert two.states == ["cancelled"]


@pytest.mark.parametrize("who", ["ana", "ben"])
def test_what_lies_after_a_last_day_is_cancelled_and_what_lies_before_stays(two: Two, who: str) -> None:
    two.agree()
    two.agree(NEXT)

    two.office.people.leave(getattr(two, who), dt.date(2026, 11, 25))

    assert two.met == [Met(DAY, True)]
    with pytest.raises(MeetingRefused, match="not employee and manager"):
        two.propose(two.ben, dt.date(2026, 11, 27))


def test_a_manager_who_still_manages_another_team_of_theirs_keeps_it(two: Two) -> None:
    with two.office.people.changing(None) as changes:
        other = changes.team("Payroll")
        changes.join(two.ben, other)
        changes.appoint(two.ana, other)
    two.agree()

    two.office.people.dismiss(two.ana, "claims")

    assert two.states == ["agreed"]


def test_a_row_that_was_changed_opens_nothing_between_these_two(two: Two) -> None:
    two.agree()

    with two.office.stores.data.begin() as connection:
        connection.execute(update(Meeting).values(day=NEXT))

    assert two.met is None


def test_an_appointment_that_was_moved_to_another_team_gives_nobody_a_one_to_one(two: Two) -> None:
    """Who may open a week and who may agree on a one-to-one rest on the same rows."""
    with two.office.people.changing(None) as changes:
        other = changes.team("Payments")
    with two.office.stores.data.begin() as connection:
        connection.execute(update(Management).values(team_id=other))

    with pytest.raises(MeetingRefused, match="not employee and manager"):
        two.propose(two.ben)


def test_nothing_is_kept_when_the_log_cannot_be_written(two: Two) -> None:
    two.office.log.broken = True

    with pytest.raises(Exception, match="no space left"):
        two.propose(two.ana)

    assert two.states == []
