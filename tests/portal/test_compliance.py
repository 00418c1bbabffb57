"""The reviewer's pages: the log can be read, and reading it leaves an entry."""

import datetime as dt
from typing import Any

import pytest

from auth import import_csv
from portal import erasing
from privacy import rotation
from privacy.fields import Field, KeyClass
from privacy.key_history import ROTATED
from privacy.log_entries import INVENTORIED, LOG_FIELD
from privacy.log_upkeep import EXPIRED
from privacy.period import Period
from privacy.policy import Purpose
from privacy.stores import writing


@pytest.fixture
def read(office: Any) -> Any:
    """The office after Ana has read Ben's week, once in vain."""
    path = f"/team/claims/people/{office.ids['ben']}/weeks"
    office.client("ana").get(f"{path}/2026-W46?purpose=one_to_one")
    office.client("ana").get(f"{path}/2026-W47?purpose=one_to_one")
    return office


def test_reading_the_log_is_an_entry_before_it_is_shown(read: Any) -> None:
    before = read.system.log.size

    text = read.client("cleo").get("/compliance/").text

    assert read.system.log.size == before + 1
    assert f"This review is entry #{before} of the log." in text


def test_the_person_sees_that_the_log_about_them_was_read(read: Any) -> None:
    read.client("cleo").get(f"/compliance/?person={read.ids['ben']}")

    last = read.entries("ben")[-1]
    assert (last.viewer, last.fields) == (read.ids["cleo"], (LOG_FIELD,))


@pytest.mark.parametrize(
    ("query", "found", "left_out"),
    [
        ("outcome=refused", {"refused"}, "disclosed"),
        ("outcome=shown", {"shown"}, "refused"),
        ("relation=manager", {"disclosed", "shown", "refused"}, "acknowledged"),
        ("purpose=one_to_one", {"disclosed", "shown", "refused"}, "acknowledged"),
        ("from=2026-11-01", {"disclosed", "shown", "refused"}, "acknowledged"),
        ("to=2026-11-01", {"acknowledged", "appointed"}, "shown"),
    ],
)
def test_filters_show_what_matches(read: Any, query: str, found: set[str], left_out: str) -> None:
    entries = read.client("cleo").get(f"/api/v1/log?{query}").json["entries"]

    outcomes = {each["payload"]["outcome"] for each in entries}
    assert found <= outcomes
    assert left_out not in outcomes


def test_filters_by_person_and_by_viewer(read: Any) -> None:
    about = read.client("cleo").get(f"/api/v1/log?person={read.ids['ben']}").json["entries"]
    by = read.client("cleo").get(f"/api/v1/log?viewer={read.ids['ana']}").json["entries"]

    assert {each["payload"]["subject"] for each in about} == {read.ids["ben"]}
    assert {each["payload"]["viewer"] for each in by} == {read.ids["ana"]}


def test_pages_follow_one_another_without_gap_or_repetition(read: Any) -> None:
    client, numbers, before = read.client("cleo"), [], ""
    for n in range(120):
        read.system.gate.review(read.ids["cleo"], read_filter(n))
    while before is not None:
        answer = client.get(f"/api/v1/log?before={before}").json
        numbers += [each["index"] for each in answer["entries"]]
        before = answer["before"]

    assert len(numbers) == len(set(numbers)) > 120
    assert numbers == sorted(numbers, reverse=True)


def read_filter(n: int) -> Any:
    from privacy.access_log import Filter

    return Filter(outcome=f"none-{n}", limit=1)


def test_nobody_watches_an_employee_look(read: Any) -> None:
    own = read.client("ben").get("/api/v1/me/days/2026-11-12").json["entry"]

    listed = read.client("cleo").get("/api/v1/log").json["entries"]
    alone = read.client("cleo").get(f"/api/v1/log/entries/{own}")

    assert own not in {each["index"] for each in listed}
    assert alone.status_code == 404


def test_an_entry_is_shown_with_its_proof(read: Any) -> None:
    shown = read.entries("ben")[-2]

    text = read.client("cleo").get(f"/compliance/entries/{shown.index}").text

    assert "Proof of inclusion" in text
    assert shown.digest in text
    assert read.system.organisation.origin in text


def test_the_pages_hold_no_figures(read: Any) -> None:
    shown = read.entries("ben")[-2].index
    pages = ("/compliance/", f"/compliance/entries/{shown}", "/compliance/verification?payloads=yes")

    for page in pages:
        assert "108101" not in read.client("cleo").get(page).text
        assert "108,101" not in read.client("cleo").get(page).text


def test_verification_names_the_entry_that_was_touched(read: Any) -> None:
    sound = read.client("cleo").get("/compliance/verification").text
    with read.system.stores.log.begin() as connection:
        connection.exec_driver_sql('UPDATE entry SET leaf_hash = zeroblob(32) WHERE "index" = 3')

    broken = read.client("cleo").get("/compliance/verification").text

    assert "does not verify" not in sound
    assert "entry 3" in broken


def test_verification_says_what_was_compared_beyond_the_log_and_claims_nothing_that_does_not_hold(read: Any) -> None:
    cheap, whole = (read.client("cleo").get(f"/compliance/verification{each}").text for each in ("", "?payloads=yes"))
    with read.system.stores.log.begin() as connection:
        connection.exec_driver_sql('UPDATE entry SET leaf_hash = zeroblob(32) WHERE "index" = 3')
    broken = read.client("cleo").get("/compliance/verification?payloads=yes").text

    for part in ("The log’s tree", "Published checkpoints", "Every entry", "People and rights", "Stored data", "Keys"):
        assert f"<b>{part}.</b>" in cheap
    assert [(each.count('<li class="yes">'), each.count("not now")) for each in (cheap, whole)] == [(2, 4), (6, 0)]
    assert (broken.count('<li class="yes">'), broken.count("see above")) == (0, 6)
    assert "Not all of this holds" in broken


def test_an_operator_who_makes_himself_reviewer_finds_every_earlier_entry_closed_and_everybody_told(read: Any) -> None:
    earlier = read.entries("ben")[-1].index
    read.clock.advance(days=1)
    file = "email,name,team,team_manager,roles,timezone,joined,left\n"
    file += "oda@example.org,Oda,,no,employee;operator;reviewer,Pacific/Niue,,\n"
    import_csv.apply(read.system.people, import_csv.plan(read.system.people, file), by=read.ids["oda"])

    page, alone = (read.client("oda").get(f"/compliance/{path}") for path in ("?by=all", f"entries/{earlier}"))
    listed = read.client("oda").get("/api/v1/log?from=2026-01-01").json

    reach = "You can read the log from 20 November 2026 on, the day on which you became a reviewer."
    assert reach in page.text
    assert (listed["since"], listed["sentence"]) == ("2026-11-20", reach)
    assert min(each["payload"]["time"] for each in listed["entries"]) > "2026-11-20"
    assert min(each["index"] for each in listed["entries"]) > earlier
    assert alone.status_code == 403
    assert reach in alone.text
    for who in set(read.ids) - {"oda"}:
        told = read.system.announcements.of(read.ids[who])[0]
        assert told.sentence.startswith("Oda made Oda a reviewer.")
        assert (read.entries(who)[-1].index, read.entries(who)[-1].outcome) == (told.entry, "reviewer-granted")


@pytest.mark.parametrize("query", ["from=yesterday", "to=2026-13-01", "before=last", "before=-1"])
def test_a_filter_that_cannot_be_read_is_refused(read: Any, query: str) -> None:
    assert read.client("cleo").get(f"/api/v1/log?{query}").status_code == 400


@pytest.fixture
def busy(read: Any) -> Any:
    """The same office, in which jobs have opened Ben's record a hundred times since Ana looked."""
    for n in range(100):
        day = Period.day(dt.date(2026, 10, 5) + dt.timedelta(days=n % 30))
        read.system.gate.disclose(None, read.ids["ben"], {Field.APPS}, Purpose.OPERATIONS, day)
    return read


def test_the_systems_work_does_not_hide_the_looks_of_people(busy: Any) -> None:
    people = busy.client("cleo").get("/compliance/").text
    system = busy.client("cleo").get("/compliance/?by=system").text

    assert "Ana</b>, Ben’s manager," in people
    assert "Sameview itself" not in people
    assert system.count("<b>Sameview itself</b> opened") == 50
    assert "Ben’s manager" not in system


def test_what_jobs_note_and_let_go_is_the_systems_work_and_an_erasure_is_not(read: Any) -> None:
    with writing(read.system.stores.data) as connection:
        read.system.gate.account(read.ids["ben"], connection, fields=[Field.APPS], outcome=INVENTORIED)
        read.system.gate.account(read.ids["ben"], connection, fields=[Field.APPS], outcome=EXPIRED)
    read.system.log.append(rotation.key_entry(ROTATED, KeyClass.SHARED, 2))
    erasing.erase(read.system, read.ids["dan"], by=None)

    people, system = (read.client("cleo").get(f"/compliance/?by={each}").text for each in ("people", "system"))
    to_ben = {each: read.client("ben").get(f"/me/access?by={each}").text for each in ("people", "system")}

    for words in ("noted what is stored of Ben", "removed Ben’s", "kek-shared-2 was made"):
        assert words in system
        assert words not in people
    assert "A person was erased" in people
    assert "A person was erased" not in system
    for words in ("noted what is stored of you", "removed your"):
        assert words in to_ben["system"]
        assert words not in to_ben["people"]


def test_everything_is_there_for_whoever_asks_and_for_programs(busy: Any) -> None:
    client = busy.client("cleo")
    before_the_jobs = busy.system.log.size - 99

    newest = client.get("/compliance/?by=all").text
    older = client.get(f"/compliance/?by=all&before={before_the_jobs}").text
    listed = client.get("/api/v1/log").json["entries"]

    assert "<b>Sameview itself</b> opened" in newest
    assert "<b>Sameview itself</b> opened" in older
    assert "Ben’s manager" in older
    assert {each["payload"]["viewer"] for each in listed} >= {None, busy.ids["cleo"]}


def test_what_an_operator_does_at_the_command_line_stands_among_the_people(busy: Any) -> None:
    busy.system.people.appoint(busy.ids["gus"], "claims")

    text = busy.client("cleo").get("/compliance/").text

    assert "An operator at the command line appointed a manager" in text
    assert "appointed a manager" not in busy.client("cleo").get("/compliance/?by=system").text


def test_filters_and_pages_stay_with_their_tab(busy: Any) -> None:
    text = busy.client("cleo").get(f"/compliance/?by=system&person={busy.ids['ben']}&purpose=operations").text

    assert 'name="by" value="system"' in text
    assert f"/compliance/?by=people&amp;person={busy.ids['ben']}&amp;purpose=operations" in text
    older = text.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "by=system" in older
    assert "before=" in older
    assert busy.client("cleo").get(older).text.count("<b>Sameview itself</b> opened") == 50


def test_a_filter_that_finds_only_the_systems_work_says_where_it_is(busy: Any) -> None:
    text = busy.client("cleo").get("/compliance/?purpose=operations&from=2026-11-01").text

    assert "No entry matches here." in text
    assert "/compliance/?purpose=operations&amp;from=2026-11-01&amp;by=all" in text


def test_digests_stand_on_the_entry_itself_only(read: Any) -> None:
    shown = read.entries("ben")[-2]

    assert shown.digest not in read.client("cleo").get("/compliance/?by=all").text
    assert shown.digest in read.client("cleo").get(f"/compliance/entries/{shown.index}").text
