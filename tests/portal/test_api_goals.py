"""Goals through JSON: the figures of the pages, the terms that a manager is shown with their digest, nobody else's."""

import datetime as dt
import hashlib
from typing import Any

import msgspec
import rfc8785

from auth.tokens import Scope
from portal import shapes
from privacy.fields import Field
from privacy.log_entries import Chain
from tests.portal.test_agreed_goals import MINE, propose_as_manager, theirs
from tests.portal.test_goals import NOW, Form, go_to, page, week

GOALS = "/api/v1/me/goals"


def goals(office: Any, who: str = "ben") -> shapes.OwnGoals:
    answer = office.client(who).get(GOALS)
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.data, type=shapes.OwnGoals)


def test_whoever_wants_nothing_gets_empty_lists(office: Any) -> None:
    found = goals(office, "cleo")

    assert (found.today, found.goals, found.agreed, found.experiments) == ("2026-11-19", [], [], [])


def test_a_goal_has_its_terms_today_and_its_weeks_in_a_row(office: Any, form: Form) -> None:
    go_to(office, dt.datetime(2026, 10, 5, 9, 0, tzinfo=dt.UTC))
    form("ben", "/me/goals/focus_time", first="2026-10-05", **week("1:00"))
    go_to(office, NOW)
    form("ben", "/me/goals/focus_time", first="2026-11-20", **week("3:15"))
    form("ben", "/me/goals/active_time", first="2026-11-19", **week("6:00"))
    form("ben", "/me/goals/active_time/pause", "/me/goals", **{"pause-first": "2026-11-19", "pause-last": "2026-12-31"})

    focus, active = goals(office).goals
    shown = page(office)

    assert (focus.measure, focus.unit, focus.direction) == ("focus_time", "minutes", "at_least")
    assert [(each.since, each.values) for each in focus.terms] == [
        ("2026-10-05", [60] * 5 + [None] * 2),
        ("2026-11-20", [195] * 5 + [None] * 2),
    ]
    assert (focus.wanted, focus.value, focus.reached) == (60, 75, True)
    assert "1h 15m of 1h" in shown
    assert f"{focus.row} weeks in a row" in shown
    assert [each.week for each in focus.weeks] == [f"2026-W{n}" for n in range(41, 47)]
    assert sum(each.state == "counts" for each in focus.weeks) == focus.row == focus.longest_row == 6
    assert (focus.paused_until, active.paused_until, active.wanted) == (None, "2026-12-31", None)
    assert active.direction == "at_most"
    assert [(each.first, each.last) for each in active.pauses] == [("2026-11-19", "2026-12-31")]


def test_what_was_agreed_on_is_what_the_manager_is_shown_to_the_byte(office: Any, form: Form) -> None:
    propose_as_manager(office, form)
    (waiting,) = goals(office).agreed
    form("ben", f"{MINE}/1/answer", MINE, agree="yes", seen="1")

    (agreed,) = office.client("ben").get(GOALS).json["agreed"]
    assert office.client("ana").get(theirs(office)).status_code == 200

    assert (waiting.name, waiting.present, waiting.states) == ("Ana", True, {"1": "waiting"})
    assert agreed["states"] == {"1": "holds"}
    assert agreed["digest"] == "sha256:" + hashlib.sha256(rfc8785.dumps(agreed["payload"])).hexdigest()
    assert office.entries("ben")[-1].digest == agreed["digest"], "the receipt of the manager's look"
    (version,) = agreed["payload"]["goals"][0]["versions"]
    assert (version["by"], version["agreed"], version["answered"]) == ("manager", True, "2026-11-19")
    assert (version["terms"]["low"], version["terms"]["high"]) == (90, 150)


def test_an_experiment_is_compared_as_on_its_page(office: Any, form: Form) -> None:
    go_to(office, dt.datetime(2026, 11, 2, 8, 0, tzinfo=dt.UTC))
    form("ben", "/me/experiments", text="Mail at eleven and at four", measure="active_time", start="2026-11-02")
    go_to(office, NOW)
    form("ben", "/me/experiments", text="Walk at noon", measure="breaks", start="2026-12-07")

    over, ahead = goals(office).experiments
    shown = page(office, "/me/experiments/1")

    assert (over.text, over.first_day, over.last_day) == ("Mail at eleven and at four", "2026-11-02", "2026-11-15")
    assert (over.state, over.stands_out, over.before.days, over.during.days) == ("over", "above", 10, 10)
    assert f"{over.above} of {over.during.days} days lie above your usual range" in shown
    assert over.usual is not None
    assert over.usual.high < over.during.low  # type: ignore[operator]
    assert (ahead.state, ahead.during.days, ahead.during.median, ahead.stands_out) == ("ahead", 0, None, None)


def test_nobody_elses_chain_of_the_log_hears_of_it_and_a_token_reads_it(office: Any, form: Form) -> None:
    form("ben", "/me/goals/breaks", first="2026-11-19", **week("3"))
    token = office.system.tokens.issue(office.ids["ben"], "script", [Scope.READ])
    before = office.entries("ben")

    answer = office.app.test_client().get(GOALS, headers={"Authorization": f"Bearer {token}"})

    new = office.entries("ben")[len(before) :]
    assert [each["measure"] for each in answer.json["goals"]] == ["breaks"]
    assert {each.chain for each in new} == {Chain.SELF}
    assert any(Field.GOALS in each.fields for each in new)
