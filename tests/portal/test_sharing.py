"""Sharing on pages: seen before it is granted, the same bytes for both, ended at once, told to both."""

import datetime as dt
import re
from typing import Any

import msgspec
from sqlalchemy import select, update

from analytics.annotations import Annotation, Notes
from analytics.annotations import Kind as Noted
from auth.notices import Kind
from portal import erasing, granted_upkeep, nightly, shapes
from privacy.canonical import digest
from privacy.fields import Field, KeyClass, Tier
from privacy.grants import Granted
from privacy.log_entries import Chain
from privacy.stores import writing
from privacy.vault import Row
from tests.portal.conftest import Office, day_values

WISH = {
    "person": "ana@example.org",
    "purpose": "one_to_one",
    "field": "recovery",
    "first": "2026-11-09",
    "last": "2026-11-13",
    "until": "2026-12-03",
}


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, f"no {name} on the page"
    return found[1]


def look(form: Any, **changed: Any) -> Any:
    return form("ben", "/me/sharing/new", **{**WISH, "step": "look", **changed})


def share(form: Any, **changed: Any) -> Any:
    """Look at a wish and grant what was seen."""
    seen = look(form, **changed)
    assert seen.status_code == 200, seen.text
    kept = {"salt": hidden(seen.text, "salt"), "digest": hidden(seen.text, "digest"), "acknowledged": "1"}
    return form("ben", "/me/sharing/new", **{**WISH, **kept, "step": "share", **changed})


def grant_of(office: Office, who: str = "ben") -> Any:
    (found,) = office.system.rooms.grants.of(office.ids[who])
    return found


def address(office: Office, who: str = "ben") -> str:
    return f"/shared/{office.ids[who]}-{grant_of(office, who).number}"


def test_the_viewer_gets_what_was_seen_before_it_was_granted(office: Office, form: Any) -> None:
    seen = look(form)
    digest = hidden(seen.text, "digest")
    assert office.system.rooms.grants.of(office.ids["ben"]) == [], "looking grants nothing"
    assert share(form, salt=hidden(seen.text, "salt")).status_code == 303

    theirs = office.client("ana").get(address(office))
    mine = office.client("ben").get(f"/me/sharing/{grant_of(office).number}")

    assert theirs.status_code == mine.status_code == 200
    for page in (seen, theirs, mine):
        assert digest in page.text
        assert re.search(rf'/measures/breaks[^>]*">{5 * 3}</a>', page.text), "breaks of five days"
    payload = re.search(r"<pre tabindex=\"0\" class=\"wrap\">(.*?)</pre>", theirs.text, re.S)
    assert payload is not None
    assert payload[1] in seen.text
    assert payload[1] in mine.text


def test_both_are_told_and_the_viewer_finds_it(office: Office, form: Any) -> None:
    share(form)

    told = {who: [each.kind for each in office.system.announcements.of(office.ids[who])] for who in ("ana", "ben")}
    assert told["ana"][0] is Kind.GRANT_GIVEN
    assert told["ben"][0] is Kind.GRANT_MADE
    assert (
        "Ben lets you see something of their record until 3 December 2026"
        in office.client("ana").get("/me/notices").text
    )
    assert address(office) in office.client("ana").get("/shared/").text
    assert "Ben" not in office.client("gus").get("/shared/").text.partition("<main")[2]


def test_each_opening_is_counted_and_can_be_opened_again_by_the_person(office: Office, form: Any) -> None:
    share(form)
    assert "not opened yet" in office.client("ben").get("/me/sharing").text
    for _ in range(2):
        office.client("ana").get(address(office))

    assert "opened 2 times" in office.client("ben").get("/me/sharing").text
    looked = office.client("ben").get("/me/access").text
    assert "Ana" in looked
    assert "as shared with them" in looked
    shown = [each for each in office.entries("ben") if each.outcome == "shown"][-1]
    again = office.client("ben").get(f"/me/access/shown/{shown.index}")
    assert again.status_code == 200
    assert "the same" in again.text
    assert grant_of(office).digest in again.text
    assert office.client("ben").get(f"/api/v1/me/access/shown/{shown.index}").json["state"] == "same"


def test_ending_it_is_at_once_and_for_good(office: Office, form: Any) -> None:
    share(form)
    where, number = address(office), grant_of(office).number
    office.client("ana").get(where)
    shown = [each for each in office.entries("ben") if each.outcome == "shown"][-1]

    ended = form("ben", f"/me/sharing/{number}/end", page=f"/me/sharing/{number}")

    assert ended.status_code == 303
    refused = office.client("ana").get(where)
    assert refused.status_code == 403
    assert office.entries("ben")[-1].outcome == "refused"
    assert where not in office.client("ana").get("/shared/").text
    assert next(each.kind for each in office.system.announcements.of(office.ids["ana"])) is Kind.GRANT_REVOKED
    assert "was ended" in office.client("ben").get(f"/me/access/shown/{shown.index}").text
    assert form("ben", f"/me/sharing/{number}/end", page="/me/notices").status_code == 303, "twice is no fault"


def test_the_night_destroys_what_is_over_and_says_so(office: Office, form: Any) -> None:
    share(form, until="2026-11-20")
    office.clock.now = dt.datetime(2026, 11, 20, 22, 30, tzinfo=dt.UTC)  # 23:30 in Berlin
    assert nightly.run(office.system, lambda *_: None).ended == 0
    office.clock.advance(hours=1)

    assert nightly.run(office.system, lambda *_: None).ended == 1

    assert office.system.rooms.grants.of(office.ids["ben"]) == []
    said = [each for each in office.entries("ben") if each.outcome == "grant-expired"]
    assert [(each.viewer, each.fields) for each in said] == [(None, ("recovery",))]
    office.clients.clear()  # their sessions are over as well
    assert "its time was over" in office.client("ben").get("/me/access?by=system").text


WRONG = [
    ({"person": "ben@example.org"}, "person", "your own address"),
    ({"person": "nobody@example.org"}, "person", "Nobody here has this address"),
    ({"person": ""}, "person", "e-mail address of one person"),
    ({"purpose": "discipline"}, "purpose", "Choose what it is for"),
    ({"purpose": "compliance_review"}, "purpose", "Choose what it is for"),
    ({"field": "titles"}, "field", "Choose at least one thing"),
    ({"first": "2026-02-30"}, "first", "The calendar has no 2026-02-30."),
    ({"first": "20261112"}, "first", "A day is written like"),
    ({"last": "2026-11-19"}, "last", "the last one is 18 Nov 2026"),
    ({"last": "2026-11-08"}, "first", "comes after the last one"),
    ({"first": "2026-08-20", "last": "2026-09-02"}, "first", "You joined on 1 Sept 2026"),
    ({"first": "2026-10-01"}, "first", "At most 31 days"),
    ({"first": "2026-11-14", "last": "2026-11-15"}, "first", "Nothing of this was captured"),
    ({"until": "2026-11-18"}, "until", "over already"),
    ({"until": "2027-02-18"}, "until", "until 17 Feb 2027"),
    ({"until": "tomorrow"}, "until", "A day is written like"),
]


def test_what_cannot_be_shared_says_so_beside_the_field_and_keeps_the_rest(office: Office, form: Any) -> None:
    for changed, place, words in WRONG:
        found = look(form, **changed)

        assert found.status_code == 400, changed
        assert re.search(rf'<p class="wrong" id="d-{place}">[^<]*{re.escape(words)}', found.text), (changed, found.text)
        if place != "person":
            assert 'value="ana@example.org"' in found.text
    assert office.system.rooms.grants.everything() == []


def test_nothing_is_granted_without_the_acknowledgement_nor_if_the_figures_changed(office: Office, form: Any) -> None:
    seen = look(form)
    kept = {"salt": hidden(seen.text, "salt"), "digest": hidden(seen.text, "digest"), "step": "share"}

    unread = form("ben", "/me/sharing/new", **WISH, **kept)
    office.file_days("ben", {dt.date(2026, 11, 10): day_values(100)})
    office.file_days("ben", {dt.date(2026, 11, 10): {k: v for k, v in day_values(9000).items() if k != "x"}})
    changed = form("ben", "/me/sharing/new", **WISH | {"field": "active_time"}, **kept, acknowledged="1")

    assert (unread.status_code, changed.status_code) == (400, 409)
    assert "cannot be taken back" in unread.text
    assert "Your figures changed since you looked" in changed.text
    assert hidden(changed.text, "digest") != kept["digest"]
    assert office.system.rooms.grants.everything() == []


def test_only_the_viewer_opens_it_and_the_person_sees_every_attempt(office: Office, form: Any) -> None:
    share(form)
    where = address(office)

    answers = {who: office.client(who).get(where).status_code for who in ("gus", "cleo", "oda", "ben")}

    assert answers == {"gus": 403, "cleo": 403, "oda": 403, "ben": 404}
    refused = [each for each in office.entries("ben") if each.outcome == "refused" and each.chain is Chain.OTHERS]
    assert [each.viewer for each in refused] == [office.ids[who] for who in ("gus", "cleo", "oda")]
    assert office.client("ana").get(f"/shared/{'f' * 32}-1").status_code == 404


def test_what_is_shared_is_not_in_the_database_in_plain(office: Office, form: Any) -> None:
    share(form, field="apps")

    with office.system.stores.data.connect() as connection:
        row = connection.execute(select(Granted.__table__)).one()

    assert b"EXCEL" not in row.sealed
    assert len(row.sealed) > 512


def test_an_erased_viewer_has_nothing_and_an_erased_person_leaves_nothing(office: Office, form: Any) -> None:
    share(form)
    share(form, person="gus@example.org")
    erasing.erase(office.system, office.ids["gus"], by=None)
    assert [each.viewer for each in office.system.rooms.grants.everything()] == [office.ids["ana"]]

    erasing.erase(office.system, office.ids["ben"], by=None)

    assert office.system.rooms.grants.everything() == []
    assert nightly.run(office.system, lambda *_: None).problems == ()


def test_a_note_can_be_left_out(office: Office, form: Any) -> None:
    noon = int(dt.datetime(2026, 11, 10, 12, tzinfo=dt.UTC).timestamp() * 1e6)
    notes = Notes((Annotation(noon, noon + 1_800_000_000, Noted.PHONE, "with Oslo"),))
    notes = notes.adding(Annotation(noon + 7_200_000_000, noon + 9_000_000_000, Noted.CARE, "my own business"))
    with writing(office.system.stores.data) as connection:
        row = Row(Field.ANNOTATIONS, Tier.DAY, dt.date(2026, 11, 10), 0, notes.dump())
        office.system.vault.put(connection, office.ids["ben"], [row])
        office.system.gate.account(office.ids["ben"], connection)

    every = look(form, field="annotations")
    assert "with Oslo" in every.text
    assert "13:00–13:30" in every.text
    private = re.search(r'value="([^"]*)"[^>]*><span>Care', every.text)
    assert private is not None
    share(form, field="annotations", without=private[1])

    shown = office.client("ana").get(address(office)).text
    assert "with Oslo" in shown
    assert "my own business" not in shown


def test_a_grant_whose_key_did_not_come_back_with_a_restore_goes_in_the_night(office: Office, form: Any) -> None:
    share(form)
    row = office.system.rooms.grants.of(office.ids["ben"])[0]
    office.system.keys.destroy(row.subject, [(KeyClass.GRANTED, row.number)])

    assert office.client("ana").get(address(office)).status_code == 404
    assert office.client("ben").get(f"/me/sharing/{row.number}").status_code == 404
    assert granted_upkeep.run(office.system, print) == 1

    assert office.system.rooms.grants.everything() == []


def test_the_same_through_json_with_the_same_digest(office: Office, form: Any) -> None:
    share(form)
    ben, grant = office.ids["ben"], grant_of(office)

    opened = office.client("ana").get(f"/api/v1/shared/{ben}/{grant.number}")
    found = msgspec.json.decode(opened.data, type=shapes.Answer[shapes.Shared])
    listed = msgspec.json.decode(office.client("ana").get("/api/v1/shared").data, type=shapes.SharedWithMe)
    mine = msgspec.json.decode(office.client("ben").get("/api/v1/me/sharing").data, type=shapes.Sharing)

    assert found.digest == grant.digest == digest(opened.json["payload"])
    assert found.payload.fields.recovery.breaks == 15
    assert [(each.name, each.digest) for each in listed.grants] == [("Ben", grant.digest)]
    assert [(each.name, each.opened) for each in mine.grants] == [("Ana", 1)]
    assert office.client("gus").get(f"/api/v1/shared/{ben}/{grant.number}").status_code == 403


def test_what_was_changed_in_the_database_does_not_open_and_can_still_be_ended(office: Office, form: Any) -> None:
    share(form)
    where, number = address(office), grant_of(office).number
    with writing(office.system.stores.data) as connection:
        connection.execute(update(Granted).values(sealed=b"other bytes than those that were sealed here"))

    mine = office.client("ben").get(f"/me/sharing/{number}")

    assert mine.status_code == 200
    assert "changed in the database" in mine.text
    assert office.client("ana").get(where).status_code == 409
    assert office.client("ana").get(f"/api/v1/shared/{office.ids['ben']}/{number}").status_code == 409
    assert form("ben", f"/me/sharing/{number}/end", page=f"/me/sharing/{number}").status_code == 303
    assert office.system.rooms.grants.of(office.ids["ben"]) == []
