"""The operator's pages: people and invitations, and nobody's figures."""

from typing import Any

PASSWORD = "brown otter over seven hills"


def test_an_invitation_is_shown_once_and_works(office: Any, form: Any) -> None:
    page = form("oda", f"/admin/people/{office.ids['eva']}/invitation", page="/admin/").text
    token = page.partition("/invitation/")[2].partition("<")[0].strip()

    done = form(None, f"/invitation/{token}", password=PASSWORD)

    assert done.location == "/"
    assert token not in office.client("oda").get("/admin/").text
    told = [each.sentence for each in office.system.announcements.of(office.ids["eva"])]
    assert any(sentence.startswith("Oda issued an invitation") for sentence in told)


def test_nobody_is_invited_who_has_a_password(office: Any, form: Any) -> None:
    office.give_password("ben")

    answer = form("oda", f"/admin/people/{office.ids['ben']}/invitation", page="/admin/")

    assert answer.status_code == 409
    assert "/invitation/" not in answer.text


def test_the_list_names_people_and_no_figures(office: Any) -> None:
    text = office.client("oda").get("/admin/").text

    assert "Ben" in text
    assert "Claims" in text
    for figure in ("21680", "21,680", "EXCEL", "Active time"):
        assert figure not in text


def test_the_system_page_says_what_runs_and_what_to_mend(office: Any) -> None:
    text = office.client("oda").get("/admin/system").text

    for words in ("Example Insurance", "SQLite", "coaching", "version 1", "What to mend", "SAMEVIEW_KEY_DIR"):
        assert words in text


def test_a_long_list_has_pages(office: Any) -> None:
    for n in range(60):
        office.add(f"person-{n:02}")

    first = office.client("oda").get("/admin/").text
    second = office.client("oda").get("/admin/?after=50").text

    assert "/admin/?after=50" in first
    assert "person-59@" in second
    assert "person-59@" not in first
