"""What holds until the next value is found by the heads, without the manifests of all the months between."""

import datetime as dt
from typing import Any

import pytest
from cast import BEN
from sqlalchemy import delete, insert, select, update

from privacy import vault_query
from privacy.fields import Field, KeyClass, Tier, epoch_of
from privacy.inventory import ALL_EPOCHS, Inventory, VaultIncomplete
from privacy.manifest import HEAD_EPOCH, HEAD_SHELF, Listing
from privacy.period import Period
from privacy.stores import writing
from privacy.vault import OUTGROWN, Place, Row, Vault
from privacy.vault_store import Manifest, SealedField
from tests.privacy.test_vault import everything, manifest_of, provider, put, tamper, vault

__all__ = ["provider", "vault"]

TODAY = dt.date(2026, 11, 19)
MONTHS = [dt.date(2026, month, 1) for month in range(1, 12)]
GOAL = f"sealed_field subject={BEN} field=goals tier=summary"
FEBRUARY = epoch_of(KeyClass.PRIVATE, MONTHS[1])


@pytest.fixture
def lived(vault: Vault) -> Vault:
    """A vault with a day in each month of a year, and a goal that was set in February, and again in April."""
    for month in MONTHS:
        put(vault, BEN, [Row(field, Tier.SUMMARY, month, 0, b"a day") for field in (Field.RECOVERY, Field.FOCUS)])
    for month in (MONTHS[1], MONTHS[3]):
        put(vault, BEN, [Row(Field.GOALS, Tier.SUMMARY, month, 0, f"since {month}".encode())])
    return vault


def goal(vault: Vault, day: dt.date = TODAY) -> bytes | None:
    found = vault._open(BEN, [Field.GOALS], Tier.SUMMARY, Period.day(day))
    return next(iter(found.values()), None)


def goal_rows(month: dt.date) -> Any:
    row = SealedField
    return (row.subject_id == BEN) & (row.field == "goals") & (row.tier == "summary") & (row.day == month)


def as_an_older_version_wrote_it(vault: Vault, key_class: KeyClass = KeyClass.PRIVATE) -> None:
    """Let a head list its manifests and nothing else."""
    with writing(vault.engine) as connection:
        inventory = Inventory.read(connection, vault.keys, BEN, {key_class: ALL_EPOCHS})
        head = Listing()
        head.change(HEAD_SHELF, dict(inventory._heads[key_class].read(HEAD_SHELF)))
        sealed = inventory._row((key_class, HEAD_EPOCH), head)["sealed"]
        connection.execute(update(Manifest).where(manifest_of(BEN, key_class, HEAD_EPOCH)).values(sealed=sealed))


def manifests_read(vault: Vault, monkeypatch: pytest.MonkeyPatch, day: dt.date = TODAY) -> int:
    found: list[int] = []
    sound = vault_query.read

    def counted(*arguments: Any) -> vault_query.Found:
        answer = sound(*arguments)
        found.append(len(answer.manifests))
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(vault_query, "read", counted)
        goal(vault, day)
    return sum(found)


def test_the_value_that_holds_is_found_whenever_it_was_filed(lived: Vault) -> None:
    assert [goal(lived, month) for month in MONTHS[:4]] == [None, b"since 2026-02-01"] + [
        f"since 2026-0{n}-01".encode() for n in (2, 4)
    ]
    assert goal(lived) == b"since 2026-04-01"


def test_no_more_manifests_are_read_after_years_than_after_months(
    lived: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    after_months = manifests_read(lived, monkeypatch)
    for year in range(2027, 2030):
        put(lived, BEN, [Row(Field.RECOVERY, Tier.SUMMARY, dt.date(year, m, 1), 0, b"x") for m in range(1, 13)])

    assert manifests_read(lived, monkeypatch, dt.date(2029, 12, 31)) == after_months == 4


def test_a_goal_that_was_removed_is_noticed(lived: Vault) -> None:
    tamper(lived, delete(SealedField).where(goal_rows(MONTHS[3])))

    with pytest.raises(VaultIncomplete, match=f"{GOAL} day=2026-04-01 sequence=0: it is listed, but was removed"):
        goal(lived)


def test_all_goals_with_the_manifests_that_list_them_removed_are_noticed(lived: Vault) -> None:
    for month in (MONTHS[1], MONTHS[3]):
        epoch = epoch_of(KeyClass.PRIVATE, month)
        tamper(lived, delete(SealedField).where(goal_rows(month)))
        tamper(lived, delete(Manifest).where(manifest_of(BEN, KeyClass.PRIVATE, epoch)))

    with pytest.raises(VaultIncomplete, match=f"class=private epoch={FEBRUARY}: it is listed, but was removed"):
        goal(lived)


def test_a_goal_put_into_a_month_that_has_none_is_noticed(lived: Vault) -> None:
    put(lived, BEN, [Row(Field.GOALS, Tier.SUMMARY, MONTHS[6], 0, b"taken back")])
    ((table, rows), _) = everything(lived, BEN)
    put(lived, BEN, [], remove=[Place(Field.GOALS, Tier.SUMMARY, MONTHS[6])])
    assert goal(lived) == b"since 2026-04-01"

    tamper(lived, insert(table).values([r for r in rows if (r["field"], r["day"]) == ("goals", MONTHS[6])]))

    with pytest.raises(VaultIncomplete, match=f"{GOAL} day=2026-04-01 sequence=0: it is listed"):
        goal(lived)


def test_a_month_with_its_goal_rolled_back_is_noticed(lived: Vault) -> None:
    old = everything(lived, BEN)
    put(lived, BEN, [Row(Field.GOALS, Tier.SUMMARY, MONTHS[3], 0, b"another")])
    april = epoch_of(KeyClass.PRIVATE, MONTHS[3])
    for table, rows in old:
        of_april = (table.c.subject_id == BEN) & (table.c.key_class == "private") & (table.c.key_epoch == april)
        tamper(lived, delete(table).where(of_april))
        tamper(lived, insert(table).values([r for r in rows if (r["key_class"], r["key_epoch"]) == ("private", april)]))

    with pytest.raises(VaultIncomplete, match=f"class=private epoch={april}: it is not the one that was written last"):
        goal(lived)


def test_what_an_older_version_wrote_is_read_in_full_until_the_next_writing(
    lived: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_an_older_version_wrote_it(lived)
    assert goal(lived) == b"since 2026-04-01"
    assert manifests_read(lived, monkeypatch) > len(MONTHS)

    put(lived, BEN, [Row(Field.RECOVERY, Tier.SUMMARY, TODAY, 0, b"a day")])

    assert goal(lived) == b"since 2026-04-01"
    assert manifests_read(lived, monkeypatch) == 4
    tamper(lived, delete(SealedField).where(goal_rows(MONTHS[3])))
    with pytest.raises(VaultIncomplete, match=f"{GOAL} day=2026-04-01 sequence=0: it is listed, but was removed"):
        goal(lived)


def test_states_that_expired_are_not_looked_for(lived: Vault) -> None:
    with writing(lived.engine) as connection:
        may = epoch_of(KeyClass.PRIVATE, MONTHS[4])
        lived.expire(connection, BEN, KeyClass.PRIVATE, 1, may)

    assert goal(lived) is None
    with lived.engine.connect() as connection:
        epochs = list(connection.scalars(select(Manifest.key_epoch).where(Manifest.key_class == "private")))
    assert min(each for each in epochs if each != HEAD_EPOCH) == may


NOVEMBER = Period(dt.date(2026, 11, 1), dt.date(2026, 12, 1))


def month(vault: Vault, *fields: Field) -> dict[Any, bytes]:
    return {f: v for (_, f), v in vault._open(BEN, fields or [Field.FOCUS], Tier.MONTH, NOVEMBER).items()}


def day_row(value: bytes, day: dt.date = TODAY) -> Row:
    return Row(Field.FOCUS, Tier.SUMMARY, day, 0, value)


MONTH_ROW = Row(Field.FOCUS, Tier.MONTH, NOVEMBER.first, 0, b"the month")


def test_a_month_counts_until_one_of_its_days_is_another(vault: Vault) -> None:
    put(vault, BEN, [day_row(b"one"), MONTH_ROW])
    assert month(vault, Field.FOCUS, Field.RECOVERY) == {Field.FOCUS: b"the month"}

    put(vault, BEN, [Row(Field.RECOVERY, Tier.SUMMARY, TODAY, 0, b"x"), Row(Field.FOCUS, Tier.WEEK, TODAY, 0, b"x")])
    assert month(vault, Field.FOCUS, Field.RECOVERY) == {Field.FOCUS: b"the month", Field.RECOVERY: OUTGROWN}

    for rows, gone in (
        ([day_row(b"one")], []),  # the same again is sealed anew
        ([day_row(b"two", TODAY - dt.timedelta(days=1))], []),
        ([], [Place(Field.FOCUS, Tier.SUMMARY, TODAY)]),
    ):
        put(vault, BEN, rows, gone)
        assert month(vault) == {Field.FOCUS: OUTGROWN}
        put(vault, BEN, [MONTH_ROW])
        assert month(vault) == {Field.FOCUS: b"the month"}


def test_a_month_without_its_row_is_outgrown_as_long_as_it_has_days(vault: Vault) -> None:
    put(vault, BEN, [day_row(b"one"), MONTH_ROW])

    put(vault, BEN, [], [Place(Field.FOCUS, Tier.MONTH, NOVEMBER.first)])
    assert month(vault) == {Field.FOCUS: OUTGROWN}
    with vault.engine.connect() as connection:
        assert vault.outgrown(connection, BEN, [Field.FOCUS], Period.day(TODAY)) == [NOVEMBER.first]

    put(vault, BEN, [], [Place(Field.FOCUS, Tier.SUMMARY, TODAY)])
    assert month(vault) == {}


def test_a_month_whose_days_were_all_removed_without_it_is_outgrown(vault: Vault) -> None:
    put(vault, BEN, [day_row(b"one"), MONTH_ROW])

    put(vault, BEN, [], [Place(Field.FOCUS, Tier.SUMMARY, TODAY)])

    assert month(vault) == {Field.FOCUS: OUTGROWN}


@pytest.mark.parametrize(
    "row", [MONTH_ROW._replace(day=TODAY), MONTH_ROW._replace(sequence=1), MONTH_ROW._replace(plaintext=b"")]
)
def test_a_month_says_something_and_is_filed_once_under_its_first_day(vault: Vault, row: Row) -> None:
    with pytest.raises(ValueError, match="row"):
        put(vault, BEN, [row])


@pytest.mark.parametrize("what", ["removed", "rolled back", "changed"])
def test_a_month_that_was_tampered_with_is_noticed(vault: Vault, what: str) -> None:
    put(vault, BEN, [day_row(b"one"), MONTH_ROW])
    here = (SealedField.subject_id == BEN) & (SealedField.tier == "month")
    with vault.engine.connect() as connection:
        old = connection.scalars(select(SealedField.sealed).where(here)).one()
    put(vault, BEN, [day_row(b"two"), MONTH_ROW._replace(plaintext=b"another")])
    statement = {
        "removed": delete(SealedField).where(here),
        "rolled back": update(SealedField).where(here).values(sealed=old),
        "changed": update(SealedField).where(here).values(sealed=old[:-1] + bytes([old[-1] ^ 1])),
    }[what]
    tamper(vault, statement)

    place = f"sealed_field subject={BEN} field=focus tier=month day=2026-11-01 sequence=0"
    with pytest.raises(Exception, match=f"{place}: ") as raised:
        month(vault)
    assert type(raised.value).__name__ == ("SealBroken" if what == "changed" else "VaultIncomplete")
