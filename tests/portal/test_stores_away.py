"""A database that is away: everybody is told to come again, in their own form, and it goes on by itself afterwards."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from installation import NOW, Copies, administer, subject_of
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, PendingRollbackError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from analytics import uploads
from auth.tokens import Scope
from portal import create_app, full_disk, stores_away
from portal.wiring import System, build


def of_sqlite(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("as SQLite says it")
    error.sqlite_errorcode = code
    return error


class NoMoreConnections(psycopg.OperationalError):
    sqlstate = "53300"


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (of_sqlite(sqlite3.SQLITE_BUSY), True),
        (of_sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), True),
        (of_sqlite(sqlite3.SQLITE_CANTOPEN), True),
        (of_sqlite(sqlite3.SQLITE_ERROR), False),  # such as "no such table"
        (sqlite3.IntegrityError("UNIQUE"), False),
        (psycopg.OperationalError("connection refused"), True),
        (psycopg.errors.AdminShutdown("terminating connection"), True),
        (psycopg.errors.CannotConnectNow("the database system is starting up"), True),
        (NoMoreConnections("sorry, too many clients already"), True),
        (psycopg.InterfaceError("the connection is closed"), True),
        (psycopg.errors.StatementTooComplex("stack depth limit exceeded"), False),
        (psycopg.errors.UndefinedTable("no such table"), False),
        (psycopg.errors.UniqueViolation("duplicate key"), False),
        (PoolTimeout("QueuePool limit reached"), True),
        (PendingRollbackError("roll back first"), True),
        (DBAPIError("SELECT 1", {}, ValueError("lost"), connection_invalidated=True), True),
        (OSError("connection reset"), False),
        (ValueError("wrong"), False),
    ],
    ids=repr,
)
def test_a_database_that_is_away_is_told_from_faults_of_ours(error: Exception, away: bool) -> None:
    wrapped = OperationalError("SELECT 1", {}, error)
    beneath = RuntimeError("it cannot be read")
    beneath.__cause__ = InterfaceError("SELECT 1", {}, error)

    assert [stores_away.is_away(each) for each in (error, wrapped, beneath)] == [away] * 3


@dataclass(frozen=True)
class Portal:
    """A portal, Ben's browser and his computer's token."""

    system: System
    app: Any
    browser: Any
    token: str

    def desk(self, method: str, path: str, body: bytes | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        return self.app.test_client().open(path, method=method, data=body, headers=headers)

    def upload(self) -> Any:
        found = uploads.Upload("0" * 32, self.system.policies.now().version)
        return lambda: self.desk("POST", "/api/v1/events", uploads.encode(found))


@pytest.fixture
def portal(copies: Copies) -> Iterator[Portal]:
    with closing(build(copies(), lambda: NOW)) as system:
        ben = subject_of(system, "ben")
        app = create_app(system)
        app.testing = True
        browser = app.test_client()
        browser.set_cookie("sameview", system.sessions.start(ben))
        yield Portal(system, app, browser, system.tokens.issue(ben, "script", {Scope.INGEST, Scope.READ}))


@contextmanager
def away(system: System) -> Iterator[None]:
    """Let nobody reach the database of data: no connection that is open is left, and none can be made."""
    config = system.config
    if config.database_url is None:
        folder = config.home / "data"
        folder.rename(config.home / "gone")
        system.stores.data.dispose()
        system.stores.log.dispose()
        yield
        (config.home / "gone").rename(folder)
        return
    url = make_url(config.data_url)
    server = url.set(database="postgres").render_as_string(hide_password=False)
    administer(server, f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS false")
    mine = f"FROM pg_stat_activity WHERE datname = '{url.database}'"
    administer(server, f"SELECT pg_terminate_backend(pid) {mine}")
    yield
    administer(server, f"ALTER DATABASE {url.database} ALLOW_CONNECTIONS true")


def test_whoever_asks_while_the_database_is_away_is_told_when_to_come_again(portal: Portal) -> None:
    beat = b'{"timestamp": "2026-11-19T09:00:00Z", "duration": 1, "data": {}}'
    bucket = b'{"client": "c", "type": "currentwindow", "hostname": "pc"}'
    asks: dict[str, Callable[[], Any]] = {
        "a page": lambda: portal.browser.get("/"),
        "another page": lambda: portal.browser.get("/me/access"),
        "a script": lambda: portal.desk("GET", "/api/v1/me/days/2026-11-16"),
        "a relay": portal.upload(),
        "a relay for its policy": lambda: portal.desk("GET", "/api/v1/relay/policy"),
        "a watcher": lambda: portal.desk("POST", "/api/0/buckets/w/heartbeat?pulsetime=5", beat),
        "a reader of events": lambda: portal.desk("GET", "/api/0/buckets/w/events"),
    }
    assert portal.desk("POST", "/api/0/buckets/w", bucket).status_code == 200
    before = {name: ask().status_code for name, ask in asks.items()}
    assert set(before.values()) == {200}, before

    with away(portal.system):
        portal.system.known_tokens.forget()
        portal.system.policies.forget()
        for name, ask in asks.items():
            for _ in range(2):
                answer = ask()
                assert (answer.status_code, answer.headers.get("Retry-After")) == (503, "10"), (name, answer.text)
                assert "cannot be reached" in answer.text, name
                if "page" in name:
                    assert answer.content_type.startswith("text/html")
                    assert "<h1>Not now</h1>" in answer.text
                else:
                    assert answer.content_type == "application/problem+json"
                    assert answer.json["status"] == 503
                if "watcher" in name:
                    assert answer.json["message"] == answer.json["detail"]

    for ask in asks.values():
        ask()  # finds that a connection which waited in a pool is dead, if it has not been asked for meanwhile
    assert {name: ask().status_code for name, ask in asks.items()} == before


def test_a_token_that_was_known_a_moment_ago_does_not_make_it_a_fault(portal: Portal) -> None:
    """Within the two seconds for which a collector's token is remembered, the first that fails is the writing."""
    ask = portal.upload()
    assert ask().status_code == 200
    with away(portal.system):
        assert ask().status_code == 503
    assert ask().status_code == 200


def test_a_full_disk_is_still_told_as_such(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    full = of_sqlite(sqlite3.SQLITE_FULL)

    def append(*_: object) -> None:
        raise OperationalError("INSERT", {}, full)

    monkeypatch.setattr(portal.system.log, "append", append)
    answer = portal.desk("GET", "/api/v1/me/days/2026-11-16")

    assert full_disk.sentence(full) is not None
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    assert "full" in answer.json["detail"]
