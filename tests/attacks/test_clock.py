"""An administrator sets the clock forward, so that the night lets go of what is to be kept for years."""

import datetime as dt
from typing import Any

from portal import nightly
from tests.attacks.conftest import Attacked


def night(attacked: Attacked, **options: Any) -> nightly.Done:
    return nightly.run(attacked.system, lambda *_: None, **options)


def test_a_clock_set_forward_for_some_nights_lets_nothing_expire_and_is_named(attacked: Attacked) -> None:
    """Neither on the first night nor on the second, whatever the portal writes by that clock in between."""
    clock = attacked.office.clock
    clock.now = dt.datetime(2026, 11, 20, 2, tzinfo=dt.UTC)
    night(attacked)
    looks, figures = len(attacked.office.entries("ben")), attacked.sql("SELECT count(*) FROM sealed_field")
    right = clock.now

    for days in (0, 1):
        clock.now = right + dt.timedelta(days=12 * 365 + days)
        attacked.office.add(f"newcomer{days}")
        done = night(attacked)
        said = f"the clock says {clock.now.date()}, and the access log says nothing between 2026-11-20 and 2038-"
        assert done.problems[0].startswith(said)
        assert (done.expired, done.weeks, done.log_days) == (0, 0, 0)

    clock.now = right + dt.timedelta(days=1)
    assert len(attacked.office.entries("ben")) == looks
    assert attacked.sql("SELECT count(*) FROM sealed_field") == figures
    done = night(attacked)
    assert not any(each.startswith("the clock says") for each in done.problems)
    assert done.log_days == 1
