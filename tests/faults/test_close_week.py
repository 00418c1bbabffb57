"""kill -9 while weeks are closed: the old state or the new one, and the next run comes to the same figures."""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import dying
import pytest
from installation import config_of, drop_database, make_database
from sqlalchemy import select

from portal import release_due, verifying
from portal.closing_weeks import Done
from portal.config import Config
from portal.founding import found
from portal.wiring import System, build
from privacy.fields import KeyClass
from privacy.key_store import WrappedKey
from privacy.vault import ORGANISATION
from tests.portal import release_office
from tests.portal.release_office import close, everything

FOUNDED = dt.datetime(2026, 10, 7, 8, tzinfo=dt.UTC)
FIRST = dt.date(2026, 10, 12)
EARLIER, NOW = dt.datetime(2026, 11, 5, 12, tzinfo=dt.UTC), dt.datetime(2026, 11, 12, 12, tzinfo=dt.UTC)
"""The last of four weeks is due now, and after it the four together."""
SIZES = {"East": 6, "West": 5}
Copy = Callable[[], Config]


def populated(config: Config) -> None:
    system = found(config, "Example Insurance", clock=lambda: FOUNDED)
    release_office.populate(system, SIZES, first=FIRST, since=FOUNDED.date())
    system.close()
    system = build(config, lambda: EARLIER)
    assert close(system).weeks == 3
    system.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def copy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Copy]:
    """Make an organisation once, and then copies of it."""
    numbers = iter(range(1000))
    if request.param == "sqlite":
        populated(Config(home=tmp_path / "mold"))
        yield lambda: Config(home=Path(shutil.copytree(tmp_path / "mold", tmp_path / f"home{next(numbers)}")))
        return
    url, made = request.getfixturevalue("postgres_url"), ["closing_data", "closing_keys"]
    for name in made:
        make_database(url, name)
    populated(config_of(tmp_path / "mold", url, *made))

    def fresh() -> Config:
        number = next(numbers)
        names = [f"closing_{number}_{part}" for part in ("data", "keys")]
        for name, mold in zip(names, ("closing_data", "closing_keys"), strict=True):
            make_database(url, name, like=mold)
        made.extend(names)
        return config_of(Path(shutil.copytree(tmp_path / "mold", tmp_path / f"home{number}")), url, *names)

    yield fresh
    for name in made:
        drop_database(url, name)


def closing(config: Config) -> dying.Operation:
    def work(_tell: dying.Tell) -> None:
        close(build(config, lambda: NOW))

    return work


def keys_of_memories(system: System) -> int:
    mine = (WrappedKey.subject_id == ORGANISATION, WrappedKey.key_class == KeyClass.GRANTED.value)
    with system.stores.keys.connect() as connection:
        return len(connection.scalars(select(WrappedKey.epoch).where(*mine)).all())


def test_a_closing_that_is_killed_at_any_step_is_finished_by_the_next_run(copy: Copy) -> None:
    whole = build(copy(), lambda: NOW)
    before = everything(whole)
    assert close(whole) == Done(weeks=1, periods=1, releases=6, withheld=0)
    after = everything(whole)
    whole.close()
    first = copy()
    for death in dying.deaths(closing(first), commits_only=first.database_url is not None):
        config = copy()

        dying.run(closing(config), death)

        system = build(config, lambda: NOW)
        states = everything(system)
        assert {place: after[place] for place in states} == states, death
        assert len(states) in (len(before), len(before) + 3, len(after)), death
        close(system)
        assert everything(system) == after, death
        assert verifying.verify(system).problems == [], death
        said = [each.due for each in release_due.said(system)]
        assert len(said) == len(set(said)), "nothing was said twice"
        assert keys_of_memories(system) == 1, death
        assert close(system) == Done(), death
        system.close()


def test_what_a_killed_closing_announced_is_released_as_announced_or_not_at_all(copy: Copy) -> None:
    """Its entry is in the log and its figures are not stored; until the next run somebody's data came late."""
    config = copy()
    deaths = dying.deaths(closing(copy()), commits_only=True)
    for death in deaths:
        config = copy()
        dying.run(closing(config), death)
        system = build(config, lambda: NOW)
        waiting = {each.due for each in release_due.said(system)} - {
            release_due.Due(each.kind, each.first_day) for each in system.releases.closings()
        }
        if release_due.Due("week", FIRST + dt.timedelta(weeks=3)) in waiting:
            break
        system.close()
    else:
        pytest.fail("no death is between the entry and what is stored")
    assert {each.kind for each in system.releases.closings()} == {"week"}
    late = system.people.find("east3@example.org")
    assert late is not None
    day = FIRST + dt.timedelta(weeks=3)
    release_office.file_days(
        system, late.subject, {day: release_office.figures(release_office.random.Random(9), 40_000)}
    )

    done = close(system)

    assert (done.weeks, done.periods, done.withheld) == (1, 1, done.releases)
    assert verifying.verify(system).problems == []
    system.close()
