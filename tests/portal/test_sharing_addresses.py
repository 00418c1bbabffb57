"""With whom something can be shared: those who are near are offered, and who else works here is not to be tried out."""

from typing import Any

from portal.sharing import TRIES
from tests.portal.conftest import Office
from tests.portal.test_sharing import look


def test_who_is_near_is_offered_and_other_addresses_cannot_be_tried_out(office: Office, form: Any) -> None:
    offered = office.client("ben").get("/me/sharing/new").text.partition("<datalist")[2].partition("</datalist>")[0]
    assert 'value="ana@example.org"' in offered, "the manager"
    assert 'value="cleo@example.org"' in offered, "compliance"
    assert 'value="gus@example.org"' not in offered, "somebody elsewhere"

    for number in range(1, TRIES.free + 1):
        answers = look(form, person=f"nobody{number}@example.org")
        assert look(form, person="gus@example.org").status_code == (200 if number < TRIES.free else 400)
    assert "or wait" in look(form, person="nobody@example.org").text
    assert answers.status_code == 400
    assert look(form).status_code == 200, "who is offered by name is always found"
    office.clock.advance(hours=1)
    assert look(form, person="gus@example.org").status_code == 200
