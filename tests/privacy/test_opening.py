"""Parts of one opening are what each would be alone, come from one state, and reach no further than its entry."""

import datetime as dt
from pathlib import Path

import pytest
from cast import BEN
from conftest import Clock
from sqlalchemy import delete, insert

from privacy.disclosure import Gate, Opening
from privacy.fields import Field, Tier
from privacy.file_keys import FileKeyProvider
from privacy.keys import KeyRing
from privacy.period import Period
from privacy.policy import Purpose
from privacy.stores import Stores, writing
from privacy.vault import Row, Subject, Vault, VaultIncomplete, Wanted
from privacy.vault_store import SealedField
from tests.privacy.gates import FakeDirectory, MemoryLog

SUNDAY, MONDAY = dt.date(2026, 11, 15), dt.date(2026, 11, 16)
SUMMER = dt.date(2026, 7, 1)
YEAR = Period(dt.date(2026, 1, 1), dt.date(2027, 1, 1))
FIELDS = frozenset({Field.FOCUS, Field.APPS, Field.GOALS, Field.OWN_TIMES})
HISTORY = Wanted(frozenset({Field.FOCUS}), Tier.SUMMARY, Period(SUMMER, dt.date(2026, 11, 17)))
DAY = Wanted(frozenset({Field.FOCUS, Field.APPS}), Tier.SUMMARY, Period.day(MONDAY))
SETTINGS = Wanted(frozenset({Field.GOALS}), Tier.SUMMARY, Period.day(MONDAY))
PRIVATE = Wanted(frozenset({Field.OWN_TIMES}), Tier.DAY, Period.day(MONDAY))
ALL = (HISTORY, DAY, SETTINGS, PRIVATE)


@pytest.fixture
def vault(stores: Stores, tmp_path: Path) -> Vault:
    with writing(stores.data) as connection:
        connection.execute(insert(Subject), [{"id": BEN, "created_day": SUMMER}])
    found = Vault(stores.data, KeyRing(stores.keys, FileKeyProvider(tmp_path / "kek").create()))
    days = [(field, Tier.SUMMARY, day) for field in DAY.fields for day in (SUMMER, SUNDAY, MONDAY)]
    states = [(Field.GOALS, Tier.SUMMARY, day) for day in (SUMMER, SUNDAY)]
    every = (*days, *states, (Field.OWN_TIMES, Tier.DAY, dt.date(1900, 1, 1)))
    with writing(stores.data) as connection:
        found.put(connection, BEN, [Row(*each, 0, " ".join(map(str, each)).encode()) for each in every])
    return found


@pytest.fixture
def opening(vault: Vault, log: MemoryLog, clock: Clock) -> Opening:
    gate = Gate(vault, log, FakeDirectory(), clock)  # type: ignore[arg-type]
    return gate.begin(BEN, BEN, FIELDS, Purpose.OWN_REVIEW, YEAR, session="s")


def test_parts_together_are_what_each_is_alone_under_one_entry(opening: Opening, log: MemoryLog) -> None:
    together = opening.parts(*ALL)

    assert together == [opening.part(each.period, each.tier, fields=each.fields) for each in ALL]
    assert [len(each.values) for each in together] == [3, 2, 1, 1]
    assert together[2].values == {(SUNDAY, Field.GOALS): f"goals summary {SUNDAY}".encode()}
    assert len(log.drafts) == 1


@pytest.mark.parametrize("field", [Field.FOCUS, Field.GOALS, Field.OWN_TIMES])
def test_a_row_that_was_removed_is_missed_in_its_part(vault: Vault, opening: Opening, field: Field) -> None:
    with vault.engine.begin() as connection:
        connection.execute(delete(SealedField).where(SealedField.field == field, SealedField.day != SUMMER))

    with pytest.raises(VaultIncomplete, match=f"field={field} .*was removed"):
        opening.parts(*ALL)


@pytest.mark.parametrize(
    ("beside", "message"),
    [
        (DAY._replace(fields=frozenset({Field.RHYTHM})), "does not name rhythm"),
        (DAY._replace(period=Period(SUMMER, dt.date(2027, 1, 2))), "reaches out of"),
        (DAY._replace(tier=Tier.HOT), "opened alone"),
    ],
    ids=["another field", "another year", "hot rows"],
)
def test_one_part_too_many_opens_none(opening: Opening, beside: Wanted, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        opening.parts(HISTORY, beside)
