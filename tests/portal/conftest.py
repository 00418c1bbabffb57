"""A small organisation behind the portal: Ana manages Ben and Eva, Cleo reviews, Dan belongs to nobody, Oda operates.

Gus manages another team, so that "a manager" and "this person's manager" are different people. Everybody was told in
September, and Ana has a one-to-one with Ben and one with Eva tomorrow: it is a Thursday in November. Ben has figures
for every working day of six weeks.
"""

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient

from auth.invitations import Kind
from auth.passwords import INSECURE_COST_FOR_TESTS, PasswordHasher
from auth.permissions import Role
from portal import create_app
from portal.config import Config
from portal.founding import found
from portal.wiring import System, build
from privacy.fields import Field, Tier
from privacy.policy import POLICY_VERSION
from privacy.stores import writing
from privacy.vault import Row
from tests.meetings import meet
from tests.portal.described import hold_to_description

SEPTEMBER = dt.datetime(2026, 9, 1, 8, 0, tzinfo=dt.UTC)
NOVEMBER = dt.datetime(2026, 11, 19, 9, 30, tzinfo=dt.UTC)
TOMORROW = dt.date(2026, 11, 20)
PASSWORD = "brown otter over seven hills"
PEOPLE = {
    "ana": (Role.EMPLOYEE,),
    "ben": (Role.EMPLOYEE,),
    "cleo": (Role.EMPLOYEE, Role.REVIEWER),
    "dan": (Role.EMPLOYEE,),
    "eva": (Role.EMPLOYEE,),
    "gus": (Role.EMPLOYEE,),
    "oda": (Role.EMPLOYEE, Role.OPERATOR),
}
TEAMS = {"Claims": (("ana",), ("ben", "eva")), "Payroll": (("gus",), ("dan",))}


def day_values(active: float) -> dict[Field, Any]:
    """Return a day's figures in the shapes of the summaries, with `active` seconds at the desk."""
    work = active * 3 // 4
    return {
        Field.ACTIVE_TIME: {"active_seconds": active},
        Field.AWAY_TIME: {"afk_seconds": 1800.5},
        Field.CATEGORIES: {"Work": work, "Media": active - work},
        Field.CATEGORY_DETAIL: {"Work > ERP": work, "Media > Music": active - work},
        Field.FOCUS: {"blocks": 2, "seconds": 4500, "longest_seconds": 2700.25},
        Field.RHYTHM: {"hours": {"9": {"Work": work}}, "first": "08:58", "last": "16:40", "timeline": []},
        Field.RECOVERY: {"breaks": 3, "seconds": 1500, "longest_stretch_seconds": 5000},
        Field.APPS: {"EXCEL.EXE": active},
        Field.CAPTURE_LEDGER: {
            "received": 120,
            "kept": 110,
            "coarsened": {"title-to-category": 90},
            "dropped": {"incognito": 10},
        },
    }


def file_days(system: System, subject: str, days: dict[dt.date, dict[Field, Any]]) -> None:
    """File day summaries for somebody, as the intake does after an import."""
    rows = [
        Row(name, Tier.SUMMARY, day, 0, msgspec.json.encode(value))
        for day, values in days.items()
        for name, value in values.items()
    ]
    with writing(system.stores.data) as connection:
        system.vault.put(connection, subject, rows)
        system.gate.account(subject, connection)


@dataclass
class Office:
    """The running system, its application, and the people's subject ids by first name."""

    system: System
    app: Flask
    clock: Any
    ids: dict[str, str]
    clients: dict[str | None, FlaskClient] = field(default_factory=dict)

    def client(self, who: str | None) -> FlaskClient:
        """Return the browser of somebody who is signed in, or of a stranger."""
        if who not in self.clients:
            self.clients[who] = self.app.test_client()
            if who is not None:
                token = self.system.sessions.start(self.ids[who])
                self.clients[who].set_cookie("sameview", token)
        return self.clients[who]

    def add(self, name: str, *roles: Role, acknowledged: bool = True) -> str:
        """Add somebody without a password, and return their subject id."""
        with self.system.people.changing(None) as changes:
            subject = changes.create(f"{name}@example.org", name.capitalize(), "Europe/Berlin")
            for role in roles or (Role.EMPLOYEE,):
                changes.grant(subject, role)
            if acknowledged:
                changes.acknowledge(subject, POLICY_VERSION)
        self.ids[name] = subject
        return subject

    def file_days(self, who: str, days: dict[dt.date, dict[Field, Any]]) -> None:
        """File day summaries for somebody."""
        file_days(self.system, self.ids[who], days)

    def give_password(self, who: str) -> None:
        """Let somebody accept an invitation, as they would through the page."""
        token = self.system.invitations.issue(self.ids[who], Kind.INVITATION)
        self.system.invitations.accept(token, PASSWORD, "192.0.2.1")

    def entries(self, who: str) -> list[Any]:
        """Return the log's entries about somebody, oldest first, as a test reads them."""
        return self.system.log.of_subject(self.ids[who])


def working_days(first: dt.date, end: dt.date) -> list[dt.date]:
    """Return Mondays to Fridays of a half-open range."""
    days = [first + dt.timedelta(days=n) for n in range((end - first).days)]
    return [day for day in days if day.weekday() < 5]


def _populate(system: System) -> None:
    with system.people.changing(None) as changes:
        for name, roles in PEOPLE.items():
            subject = changes.create(f"{name}@example.org", name.capitalize(), "Europe/Berlin", SEPTEMBER.date())
            for role in roles:
                changes.grant(subject, role)
            changes.acknowledge(subject, POLICY_VERSION)
    ids = {name: system.people.find(f"{name}@example.org").subject for name in PEOPLE}
    with system.people.changing(None) as changes:
        for name, (managers, members) in TEAMS.items():
            team = changes.team(name)
            for member in members:
                changes.join(ids[member], team)
            for manager in managers:
                changes.appoint(ids[manager], team)
    for member in ("ben", "eva"):
        meet(system, ids[member], ids["ana"], TOMORROW)
    days = working_days(dt.date(2026, 10, 5), dt.date(2026, 11, 20))
    file_days(system, ids["ben"], {day: day_values(20_000.25 + 60 * n) for n, day in enumerate(days)})


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of the organisation, made once; each test gets a copy."""
    home = tmp_path_factory.mktemp("office") / "home"
    system = found(Config(home=home), "Example Insurance", clock=lambda: SEPTEMBER)
    _populate(system)
    system.close()
    return home


@contextmanager
def opened(furnished: Path, home: Path, clock: Any) -> Iterator[Office]:
    """Open a copy of the organisation with its application."""
    shutil.copytree(furnished, home)
    system = build(Config(home=home), clock)
    system.__dict__["hasher"] = PasswordHasher(INSECURE_COST_FOR_TESTS)
    app = create_app(system)
    app.testing = True
    hold_to_description(app)
    ids = {name: system.people.find(f"{name}@example.org").subject for name in PEOPLE}
    yield Office(system, app, clock, ids)
    system.close()


@pytest.fixture(scope="session")
def releasing_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of the same organisation of which the last week is not released yet."""
    from tests.portal import release_office

    home = tmp_path_factory.mktemp("releasing") / "home"
    return release_office.released(home, now=release_office.NOVEMBER - dt.timedelta(weeks=1))


@pytest.fixture(scope="session")
def released_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of an organisation whose team figures are released, made once; each test gets a copy."""
    from tests.portal import release_office

    return release_office.released(tmp_path_factory.mktemp("releases") / "home")


@pytest.fixture
def office(furnished: Path, tmp_path: Path, clock: Any) -> Iterator[Office]:
    """The organisation on a Thursday in November, fresh for each test."""
    with opened(furnished, tmp_path / "home", clock) as found:
        yield found


@pytest.fixture(scope="module")
def lasting_office(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """The same, for tests that change nothing that another one of their module could see."""
    with opened(furnished, tmp_path_factory.mktemp("lasting") / "home", lambda: NOVEMBER) as found:
        yield found


def check_value(client: FlaskClient, page: str) -> str:
    """Return the hidden value that a page puts into its forms."""
    return client.get(page, follow_redirects=True).text.partition('name="csrf_token" value="')[2].partition('"')[0]


@pytest.fixture
def form(office: Office) -> Callable[..., Any]:
    """Return how a person submits a form: with the page's own check value, and the headers of a browser."""

    def submit(who: str | None, address: str, page: str | None = None, **fields: str) -> Any:
        client = office.client(who)
        value = check_value(client, page or address)
        return client.post(address, data={"csrf_token": value, **fields}, headers={"Sec-Fetch-Site": "same-origin"})

    return submit
