"""What was decided of a group stays: no second question, late data, erasure or other names change it or tell more."""

import random
from collections.abc import Iterator, Mapping

import pytest

from privacy.aggregates import Cell, Publisher
from tests.privacy.attackers import FOUR_WEEKS, OTHERS, TARGET, TEAM, Office, week, withheld


def test_asking_again_gives_the_same_and_averages_nothing_away() -> None:
    office = Office(random.Random(1))
    office.hire(TEAM)

    assert len({str(office.publish(TEAM, week(0))) for _ in range(50)}) == 1


class Untouchable(Mapping[tuple[int, int], dict[str, float]]):
    """Values of which nobody may take a look."""

    def __getitem__(self, key: tuple[int, int]) -> dict[str, float]:
        raise AssertionError("computed again")

    def __iter__(self) -> Iterator[tuple[int, int]]:
        raise AssertionError("computed again")

    def __len__(self) -> int:
        raise AssertionError("computed again")


@pytest.mark.parametrize("people", [TEAM, range(4)], ids=["published", "withheld"])
def test_asking_again_reads_no_values_and_so_takes_as_long_for_what_is_withheld(people: range) -> None:
    office = Office(random.Random(1))
    office.hire(TEAM)
    first = office.publish(people, week(0))
    office.values = Untouchable()  # type: ignore[assignment]

    assert office.publish(people, week(0)) == first


def test_late_data_change_nothing_that_was_decided_and_nothing_that_is_made_of_it() -> None:
    def released(late: bool) -> list[list[Cell]]:
        office = Office(random.Random(1))
        office.hire(OTHERS)
        found = [office.publish(range(20), week(n)) for n in range(4)]
        if late:
            office.hire([TARGET])
            office.values |= {(1, day): {"Work": 0.0} for day in range(28)}
        found += [office.publish(range(20), week(n)) for n in range(4)]
        return [*found, office.publish(range(20), FOUR_WEEKS)]

    assert released(late=True) == released(late=False)


def test_an_erasure_changes_nothing_that_was_decided_and_makes_nobody_the_difference() -> None:
    office = Office(random.Random(1))
    office.hire(range(20))
    first = office.publish(TEAM, week(0))
    office.publisher.erase(TARGET)
    office.values = {key: each for key, each in office.values.items() if key[0] != TARGET}

    assert office.publish(TEAM, week(0)) == first
    assert withheld(office.publish(OTHERS, week(0)))
    remembered = [own for each in office.publisher._blocks.values() for own in each.own.weeks[0].values()]
    assert sorted(sums[0] / days > 1e-300 for days, sums in remembered) == [False] + [True] * 9
    assert Publisher.load(office.publisher.dump()).dump() == office.publisher.dump()


def test_four_weeks_after_an_erasure_are_not_their_weeks_without_whoever_was_erased() -> None:
    """They would be too little by their figures, which the weeks beside them would tell."""
    for people in (TEAM, OTHERS, range(20)):
        office = Office(random.Random(1))
        office.hire(TEAM)
        assert all(office.mean(TEAM, week(n)) for n in range(4))
        office.publisher.erase(TARGET)
        later = Publisher.load(office.publisher.dump())

        assert withheld(office.publish(people, FOUR_WEEKS))
        assert withheld(later.aggregate(dict.fromkeys(range(28), frozenset(people)), {}, FOUR_WEEKS, "mean"))


def test_people_and_units_under_other_names_get_the_same_figures() -> None:
    office, other = Office(random.Random(1)), Publisher(("Work",))
    office.hire(range(20))
    named = {(f"person-{99 - person}", day): each for (person, day), each in office.values.items()}

    for unit in (range(20), TEAM, range(10, 14)):
        roster = {day: frozenset(f"person-{99 - person}" for person in unit) for day in range(7)}
        assert other.aggregate(roster, named, week(0), "mean") == office.publish(unit, week(0))
