"""The vault: what is filed opens as it was, and whatever else was done to the rows is noticed and named."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cast import BEN, DAN
from sqlalchemy import delete, insert, select, update
from sqlalchemy.sql import ColumnElement

from privacy.fields import CLASS_OF, Field, KeyClass, Tier, epoch_of
from privacy.file_keys import FileKeyProvider
from privacy.keys import KeyClassWithheld, KeyGone, KeyRing
from privacy.manifest import HEAD_EPOCH
from privacy.period import Period
from privacy.seal import SealBroken
from privacy.stores import Stores, writing
from privacy.vault import Place, Row, Subject, UnknownSubject, Vault, VaultIncomplete
from privacy.vault_store import Manifest, SealedField

MONDAY = dt.date(2026, 11, 16)
TUESDAY = dt.date(2026, 11, 17)
OCTOBER = dt.date(2026, 10, 5)
WEEK = Period(MONDAY, dt.date(2026, 11, 23))
FOCUS_ON_MONDAY = f"sealed_field subject={BEN} field=focus tier=summary day=2026-11-16 sequence=0"


@pytest.fixture
def provider(tmp_path: Path) -> FileKeyProvider:
    return FileKeyProvider(tmp_path / "kek").create()


@pytest.fixture
def vault(stores: Stores, provider: FileKeyProvider) -> Vault:
    with writing(stores.data) as connection:
        connection.execute(insert(Subject), [{"id": s, "created_day": OCTOBER} for s in (BEN, DAN)])
    return Vault(stores.data, KeyRing(stores.keys, provider))


@pytest.fixture
def filled(vault: Vault) -> Vault:
    """A vault in which Ben and Dan have two days in November and one in October."""
    for subject in (BEN, DAN):
        put(vault, subject, [summary(f, d) for f in (Field.FOCUS, Field.APPS) for d in (OCTOBER, MONDAY, TUESDAY)])
    return vault


def summary(field: Field, day: dt.date, plaintext: bytes | None = None) -> Row:
    return Row(field, Tier.SUMMARY, day, 0, plaintext or f"{field} of {day}".encode())


def put(vault: Vault, subject: str, rows: list[Row], remove: list[Place] | None = None) -> None:
    with writing(vault.engine) as connection:
        vault.put(connection, subject, rows, remove or ())


def read(vault: Vault, *fields: Field, period: Period = WEEK, subject: str = BEN) -> dict[tuple[dt.date, Field], bytes]:
    return vault._open(subject, fields or (Field.FOCUS,), Tier.SUMMARY, period)


def focus_of(subject: str = BEN, day: dt.date = MONDAY) -> ColumnElement[bool]:
    row = SealedField
    return (row.subject_id == subject) & (row.field == "focus") & (row.day == day) & (row.tier == "summary")


def manifest_of(subject: str, key_class: KeyClass, epoch: int) -> ColumnElement[bool]:
    return (Manifest.subject_id == subject) & (Manifest.key_class == key_class) & (Manifest.key_epoch == epoch)


def tamper(vault: Vault, *statements: Any) -> None:
    with writing(vault.engine) as connection:
        for statement in statements:
            connection.execute(statement)


def sealed(vault: Vault, where: ColumnElement[bool]) -> bytes:
    with vault.engine.connect() as connection:
        found: bytes = connection.scalars(select(SealedField.sealed).where(where)).one()
    return found


def everything(vault: Vault, subject: str) -> list[tuple[Any, list[Any]]]:
    with vault.engine.connect() as connection:
        return [
            (
                table,
                [dict(r) for r in connection.execute(select(table).where(table.c.subject_id == subject)).mappings()],
            )
            for table in (SealedField.__table__, Manifest.__table__)
        ]


def test_what_is_filed_opens_for_its_days_and_fields(filled: Vault) -> None:
    values = read(filled, Field.FOCUS, Field.APPS)

    assert values == {(d, f): f"{f} of {d}".encode() for f in (Field.FOCUS, Field.APPS) for d in (MONDAY, TUESDAY)}
    assert read(filled, period=Period.day(OCTOBER)) == {(OCTOBER, Field.FOCUS): b"focus of 2026-10-05"}
    assert read(filled, period=Period.day(dt.date(2020, 1, 1))) == {}
    assert filled._open(BEN, [Field.FOCUS], Tier.WEEK, WEEK) == {}


@pytest.mark.parametrize("plaintext", [b"", b"0", b"x" * 5000, bytes(300)], ids=["empty", "short", "long", "zeros"])
@pytest.mark.parametrize("tier", [Tier.DAY, Tier.SUMMARY, Tier.WEEK])
def test_any_bytes_come_back_as_they_were(vault: Vault, tier: Tier, plaintext: bytes) -> None:
    put(vault, BEN, [Row(Field.FOCUS, tier, MONDAY, 0, plaintext)])

    assert vault._open(BEN, [Field.FOCUS], tier, WEEK) == {(MONDAY, Field.FOCUS): plaintext}


def test_sizes_do_not_tell_what_is_inside(vault: Vault) -> None:
    values = {MONDAY: b'{"hours":{"9":{"Work":3600}}}', TUESDAY: b'{"hours":{"9":{"Work":3600},"10":{"Work":3599.25}}}'}
    put(vault, BEN, [summary(Field.RHYTHM, day, value) for day, value in values.items()])

    with vault.engine.connect() as connection:
        sizes = {len(blob) for blob in connection.scalars(select(SealedField.sealed))}

    assert len(sizes) == 1


def test_no_plaintext_is_filed(filled: Vault) -> None:
    stored = repr(everything(filled, BEN))

    assert "focus of" not in stored


def test_filing_again_replaces(filled: Vault) -> None:
    put(filled, BEN, [summary(Field.FOCUS, MONDAY, b"corrected")])

    assert read(filled)[MONDAY, Field.FOCUS] == b"corrected"
    assert read(filled)[TUESDAY, Field.FOCUS] == b"focus of 2026-11-17"


def test_what_the_vault_removes_is_no_fault(filled: Vault) -> None:
    put(filled, BEN, [], remove=[Place(Field.FOCUS, Tier.SUMMARY, MONDAY), Place(Field.URLS, Tier.DAY, MONDAY)])

    assert read(filled) == {(TUESDAY, Field.FOCUS): b"focus of 2026-11-17"}


def test_removed_and_filed_at_once_is_filed(filled: Vault) -> None:
    put(filled, BEN, [summary(Field.FOCUS, MONDAY, b"new")], remove=[Place(Field.FOCUS, Tier.SUMMARY, MONDAY)])

    assert read(filled)[MONDAY, Field.FOCUS] == b"new"


def test_states_hold_until_the_next_one(vault: Vault) -> None:
    put(vault, BEN, [summary(Field.GOALS, dt.date(2025, 3, 1), b"old"), summary(Field.GOALS, OCTOBER, b"goals")])
    put(vault, BEN, [summary(Field.GOALS, dt.date(2026, 11, 23), b"later")])

    assert read(vault, Field.GOALS, Field.AGREED_GOALS) == {(OCTOBER, Field.GOALS): b"goals"}


def test_removed_state_does_not_fall_back_to_an_older_one(vault: Vault) -> None:
    put(vault, BEN, [summary(Field.GOALS, dt.date(2025, 3, 1), b"old"), summary(Field.GOALS, OCTOBER, b"goals")])
    tamper(vault, delete(SealedField).where(SealedField.day == OCTOBER))

    with pytest.raises(VaultIncomplete, match="field=goals tier=summary day=2026-10-05"):
        read(vault, Field.GOALS)


def flipped(blob: bytes) -> bytes:
    return blob[:-1] + bytes([blob[-1] ^ 1])


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda own, other, foreign: flipped(own), id="flipped"),
        pytest.param(lambda own, other, foreign: own[:-1], id="truncated"),
        pytest.param(lambda own, other, foreign: b"", id="emptied"),
        pytest.param(lambda own, other, foreign: other, id="of another day"),
        pytest.param(lambda own, other, foreign: foreign, id="of another person"),
    ],
)
def test_broken_blob_is_refused_by_the_name_of_its_row(filled: Vault, broken: Any) -> None:
    blobs = [sealed(filled, focus_of(*where)) for where in ((BEN, MONDAY), (BEN, TUESDAY), (DAN, MONDAY))]
    tamper(filled, update(SealedField).where(focus_of()).values(sealed=broken(*blobs)))

    with pytest.raises(SealBroken, match=FOCUS_ON_MONDAY):
        read(filled)


@pytest.mark.parametrize(
    ("column", "value", "named"),
    [
        ("subject_id", DAN, f"subject={DAN}"),
        ("tier", "week", "tier=week"),
        ("field", "active_time", "field=active_time"),
        ("day", dt.date(2026, 11, 18), "day=2026-11-18"),
        ("sequence", 1, "sequence=1"),
        ("key_class", "private", FOCUS_ON_MONDAY),
        ("key_epoch", 24321, FOCUS_ON_MONDAY),
    ],
)
def test_relabelled_row_is_refused_where_it_is_and_missed_where_it_was(
    filled: Vault, column: str, value: Any, named: str
) -> None:
    tamper(
        filled, delete(SealedField).where(focus_of(DAN)), update(SealedField).where(focus_of()).values({column: value})
    )
    place = {"subject": BEN, "field": Field.FOCUS, "tier": Tier.SUMMARY} | {
        key: new for key, new in (("subject", value), ("field", value), ("tier", value)) if column.startswith(key)
    }

    with pytest.raises(SealBroken, match=named):
        filled._open(place["subject"], [Field(place["field"])], Tier(place["tier"]), WEEK)
    if column in ("subject_id", "tier", "field"):
        with pytest.raises(VaultIncomplete, match=f"{FOCUS_ON_MONDAY}: it is listed, but was removed"):
            read(filled)


def test_removed_row_is_missed_by_name_in_its_period_only(filled: Vault) -> None:
    tamper(filled, delete(SealedField).where(focus_of()))

    with pytest.raises(VaultIncomplete, match=f"{FOCUS_ON_MONDAY}: it is listed, but was removed"):
        read(filled)
    assert read(filled, period=Period.day(TUESDAY)).keys() == {(TUESDAY, Field.FOCUS)}
    assert read(filled, Field.APPS).keys() == {(MONDAY, Field.APPS), (TUESDAY, Field.APPS)}


def test_rolled_back_row_is_noticed(filled: Vault) -> None:
    before = sealed(filled, focus_of())
    put(filled, BEN, [summary(Field.FOCUS, MONDAY, b"corrected")])
    tamper(filled, update(SealedField).where(focus_of()).values(sealed=before))

    with pytest.raises(VaultIncomplete, match=f"{FOCUS_ON_MONDAY}: it is not the one that was written last"):
        read(filled)


def test_row_put_back_after_its_removal_is_noticed(filled: Vault) -> None:
    ((table, rows), _) = everything(filled, BEN)
    put(filled, BEN, [], remove=[Place(Field.FOCUS, Tier.SUMMARY, MONDAY)])
    tamper(filled, insert(table).values([r for r in rows if (r["field"], r["day"]) == ("focus", MONDAY)]))

    with pytest.raises(VaultIncomplete, match=f"{FOCUS_ON_MONDAY}: it is not listed"):
        read(filled)


NOVEMBER = epoch_of(KeyClass.SHARED, MONDAY)


@pytest.mark.parametrize(
    ("where", "named"),
    [
        pytest.param(
            [delete(Manifest).where(manifest_of(BEN, KeyClass.SHARED, NOVEMBER))],
            f"manifest subject={BEN} class=shared epoch={NOVEMBER}: it is listed, but was removed",
            id="manifest",
        ),
        pytest.param(
            [delete(Manifest).where(manifest_of(BEN, KeyClass.SHARED, HEAD_EPOCH))],
            f"manifest subject={BEN} class=shared epoch={NOVEMBER}: it is not listed",
            id="head",
        ),
        pytest.param(
            [delete(Manifest).where(Manifest.subject_id == BEN)],
            f"{FOCUS_ON_MONDAY}: it is not listed",
            id="all manifests",
        ),
        pytest.param(
            [
                delete(Manifest).where(manifest_of(BEN, KeyClass.SHARED, NOVEMBER)),
                delete(SealedField).where(SealedField.subject_id == BEN, SealedField.day >= MONDAY),
            ],
            f"manifest subject={BEN} class=shared epoch={NOVEMBER}: it is listed, but was removed",
            id="a whole month with its manifest",
        ),
    ],
)
def test_removed_listings_are_noticed(filled: Vault, where: list[Any], named: str) -> None:
    tamper(filled, *where)

    with pytest.raises(VaultIncomplete, match=named):
        read(filled)


def test_month_rolled_back_with_its_manifest_is_noticed(filled: Vault) -> None:
    old = everything(filled, BEN)
    put(filled, BEN, [summary(Field.FOCUS, MONDAY, b"corrected")])
    for table, rows in old:
        month = [r for r in rows if r["key_class"] == "shared" and r["key_epoch"] == NOVEMBER]
        tamper(
            filled,
            delete(table).where(
                table.c.subject_id == BEN, table.c.key_epoch == NOVEMBER, table.c.key_class == "shared"
            ),
        )
        tamper(filled, insert(table).values(month))

    with pytest.raises(
        VaultIncomplete, match=f"class=shared epoch={NOVEMBER}: it is not the one that was written last"
    ):
        read(filled)


def test_rollback_of_everything_changes_the_digest(filled: Vault) -> None:
    old, first = everything(filled, BEN), filled.digest(BEN)
    put(filled, BEN, [summary(Field.FOCUS, MONDAY, b"corrected")])
    second = filled.digest(BEN)
    for table, rows in old:
        tamper(filled, delete(table).where(table.c.subject_id == BEN), insert(table).values(rows))

    assert read(filled)[MONDAY, Field.FOCUS] == b"focus of 2026-11-16"
    assert filled.digest(BEN) == first != second
    assert filled.digest(BEN) != filled.digest(DAN)


def test_broken_manifest_is_named(filled: Vault) -> None:
    tamper(
        filled, update(Manifest).where(manifest_of(BEN, KeyClass.SHARED, HEAD_EPOCH)).values(sealed=b"SV" + bytes(60))
    )

    with pytest.raises(SealBroken, match=f"manifest subject={BEN} class=shared epoch=head"):
        read(filled)


def test_nothing_is_filed_over_a_tampered_listing(filled: Vault) -> None:
    tamper(filled, delete(Manifest).where(manifest_of(BEN, KeyClass.SHARED, NOVEMBER)))

    with pytest.raises(VaultIncomplete):
        put(filled, BEN, [summary(Field.FOCUS, MONDAY)])


def test_rows_and_listings_are_one_transaction(filled: Vault) -> None:
    before = everything(filled, BEN), filled.digest(BEN)

    with filled.engine.connect() as connection, connection.begin() as transaction:
        filled.put(connection, BEN, [summary(Field.FOCUS, MONDAY, b"new"), summary(Field.FOCUS, OCTOBER, b"new")])
        transaction.rollback()

    assert (everything(filled, BEN), filled.digest(BEN)) == before
    assert read(filled)[MONDAY, Field.FOCUS] == b"focus of 2026-11-16"


def test_writers_at_once_lose_nothing_and_readers_see_whole_states(filled: Vault) -> None:
    days = [MONDAY + dt.timedelta(days=n) for n in range(2, 7)]

    def write(field: Field) -> None:
        for day in days:
            put(filled, BEN, [summary(field, day)])

    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, field) for field in (Field.FOCUS, Field.ACTIVE_TIME, Field.CATEGORIES)]
        while not all(writer.done() for writer in writers):
            read(filled)
        for writer in writers:
            writer.result()

    assert len(read(filled, Field.FOCUS, Field.ACTIVE_TIME, Field.CATEGORIES)) == 2 + 3 * len(days)


def test_destroyed_key_makes_the_month_unreadable_and_leaves_the_others(filled: Vault) -> None:
    filled.keys.destroy(BEN, [(KeyClass.SHARED, NOVEMBER)])

    with pytest.raises(KeyGone, match=BEN):
        read(filled)
    assert read(filled, period=Period.day(OCTOBER))
    assert read(filled, Field.APPS)


def test_process_opens_only_the_classes_it_was_given(filled: Vault, provider: FileKeyProvider) -> None:
    manager_side = Vault(filled.engine, KeyRing(filled.keys.engine, provider, classes={KeyClass.SHARED}))

    assert read(manager_side, Field.FOCUS)
    assert CLASS_OF[Field.APPS] is KeyClass.PRIVATE
    with pytest.raises(KeyClassWithheld):
        read(manager_side, Field.APPS)


def test_unknown_subject_is_refused(vault: Vault) -> None:
    with pytest.raises(UnknownSubject):
        put(vault, "e" * 32, [summary(Field.FOCUS, MONDAY)])


def test_only_hot_rows_have_a_sequence(vault: Vault) -> None:
    with pytest.raises(ValueError, match="sequence"):
        put(vault, BEN, [Row(Field.FOCUS, Tier.SUMMARY, MONDAY, 3, b"")])
