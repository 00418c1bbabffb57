"""At rest: whoever has the database and every file beside it, but not the keys, learns nothing of anybody's day."""

import datetime as dt
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cast import BEN
from sqlalchemy import text

from analytics.uploads import BucketInfo, Event, Upload
from privacy.capture import PRESETS
from privacy.fields import Field
from privacy.stores import Stores
from tests.analytics.intake_office import (
    MONDAY,
    WEB,
    WINDOW,
    Office,
    event,
)
from tests.analytics.test_receiving import beat, insert, make, receiver_of

CANARIES = (
    "canary-app.exe",
    "A canary's title.xlsx",
    "https://canary.test/path",
    "Canary > Category",
    "4321.987",
    "4321987",
)


def files_below(*folders: Path) -> Iterator[bytes]:
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield path.read_bytes()


def database_dump(stores: Stores) -> Iterator[bytes]:
    """Yield every row of every table as text, and the pages and journals of the server."""
    with stores.data.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        tables = connection.execute(text("SELECT schemaname, tablename FROM pg_tables")).fetchall()
        for schema, table in tables:
            if schema in ("pg_catalog", "information_schema"):
                continue
            for row in connection.execute(text(f'SELECT t::text FROM "{schema}"."{table}" t')):  # noqa: S608
                yield row[0].encode()
        connection.execute(text("CHECKPOINT"))
        folder = Path(connection.execute(text("SHOW data_directory")).scalar_one())
    yield from files_below(folder / "base", folder / "pg_wal")


def test_nothing_of_what_somebody_did_is_found_in_the_database_or_in_any_file(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", None)
    nine = MONDAY + dt.timedelta(hours=9)
    seen = {
        WINDOW: [event(nine, 4321.987, app=CANARIES[0], title=CANARIES[1])],
        WEB: [event(nine, 4321.987, url=CANARIES[2], title=CANARIES[1])],
    }

    office.take(BEN, seen, rules=[[["Canary", "Category"], {"type": "regex", "regex": "canary"}]])

    assert office.figure(BEN, "2026-11-16", Field.CATEGORY_DETAIL) == {CANARIES[3]: 4321.987}
    places = [*files_below(tmp_path)]
    if office.stores.data.dialect.name == "postgresql":
        places += database_dump(office.stores)
    assert len(b"".join(places)) > 50_000
    for canary in CANARIES:
        for form in (canary.encode(), canary.encode("utf-16-le"), canary.encode().hex().encode()):
            assert not any(form in each for each in places), canary
    assert os.listdir(temporary) == []


@pytest.mark.parametrize("preset", ["coaching", "own_insight"])
def test_nothing_of_what_came_is_found_before_it_is_folded_and_what_was_dropped_is_found_never(
    office: Office, tmp_path: Path, preset: str
) -> None:
    receiver, nine = receiver_of(office, preset), MONDAY + dt.timedelta(hours=9)
    make(receiver, BEN, WINDOW, WEB)
    kept = event(nine, 4321.987, app=CANARIES[0], title=CANARIES[1])
    secret = event(nine, 4321.987, url="https://dropped-canary.test/", title="dropped-canary", incognito=True)

    for number in range(60):
        later = dt.timedelta(seconds=number)
        beat(receiver, BEN, WINDOW, kept | {"timestamp": (nine + later).isoformat(), "duration": number % 2})
    insert(receiver, BEN, WINDOW, [kept] * 3)
    beat(receiver, BEN, WEB, secret)
    insert(receiver, BEN, WEB, [secret] * 20)

    for moment in ("hot", "folded"):
        places = [*files_below(tmp_path)]
        if office.stores.data.dialect.name == "postgresql":
            places += database_dump(office.stores)
        for canary in (*CANARIES, "dropped-canary"):
            for form in (canary.encode(), canary.encode("utf-16-le"), canary.encode().hex().encode()):
                assert not any(form in each for each in places), (moment, canary)
        office.intake(preset).fold(BEN)
    opened = {**office.figures(BEN), **office.stored(BEN)}
    assert not any(b"dropped-canary" in each for each in opened.values())
    assert office.figure(BEN, "2026-11-16", Field.CAPTURE_LEDGER)["dropped"] == {"incognito": 1}


@pytest.mark.parametrize("preset", sorted(PRESETS))
def test_which_of_a_relay_s_uploads_held_anything_is_not_seen_in_their_rows(office: Office, preset: str) -> None:
    receiver = receiver_of(office, preset)
    us, nine = 1_000_000, int(office.clock().timestamp())
    window = [BucketInfo(WINDOW[2], WINDOW[1], WINDOW[0])]
    worked = [Event(0, (nine + n) * us, us, {"app": f"{n}.exe", "title": f"Invoice {n}"}) for n in range(30)]

    for events in ([], worked, [], worked[:1]):
        receiver.upload(BEN, Upload("0" * 32, 1, window, events))

    with office.stores.data.connect() as connection:
        rows = connection.execute(
            text("SELECT sequence, field, length(sealed) FROM sealed_field WHERE tier = 'hot' AND sequence > 1")
        ).all()
    assert len({frozenset((field, size) for n, field, size in rows if n == each) for each in range(2, 6)}) == 1
