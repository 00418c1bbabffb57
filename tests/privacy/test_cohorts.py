"""Who counts in the figures of which team: each rule, and that nobody counts twice."""

from hypothesis import given
from hypothesis import strategies as st

from privacy.cohorts import cohorts, parent_first, readable_by, together

TEAMS = st.dictionaries(st.sampled_from("abcd"), st.frozensets(st.integers(0, 12).map(str), max_size=9), max_size=4)


def people(*names: str) -> frozenset[str]:
    return frozenset(names)


def test_managers_of_a_team_stay_out_of_its_figures_and_count_where_they_manage_nothing() -> None:
    found = cohorts({"a": people("1", "2", "m"), "b": people("3", "m")}, {"a": people("m")}, {})

    assert found == {"a": people("1", "2"), "b": people("3", "m")}


def test_a_team_of_managers_only_has_nobody() -> None:
    assert cohorts({"a": people("m", "n")}, {"a": people("m", "n")}, {}) == {"a": frozenset()}


def test_somebody_in_two_teams_counts_in_the_first_by_its_id() -> None:
    assert cohorts({"b": people("1", "2"), "a": people("1")}, {}, {}) == {"a": people("1"), "b": people("2")}


def test_whom_a_manager_of_the_team_may_not_read_stays_out_where_others_are_read() -> None:
    members, managers = {"a": people("1", "2", "3")}, {"a": people("m")}

    assert cohorts(members, managers, {"1": people("m"), "2": people("m")}) == {"a": people("1", "2")}


def test_a_manager_who_may_read_nobody_subtracts_nobody() -> None:
    """Such as one who was appointed in this very week, beside one who reads everybody."""
    members, managers = {"a": people("1", "2")}, {"a": people("m", "new")}

    assert cohorts(members, managers, {"1": people("m"), "2": people("m")}) == {"a": people("1", "2")}
    assert cohorts(members, managers, {}) == {"a": people("1", "2")}


def test_who_reads_a_person_in_another_team_keeps_nobody_out_of_this_one() -> None:
    assert cohorts({"a": people("1", "2")}, {"a": people("m")}, {"1": people("other")}) == {"a": people("1", "2")}


@given(TEAMS, TEAMS, st.dictionaries(st.integers(0, 12).map(str), st.frozensets(st.sampled_from("12345"), max_size=2)))
def test_nobody_counts_twice_and_nobody_who_does_not_belong(
    members: dict[str, frozenset[str]], managers: dict[str, frozenset[str]], readers: dict[str, frozenset[str]]
) -> None:
    found = cohorts(members, managers, readers)

    assert found.keys() == members.keys()
    assert sum(map(len, found.values())) == len(together(found))
    for team, who in found.items():
        assert who <= members[team] - managers.get(team, frozenset())
        for lead in managers.get(team, frozenset()):
            read = [lead in readers.get(person, ()) for person in who]
            assert all(read) or not any(read)


def test_all_together_go_first_unless_small_teams_would_be_alone() -> None:
    large, small = frozenset(map(str, range(8))), people("x", "y", "z")

    assert parent_first({"a": large, "b": large}, 5)
    assert not parent_first({"a": large, "s": small}, 5)
    assert not parent_first({"a": large, "s": small, "t": people("u", "v", "w")}, 5), "each manager reads one of them"
    assert parent_first({"s": small, "t": people("u", "v", "w"), "r": people("1", "2")}, 5)
    assert parent_first({"a": large, "empty": frozenset()}, 5)


def test_who_may_read_one_week_only_does_not_read_the_period() -> None:
    weeks = [{"1": people("m", "n"), "2": people("m")}, {"1": people("m")}]

    assert readable_by(["1", "2"], *weeks) == {"1": people("m")}
