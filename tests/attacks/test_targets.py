"""An administrator moves a team's target, invents one, or takes one away, in the database alone."""

import datetime as dt
from typing import Any

from analytics.target_store import _TABLE
from analytics.targets import Terms
from portal import checks, targets, verifying
from tests.attacks.conftest import DATA, Attacked
from tests.attacks.test_relations import make_manager
from tests.attacks.test_verification import restored

TERMS = Terms(
    "utilisation", "", 45, 60, "Files pile up.", "Fewer late evenings.", "", dt.date(2026, 11, 27), dt.date(2027, 2, 26)
)
PAGE = "/team/claims/targets"


def announced(attacked: Attacked, **changed: Any) -> None:
    values = {name: getattr(TERMS, name) for name in Terms.__dataclass_fields__} | {"owner": attacked["ana"]} | changed
    number, seen = (1, 1) if "change" in changed else (None, None)
    targets.announce(attacked.system, "claims", attacked["ana"], Terms(**values), number, seen)


def shown(attacked: Attacked, page: str = PAGE) -> str:
    return attacked.office.client("ben").get(page).text


def named(attacked: Attacked, *words: str) -> bool:
    return any(all(word in each for word in words) for each in attacked.verify())


def test_a_band_that_is_changed_in_the_database_is_not_drawn_and_is_named(attacked: Attacked) -> None:
    announced(attacked)
    assert "45% to 60%" in shown(attacked)

    attacked.sql("UPDATE target_act SET content = replace(content, '\"low\":45', '\"low\":85')")

    assert "Target 1 is not shown" in shown(attacked)
    assert "Target 1 is not shown" in shown(attacked, f"{PAGE}/1")
    assert "85%" not in shown(attacked)
    assert named(attacked, "target 1 of claims, act 1", "was not written by the portal")
    assert named(attacked, "what it says of a team's target is not stored")
    assert any("target 1 of claims" in each.what for each in checks.inspect(attacked.system))


def test_a_target_that_is_written_into_the_database_is_not_drawn_and_is_named(attacked: Attacked) -> None:
    announced(attacked)
    row = list(attacked.sql("SELECT * FROM target_act")[0])
    row[1] = 2
    attacked.sql(f"INSERT INTO target_act VALUES ({', '.join('?' * len(_TABLE.columns))})", *row)  # noqa: S608

    assert "Target 2 is not shown" in shown(attacked)
    assert "45% to 60%" in shown(attacked)
    assert named(attacked, "target 2 of claims, act 1", "was not written by the portal")


def test_an_older_version_that_is_brought_back_by_taking_the_newer_away_is_named(attacked: Attacked) -> None:
    announced(attacked)
    announced(attacked, low=40, change="Two are in training.")
    attacked.sql("DELETE FROM target_act WHERE sequence = 2")

    assert "45% to 60%" in shown(attacked), "rows and stamps are genuine: the log knows better"
    assert named(attacked, "what it says of a team's target is not stored")


def test_a_version_taken_out_between_others_is_not_drawn_and_is_named(attacked: Attacked) -> None:
    announced(attacked)
    announced(attacked, low=40, change="Two are in training.")
    attacked.sql("DELETE FROM target_act WHERE sequence = 1")

    assert "Target 1 is not shown" in shown(attacked)
    assert named(attacked, "target 1 of claims, act 2", "act 1 before it is missing")


def test_a_target_that_is_taken_away_whole_is_named(attacked: Attacked) -> None:
    announced(attacked)
    attacked.sql("DELETE FROM target_act")

    assert "There is no target" in shown(attacked)
    assert named(attacked, "what it says of a team's target is not stored")


def test_a_manager_written_into_the_database_announces_no_target_and_answers_for_none(attacked: Attacked) -> None:
    make_manager(attacked, "gus", "ben")

    heads = [each.person.name for each in targets.roll(attacked.system).heads("claims")]

    assert heads == ["Ana"]
    assert attacked.office.client("gus").get(f"{PAGE}/new").status_code == 404


def test_a_target_that_a_restore_lost_is_a_warning_once_everybody_was_told(attacked: Attacked) -> None:
    """Without the announcement of a restore it is a target that was taken away."""
    yesterday, size = attacked.copy(DATA), attacked.system.log.size
    announced(attacked)
    attacked.put_back(yesterday)
    assert named(attacked, "what it says of a team's target is not stored")

    restored(attacked, size)

    found = verifying.verify(attacked.system)
    assert list(found.problems) == []
    assert any("team's target is not in the data that were put back" in each for each in found.warnings)
