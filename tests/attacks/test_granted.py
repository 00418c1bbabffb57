"""An administrator gives himself what somebody lets others read, prolongs it, puts it back, or reads about himself."""

import datetime as dt
from typing import Any

from analytics.granted import Terms
from auth.permissions import Role
from portal import conversations, granting
from portal.conversations import Audience
from privacy.fields import Field
from privacy.grants import Grant
from privacy.period import iso_week
from privacy.policy import Purpose
from privacy.threads import Kind, Thread
from tests.attacks.conftest import KEYS, Attacked


def grant(attacked: Attacked, viewer: str = "gus", days: int = 14) -> Grant:
    until = dt.date(2026, 11, 19) + dt.timedelta(days=days)
    fields = frozenset({Field.APPS})
    terms = Terms(attacked["ben"], attacked[viewer], Purpose.ONE_TO_ONE, fields, iso_week("2026-W46"), until)
    payload: dict[str, Any] = {
        "purpose": "one_to_one",
        "period": ["2026-11-09", "2026-11-16"],
        "expires": until.isoformat(),
        "days": 5,
        "fields": {"apps": {"EXCEL.EXE": 3600}},
        "marks": {},
        "salt": "5a" * 16,
    }
    return granting.give(attacked.system, terms, payload)


def opens(attacked: Attacked, who: str, given: Grant) -> bool:
    return attacked.office.client(who).get(f"/shared/{attacked['ben']}-{given.number}").status_code == 200


def insert(attacked: Attacked, table: str, row: tuple[Any, ...]) -> None:
    attacked.sql(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", *row)  # noqa: S608 - our own names


def told(attacked: Attacked, *words: str) -> bool:
    return any(all(word in each for word in words) for each in attacked.verify())


def report(attacked: Attacked) -> Thread:
    """Let Ben report what Ana did; Ana reviews the log, too."""
    system = attacked.system
    first = conversations.message(system, attacked["ben"], "She looks every day.", {}, None)
    audience = Audience(frozenset({"reviewer"}), without=attacked["ana"])
    return conversations.begin(system, attacked["ben"], Kind.MISUSE, audience, first)


def reads(attacked: Attacked, who: str, thread: Thread) -> bool:
    answer = attacked.office.client(who).get(f"/compliance/threads/{attacked['ben']}/{thread.number}")
    return answer.status_code == 200


def test_a_grant_written_into_the_database_opens_nothing_and_is_named(attacked: Attacked) -> None:
    given = grant(attacked, "ana")
    subject, _number, _viewer, *rest = attacked.sql("SELECT * FROM granted")[0]
    insert(attacked, "granted", (subject, 77, attacked["gus"], *rest))

    assert not opens(attacked, "gus", given)
    assert attacked.office.client("gus").get(f"/shared/{attacked['ben']}-77").status_code == 403
    assert opens(attacked, "ana", given)
    assert told(attacked, f"grant 77 of {attacked['ben']}", "not written by the portal")


def test_a_grant_taken_over_or_prolonged_in_the_database_opens_nothing_and_is_named(attacked: Attacked) -> None:
    given = grant(attacked, days=1)
    attacked.sql("UPDATE granted SET viewer_id = ?", attacked["dan"])
    assert not opens(attacked, "dan", given)
    attacked.sql("UPDATE granted SET viewer_id = ?", attacked["gus"])
    assert opens(attacked, "gus", given)

    attacked.sql("UPDATE granted SET expires_on = '2026-12-24'")

    assert not opens(attacked, "gus", given)
    assert told(attacked, f"grant {given.number} of {attacked['ben']}", "not written by the portal")
    assert told(attacked, f"grant {given.number} of {attacked['ben']}", "ends on 2026-12-24")


def test_an_ended_grant_put_back_opens_nothing_and_is_named(attacked: Attacked) -> None:
    given = grant(attacked)
    row = attacked.sql("SELECT * FROM granted")[0]
    granting.end(attacked.system, given)

    insert(attacked, "granted", row)

    assert not opens(attacked, "gus", given), "its key is gone"
    assert told(attacked, f"grant {given.number} of {attacked['ben']}", "of the log ended it")


def test_an_ended_grant_put_back_with_its_key_is_named(attacked: Attacked) -> None:
    """Row and key are genuine, so the gate cannot know, until its last day: the log does."""
    given = grant(attacked, days=3)
    row, backup = attacked.sql("SELECT * FROM granted")[0], attacked.copy(KEYS)
    granting.end(attacked.system, given)
    insert(attacked, "granted", row)
    attacked.put_back(backup)

    assert opens(attacked, "gus", given)
    assert told(attacked, f"grant {given.number} of {attacked['ben']}", "of the log ended it")
    attacked.office.clock.advance(days=4)
    attacked.office.clients.clear()
    assert not opens(attacked, "gus", given)


def test_whoever_is_reported_reads_nothing_after_taking_the_mark_away_and_is_named(attacked: Attacked) -> None:
    attacked.system.people.grant(attacked["ana"], Role.REVIEWER)
    thread = report(attacked)
    assert reads(attacked, "cleo", thread)
    assert not reads(attacked, "ana", thread)
    assert attacked["ana"] not in str(attacked.sql("SELECT * FROM thread"))

    attacked.sql("UPDATE thread SET not_to = ''")

    assert not reads(attacked, "ana", thread)
    assert told(attacked, f"conversation {thread.number} of {attacked['ben']}", "not written by the portal")


def test_a_changed_row_of_whoever_reports_keeps_the_report_from_nobody_who_was_asked(attacked: Attacked) -> None:
    """Nothing of the row decides who reads a conversation: changing it must not be a way to silence somebody."""
    thread = report(attacked)

    attacked.sql("UPDATE person SET timezone = 'Pacific/Kiritimati' WHERE subject_id = ?", attacked["ben"])

    assert reads(attacked, "cleo", thread)
    assert told(attacked, attacked["ben"], "were not written by the portal")


def test_an_answer_that_was_taken_away_is_named(attacked: Attacked) -> None:
    thread = report(attacked)
    before = attacked.sql("SELECT * FROM thread")[0]
    said = conversations.message(attacked.system, attacked["cleo"], "It was for the talk of Tuesday.", {}, None)
    conversations.answer(attacked.system, thread, attacked["cleo"], said)

    attacked.sql("DELETE FROM thread_message WHERE sequence = 1")
    assert attacked.office.client("ben").get(f"/me/threads/{thread.number}").status_code == 409
    attacked.sql("DELETE FROM thread")
    insert(attacked, "thread", before)

    assert attacked.office.client("ben").get(f"/me/threads/{thread.number}").status_code == 200
    assert told(attacked, f"conversation {thread.number} of {attacked['ben']}", "lacks the answer")
