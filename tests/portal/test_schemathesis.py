"""Requests made by schemathesis from our own description of `/api/v1`, fitting it and not: never a fault of ours.

Ben asks, as a script, in his browser and as a stranger; nothing of anybody else changes, whatever he names.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from sqlalchemy import select
from werkzeug.test import TestResponse

from auth.tokens import Scope, new_token
from privacy.base import Base
from privacy.stores import writing
from tests.portal.conftest import NOVEMBER, Office, check_value, opened

EXAMPLES = settings(
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes; the case is printed anyway
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
UPLOADS = "POST /api/v1/events"
CALLERS = ("script", "browser", "stranger")
OTHERS = ("ana", "cleo", "dan", "eva", "gus", "oda")


class Asking:
    """Ben, three times over, and what there is of other people."""

    def __init__(self, office: Office) -> None:
        self.office, eva = office, office.ids["eva"]
        with writing(office.system.stores.data) as connection:
            office.system.tokens.give_device(connection, eva, new_token(), "eva's", "pc")
        office.system.tokens.issue(eva, "sheet", {Scope.READ})
        office.system.sessions.start(eva)
        entries = [str(each.index) for each in office.entries("eva")]
        self.named: dict[str, list[str]] = {
            "date": ["2026-11-12", "0001-01-01", "1970-01-01", "9998-12-31", "9999-12-31"],
            "device": [each.id for each in office.system.devices.of(eva)],
            "device_code": [office.system.enrolments.ask("laptop", "pc", "192.0.2.7").device_code],
            "entry": entries,
            "index": entries,
            "number": ["0", "1", "2147483647"],
            "subject": [eva],
            "note": ["note-1", "category-1", "app-excel"],
            "person": [eva],
            "session": [each.id for each in office.system.sessions.of(eva)],
            "team": [str(each) for each in office.system.directory.teams_of(eva)],
            "token": [each.id for each in office.system.tokens.of(eva)],
            "week": ["2026-W46", "0001-W01", "1970-W01", "9999-W52"],
        }
        self.clients = {who: office.app.test_client() for who in CALLERS}
        token = office.system.tokens.issue(office.ids["ben"], "script", {Scope.READ, Scope.INGEST})
        self.clients["browser"].set_cookie("sameview", office.system.sessions.start(office.ids["ben"]))
        check = check_value(self.clients["browser"], "/welcome")
        self.headers = {
            "script": {"Authorization": f"Bearer {token}"},
            "browser": {"X-CSRFToken": check, "Sec-Fetch-Site": "same-origin"},
        }
        self.schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", office.app, headers=self.headers["script"])
        self.operations = {each.ok().label: each.ok() for each in self.schema.get_all_operations()}

    def ask(self, who: str, case: Any) -> TestResponse:
        """Send a case in process, as one of the three."""
        sent = case.as_transport_kwargs()
        if who != "stranger":  # who has only the credentials that the case made up
            made = {name: value for name, value in sent["headers"].items() if name not in ("Authorization", "Cookie")}
            sent["headers"] = made | self.headers[who]
        return self.clients[who].open(**sent)

    def of_others(self) -> str:
        """Return a digest of every row about anybody but Ben, and of their logs, but for what Ben was refused."""
        found = hashlib.sha256()
        ids = [self.office.ids[name] for name in OTHERS]
        with self.office.system.stores.data.connect() as connection:
            for table in Base.metadata.sorted_tables:
                if "subject_id" in table.c:
                    rows = connection.execute(select(table).where(table.c.subject_id.in_(ids))).all()
                    found.update(repr((table.name, sorted(map(repr, rows)))).encode())
        entries = [each for name in OTHERS for each in self.office.entries(name)]
        found.update(repr([each.index for each in entries if each.outcome != "refused"]).encode())
        return found.hexdigest()


@pytest.fixture(scope="module")
def asking(furnished: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """One office for all of the module: what was done before is in its way, too."""
    with opened(furnished, tmp_path_factory.mktemp("described") / "home", lambda: NOVEMBER) as office:
        yield Asking(office)


@st.composite
def cases(draw: st.DrawFn, asking: Asking, operation: Any, mode: GenerationMode) -> Any:
    """Make a request of one operation, which often names what is somebody else's."""
    case = draw(operation.as_strategy(generation_mode=mode))
    for name in case.path_parameters or {}:
        if draw(st.booleans()):
            case.path_parameters[name] = draw(st.sampled_from(asking.named[name]))
    return case


def is_answered_well(asking: Asking, case: Any, who: str) -> None:
    before = asking.of_others()

    answer = asking.ask(who, case)
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.content_type == "application/problem+json"
    assert asking.of_others() == before


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda each: each.value)
def test_no_request_after_our_own_description_is_a_fault_of_ours_or_touches_anybody_else(
    asking: Asking, mode: GenerationMode
) -> None:
    for label, operation in asking.operations.items():
        requests = given(cases(asking, operation, mode), st.sampled_from(CALLERS))
        many = 40 if label == UPLOADS else 12 if "{" in label else 5
        examples = settings(EXAMPLES, max_examples=many)
        examples(requests(lambda case, who: is_answered_well(asking, case, who)))()
