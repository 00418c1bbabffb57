"""What a figure tells those who may read some of its people by name: the rest is nobody's, or could stand alone."""

import random
from collections.abc import Hashable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.aggregates import Publisher
from privacy.known_figures import hold_for_readers
from privacy.limits import Limits
from tests.privacy.organisations import WINDOWS, Organisation

LIMITS = Limits(5, 2, 0.15, 480.0)
WEEK = (0, 6)
FIGURES = st.dictionaries(st.integers(0, 30), st.sampled_from([0.0, 0.5, 60.0, 240.0, 480.0]), max_size=24)
READERS = st.dictionaries(st.integers(0, 30), st.frozensets(st.integers(100, 104), max_size=3), max_size=24)


def naively(figures: Mapping[int, float], readers: Mapping[Hashable, frozenset[int]]) -> bool:
    """Look at everybody for every reader."""
    for reader in {each for who in readers.values() for each in who}:
        rest = [figure for person, figure in figures.items() if reader not in readers.get(person, frozenset())]
        if rest and not LIMITS.hold(rest):
            return False
    return True


@given(FIGURES, READERS)
def test_it_says_what_looking_at_everybody_for_every_reader_says(
    figures: dict[int, float], readers: dict[Hashable, frozenset[int]]
) -> None:
    if figures and not LIMITS.hold(figures.values()):
        return  # whoever asks has asked that first

    assert hold_for_readers(LIMITS, figures, figures.__getitem__, readers) is naively(figures, readers)


def test_it_is_linear_in_people() -> None:
    figures = {person: 240.0 for person in range(10_000)}
    readers: dict[Hashable, frozenset[int]] = {person: frozenset({100_000 + person % 400}) for person in figures}
    asked: list[Hashable] = []

    def figure(person: Hashable) -> float:
        asked.append(person)
        return 240.0

    assert hold_for_readers(LIMITS, figures, figure, readers)
    assert len(asked) < 1_000


def teams(
    sizes: dict[str, int],
) -> tuple[dict[str, frozenset[str]], dict[Hashable, frozenset[str]], dict[tuple[Hashable, int], dict[str, float]]]:
    """Return who is in each team, that each manager reads their own team, and everybody's minutes."""
    chance = random.Random(4)
    people = {team: frozenset(f"{team}{n}" for n in range(size)) for team, size in sizes.items()}
    readers: dict[Hashable, frozenset[str]] = {
        person: frozenset({f"lead of {team}"}) for team, who in people.items() for person in who
    }
    values: dict[tuple[Hashable, int], dict[str, float]] = {
        (person, day): {"Work": chance.uniform(200, 400)}
        for who in people.values()
        for person in who
        for day in range(5)
    }
    return people, readers, values


def shown(sizes: dict[str, int], *, read: bool, order: tuple[str, ...]) -> dict[str, bool]:
    people, readers, values = teams(sizes)
    units = people | {"all": frozenset().union(*people.values())}
    publisher = Publisher(["Work"])
    return {
        unit: publisher.aggregate(
            {day: units[unit] for day in range(7)}, values, WEEK, "mean", readers if read else {}
        )[0][2]
        is not None
        for unit in order
    }


def test_a_manager_who_reads_their_own_withheld_team_learns_nothing_of_a_smaller_one() -> None:
    """All without the two published teams are the third and the small one: its manager would subtract the third."""
    sizes, order = {"a": 8, "b": 8, "c": 8, "small": 3}, ("all", "a", "b", "c", "small")

    assert shown(sizes, read=False, order=order) == {"all": True, "a": True, "b": True, "c": False, "small": False}
    assert shown(sizes, read=True, order=order) == {"all": True, "a": True, "b": False, "c": False, "small": False}


def test_where_nobody_is_alone_everything_is_told() -> None:
    sizes = {"a": 8, "b": 8, "c": 8}

    assert all(shown(sizes, read=True, order=("all", "a", "b", "c")).values())


def test_two_teams_together_tell_each_of_their_managers_the_other_and_that_may_be_told() -> None:
    assert all(shown({"a": 6, "b": 6}, read=True, order=("all", "a", "b")).values())
    assert shown({"a": 6, "b": 4}, read=True, order=("all", "a", "b")) == {"all": False, "a": True, "b": False}


@pytest.mark.parametrize("seed", range(150))
def test_no_class_of_published_groups_leaves_a_reader_fewer_than_may_be_told(seed: int) -> None:
    """People who are in the same published groups are a class: what of it a reader does not read is told to them."""
    made, chance = Organisation(seed, tidy=True), random.Random(seed)
    people = sorted({person for roster in made.rosters.values() for who in roster.values() for person in who})
    readers: dict[Hashable, frozenset[int]] = {
        p: frozenset({100 + chance.randrange(3)}) for p in people if chance.random() < 0.8
    }
    publisher, told = Publisher(["Work", "Comms", "Rare"]), dict[tuple[int, int], list[frozenset[int]]]()
    for window in WINDOWS[:4]:
        for unit, roster in made.rosters.items():
            cells = publisher.aggregate(roster, made.values, window, "mean", readers)
            if cells[0][2] is not None:
                told.setdefault(window, []).append(frozenset(made.own(window, unit)))
    for window, groups in told.items():
        means = {person: own[0] for unit in made.rosters for person, own in made.own(window, unit).items()}
        classes: dict[tuple[bool, ...], set[int]] = {}
        for person in frozenset().union(*groups):
            classes.setdefault(tuple(person in group for group in groups), set()).add(person)
        for group in classes.values():
            for reader in (100, 101, 102):
                rest = [means[person] for person in group if reader not in readers.get(person, frozenset())]
                assert not rest or LIMITS.hold(rest)
