"""Testing mode, which needs no token, starts on nothing but a database that is thrown away and holds nobody's data."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from portal import create_app
from portal.config import Config
from portal.founding import found
from portal.testing import NotForTesting, prepare
from portal.wiring import NotInitialised, build
from privacy.fields import Field, Tier
from privacy.stores import writing
from privacy.vault import Row


def test_a_real_installation_is_never_served_for_testing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    found(Config(home=home), "Example Insurance").close()

    with pytest.raises(NotInitialised, match="--throw-away"):
        build(Config(home=home, testing=True))


def test_a_trial_with_somebody_s_data_is_not_served_for_testing(tmp_path: Path) -> None:
    system = found(Config(home=tmp_path / "home", testing=True), "Trial", throw_away=True)
    with system.people.changing(None) as changes:
        ben = changes.create("ben@example.org", "Ben", "Europe/Berlin")
    with writing(system.stores.data) as connection:
        system.vault.put(connection, ben, [Row(Field.FOCUS, Tier.SUMMARY, dt.date(2026, 11, 16), 0, b"{}")])

    with pytest.raises(NotForTesting, match="somebody's data"):
        prepare(system)
    system.close()


@pytest.mark.parametrize(("is_testing", "status"), [(True, 200), (False, 401)])
def test_only_in_testing_mode_does_anybody_get_in_without_a_token(
    tmp_path: Path, is_testing: bool, status: int
) -> None:
    home = tmp_path / "home"
    system = found(Config(home=home, testing=True), "Trial", throw_away=True)
    assert prepare(system) == prepare(system)
    system.close()
    system = build(Config(home=home, testing=is_testing))
    client: Any = create_app(system).test_client()

    assert client.get("/api/0/buckets/").status_code == status
    made = client.post("/api/0/buckets/b", json={"client": "c", "type": "test", "hostname": "!local"})
    assert made.status_code == status
    beat = {"timestamp": "2026-11-16T09:00:00Z", "data": {"label": "x"}}
    assert client.post("/api/0/buckets/b/heartbeat?pulsetime=1", json=beat).status_code == status
    assert client.get("/api/v1/me/days/2026-11-16").status_code == 401
    assert client.get("/api/0/info").get_json()["testing"] is is_testing
    system.close()
