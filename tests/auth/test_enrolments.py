"""Enrolment: a computer that asks gets its token once, after its person has confirmed it, and leaves no trace."""

import datetime as dt
from dataclasses import dataclass

import pytest
from sqlalchemy import select, update

from auth.devices import Devices
from auth.enrolments import GUESS_LIMIT, LETTERS, Enrolments
from auth.errors import ChangeRefused, EnrolmentOver, TooBusy, TooManyAttempts
from auth.models import Enrolment
from auth.throttle import Throttle
from auth.tokens import Tokens
from privacy.log_entries import LogUnavailable
from privacy.policy import POLICY_VERSION
from tests.auth.conftest import STAMPS, Office

ADDRESS = "192.0.2.1"


@dataclass
class Desk:
    """An office whose people may enrol computers."""

    office: Office
    enrolments: Enrolments
    tokens: Tokens
    devices: Devices

    def hire(self, name: str, *, has_read: bool = True) -> str:
        subject = self.office.hire(name)
        if has_read:
            self.office.people.acknowledge(subject, POLICY_VERSION)
        return subject

    def rows(self) -> list[Enrolment]:
        with self.office.stores.data.connect() as connection:
            return list(connection.execute(select(Enrolment.__table__)).all())


@pytest.fixture
def desk(office: Office, clock) -> Desk:
    tokens = Tokens(office.stores.data, office.journal, clock, STAMPS)
    throttle = Throttle(office.stores.data, clock, b"secret")
    enrolments = Enrolments(office.stores.data, tokens, throttle, clock, STAMPS)
    return Desk(office, enrolments, tokens, Devices(office.stores.data, office.journal, clock))


def test_a_computer_gets_its_token_once_after_its_person_has_confirmed_it(desk: Desk) -> None:
    ben = desk.hire("Ben")
    asked = desk.enrolments.ask("my desk", "pc-17.example.org", ADDRESS)
    assert desk.enrolments.poll(asked.device_code) is None

    waiting = desk.enrolments.look(ben, asked.user_code)
    assert desk.enrolments.confirm(ben, asked.user_code) == "my desk"
    token = desk.enrolments.poll(asked.device_code)

    assert (waiting.name, waiting.host) == ("my desk", "pc-17.example.org")
    assert token is not None
    found = desk.tokens.find(token)
    assert found is not None
    assert found.subject == ben
    assert [each.name for each in desk.devices.of(ben)] == ["my desk"]
    with pytest.raises(EnrolmentOver):
        desk.enrolments.poll(asked.device_code)
    assert desk.rows() == []


def test_the_code_can_be_typed_as_people_type(desk: Desk) -> None:
    ben = desk.hire("Ben")
    code = desk.enrolments.ask("my desk", "pc", ADDRESS).user_code

    assert len(code) == 9
    assert set(code) <= {*LETTERS, "-"}
    assert desk.enrolments.look(ben, f" {code.lower().replace('-', ' ')} ").name == "my desk"


def test_nothing_of_it_can_be_read_in_the_table(desk: Desk) -> None:
    ben = desk.hire("Ben")
    asked = desk.enrolments.ask("bens desk", "pc-of-ben", ADDRESS)

    before = str(desk.rows())
    desk.enrolments.confirm(ben, asked.user_code)
    after = str(desk.rows())

    for text in (before, after):
        for word in (
            "bens desk",
            "pc-of-ben",
            ben,
            asked.device_code,
            asked.user_code.replace("-", ""),
            ADDRESS,
            "sv_",
        ):
            assert word not in text
    (row,) = desk.rows()
    assert [type(each) for each in row if isinstance(each, dt.date)] == [dt.date]


def test_what_nobody_confirms_in_ten_minutes_is_over(desk: Desk, clock) -> None:
    ben = desk.hire("Ben")
    asked = desk.enrolments.ask("my desk", "pc", ADDRESS)

    clock.advance(minutes=10)

    with pytest.raises(EnrolmentOver):
        desk.enrolments.confirm(ben, asked.user_code)
    with pytest.raises(EnrolmentOver, match="in time") as late:
        desk.enrolments.poll(asked.device_code)
    assert late.value.expired
    assert desk.devices.of(ben) == []


def test_a_refused_computer_is_told_nothing_more(desk: Desk) -> None:
    ben = desk.hire("Ben")
    asked = desk.enrolments.ask("my desk", "pc", ADDRESS)

    desk.enrolments.refuse(ben, asked.user_code)

    with pytest.raises(EnrolmentOver):
        desk.enrolments.poll(asked.device_code)
    assert desk.devices.of(ben) == []


def test_a_computer_is_confirmed_by_one_person_only(desk: Desk) -> None:
    ben, dan = desk.hire("Ben"), desk.hire("Dan")
    asked = desk.enrolments.ask("my desk", "pc", ADDRESS)
    desk.enrolments.confirm(ben, asked.user_code)

    for act in (desk.enrolments.confirm, desk.enrolments.look, desk.enrolments.refuse):
        with pytest.raises(EnrolmentOver):
            act(dan, asked.user_code)

    assert desk.devices.of(dan) == []
    assert desk.enrolments.poll(asked.device_code) is not None


def test_of_two_who_confirm_at_the_same_moment_one_does(desk: Desk, monkeypatch) -> None:
    """Both have found the request before either has answered it."""
    ben, dan = desk.hire("Ben"), desk.hire("Dan")
    asked = desk.enrolments.ask("my desk", "pc", ADDRESS)
    with desk.office.stores.data.connect() as connection:
        found = desk.enrolments._find(connection, asked.user_code)
    monkeypatch.setattr(desk.enrolments, "_find", lambda *_: found)

    desk.enrolments.confirm(ben, asked.user_code)
    with pytest.raises(EnrolmentOver):
        desk.enrolments.confirm(dan, asked.user_code)

    assert desk.devices.of(dan) == []
    assert len(desk.devices.of(ben)) == 1


def test_no_computer_sends_for_somebody_who_has_not_read_the_notice(desk: Desk) -> None:
    ben = desk.hire("Ben", has_read=False)
    asked = desk.enrolments.ask("my desk", "pc", ADDRESS)

    with pytest.raises(ChangeRefused, match="Read the notice"):
        desk.enrolments.confirm(ben, asked.user_code)

    assert desk.devices.of(ben) == []
    assert desk.enrolments.poll(asked.device_code) is None


def test_guessing_codes_is_slowed_down_and_a_right_code_costs_nothing(desk: Desk) -> None:
    ben, eve = desk.hire("Ben"), desk.hire("Eve")
    code = desk.enrolments.ask("my desk", "pc", ADDRESS).user_code
    for _ in range(2 * GUESS_LIMIT.free):
        desk.enrolments.look(ben, code)

    for _ in range(GUESS_LIMIT.free):
        with pytest.raises(EnrolmentOver):
            desk.enrolments.look(eve, "BBBB-BBBB")

    with pytest.raises(TooManyAttempts):
        desk.enrolments.look(eve, code)
    assert desk.enrolments.look(ben, code).name == "my desk"


def test_one_address_cannot_ask_without_end(desk: Desk, monkeypatch) -> None:
    monkeypatch.setattr("auth.enrolments.ASK_LIMIT", GUESS_LIMIT)
    for _ in range(GUESS_LIMIT.free):
        desk.enrolments.ask("my desk", "pc", ADDRESS)

    with pytest.raises(TooManyAttempts):
        desk.enrolments.ask("my desk", "pc", ADDRESS)
    assert desk.enrolments.ask("my desk", "pc", "192.0.2.2").user_code


def test_what_is_over_makes_room_and_what_waits_is_bounded(desk: Desk, clock, monkeypatch) -> None:
    monkeypatch.setattr("auth.enrolments._SWEEP_FROM", 2)
    monkeypatch.setattr("auth.enrolments._MOST", 3)
    for _ in range(3):
        desk.enrolments.ask("my desk", "pc", ADDRESS)

    with pytest.raises(TooBusy, match="Many computers"):
        desk.enrolments.ask("my desk", "pc", ADDRESS)
    clock.advance(minutes=11)
    desk.enrolments.ask("my desk", "pc", ADDRESS)

    assert len(desk.rows()) == 1


def test_whoever_writes_into_the_table_confirms_nothing(desk: Desk) -> None:
    ben = desk.hire("Ben")
    mine, other = (desk.enrolments.ask("my desk", "pc", ADDRESS) for _ in range(2))
    desk.enrolments.confirm(ben, other.user_code)
    answers = {row.answer for row in desk.rows()} - {None}

    with desk.office.stores.data.begin() as connection:
        connection.execute(update(Enrolment).values(answer=answers.pop()))

    with pytest.raises(EnrolmentOver):
        desk.enrolments.poll(mine.device_code)


def test_no_computer_is_confirmed_without_an_entry(desk: Desk) -> None:
    ben = desk.hire("Ben")
    asked = desk.enrolments.ask("my desk", "pc", ADDRESS)
    desk.office.log.broken = True

    with pytest.raises(LogUnavailable):
        desk.enrolments.confirm(ben, asked.user_code)

    assert desk.devices.of(ben) == []
    assert desk.enrolments.poll(asked.device_code) is None


@pytest.mark.parametrize(("name", "host"), [("", "pc"), ("x" * 101, "pc"), ("my desk", ""), ("my desk", "x" * 256)])
def test_a_computer_says_who_it_is(desk: Desk, name: str, host: str) -> None:
    with pytest.raises(ChangeRefused, match="printable"):
        desk.enrolments.ask(name, host, ADDRESS)
