"""What a request keeps of the directory: nothing that outlives it, and nothing that it changes itself."""

from typing import Any

import pytest

from auth import person
from privacy.policy import POLICY_VERSION


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose rows were read from here on."""
    real, found = person.one, []
    monkeypatch.setattr(person, "one", lambda connection, whose: (found.append(whose), real(connection, whose))[1])
    return found


def test_a_page_reads_its_viewer_with_the_session_and_not_again(office: Any, asked: list[str]) -> None:
    assert office.client("ben").get("/").status_code == 200

    assert asked == []


def test_the_next_request_sees_what_changed(office: Any) -> None:
    kim = office.add("kim", acknowledged=False)
    assert office.client("kim").get("/").location == "/welcome"

    office.system.people.acknowledge(kim, POLICY_VERSION)

    assert office.client("kim").get("/").status_code == 200


@pytest.mark.parametrize(("method", "reads"), [("GET", 1), ("POST", 2)])
def test_only_a_request_that_changes_nothing_keeps_a_row(
    office: Any, asked: list[str], method: str, reads: int
) -> None:
    with office.app.test_request_context("/", method=method):
        for _ in range(2):
            assert office.system.directory.acknowledged(office.ids["eva"])

    assert asked == [office.ids["eva"]] * reads
    assert office.system.directory.acknowledged(office.ids["eva"])
    assert len(asked) == reads + 1  # outside of requests nothing is kept
