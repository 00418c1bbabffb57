"""Whatever is written to the vault leaves the digest of all that it then holds of the person in the log."""

import datetime as dt

import pytest
from cast import BEN

from privacy.fields import Field, Tier
from privacy.log_entries import ACCOUNTS, INVENTORIED, Chain, Entry, LogUnavailable
from privacy.stores import writing
from privacy.vault import Row
from tests.analytics.intake_office import MONDAY, Office, morning


def accounts(office: Office) -> list[Entry]:
    return [each for each in office.log.of_subject(BEN) if each.outcome in ACCOUNTS]


def set_goal(office: Office, text: bytes) -> None:
    with writing(office.stores.data) as connection:
        office.vault.put(connection, BEN, [Row(Field.GOALS, Tier.SUMMARY, MONDAY.date(), 0, text)])
        office.gate.account(BEN, connection, own=True, fields=[Field.GOALS])


def test_imports_and_expiring_text_each_leave_what_is_then_stored(office: Office) -> None:
    office.take(BEN, morning())
    imported = office.vault.digest(BEN)
    assert office.intake().expire_text(BEN, MONDAY.date() + dt.timedelta(days=1)) == 1

    assert [each.digest for each in accounts(office)] == [imported, office.vault.digest(BEN)]
    assert imported != office.vault.digest(BEN)


def test_expiring_nothing_writes_nothing(office: Office) -> None:
    office.take(BEN, morning())
    size = office.log.size

    assert office.intake().expire_text(BEN, MONDAY.date()) == 0

    assert office.log.size == size


def test_what_a_person_sets_is_accounted_for_among_their_own_reads(office: Office) -> None:
    set_goal(office, b"{}")
    set_goal(office, b"{ }")

    first, second = accounts(office)
    assert {each.chain for each in (first, second)} == {Chain.SELF}
    assert {each.outcome for each in (first, second)} == {INVENTORIED}
    assert first.digest != second.digest == office.vault.digest(BEN)


def test_what_cannot_be_accounted_for_is_not_written(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    set_goal(office, b"{}")
    before = office.vault.digest(BEN)

    def full(_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(office.log, "append", full)
    with pytest.raises(LogUnavailable):
        set_goal(office, b"{ }")

    assert office.vault.digest(BEN) == before
