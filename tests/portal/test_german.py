"""The pages in German: nothing of the catalogue stays English, for nobody, on no page."""

import re
from typing import Any

import pytest
from pages_read import read

from docs.translations import read as catalogue

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
WITH_PLACES = {
    "notes of a day": ("ben", "/me/days/2026-11-17/notes"),
    "a day": ("ben", "/me/days/2026-11-17"),
    "a day without anything": ("ben", "/me/days/2026-11-15"),
    "my week as it was": ("ben", "/me/weeks/2026-W46"),
    "a measure": ("ben", "/me/measures/focus_time?day=2026-11-17"),
    "all measures": ("ben", "/me/measures?day=2026-11-17"),
    "a goal": ("ben", "/me/goals/focus_time"),
    "what the system did": ("ben", "/me/access?by=system"),
    "my own looks": ("ben", "/me/access?by=me"),
    "the tree": ("ben", "/me/access?verify=1"),
    "a team's figures": ("ben", "/team/claims/figures"),
    "figures of all teams": ("ben", "/team/organisation/figures"),
    "a figure of a team": ("ben", "/team/measures/rhythm"),
    "a version": ("ben", "/me/recorded/versions/1"),
    "somebody": ("ana", "/team/claims/people/{ben}"),
    "somebody's week": ("ana", "/team/claims/people/{ben}/weeks/2026-W45?purpose=one_to_one"),
    "an entry": ("cleo", "/compliance/entries/3"),
    "payloads": ("cleo", "/compliance/verification?payloads=yes"),
    "nothing": ("ben", "/me/nothing"),
    "no such day": ("ben", "/me/days/2026-13-01"),
}
ENGLISH = re.compile(r"\b(the|of|and|is|are|you|your|were|with|has|have|nobody|this|that)\b", re.IGNORECASE)
"""Words that no German sentence has."""
PATH = re.compile(r"/\S+")
NAMES = frozenset({"Isle of Man", "Meetings", "News and media", "Work", "operations"})
"""A region; categories, which are the organisation's own words; and a member of an entry as it was written."""


@pytest.fixture(scope="module")
def messages() -> dict[str, str]:
    """Return the English texts that German says differently."""
    found = {}
    for each in catalogue("de"):
        if each.id:
            pairs = zip(each.id, each.string, strict=True) if isinstance(each.id, tuple) else [(each.id, each.string)]
            found |= {english: german for english, german in pairs if english != german}
    return found


def addresses(office: Any) -> list[tuple[str, str]]:
    """Return every page that needs no part in its address, for each of four people, and some that do."""
    plain = [
        rule.rule
        for rule in office.app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not rule.arguments
        and not rule.rule.startswith(("/api", "/static", "/.well"))
    ]
    places = [(who, where.format(**office.ids)) for who, where in WITH_PLACES.values()]
    return [(who, where) for who in ("ben", "ana", "cleo", "oda") for where in plain] + places


def test_no_page_holds_an_english_text(lasting_office: Any, messages: dict[str, str]) -> None:
    left, seen = [], 0
    german = NAMES | set(messages.values())
    for who, where in addresses(lasting_office):
        answer = lasting_office.client(who).get(where, headers=GERMAN)
        if answer.mimetype != "text/html" or answer.status_code in (301, 302, 303, 308):
            continue
        seen += 1
        assert '<html lang="de-DE">' in answer.text
        texts = set(read(answer.text)) - german
        left += [(who, where, text) for text in texts if text in messages or ENGLISH.search(PATH.sub("", text))]

    assert seen > 40
    assert left == []


@pytest.mark.parametrize(
    ("where", "headers", "said"),
    [
        pytest.param("/me/days/%00", {}, "Die Anfrage enthält ein NUL-Zeichen.", id="a character that nothing holds"),
        pytest.param("/sign-out", {"Sec-Fetch-Site": "cross-site"}, "von einer anderen Website", id="another site"),
        pytest.param("/sign-out", {"Sec-Fetch-Site": "same-origin"}, "aus einer anderen Anmeldung", id="an old form"),
    ],
)
def test_a_refusal_before_any_page_is_german_too(
    lasting_office: Any, where: str, headers: dict[str, str], said: str
) -> None:
    answer = lasting_office.client("ben").post(where, headers=GERMAN | headers)

    assert answer.status_code in (400, 403)
    assert said in answer.text
    assert '<html lang="de-DE">' in answer.text
