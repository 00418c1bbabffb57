"""What `sameview log verify` compares beyond the log stays sound after somebody was erased, and after a night."""

import datetime as dt
from typing import Any

import pytest

from portal import erasing, nightly, verifying
from privacy.stores import writing


@pytest.mark.parametrize("who", ["ben", "ana"])
def test_stores_and_log_agree_after_an_erasure_and_after_retention(house: Any, who: str) -> None:
    system, ben = house.running[0], house.id("ben")
    with writing(system.stores.data) as connection:
        system.gate.account(ben, connection)
    assert verifying.verify(system).problems == []

    erasing.erase(system, house.id(who), None)
    assert verifying.verify(system).problems == []
    house.clock.now = dt.datetime(2030, 1, 15, 3, tzinfo=dt.UTC)
    done = nightly.run(system, lambda _what, _done, _total: None)

    assert done.expired >= 1
    assert (system.config.checkpoints / erasing.FILE).exists()
    assert verifying.verify(system).problems == []
