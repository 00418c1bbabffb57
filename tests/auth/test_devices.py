"""Devices: listed, renamed and taken off by their owner; every change is logged and told."""

import datetime as dt

import pytest

from auth.devices import Devices
from auth.errors import ChangeRefused
from auth.tokens import Scope, Tokens, new_token
from privacy.log_entries import LogUnavailable
from privacy.stores import writing
from tests.auth.conftest import STAMPS, Office


class Desk:
    """An office where people have computers."""

    def __init__(self, office: Office, clock) -> None:
        self.tokens = Tokens(office.stores.data, office.journal, clock, STAMPS)
        self.devices = Devices(office.stores.data, office.journal, clock)
        self._office = office

    def give(self, subject: str, name: str, host: str = "pc-17") -> str:
        token = new_token()
        with writing(self._office.stores.data) as connection:
            self.tokens.give_device(connection, subject, token, name, host)
        return token


@pytest.fixture
def desk(office: Office, clock) -> Desk:
    return Desk(office, clock)


def test_a_device_sends_and_can_read_nothing(desk: Desk, office: Office) -> None:
    ben = office.hire("Ben")

    token = desk.give(ben, "my desk")

    found = desk.tokens.find(token)
    assert found is not None
    assert (found.subject, found.scopes) == (ben, {Scope.INGEST})
    (device,) = desk.devices.of(ben)
    assert (device.name, device.host, device.expires_on) == ("my desk", "pc-17", dt.date(2027, 11, 20))


def test_devices_and_tokens_made_by_hand_are_two_lists(desk: Desk, office: Office) -> None:
    ben = office.hire("Ben")
    desk.give(ben, "my desk")
    desk.tokens.issue(ben, "script", {Scope.INGEST})
    (device,), (token,) = desk.devices.of(ben), desk.tokens.of(ben)

    assert (device.name, token.name) == ("my desk", "script")
    assert not desk.tokens.revoke(ben, device.id)
    assert not desk.devices.revoke(ben, token.id)


def test_each_change_is_logged_and_told(desk: Desk, office: Office) -> None:
    ben = office.hire("Ben")
    desk.give(ben, "my desk")
    (device,) = desk.devices.of(ben)

    assert desk.devices.rename(ben, device.id, "  at   home ")
    assert desk.devices.revoke(ben, device.id)

    assert office.log.outcomes(ben)[-3:] == ["credential-changed"] * 3
    assert office.told(ben)[:3] == [
        "The computer “at home” was taken off your list. Nothing that it sends is accepted any more.",
        "You call the computer “my desk” “at home” now.",
        "You let the computer “my desk” (pc-17) send what is recorded on it, until 20 November 2027. It can read what"
        " you keep private, and nothing else of you.",
    ]


def test_a_device_that_was_taken_off_sends_no_more_and_is_not_renamed(desk: Desk, office: Office) -> None:
    ben = office.hire("Ben")
    token = desk.give(ben, "my desk")
    (device,) = desk.devices.of(ben)

    desk.devices.revoke(ben, device.id)

    assert desk.tokens.find(token) is None
    assert not desk.devices.rename(ben, device.id, "again")
    assert not desk.devices.revoke(ben, device.id)
    assert desk.devices.of(ben)[0].revoked_on == dt.date(2026, 11, 19)


def test_the_same_name_again_is_no_change(desk: Desk, office: Office) -> None:
    ben = office.hire("Ben")
    desk.give(ben, "my desk")
    before = office.log.outcomes(ben)

    assert desk.devices.rename(ben, desk.devices.of(ben)[0].id, "my desk")

    assert office.log.outcomes(ben) == before


def test_nobody_changes_the_device_of_another(desk: Desk, office: Office) -> None:
    ben, dan = office.hire("Ben"), office.hire("Dan")
    token = desk.give(ben, "my desk")
    (device,) = desk.devices.of(ben)

    assert not desk.devices.rename(dan, device.id, "mine")
    assert not desk.devices.revoke(dan, device.id)

    assert desk.devices.of(dan) == []
    assert desk.devices.of(ben)[0].name == "my desk"
    assert desk.tokens.find(token) is not None


def test_a_device_is_last_seen_by_the_day(desk: Desk, office: Office, clock) -> None:
    ben = office.hire("Ben")
    token = desk.give(ben, "my desk")
    assert desk.devices.of(ben)[0].last_seen_on is None

    clock.advance(days=1, hours=3)
    desk.tokens.find(token)

    assert desk.devices.of(ben)[0].last_seen_on == dt.date(2026, 11, 20)


def test_devices_that_send_come_first_and_old_ones_go(desk: Desk, office: Office, clock) -> None:
    ben = office.hire("Ben")
    for name in ("old", "gone", "here"):
        desk.give(ben, name)
    by_name = {each.name: each.id for each in desk.devices.of(ben)}
    desk.devices.revoke(ben, by_name["old"])
    clock.advance(days=100)
    desk.devices.revoke(ben, by_name["gone"])

    assert [each.name for each in desk.devices.of(ben)] == ["here", "gone"]


def test_nobody_has_more_than_fifty_tokens_and_devices(desk: Desk, office: Office) -> None:
    ben = office.hire("Ben")
    for number in range(25):
        desk.give(ben, f"pc {number}")
        desk.tokens.issue(ben, f"script {number}", {Scope.READ})

    with pytest.raises(ChangeRefused, match="more than 50"):
        desk.give(ben, "one more")
    with pytest.raises(ChangeRefused, match="more than 50"):
        desk.tokens.issue(ben, "one more", {Scope.READ})


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\nb\x00"])
def test_a_name_that_is_none_is_refused(desk: Desk, office: Office, name: str) -> None:
    ben = office.hire("Ben")
    desk.give(ben, "my desk")

    with pytest.raises(ChangeRefused, match="1 to 100 printable"):
        desk.devices.rename(ben, desk.devices.of(ben)[0].id, name)


def test_no_change_without_an_entry(desk: Desk, office: Office) -> None:
    ben = office.hire("Ben")
    token = desk.give(ben, "my desk")
    (device,) = desk.devices.of(ben)
    office.log.broken = True

    for change in (
        lambda: desk.give(ben, "another"),
        lambda: desk.devices.rename(ben, device.id, "x"),
        lambda: desk.devices.revoke(ben, device.id),
    ):
        with pytest.raises(LogUnavailable):
            change()

    assert desk.devices.of(ben) == [device]
    assert desk.tokens.find(token) is not None
