"""What two people write for a talk: nothing is lost or taken away, and nobody else is shown it."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.agreed import Side
from analytics.sheets import (
    LONGEST_TEXT,
    MOST_ITEMS,
    WRITES,
    About,
    Doer,
    Item,
    Kind,
    Sheet,
    SheetError,
    Sheets,
    parse,
)
from privacy.canonical import digest

TODAY = dt.date(2026, 11, 19)
ANA, BEN, GUS = "a" * 32, "b" * 32, "9" * 32
words = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=40)


@st.composite
def items(draw: st.DrawFn) -> Item:
    """Draw something that can be written."""
    by = draw(st.sampled_from(Side))
    kind = draw(st.sampled_from(sorted(WRITES[by])))
    item = Item(0, kind, by, TODAY, draw(words))
    if kind is Kind.AGREEMENT:
        due = draw(st.none() | st.dates(TODAY, TODAY + dt.timedelta(days=366)))
        return replace(item, doer=draw(st.sampled_from(Doer)), due=due)
    if kind is Kind.NOTE:
        return replace(item, about=About(TODAY, "meeting", draw(st.integers(1, 600))))
    return item


steps = st.lists(st.tuples(st.sampled_from([(1, ANA), (2, GUS), (3, ANA)]), items()), max_size=20)


def written(found: Sheets, where: tuple[int, str], item: Item) -> Sheets:
    try:
        return found.written(Sheet(*where), item)
    except SheetError:  # the same line twice
        return found


@given(steps, st.data())
def test_whatever_is_done_nothing_is_lost_and_who_wrote_it_stands_there(
    drawn: list[tuple[tuple[int, str], Item]], data: st.DataObject
) -> None:
    found = Sheets()
    for where, item in drawn:
        before, found = found, written(found, where, item)
        sheet = found.find(*where)
        if sheet is not None and data.draw(st.booleans()):
            number = data.draw(st.integers(1, len(sheet.items)))
            by, old_item = data.draw(st.sampled_from(Side)), sheet.items[number - 1]
            if by is old_item.by or old_item.kind is Kind.AGREEMENT:
                found = found.struck(*where, number, by, TODAY)
            else:
                with pytest.raises(SheetError, match="Only who wrote"):
                    found.struck(*where, number, by, TODAY)
        for old in before.sheets:
            new = found.find(old.number, old.manager)
            assert new is not None
            kept = [(each.number, each.said, each.day) for each in new.items[: len(old.items)]]
            assert kept == [(each.number, each.said, each.day) for each in old.items]
            assert all(each.struck is None or new.items[n] == each for n, each in enumerate(old.items))

    assert parse(found.dump()).sheets == found.sheets


@given(steps)
def test_a_manager_is_shown_what_is_between_them_and_the_employee_alone(
    drawn: list[tuple[tuple[int, str], Item]],
) -> None:
    found = Sheets()
    for where, item in drawn:
        found = written(found, where, item)

    assert {each.manager for each in found.of(ANA).sheets} <= {ANA}
    assert found.payload("b" * 32, ANA, 2)["items"] == []
    assert found.of(GUS).payload("b" * 32, GUS, 2) == found.payload("b" * 32, GUS, 2)


@pytest.mark.parametrize(
    ("item", "place"),
    [
        pytest.param(Item(0, Kind.TOPIC, Side.MANAGER, TODAY, "x"), "text", id="a topic of the manager"),
        pytest.param(Item(0, Kind.NOTE, Side.MANAGER, TODAY, "x"), "text", id="a note of the manager"),
        pytest.param(Item(0, Kind.TOPIC, Side.EMPLOYEE, TODAY, " "), "text", id="nothing"),
        pytest.param(Item(0, Kind.TOPIC, Side.EMPLOYEE, TODAY, "x" * (LONGEST_TEXT + 1)), "text", id="too long"),
        pytest.param(Item(0, Kind.QUESTION, Side.MANAGER, TODAY, "a\u202eb"), "text", id="what nobody sees"),
        pytest.param(Item(0, Kind.AGREEMENT, Side.MANAGER, TODAY, "x"), "doer", id="nobody does it"),
        pytest.param(
            Item(0, Kind.AGREEMENT, Side.MANAGER, TODAY, "x", Doer.BOTH, TODAY - dt.timedelta(days=1)),
            "due",
            id="due yesterday",
        ),
    ],
)
def test_what_cannot_stand_there_is_refused(item: Item, place: str) -> None:
    with pytest.raises(SheetError) as refused:
        Sheets().written(Sheet(1, ANA), item)

    assert refused.value.place == place


def test_a_sheet_has_an_end() -> None:
    found = Sheets()
    for number in range(MOST_ITEMS):
        found = found.written(Sheet(1, ANA), Item(0, Kind.QUESTION, Side.MANAGER, TODAY, f"question {number}"))

    with pytest.raises(SheetError, match="enough for one talk"):
        found.written(Sheet(1, ANA), Item(0, Kind.QUESTION, Side.MANAGER, TODAY, "one more"))


def test_what_is_written_for_one_manager_does_not_show_on_the_sheet_of_another() -> None:
    """Not even in its digest, which a manager could compare; nobody can work out the other sheet's salt from one."""
    line = Item(0, Kind.TOPIC, Side.EMPLOYEE, TODAY, "The forecast")
    before = parse(Sheets().written(Sheet(1, ANA), line).dump())
    after = parse(before.written(Sheet(2, GUS), line).dump())
    more = parse(after.written(Sheet(1, ANA), replace(line, text="Mail")).dump())

    assert after.payload(BEN, ANA, 1) == before.payload(BEN, ANA, 1)
    assert digest(more.payload(BEN, ANA, 1)) != digest(before.payload(BEN, ANA, 1))
    salts = {each["salt"] for each in (after.payload(BEN, ANA, 1), after.payload(BEN, GUS, 2))}
    assert len(salts | {after.salt}) == 3


def test_a_line_that_is_not_there_cannot_be_struck_out() -> None:
    for item in (0, 1, 7):
        with pytest.raises(LookupError):
            Sheets().struck(1, ANA, item, Side.MANAGER, TODAY)


@pytest.mark.parametrize("value", [b"", b"{}", b'{"salt":"00","sheets":[{}]}', b"[]"])
def test_what_is_no_sheet_is_refused(value: bytes) -> None:
    with pytest.raises(SheetError, match="no value of sheets"):
        parse(value)
