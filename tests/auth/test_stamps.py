"""A stamp holds for the row that it was made for, with every column of it, and for no other."""

import datetime as dt
from types import SimpleNamespace
from typing import Any

from cast import ANA, BEN
from hypothesis import given
from hypothesis import strategies as st

from auth.models import Base, Invitation, Management, RoleGrant
from auth.stamps import COLUMNS, Stamps

STAMPS, OTHERS = Stamps(lambda: b"k" * 32), Stamps(lambda: b"o" * 32)
ROW = {"subject_id": BEN, "id": "1" * 32, "role": "reviewer", "since": dt.date(2026, 11, 19)}


def holds(stamps: Stamps, table: Any, row: dict[str, Any]) -> bool:
    return stamps.holds(table, SimpleNamespace(_mapping=row))  # type: ignore[arg-type]


def test_a_stamp_holds_for_its_row_and_under_its_key_only() -> None:
    row = STAMPS.stamped(RoleGrant, **ROW)

    assert holds(STAMPS, RoleGrant, row)
    assert not holds(OTHERS, RoleGrant, row)
    assert not holds(STAMPS, RoleGrant, row | {"stamp": None})


@given(st.sampled_from(sorted(ROW)), st.text(min_size=1, max_size=40))
def test_no_column_of_a_stamped_row_can_be_changed(name: str, other: str) -> None:
    row = STAMPS.stamped(RoleGrant, **ROW)
    changed = dt.date(2026, 1, 1 + len(other) % 28) if name == "since" else other

    assert holds(STAMPS, RoleGrant, row | {name: changed}) is (changed == ROW[name])


@given(st.text(max_size=8), st.text(max_size=8), st.text(max_size=8), st.text(max_size=8))
def test_what_moves_from_one_column_to_the_next_has_another_stamp(a: str, b: str, c: str, d: str) -> None:
    first = STAMPS.of(RoleGrant, ROW | {"id": a, "role": b})

    assert (first == STAMPS.of(RoleGrant, ROW | {"id": c, "role": d})) is ((a, b) == (c, d))


def test_a_stamp_of_one_table_is_none_of_another() -> None:
    row = ROW | {"team_id": "reviewer"}

    assert STAMPS.of(RoleGrant, row) != STAMPS.of(Management, row)


def test_every_table_with_a_stamp_is_listed_with_columns_that_it_has() -> None:
    """Those of `analytics` make theirs from a secret of the key store (`analytics.target_store`), over all columns."""
    with_one = {each.class_ for each in Base.registry.mappers if "stamp" in each.columns}
    stamped = {each for each in with_one if not each.__module__.startswith("analytics.")}

    assert stamped == set(COLUMNS)
    assert set(COLUMNS[Invitation]) <= set(Invitation.__table__.columns.keys())


def test_a_password_means_something_for_its_owner_and_under_the_key_only() -> None:
    typed = "grüne wiese im mai"

    assert STAMPS.peppered(BEN, typed) == STAMPS.peppered(BEN, "gru\u0308ne wiese im mai")
    assert len({STAMPS.peppered(BEN, typed), STAMPS.peppered(ANA, typed), OTHERS.peppered(BEN, typed), typed}) == 4
