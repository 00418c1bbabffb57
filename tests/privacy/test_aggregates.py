"""The rules by which team figures are published (docs/releases.md), each as it holds for any organisation."""

import math
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy.aggregates import MEASURES, Publisher
from tests.privacy.combinations import come_down_to
from tests.privacy.organisations import CAP, CATEGORIES, WINDOWS, Organisation

seeds = st.integers(0, 2**32 - 1)
many = settings(max_examples=40)


def publisher(**options: Any) -> Publisher:
    return Publisher(CATEGORIES, **options)


def dominated(figures: list[float], colluders: int = 2, least: float = 0.15) -> bool:
    largest, *others = sorted(figures, reverse=True)
    return sum(others[colluders:]) < least * largest * (1 - 1e-9)


def everybody(minutes: dict[int, Any], days: range = range(5)) -> tuple[dict[int, frozenset[int]], dict[Any, Any]]:
    """Return a roster of a week and the same minutes for everybody's every day."""
    each = {p: value if isinstance(value, dict) else {"Work": value} for p, value in minutes.items()}
    return dict.fromkeys(range(7), frozenset(minutes)), {(p, day): value for p, value in each.items() for day in days}


@pytest.mark.parametrize("measure", ["min", "median", "p90", "spread", "rank", "", "MEAN"])
def test_r0_r8_no_other_measure_is_computed(measure: str) -> None:
    roster, values = everybody(dict.fromkeys(range(30), 100.0))

    with pytest.raises(ValueError, match="no registered measure; there are mean, by_cat, share"):
        publisher().aggregate(roster, values, (0, 6), measure)


@given(st.integers(-60, 60), st.integers(-10, 60))
def test_r0_only_whole_weeks_and_aligned_four_weeks_are_published(first: int, days: int) -> None:
    roster = dict.fromkeys(range(-60, 180), frozenset(range(20)))
    values = {(person, day): {"Work": 200.0} for person in range(20) for day in range(-60, 180)}

    [(key, value, *_)] = publisher().aggregate(roster, values, (first, first + days - 1), "mean")

    assert key == ("mean",)
    assert (value is not None) == ((first % 7 == 0 and days == 7) or (first % 28 == 0 and days == 28))


@many
@given(seeds, st.booleans())
def test_r1_r4_a_figure_is_the_mean_of_whoever_was_there_all_the_time_on_a_grid(seed: int, tidy: bool) -> None:
    organisation = Organisation(seed, tidy)
    for window, unit, cells in organisation.published(publisher()):
        own = organisation.own(window, unit)
        for part, (_, value, low, high) in enumerate(cells):
            if low is None or high is None:
                assert value is low is high is None
                continue
            mean, base = math.fsum(each[part] for each in own.values()) / len(own), 0.5 * CAP / len(own)
            assert low - 1e-6 <= mean <= high + 1e-6
            if value is not None:
                assert value / base == pytest.approx(round(value / base))
                assert high - low <= base + 1e-6


@pytest.mark.parametrize(("days", "is_shown"), [(2, False), (3, True)])
def test_r1_a_contributor_has_data_on_three_days(days: int, is_shown: bool) -> None:
    roster, values = everybody(dict.fromkeys(range(5), 200.0), range(days))

    assert (publisher().aggregate(roster, values, (0, 6), "mean")[0][1] is not None) == is_shown


@pytest.mark.parametrize(("days", "is_shown"), [(11, False), (12, True)])
def test_r1_a_contributor_to_four_weeks_has_data_on_twelve_days(days: int, is_shown: bool) -> None:
    roster = dict.fromkeys(range(28), frozenset(range(5)))
    values = {(person, day): {"Work": 200.0} for person in range(5) for day in range(days)}

    assert (publisher().aggregate(roster, values, (0, 27), "mean")[0][1] is not None) == is_shown


def test_r1_a_day_is_cut_at_the_cap_before_anything_is_added() -> None:
    minutes: dict[int, Any] = dict.fromkeys(range(9), 100.0) | {9: {"Work": 5_000.0, "Comms": 300.0}}

    [(_, value, _, _)] = publisher().aggregate(*everybody(minutes), (0, 6), "mean")

    assert value == round((9 * 100 + 480) / 10 / 24) * 24


@many
@given(seeds, st.booleans(), st.sampled_from([(5, 2), (6, 2), (5, 4)]))
def test_r2_r3_enough_people_stand_behind_each_figure_and_nobody_dominates_it(
    seed: int, tidy: bool, limits: tuple[int, int]
) -> None:
    k, colluders = limits
    organisation = Organisation(seed, tidy)
    for window, unit, cells in organisation.published(publisher(k=k, colluders=colluders)):
        own = organisation.own(window, unit)
        for part, (_, _, low, _) in enumerate(cells):
            figures = [each[part] for each in own.values() if part == 0 or each[part] > 0]
            assert low is None or len(figures) >= max(k, colluders + 3)
            assert low is None or not dominated(figures, colluders)


@settings(max_examples=60)
@given(seeds, st.booleans())
def test_r5_no_sums_and_differences_come_down_to_fewer_than_k(seed: int, tidy: bool) -> None:
    """Between all groups and periods for the mean and each category, and between all parts of one period."""
    organisation = Organisation(seed, tidy)
    rows = [
        (window, unit, part)
        for window, unit, cells in organisation.published(publisher())
        for part, (_, _, low, _) in enumerate(cells)
        if low is not None
    ]

    for part in range(len(CATEGORIES) + 1):
        told = [organisation.columns(window, unit, part or None) for window, unit, each in rows if each == part]
        weekly = {frozenset((who, week) for who, (week, _) in row) for row in told}
        assert come_down_to(sorted(weekly, key=sorted), 5) == []
    for period in WINDOWS:
        told = [organisation.columns(window, unit, part) for window, unit, part in rows if window == period]
        assert come_down_to(told, 5) == []


@settings(max_examples=25)
@given(seeds)
def test_r5_what_groups_of_one_week_leave_of_each_other_is_not_dominated(seed: int) -> None:
    organisation = Organisation(seed)
    shown: dict[tuple[Any, int], list[frozenset[int]]] = {}
    for window, unit, cells in organisation.published(publisher()):
        own = organisation.own(window, unit)
        for part, (_, _, low, _) in enumerate(cells):
            if low is not None:
                group = frozenset(each for each in own if part == 0 or own[each][part] > 0)
                shown.setdefault((window, part), []).append(group)
    for (window, part), groups in shown.items():
        own = {who: each for unit in organisation.rosters for who, each in organisation.own(window, unit).items()}
        atoms = {frozenset(n for n, group in enumerate(groups) if who in group) for who in own} - {frozenset()}
        for atom in atoms:
            held = [own[who][part] for who in own if {n for n, group in enumerate(groups) if who in group} == atom]
            assert len(held) >= 5
            assert not dominated(held)


@many
@given(seeds, st.data())
def test_r6_what_was_decided_stays_whatever_becomes_known(seed: int, data: st.DataObject) -> None:
    organisation, one = Organisation(seed), publisher()
    first = list(organisation.published(one))
    chance = random.Random(data.draw(seeds))
    for key in list(organisation.values):
        organisation.values[key] = {name: chance.uniform(0, 480) for name in CATEGORIES}
    chance.shuffle(organisation.asked)

    assert sorted(organisation.published(one)) == sorted(first)


@many
@given(seeds, st.booleans())
def test_r7_what_a_group_withholds_is_never_one_category_and_could_be_published_as_one(seed: int, tidy: bool) -> None:
    organisation = Organisation(seed, tidy)
    for window, unit, [mean, *cells] in organisation.published(publisher()):
        hidden = [part for part, cell in enumerate(cells, 1) if cell[2] is None]
        if mean[2] is None:
            assert len(hidden) == len(CATEGORIES)
            continue
        rest = [sum(each[part] for part in hidden) for each in organisation.own(window, unit).values()]
        rest = [each for each in rest if each > 0]
        assert not rest or (len(rest) >= 5 and not dominated(rest))


def test_r7_minutes_in_no_listed_category_are_in_the_mean_and_not_what_one_withheld_category_is() -> None:
    minutes: dict[int, Any] = {person: {"Work": 200.0, "Comms": 100.0} for person in range(10)}
    minutes[0] = {"Work": 200.0, "Comms": 100.0, "Elsewhere": 90.0}
    roster, values = everybody(minutes)
    one = publisher()

    assert one.aggregate(roster, values, (0, 6), "mean")[0][1] == round(309 / 24) * 24
    assert [each[2] is None for each in one.aggregate(roster, values, (0, 6), "by_cat")] == [False, True, True]


def test_r7_what_a_week_withheld_is_withheld_in_its_four_weeks_so_that_these_do_not_tell_it() -> None:
    """In the first week Comms stands in for the one person's Rare. In all four weeks together, Work would."""
    roster = dict.fromkeys(range(28), frozenset(range(10)))
    values = {
        (who, day): {"Work": 150.0, "Comms": 60.0 if day < 7 else 200.0}
        | ({"Rare": 90.0} if who < 1 and day < 7 else {})
        for who in range(10)
        for day in range(28)
        if day % 7 < 5
    }
    one = publisher()

    shown = [[cell[2] is not None for cell in one.aggregate(roster, values, each, "by_cat")] for each in WINDOWS]

    assert shown == [[True, False, False], *[[True, True, False]] * 3, [True, False, False]]


@given(st.integers(5, 30), st.floats(0, CAP))
def test_r9_near_its_ends_a_figure_is_only_said_to_be_there(people: int, minutes: float) -> None:
    [(_, value, low, high)] = publisher().aggregate(*everybody(dict.fromkeys(range(people), minutes)), (0, 6), "mean")

    assert low is not None
    assert high is not None
    assert low - 1e-6 <= minutes <= high + 1e-6
    if minutes < CAP / 10 - 1e-6:
        assert (value, low, high) == (None, 0.0, CAP / 10)
    if minutes > CAP * 0.9 + 1e-6:
        assert (value, low, high) == (None, CAP * 0.9, CAP)


@many
@given(seeds, st.sampled_from(MEASURES))
def test_r10_cells_keep_their_place_and_say_no_reason(seed: int, measure: str) -> None:
    organisation, one = Organisation(seed), publisher()
    names = {"mean": [("mean",)], "by_cat": [("cat", name) for name in CATEGORIES]}
    expected = names.get(measure, [("share", name) for name in CATEGORIES])

    for window, unit in organisation.asked:
        cells = organisation.cells(one, window, unit, measure)
        assert [each[0] for each in cells] == expected
        assert {len(each) for each in cells} == {4}


@many
@given(seeds, st.integers(0, 15))
def test_a_memory_that_was_written_and_read_decides_the_same(seed: int, after: int) -> None:
    organisation, one, other = Organisation(seed), publisher(), publisher()
    for n, (window, unit) in enumerate(organisation.asked):
        if n == after:
            dumped = one.dump()
            one = Publisher.load(dumped)
            assert one.dump() == dumped
        assert organisation.cells(one, window, unit, "by_cat") == organisation.cells(other, window, unit, "by_cat")
    assert one.dump() == other.dump()


def test_people_may_be_named_by_numbers_or_words_and_nothing_else_is_written_down() -> None:
    roster, values = everybody({1: 200.0, "two": 200.0, "3": 200.0, 4: 200.0, "five": 200.0})  # type: ignore[dict-item]
    one = publisher()
    one.aggregate(roster, values, (0, 6), "mean")

    assert Publisher.load(one.dump()).dump() == one.dump()
    one.aggregate(dict.fromkeys(range(7), frozenset({(1, 2)})), {}, (0, 6), "mean")
    with pytest.raises(TypeError, match="an int or a str in a memory that is written down, not tuple"):
        one.dump()


@pytest.mark.parametrize(
    "options",
    [{"k": 4}, {"colluders": 1}, {"dominance": 0.1}, {"dominance": math.nan}, {"width": 0.4}, {"width": math.nan}],
)
def test_limits_can_be_raised_and_not_lowered(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="may be raised, never lowered"):
        publisher(**options)


@pytest.mark.parametrize(
    ("categories", "cap", "message"),
    [(("A", "A"), 480.0, "named once"), (("A",), 0.0, "cap"), (("A",), math.inf, "cap"), (("A",), math.nan, "cap")],
)
def test_settings_that_mean_nothing_are_refused(categories: tuple[str, ...], cap: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Publisher(categories, cap=cap)


def test_minutes_that_are_no_number_are_refused_and_nothing_is_remembered() -> None:
    roster, values = everybody(dict.fromkeys(range(10), 200.0))
    one = publisher()
    empty = one.dump()

    with pytest.raises(ValueError, match="finite"):
        one.aggregate(roster, {**values, (3, 2): {"Work": math.nan}}, (0, 6), "mean")

    assert one.dump() == empty
    assert one.aggregate(roster, values, (0, 6), "mean")[0][1] == 192.0


def test_a_block_that_was_forgotten_keeps_what_was_published_and_publishes_nothing_else() -> None:
    organisation, one = Organisation(1, tidy=True), publisher()
    first = list(organisation.published(one))
    assert any(cells[0][2] is not None for _, _, cells in first)
    before = len(one.dump())

    one.forget(28)

    assert len(one.dump()) < before / 2
    assert list(organisation.published(one)) == first
    roster, values = everybody(dict.fromkeys(range(100, 120), 200.0))
    assert one.aggregate(roster, values, (0, 6), "mean") == [(("mean",), None, None, None)]
    later = {day + 28: each for day, each in roster.items()}
    moved = {(who, day + 28): each for (who, day), each in values.items()}
    assert one.aggregate(later, moved, (28, 34), "mean")[0][1] is not None
    assert Publisher.load(one.dump()).dump() == one.dump()


def test_teams_of_ten_are_told_within_two_percent_of_the_cap() -> None:
    chance, one, errors = random.Random(1), publisher(), []
    for team in range(300):
        minutes = {team * 10 + n: chance.uniform(120, 420) for n in range(10)}
        [(_, value, _, _)] = one.aggregate(*everybody(minutes), (0, 6), "mean")
        assert value is not None
        errors.append(abs(value - sum(minutes.values()) / 10))

    assert sum(errors) / len(errors) <= 0.02 * CAP


@pytest.mark.parametrize("teams", [4, 10, 20])
def test_typical_organisations_with_churn_publish_most_cells(teams: int) -> None:
    """Twelve weeks of teams of 6 to 16 people and all of them together; one in forty joins, leaves or moves a month."""
    chance, one, shown = random.Random(teams), Publisher(("Work", "Comms")), Counter[tuple[str, bool]]()
    home = dict(enumerate(team for team in range(teams) for _ in range(chance.randint(6, 16))))
    usual = {person: chance.uniform(150, 420) for person in home}
    rosters, values = {}, {}
    for day in range(84):
        for person in [each for each in home if chance.random() < 1 / 40 / 28]:
            team = home.pop(person)
            moved, there = chance.choice([(person, chance.randrange(teams)), (len(usual), team)])
            home[moved] = there
            usual.setdefault(moved, 300.0)
        rosters[day] = dict(home)
        for person in home if day % 7 < 5 else ():
            minutes = usual[person] * chance.uniform(0.8, 1.1)
            values[person, day] = {"Work": minutes * 0.7, "Comms": minutes * 0.3}
    windows = [(7 * n, 7 * n + 6) for n in range(12)] + [(28 * n, 28 * n + 27) for n in range(3)]
    for window in windows:
        for unit in [None, *range(teams)]:
            roster = {d: frozenset(p for p, t in who.items() if unit in (None, t)) for d, who in rosters.items()}
            period = "weeks" if window[1] - window[0] == 6 else "four weeks"
            for measure in MEASURES:
                shown.update(
                    (period, low is not None) for _, _, low, _ in one.aggregate(roster, values, window, measure)
                )

    assert shown["weeks", True] / (shown["weeks", True] + shown["weeks", False]) > 0.9
    assert shown["four weeks", True] / (shown["four weeks", True] + shown["four weeks", False]) > 0.4
