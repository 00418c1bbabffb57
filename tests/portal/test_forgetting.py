"""What is forgotten is shared no more: a grant is a copy, and ends with what it was made of."""

import re
from typing import Any

from werkzeug.datastructures import MultiDict

from auth.notices import Kind
from portal import forgetting
from privacy.grants import Grant
from privacy.log_entries import Chain
from tests.portal.conftest import Office, check_value
from tests.portal.test_controls import bring, forget
from tests.portal.test_notes import DAY, NOTES, office_day
from tests.portal.test_sharing import hidden

WISH = [("purpose", "one_to_one"), ("first", DAY), ("last", DAY), ("until", "2026-12-03")]
FIELDS = [("field", each) for each in ("annotations", "apps")]


def send(office: Office, more: list[tuple[str, str]], person: str = "ana@example.org") -> Any:
    client = office.client("eva")
    every = MultiDict(
        [*WISH, *FIELDS, *more, ("person", person), ("csrf_token", check_value(client, "/me/sharing/new"))]
    )
    return client.post("/me/sharing/new", data=every, headers={"Sec-Fetch-Site": "same-origin"})


def share(office: Office, times: int = 1) -> list[Grant]:
    seen = send(office, [("step", "look")]).text
    kept = [(name, hidden(seen, name)) for name in ("salt", "digest")]
    for _ in range(times):
        assert send(office, [*kept, ("step", "share"), ("acknowledged", "1")]).status_code == 303
    return office.system.rooms.grants.of(office.ids["eva"])


def noted(office: Office, form: Any) -> None:
    bring(office, "eva", office_day())
    form("eva", NOTES, NOTES, **{"from": f"{DAY}T10:00", "to": f"{DAY}T11:00", "kind": "care", "text": "doctor"})
    form("eva", NOTES + "/category", NOTES, app="ms-teams.exe", category="Work > ERP")


def test_forgetting_ends_what_is_shared_of_that_day_and_says_so_before_and_after(office: Office, form: Any) -> None:
    noted(office, form)
    (grant,) = share(office)
    where = f"/shared/{grant.subject}-{grant.number}"
    assert "doctor" in office.client("ana").get(where).text

    before = office.client("eva").get(f"/me/forget?from={DAY}T09:00&to={DAY}T09:10").text
    assert "This ends what you share of these days with Ana" in before
    assert office.system.rooms.grants.find(grant.subject, grant.number) is not None, "looking ends nothing"
    forget(form, f"{DAY}T00:00", f"{DAY}T23:59")

    assert office.client("ana").get(where).status_code == 403
    assert "What you shared of these days with Ana is ended" in office.client("eva").get("/me/forget").text
    assert Kind.GRANT_REVOKED in [each.kind for each in office.system.announcements.of(office.ids["ana"])]
    said = [each.outcome for each in office.entries("eva") if each.chain is Chain.OTHERS or each.outcome == "forgotten"]
    assert said.index("grant-ended") < said.index("forgotten"), "the copy goes before what it was made of"


def test_of_a_day_that_is_forgotten_no_correction_of_an_application_stays(office: Office, form: Any) -> None:
    noted(office, form)

    forget(form, f"{DAY}T00:00", f"{DAY}T12:00")
    assert "ms-teams" in office.client("eva").get(NOTES).text, "half a day is left, and its correction with it"
    forget(form, f"{DAY}T12:00", f"{DAY}T23:59")

    assert "ms-teams" not in office.client("eva").get(NOTES).text
    again = form("eva", NOTES + "/category", NOTES, app="ms-teams.exe", category="Work > ERP")
    assert again.status_code == 409


def test_another_day_and_a_time_that_cannot_be_forgotten_end_nothing(office: Office, form: Any) -> None:
    noted(office, form)
    share(office)

    forget(form, "2026-11-17T09:00", "2026-11-17T10:00")
    assert forget(form, f"{DAY}T10:00", f"{DAY}T09:00").status_code == 400
    assert forget(form, "2026-11-02T09:00", f"{DAY}T10:00").status_code == 409

    assert len(office.system.rooms.grants.of(office.ids["eva"])) == 1


def test_taking_a_note_back_says_that_a_copy_of_it_is_shared(office: Office, form: Any) -> None:
    noted(office, form)
    share(office)
    note = re.search(r'name="note" value="([^"]+)"', office.client("eva").get(NOTES).text)
    assert note is not None

    form("eva", NOTES + "/remove", NOTES, note=note[1])

    assert "with Ana is a copy from before" in office.client("eva").get(NOTES).text
    assert len(office.system.rooms.grants.of(office.ids["eva"])) == 1


def test_what_is_sent_twice_is_shared_once(office: Office, form: Any) -> None:
    noted(office, form)

    grants = share(office, times=2)

    assert len(grants) == 1
    given = [each for each in office.system.announcements.of(office.ids["ana"]) if each.kind is Kind.GRANT_GIVEN]
    assert len(given) == 1
    form("eva", f"/me/sharing/{grants[0].number}/end", page="/me/sharing")
    assert len(share(office)) == 1, "what was ended can be shared anew"


def test_a_manager_is_named_as_one_before_anything_is_shared_with_them(office: Office, form: Any) -> None:
    noted(office, form)
    office.add("kim")

    assert "Ana manages you. Nobody can make you share this." in send(office, [("step", "look")]).text
    assert "manages you" not in send(office, [("step", "look")], "kim@example.org").text


def test_what_is_given_while_a_time_is_forgotten_ends_after_it(office: Office, form: Any, monkeypatch: Any) -> None:
    noted(office, form)
    share(office)
    real, unseen = forgetting.shared_of, [[]]
    monkeypatch.setattr(forgetting, "shared_of", lambda *time: unseen.pop() if unseen else real(*time))

    forget(form, f"{DAY}T09:00", f"{DAY}T09:10")

    assert office.system.rooms.grants.of(office.ids["eva"]) == []
