"""Which language somebody reads: their own choice, else this browser's, and never one that is not there."""

import datetime as dt
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from auth.models import Person
from portal import locale, show
from portal.locale import LANGUAGES, N_, _, ngettext, preferred, speaking
from privacy.messages import Said

NOON = dt.datetime(2026, 11, 19, 12, tzinfo=dt.UTC)
ENGLISH, GERMAN = '<html lang="en-GB">', '<html lang="de-DE">'


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de", "de"),
        ("de-CH", "de"),
        ("de-AT,en;q=0.8", "de"),
        ("en;q=0.4, de;q=0.9", "de"),
        ("fr, de;q=0.5", "de"),
        ("en-US,en;q=0.9,de;q=0.8", "en"),
        ("fr-FR,fr;q=0.9", "en"),
        ("*", "en"),
        ("", "en"),
        ("de;q=0", "en"),
        ("de;q=much", "en"),
        (";;;,,,=", "en"),
        ("x" * 100_000, "en"),
    ],
)
def test_a_browser_gets_the_language_that_it_likes_best(header: str, language: str) -> None:
    assert preferred(header) == language


@given(st.text())
def test_whatever_a_browser_sends_there_is_a_language(header: str) -> None:
    assert preferred(header) in LANGUAGES


@pytest.mark.parametrize("header", ["de\xe9\xff;q=\x80", "de" + ",de" * 2000, "zz-ZZ", "../../etc", "de\x7f"])
def test_a_strange_header_is_no_fault_of_the_page(office: Any, header: str) -> None:
    assert office.client(None).get("/sign-in", headers={"Accept-Language": header}).status_code == 200


def test_a_stranger_reads_the_browsers_language_and_can_choose_another(office: Any) -> None:
    browser = office.app.test_client()

    first = browser.get("/sign-in?next=/trust", headers={"Accept-Language": "de"})
    chosen = browser.get("/sign-in?next=/trust&language=en", headers={"Accept-Language": "de"})
    later = browser.get("/sign-in", headers={"Accept-Language": "de"})

    assert GERMAN in first.text
    assert "Anmelden" in first.text
    assert 'href="?next=%2Ftrust&amp;language=en"' in first.text
    assert ENGLISH in chosen.text
    assert 'value="/trust"' in chosen.text
    assert ENGLISH in later.text
    assert "Accept-Language" in first.headers["Vary"]


def test_what_a_browser_chose_survives_signing_in(office: Any) -> None:
    office.give_password("ben")
    browser = office.app.test_client()
    page = browser.get("/sign-in?language=de").text

    browser.post(
        "/sign-in",
        data={
            "csrf_token": page.partition('name="csrf_token" value="')[2].partition('"')[0],
            "email": "ben@example.org",
            "password": "brown otter over seven hills",
        },
    )

    assert GERMAN in browser.get("/").text


def test_a_persons_choice_goes_before_the_browser_and_is_kept(office: Any, form: Any) -> None:
    answer = form("ben", "/me/settings/language", page="/me/settings", language="de")
    said = office.client("ben").get(answer.location).text
    elsewhere = office.app.test_client()
    elsewhere.set_cookie("sameview", office.system.sessions.start(office.ids["ben"]))

    assert answer.status_code == 303
    assert "Deine Seiten sind ab jetzt in dieser Sprache." in said
    assert GERMAN in elsewhere.get("/me/account", headers={"Accept-Language": "en"}).text
    assert ENGLISH in office.client("eva").get("/me/account").text

    form("ben", "/me/settings/language", page="/me/settings", language="")

    assert office.system.people.get(office.ids["ben"]).language is None
    assert ENGLISH in office.client("ben").get("/me/account", headers={"Accept-Language": "en"}).text


def test_a_language_that_is_not_there_is_refused_and_changes_nothing(office: Any, form: Any) -> None:
    answer = form("ben", "/me/settings/language", page="/me/settings", language="tlh")

    assert answer.status_code == 422
    assert "Choose one of the languages in the list." in answer.text
    assert office.system.people.get(office.ids["ben"]).language is None


def test_whoever_is_erased_leaves_no_language(office: Any) -> None:
    office.system.people.speak(office.ids["ben"], "de")

    with office.system.people.changing(None) as changes:
        changes.erase(office.ids["ben"], b"")

    with office.system.stores.data.connect() as connection:
        assert connection.scalar(select(Person.language).where(Person.subject_id == office.ids["ben"])) is None


def test_programs_get_english_whatever_they_ask_for(office: Any) -> None:
    office.system.people.speak(office.ids["ben"], "de")

    answer = office.client("ben").get("/api/v1/me/days/2026-02-30", headers={"Accept-Language": "de"})

    assert answer.json["title"] == "Bad Request"
    assert answer.json["detail"] == "The calendar has no 2026-02-30."


def test_a_page_does_not_speak_the_language_of_the_one_before(office: Any) -> None:
    for header, wanted in (("de", GERMAN), ("en", ENGLISH), ("fr", ENGLISH), ("de", GERMAN)):
        assert wanted in office.client("eva").get("/trust", headers={"Accept-Language": header}).text
    assert locale.current() == "en"


def test_a_language_belongs_to_its_thread() -> None:
    heard = []

    with speaking("de"):
        thread = threading.Thread(target=lambda: heard.append(locale.current()))
        thread.start()
        thread.join()
        heard.append(locale.current())

    assert heard == ["en", "de"]
    assert locale.current() == "en"


@pytest.mark.parametrize(
    ("written", "english", "german"),
    [
        (lambda: show.duration(12_000), "3h 20m", "3\xa0h 20\xa0min"),
        (lambda: show.spoken(3_660), "1 hour 1 minute", "1 Stunde 1 Minute"),
        (lambda: show.duration_parts(12_000), (("3", "h"), ("20", "m")), (("3", "h"), ("20", "min"))),
        (lambda: show.duration(45), "45s", "45\xa0s"),
        (lambda: show.number(1234.5, 1), "1,234.5", "1.234,5"),
        (lambda: show.percent(0.52), "52%", "52\xa0%"),
        (lambda: show.listing(["a", "b", "c"]), "a, b and c", "a, b und c"),
        (lambda: show.day(dt.date(2026, 11, 19)), "Thursday, 19 November 2026", "Donnerstag, 19. November 2026"),
        (lambda: show.day(dt.date(2026, 11, 19), "MMMMEEEEd"), "Thursday 19 November", "Donnerstag, 19. November"),
        (lambda: show.short_day(dt.date(2026, 11, 19)), "19 Nov", "19. Nov."),
        (lambda: show.weekday(dt.date(2026, 11, 19)), "Thu", "Do"),
        (lambda: show.span(dt.date(2026, 11, 9), dt.date(2026, 11, 16)), "9–15 Nov 2026", "9.–15. Nov. 2026"),
        (lambda: show.week("2026-W46"), "Week 46 · 9–15 Nov 2026", "Woche 46 · 9.–15. Nov. 2026"),
        (
            lambda: show.moment(dt.datetime(2026, 11, 19, 9, 30, tzinfo=dt.UTC)),
            "19 Nov 2026, 09:30",
            "19. Nov. 2026, 09:30",
        ),
        (lambda: ngettext("%(num)s entry", "%(num)s entries", 1), "1 entry", "1 Eintrag"),
        (lambda: ngettext("%(num)s entry", "%(num)s entries", 12_345), "12,345 entries", "12.345 Einträge"),
        (lambda: _("Bring, 100 % new"), "Bring, 100 % new", "Bring, 100 % new"),
    ],
)
def test_figures_days_and_durations_are_written_by_the_language(written: Any, english: Any, german: Any) -> None:
    before = written()
    with speaking("de"):
        assert written() == german
    assert before == written() == english


@given(st.floats(60, 1e6))
def test_a_german_duration_is_off_by_half_a_minute_at_most(seconds: float) -> None:
    parts = {unit: int(number.replace(".", "")) for number, unit in show.duration_parts(seconds, "de")}

    assert abs(parts.get("h", 0) * 3600 + parts.get("min", 0) * 60 - seconds) <= 30


def test_a_sentence_of_another_package_is_said_anew() -> None:
    said = Said(
        N_("Not yet: a week can be opened 48 hours after its end, this one from %(day)s, %(time)s on."),
        day=dt.date(2026, 11, 18),
        time="00:00",
    )

    assert said == "Not yet: a week can be opened 48 hours after its end, this one from 18 November 2026, 00:00 on."
    assert str(ValueError(said)) == said
    with speaking("de"):
        assert _(str(ValueError(said))).endswith("diese ab 18. November 2026, 00:00.")


@given(st.text() | st.sampled_from(["kept", "%(name)s", "100 %"]))
def test_what_a_sentence_is_filled_with_is_never_a_message(name: str) -> None:
    """Names and words of people stand as they are, percent signs and places in them too."""
    said = Said(N_("%(name)s has left and cannot manage a team."), name=name)

    with speaking("de"):
        assert _(said) == f"{name} ist ausgeschieden und kann kein Team leiten."
