"""An office in which nobody attacked anything."""

from portal import verifying
from tests.attacks.conftest import Attacked


def test_an_untouched_office_verifies(attacked: Attacked) -> None:
    attacked.office.give_password("ben")
    attacked.office.client("ben").get("/")

    found = verifying.verify(attacked.system)

    assert found.problems == []
    assert list(found.warnings) == []
    assert found.uncompared == 0
