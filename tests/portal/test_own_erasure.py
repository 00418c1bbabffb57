"""The page on which somebody is forgotten: asked for twice, done once, with a receipt that is shown once."""

import json
from typing import Any
from urllib.parse import unquote

import pytest
from click.testing import Result
from command_line import sameview

from portal import erasing
from portal.config import Config
from portal.erasure_receipts import GOES, JOURNAL, STAYS
from portal.sentences import sentence
from privacy.log_entries import LogUnavailable
from privacy.log_read import Filter
from privacy.stores import StillRead

PASSWORD = "brown otter over seven hills"


@pytest.fixture
def ready(office: Any) -> Any:
    """The office, in which Ben has a password."""
    office.give_password("ben")
    return office


def ask(form: Any, who: str = "ben", email: str = "ben@example.org", password: str = PASSWORD) -> Any:
    return form(who, "/me/erase", email=email, password=password)


def is_there(office: Any) -> bool:
    return office.system.people.find("ben@example.org") is not None


def test_the_page_says_what_goes_what_stays_and_when_no_backup_opens_it(ready: Any) -> None:
    text = ready.client("ben").get("/me/erase").text

    assert all(each in text for each in (*GOES, *STAYS))
    assert "<b>30 days</b>" in text
    assert "/me/erase" in ready.client("ben").get("/me/account").text
    assert "/me/erase" in ready.client("ben").get("/me/recorded").text


def test_where_postgresql_is_used_its_journal_is_named_too(
    ready: Any, form: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert JOURNAL not in ready.client("ben").get("/me/erase").text

    monkeypatch.setattr(Config, "data_url", "postgresql+psycopg://db.example/sameview")
    asked, done = ready.client("ben").get("/me/erase").text, ask(form).text

    file = unquote(done.partition('href="data:application/json;charset=utf-8,')[2].partition('"')[0])
    assert JOURNAL in asked
    assert JOURNAL in done
    assert json.loads(file)["stays"] == [*STAYS, JOURNAL]
    assert JOURNAL in erasing.receipt(ready.system, ready.ids["ben"]).as_text()


def test_who_confirms_is_erased_signed_out_and_shown_the_receipt(ready: Any, form: Any) -> None:
    answer = ask(form)

    assert answer.status_code == 200
    receipt = erasing.receipt(ready.system, ready.ids["ben"])
    for shown in (f"#{receipt.entry}", receipt.digest, "Saturday, 19 December 2026", *STAYS):
        assert shown in answer.text
    file = answer.text.partition('href="data:application/json;charset=utf-8,')[2].partition('"')[0]
    saved = json.loads(unquote(file))
    assert (saved["entry"], saved["horizon"], saved["checkpoint"]) == (
        receipt.entry,
        "2026-12-19",
        receipt.checkpoint,
    )
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    assert "ben@example.org" not in answer.text
    assert 'class="menu"' not in answer.text
    assert ready.client("ben").get("/me/erase").status_code == 302
    assert not is_there(ready)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"email": "eva@example.org"}, "This is not the address of this account."),
        ({"email": ""}, "This is not the address of this account."),
        ({"password": "wrong"}, "The password is not right."),
        ({"password": ""}, "The password is not right."),
    ],
)
def test_who_does_not_confirm_stays(ready: Any, form: Any, typed: dict[str, str], said: str) -> None:
    answer = ask(form, **typed)

    assert answer.status_code == 422
    assert said in answer.text
    assert is_there(ready)


def test_an_open_browser_is_no_way_to_guess_the_password(ready: Any, form: Any) -> None:
    answers = [ask(form, password=f"guess {n}") for n in range(7)]

    assert answers[0].status_code == 422
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert ask(form).status_code == 429
    assert is_there(ready)


def test_who_has_no_password_is_told_how_to_get_one(office: Any, form: Any) -> None:
    assert "set one with an invitation" in office.client("eva").get("/me/erase").text

    answer = ask(form, who="eva", email="eva@example.org", password="")

    assert answer.status_code == 422
    assert office.system.people.find("eva@example.org") is not None


def test_the_only_operator_is_told_what_to_do_first(office: Any, form: Any) -> None:
    office.give_password("oda")

    answer = ask(form, who="oda", email="oda@example.org")

    assert answer.status_code == 422
    assert "Give somebody else the role operator first" in answer.text
    assert office.system.people.find("oda@example.org") is not None


def test_an_erasure_that_cannot_be_finished_now_says_so_and_is_finished_at_the_next_start(
    ready: Any, form: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise LogUnavailable("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(ready.system.log, "_submit_alone", broken)
        answer = ask(form)
    assert answer.status_code == 503
    assert "finished by itself" in answer.text

    assert erasing.resume(ready.system) == 1

    assert not is_there(ready)
    assert ready.system.log.verify().problems == []


def test_an_erasure_whose_traces_somebody_reads_says_so_and_gives_no_receipt_yet(
    ready: Any, form: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: Any) -> None:
        raise StillRead("sameview.db-wal still holds what was deleted")

    with monkeypatch.context() as patched:
        patched.setattr(erasing, "purge", read)
        answer = ask(form)
    assert answer.status_code == 503
    assert "The file of a database still holds traces" in answer.text

    assert erasing.resume(ready.system) == 1


def test_the_log_says_that_somebody_was_erased_and_not_who(ready: Any, form: Any) -> None:
    ask(form)

    (entry,) = ready.system.log.read(Filter(outcome="erased")).entries
    said = sentence(entry, ready.ids["cleo"], lambda _: "nobody", ready.system.directory.zone(ready.ids["cleo"]))
    assert str(said) == "A person was erased from everything that Sameview keeps"
    assert "A person was erased" in ready.client("cleo").get("/compliance/?by=all").text


def run(office: Any, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Result:
    monkeypatch.setenv("SAMEVIEW_HOME", str(office.system.config.home))
    return sameview(*arguments)


def test_the_command_asks_for_yes_and_prints_the_receipt(ready: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = run(ready, monkeypatch, "people", "erase", "ben@example.org")
    assert asked.exit_code == 1
    assert "repeat with --yes" in asked.stderr
    assert is_there(ready)

    done = run(ready, monkeypatch, "people", "erase", "Ben@example.org", "--yes")

    assert done.exit_code == 0, done.stderr
    assert f"log entry {erasing.receipt(ready.system, ready.ids['ben']).entry}, which emptied" in done.stdout
    assert all(each in done.stdout for each in STAYS)
    assert not is_there(ready)
    again = run(ready, monkeypatch, "people", "erase", "ben@example.org", "--yes")
    assert (again.exit_code, "whoever was erased has none" in again.stderr) == (1, True)
