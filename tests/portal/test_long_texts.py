"""Too long a text is never a bare page or a lost one: each field says how much it takes, and what was typed stays."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jinja2 import nodes

from analytics.own_times import LONGEST_APP, MOST_APPS
from portal.app import _LONGEST_FORM
from portal.threads import LONGEST_ABOUT, LONGEST_TEXT
from tests.portal.conftest import Office
from tests.portal.test_close_week import main

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
_TAG = re.compile(r"<textarea\b[^>]*>|<input\b[^>]*type=\"(?:text|search|url)\"[^>]*>")
_BOUND_BY_MACRO = ("email", "password")  # a password that is cut would be another one: its form refuses it whole
_NO_TEXT = ("date", "datetime-local", "time", "number", "file")


def free_fields(environment: Any, template: Path) -> Iterator[str]:
    """Yield what a template lets somebody write into without an end."""
    source = template.read_text()
    yield from (each for each in _TAG.findall(source) if "maxlength" not in each)
    for call in environment.parse(source).find_all(nodes.Call):
        name = getattr(call.node, "attr", None)
        if name not in ("field", "area") or getattr(call.node.node, "name", "") != "forms":
            continue
        given = {each.key: each.value for each in call.kwargs}
        kind = call.args[2].as_const() if len(call.args) > 2 and isinstance(call.args[2], nodes.Const) else "text"
        attrs = given.get("attrs")
        named = {each.key.as_const() for each in attrs.items} if isinstance(attrs, nodes.Dict) else set()
        bound = "most" in given if name == "area" else kind in (*_BOUND_BY_MACRO, *_NO_TEXT) or "maxlength" in named
        if not bound:
            yield f"{name} {call.args[0].as_const()}"


@pytest.mark.parametrize(
    "template", sorted(TEMPLATES.rglob("*.html")), ids=lambda each: str(each.relative_to(TEMPLATES))
)
def test_every_field_for_text_says_how_much_it_takes(lasting_office: Office, template: Path) -> None:
    if template.name != "forms.html":
        assert list(free_fields(lasting_office.app.jinja_env, template)) == []


def test_a_form_that_is_too_large_says_so_and_changes_nothing(office: Office, form: Any) -> None:
    before = len(office.entries("ben"))

    found = form("ben", "/me/threads/new", about="figure", day="2026-11-12", text="x" * _LONGEST_FORM)

    page = main(found.text)
    assert found.status_code == 413
    assert "A form is taken in up to 256 kB, and this one had 257 kB." in page
    assert "nothing was stored and nothing changed" in page
    assert "Your browser’s “Back” leads to the form again" in page
    assert office.system.rooms.threads.of(office.ids["ben"]) == []
    assert len(office.entries("ben")) == before


def test_a_program_is_told_the_same_as_a_problem(office: Office) -> None:
    found = office.client("ben").post(
        "/api/v1/me/annotations", data=b"x" * (_LONGEST_FORM + 1), headers={"Sec-Fetch-Site": "same-origin"}
    )

    assert (found.status_code, found.content_type) == (413, "application/problem+json")


@pytest.mark.parametrize("script", ["x", "ä", "語"])
def test_a_message_that_is_too_long_stays_in_its_form(office: Office, form: Any, script: str) -> None:
    text = script * (LONGEST_TEXT + 1)

    found = form("ben", "/me/threads/new", about="figure", day="2026-11-12", to="reviewers", text=text)

    assert found.status_code == 422
    assert "At most 4000 characters; these are 4001." in found.text
    assert text in found.text


def test_the_name_of_an_application_is_refused_and_not_cut(office: Office, form: Any) -> None:
    name = "a" * (LONGEST_ABOUT + 1)

    found = form("ben", "/me/threads/new", about="rule", app=name, to="reviewers", text="It is work.")

    assert found.status_code == 422
    assert re.search(r'id="f-app"[^>]*aria-invalid="true"', found.text)
    assert "At most 200 characters; these are 201." in found.text
    assert name in found.text


def test_the_longest_list_of_private_applications_fits_whatever_its_script(office: Office, form: Any) -> None:
    names = [f"{n:03}{'語' * (LONGEST_APP - 3)}" for n in range(MOST_APPS)]

    assert form("ben", "/me/private-apps", "/me/forget", apps="\r\n".join(names)).status_code == 302
    refused = form("ben", "/me/private-apps", "/me/forget", apps="\r\n".join([*names, "one too many"]))

    assert refused.status_code == 400
    assert "one too many" in refused.text
    assert re.search(r'id="f-apps"[^>]*aria-invalid="true"', refused.text)


@pytest.mark.parametrize("typed", ["2026-02-30", "soon"])
def test_a_day_that_is_none_stays_to_be_mended(office: Office, form: Any, typed: str) -> None:
    found = form("ben", "/me/goals/breaks", "/me/goals/breaks", first=typed, **{f"value-{n}": "3" for n in range(7)})

    assert found.status_code == 400
    field = re.search(r'<input id="f-first"[^>]*>', found.text)
    assert field is not None
    assert f'type="text" value="{typed}"' in field[0]
    assert 'aria-invalid="true"' in field[0]
