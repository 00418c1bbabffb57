"""The nightly work: a week is frozen when nobody can correct it any more, and all is verified at the end."""

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select, update

from portal import checkpoints, nightly
from privacy.fields import SHARED_FIELDS, Field, KeyClass, Tier
from privacy.log_entries import LogUnavailable
from privacy.log_tables import EntryRow
from privacy.period import Period, iso_week
from privacy.vault_store import SealedField
from tests.erasure.test_damage import damage_key
from tests.portal.conftest import day_values, working_days


def frozen(office: Any, week: Period, who: str = "ben") -> bool:
    with office.system.stores.data.connect() as connection:
        return bool(office.system.vault.has(connection, office.ids[who], SHARED_FIELDS, Tier.WEEK, week))


def test_a_change_of_the_time_zone_takes_nothing_from_the_time_to_correct_a_week(office: Any) -> None:
    office.clock.now = dt.datetime(2026, 11, 17, 22, 59, tzinfo=dt.UTC)  # a minute before the grace ends in Berlin
    with office.system.people.changing(None) as changes:
        changes.update(office.ids["ben"], timezone="Pacific/Kiritimati")

    nightly.run(office.system, lambda _what, _done, _total: None)
    assert not frozen(office, iso_week("2026-W46"))
    office.clock.advance(minutes=1)
    nightly.run(office.system, lambda _what, _done, _total: None)

    assert frozen(office, iso_week("2026-W46"))


def night(office: Any) -> nightly.Done:
    return nightly.run(office.system, lambda _what, _done, _total: None)


def damage(office: Any, number: int, **values: Any) -> None:
    with office.system.stores.log.begin() as connection:
        connection.execute(update(EntryRow).where(EntryRow.index == number).values(**values))


def test_every_night_the_tree_is_verified_and_what_does_not_fit_is_named(office: Any) -> None:
    assert night(office).problems == ()

    damage(office, 3, leaf_hash=bytes(32))
    office.clock.advance(days=1)
    done = night(office)

    assert any("entry 3" in each for each in done.problems)
    assert done.log_days == 1, "every other step is done all the same"


def test_payloads_are_verified_on_sundays(office: Any) -> None:
    damage(office, 3, sealed=b"not what was sealed")

    found = []
    for day in (21, 22):  # a Saturday, a Sunday
        office.clock.now = dt.datetime(2026, 11, day, 2, tzinfo=dt.UTC)
        done = night(office)
        found.append((done.whole, any("entry 3" in each for each in done.problems)))

    assert found == [(False, False), (True, True)]


SUNDAY = dt.datetime(2026, 11, 22, 2, tzinfo=dt.UTC)


def damage_a_row(office: Any) -> str:
    """Change one byte of one row of Ben's of the week that is due, and return how it is named."""
    here = (SealedField.subject_id == office.ids["ben"], SealedField.day == dt.date(2026, 11, 11))
    field = (*here, SealedField.field == Field.ACTIVE_TIME)
    with office.system.stores.data.begin() as connection:
        sealed = connection.scalar(select(SealedField.sealed).where(*field))
        changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
        connection.execute(update(SealedField).where(*field).values(sealed=changed))
    return f"sealed_field subject={office.ids['ben']} field=active_time tier=summary day=2026-11-11"


def damage_a_key(office: Any, key_class: KeyClass) -> str:
    """Change one byte of one of Ben's wrapped keys of a class, and return how it is named."""
    damage_key(office.system, office.ids["ben"], key_class)
    office.system.keys.evict()
    office.system.log._seals.forget()
    return f"{key_class} key of subject {office.ids['ben']}"


@pytest.mark.parametrize("what", ["row", KeyClass.SHARED, KeyClass.PRIVATE, KeyClass.AUDIT])
def test_one_damaged_row_or_key_is_named_and_everything_else_of_the_night_is_done(office: Any, what: Any) -> None:
    """The row or key is Ben's; Eva has the same week. It is a Sunday, so that everything is verified."""
    office.file_days("eva", {day: day_values(18_000.5) for day in working_days(dt.date(2026, 11, 9), SUNDAY.date())})
    office.clock.now = SUNDAY
    named = damage_a_row(office) if what == "row" else damage_a_key(office, what)
    size = office.system.log.size

    done = night(office)

    assert any(named in each for each in done.problems)
    assert frozen(office, iso_week("2026-W46"), "eva")
    versions = {each: office.system.provider.versions(each) for each in KeyClass}
    assert versions == {each: [1, 2] if each is what else [2] for each in KeyClass}, "renewed, but where one is damaged"
    assert done.keys_renewed == len(KeyClass) - (what in versions)
    assert (done.log_days, done.whole) == (1, True)
    published = checkpoints.latest(office.system).checkpoint
    assert (office.system.config.checkpoints / f"{published.size}.txt").exists()
    assert published.size > size
    left_out = [each for each in done.problems if "the closing of 2026-11-21 does not count it" in each]
    ben = office.ids["ben"]
    chains = {KeyClass.AUDIT: ["others"]}.get(what, [])
    assert [each.partition(":")[0] for each in left_out] == [f"chain {chain} of {ben}" for chain in chains]
    assert [each for each in done.problems if ben not in each and not each.startswith("entry ")] == []


def test_a_broken_publication_keeps_nothing_else_from_being_done(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_system: Any) -> None:
        raise LogUnavailable("the chain of this entry cannot go on")

    monkeypatch.setattr(nightly.checkpoints, "publish", broken)
    done = night(office)

    assert done.problems[0] == "no checkpoint was published: the chain of this entry cannot go on"
    assert (done.log_days, done.keys_renewed) == (1, len(KeyClass))
    assert frozen(office, iso_week("2026-W46"))


def test_a_defect_that_one_person_s_data_bring_to_light_is_named_without_them_and_stops_nobody_else_s_night(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben, whole = office.ids["ben"], []

    def fold(_intake: Any, subject: str) -> None:
        if subject == ben:
            raise ValueError("canary")
        whole.append(subject)

    monkeypatch.setattr(type(office.system.intake), "fold", fold)
    done = night(office)

    assert [each for each in done.problems if ben in each] == [
        f"person {ben}: what collectors sent was not folded into days: ValueError, which is a defect of Sameview;"
        " please report it"
    ]
    assert set(whole) == {each.subject for each in office.system.people.everybody()} - {ben}
    assert (done.log_days, done.keys_renewed) == (1, len(KeyClass))
