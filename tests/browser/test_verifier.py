"""The verifier in a real browser, from a disk and in the portal: it accepts what is true and names every lie."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from browser.conftest import Portal
from browser.test_pages import AXE
from bundles import LIES
from cast import ANA, BEN, CLEO, DAN
from conftest import Clock
from log_book import look, open_log, own, told
from playwright.sync_api import Page

from portal.answers import counted
from portal.api_access import NO_DAY_CLOSED
from portal.own_check import FOLDER
from portal.schema import Base, KeyBase, LogBase
from portal.verifier import verify
from privacy.access_log import AccessLog
from privacy.checkpoint import split_note
from privacy.cosignature import CosignatureSigner, merge
from privacy.log_gate import Counted
from privacy.stores import Stores, open_engine

EVA = "e" * 32
SEEN = dt.datetime(2026, 11, 19, 9, 40, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccessLog]:
    """An empty log of its own."""
    folder = tmp_path_factory.mktemp("log")
    stores = Stores(*(open_engine(f"sqlite:///{folder / name}.db") for name in ("data", "log", "keys")))
    for engine, base in ((stores.data, Base), (stores.log, LogBase), (stores.keys, KeyBase)):
        base.metadata.create_all(engine)
    yield open_log(stores, folder, Clock())
    stores.dispose()


@pytest.fixture(scope="module")
def files(log: AccessLog) -> dict[str, Any]:
    """What Ben took home: three looks, a closing, a first check, two more looks."""
    log.append_many([look(), told(), own(), look(CLEO, DAN), look(), look(CLEO), own(ANA)])
    log.close_day(dt.date(2026, 11, 19))
    state = verify.check({"bundle": _bundle(log, None)}, _key(log), [], None, False)["kept"]
    size = log.size
    log.append_many([look(), look(outcome="refused"), look(subject=DAN)])
    bundle = _bundle(log, size)
    at, closed = log.size, log.closing(BEN)
    log.append(told())
    closing = counted(Counted(closed, log.export_bundle([closed.entry], at, open=True)))
    return {"bundle": bundle, "closing": json.loads(json.dumps(closing, default=str)), "state": state}


def _bundle(log: AccessLog, old: int | None) -> dict[str, Any]:
    return log.export_bundle([each.index for each in log.of_subject(BEN)], old, open=True)


def _key(log: AccessLog) -> verify.Key:
    return verify.read_key(str(log.signer.verifier), verify.LOG_KEY)


@pytest.fixture
def page(portal: Portal) -> Iterator[Page]:
    """The verifier's page as somebody saved it: the network is off."""
    context = portal.browser.new_context(offline=True, reduced_motion="reduce")
    found = context.new_page()
    found.goto((FOLDER / "verify.html").as_uri())
    yield found
    context.close()


def run(page: Page, log: AccessLog, files: dict[str, Any], witness: str = "", *, gap: bool = False) -> str:
    """Fill in the form, check, and return what the page says."""
    memory = f"sameview-verifier {log.signer.origin}"
    page.evaluate("([place, state]) => localStorage.setItem(place, state)", [memory, json.dumps(files["state"])])
    page.fill("[name=log]", str(log.signer.verifier))
    page.fill("[name=witness]", witness)
    for name in ("bundle", "closing"):
        if files[name] is not None:
            content = {
                "name": f"{name}.json",
                "mimeType": "application/json",
                "buffer": json.dumps(files[name]).encode(),
            }
            page.set_input_files(f"[name={name}]", content)  # type: ignore[arg-type]
    if gap:
        page.locator("summary").click()
        page.check("[name=gap]")
    page.click("[name=check]")
    page.locator("#result.good, #result.bad").wait_for()
    return page.locator("#result").inner_text()


def _copied(files: dict[str, Any]) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(files))
    return copied


def test_the_page_says_the_same_as_verify_py(page: Page, log: AccessLog, files: dict[str, Any]) -> None:
    said = run(page, log, files)

    report = verify.check(_copied(files), _key(log), [], None, False)
    assert "It verifies" in said
    for each in (*report["proven"], *report["unproven"], *report["looks"]):
        assert each in said


@pytest.mark.parametrize("lie", LIES)
def test_the_page_names_every_lie(page: Page, log: AccessLog, files: dict[str, Any], lie: str) -> None:
    told_files, (change, reason) = _copied(files), LIES[lie]
    change(told_files, log.signer)

    said = run(page, log, told_files)

    assert "It does not verify" in said
    assert reason in said
    kept = page.evaluate("place => localStorage.getItem(place)", f"sameview-verifier {log.signer.origin}")
    assert json.loads(kept) == told_files["state"], "remembered what is not so"


def test_the_page_remembers_the_checkpoint_it_verified(page: Page, log: AccessLog, files: dict[str, Any]) -> None:
    run(page, log, files)

    kept = json.loads(page.evaluate("place => localStorage.getItem(place)", f"sameview-verifier {log.signer.origin}"))
    assert kept == verify.check(_copied(files), _key(log), [], None, False)["kept"]


def test_every_proof_of_growth_is_followed(page: Page, log: AccessLog, files: dict[str, Any]) -> None:
    for old in range(1, log.size + 1):
        bundle = log.export_bundle([log.of_subject(BEN)[0].index], old, open=True)
        said = run(page, log, {"bundle": bundle, "closing": None, "state": None})
        assert "It verifies" in said, (old, said)


def test_a_witness_is_heard_in_the_page(page: Page, log: AccessLog, files: dict[str, Any]) -> None:
    witness, signed = CosignatureSigner("council.example/w1", b"w" * 32), _copied(files)
    text, _ = split_note(files["bundle"]["checkpoint"])
    signed["bundle"]["checkpoint"] = merge(files["bundle"]["checkpoint"], witness.cosign(text, SEEN).line)

    silent, heard = (run(page, log, each, str(witness.verifier)) for each in (files, signed))

    assert "none of your witnesses has co-signed it" in silent
    assert "council.example/w1 co-signed the log of" in heard
    assert "on 2026-11-19 at 09:40 UTC" in heard


def test_a_gap_at_the_beginning_has_to_be_accepted(page: Page, log: AccessLog, files: dict[str, Any]) -> None:
    rest = _copied(files) | {"state": None}
    rest["bundle"]["inclusion"].pop(0)

    assert "numbers 0 to 0 of “others” are missing" in run(page, log, rest)
    assert "nothing here shows that they were erased because of their age" in run(page, log, rest, gap=True)


def test_that_all_entries_of_others_are_gone_has_to_be_accepted(page: Page, log: AccessLog, files: Any) -> None:
    rest = {"bundle": files["bundle"] | {"inclusion": []}, "closing": None, "state": None}

    refused, accepted = run(page, log, rest), run(page, log, rest, gap=True)

    assert "It does not verify" in refused
    report = verify.check({"bundle": rest["bundle"]}, _key(log), [], None, True)
    for each in (*report["proven"], *report["unproven"]):
        assert each in accepted


def test_a_chain_that_the_closing_does_not_count_is_not_proven_to_be_empty(page: Page, log: AccessLog) -> None:
    log.append(look(subject=EVA))
    log.close_day(dt.date(2026, 11, 20))
    bundle = log.export_bundle([each.index for each in log.of_subject(EVA)], open=True)
    closed = log.closing(EVA)
    proof = log.export_bundle([closed.entry], open=True)
    closing = json.loads(json.dumps(counted(Counted(closed, proof)), default=str))

    said = run(page, log, {"bundle": bundle, "closing": closing, "state": None})

    report = verify.check(_copied({"bundle": bundle, "closing": closing}), _key(log), [], None, False)
    assert "That “self” was empty on 2026-11-20: the closing leaves it out." in report["unproven"]
    for each in (*report["proven"], *report["unproven"]):
        assert each in said


@pytest.mark.parametrize(
    ("person", "said"),
    [
        ("1" * 32, {"outcome": "disclosed\x1b[8m\x1b[2K\r"}),
        ("2" * 32, {"outcome": "disclosed\nProven"}),
        ("3" * 32, {"purpose": "one_to_one\u202e"}),
        ("4" * 32, {"relation": "manager" + " " * 100}),
        ("5" * 32, {"viewer": "ana"}),
    ],
    ids=["escape", "line", "direction", "blanks", "viewer"],
)
def test_an_entry_that_would_change_how_the_report_reads_is_refused(
    page: Page, log: AccessLog, person: str, said: dict[str, str]
) -> None:
    values: dict[str, Any] = {"viewer": ANA, "subject": person} | said
    log.append(look(**values))
    bundle = log.export_bundle([each.index for each in log.of_subject(person)], open=True)

    shown = run(page, log, {"bundle": bundle, "closing": None, "state": None})

    with pytest.raises(verify.Wrong) as wrong:
        verify.check({"bundle": bundle}, _key(log), [], None, False)
    assert "It does not verify" in shown
    assert str(wrong.value) in shown


def test_what_a_file_holds_is_spelt_out(page: Page, log: AccessLog, files: dict[str, Any]) -> None:
    hostile = _copied(files)
    hostile["closing"]["day"] = "\u202eyad\x1b"

    shown = run(page, log, hostile)

    assert "closes another day than \\u{202e}yad\\u{1b}" in shown


def test_what_is_no_bundle_is_refused_in_words(page: Page, log: AccessLog) -> None:
    for nonsense in ([], {}, {"checkpoint": 3}, "text"):
        assert "It does not verify" in run(page, log, {"bundle": nonsense, "closing": None, "state": None})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_saved_page_is_accessible_and_reflows(portal: Portal, log: AccessLog, files: Any, scheme: Any) -> None:
    context = portal.browser.new_context(color_scheme=scheme, viewport={"width": 320, "height": 800})
    page = context.new_page()
    page.goto((FOLDER / "verify.html").as_uri())
    run(page, log, files)
    page.evaluate(AXE)

    violations = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")["violations"]

    assert [f"{v['id']}: {[n['target'] for n in v['nodes']]}" for v in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    context.close()


def test_in_the_portal_the_proofs_are_fetched_and_checked_twice(visit: Any, portal: Portal) -> None:
    portal.seeded.system.log.close_day(portal.seeded.today)
    page = visit("employee", "/me/access/check")
    for expected in ("this is the first check with this memory", "The log only grew since you checked last"):
        page.fill("[name=log]", str(portal.seeded.system.log.signer.verifier))
        page.evaluate("document.getElementById('result').className = ''")
        page.click("[name=check]")
        page.locator("#result.good, #result.bad").wait_for()

        said = page.locator("#result").inner_text()
        assert "It verifies" in said, said
        assert expected in said
        assert f"When {portal.seeded.today} was closed, the log counted" in said
    assert page.evaluate("violations") == []


def _answer(page: Page, status: int, problem: dict[str, Any] | str) -> None:
    """Let the portal answer this, whenever it is asked for a closing."""
    body = problem if isinstance(problem, str) else json.dumps(problem | {"status": status})
    kind = "application/problem+json"
    page.unroute("**/api/v1/me/access/closing*")
    page.route("**/api/v1/me/access/closing*", lambda route: route.fulfill(status=status, body=body, content_type=kind))


def _checked(page: Page, portal: Portal) -> str:
    page.fill("[name=log]", str(portal.seeded.system.log.signer.verifier))
    page.evaluate("document.getElementById('result').className = ''")
    page.click("[name=check]")
    page.locator("#result.good, #result.bad").wait_for()
    return page.locator("#result").inner_text()


REFUSALS = {
    "not found": (404, {"type": "about:blank", "detail": "There is nothing here."}),
    "the entries are not those counted": (409, {"type": "about:blank", "detail": "It does not count “others”."}),
    "not now": (503, {"type": NO_DAY_CLOSED, "detail": "The log cannot be written."}),
    "broken": (500, "<html>"),
}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_in_the_portal_a_closing_that_is_refused_does_not_verify(visit: Any, portal: Portal, refusal: str) -> None:
    page, (status, problem) = visit("employee", "/me/access/check"), REFUSALS[refusal]
    _answer(page, status, problem)

    said = _checked(page, portal)

    assert "It does not verify" in said
    assert (problem["detail"] if isinstance(problem, dict) else "status 500") in said


def test_in_the_portal_whoever_has_seen_a_closing_does_not_go_without(visit: Any, portal: Portal) -> None:
    page, never = visit("employee", "/me/access/check"), {"type": NO_DAY_CLOSED, "detail": "No day was closed yet."}
    _answer(page, 404, never)
    assert "No closing of a day was given" in _checked(page, portal)
    page.unroute("**/api/v1/me/access/closing*")
    portal.seeded.system.log.close_day(portal.seeded.today)
    assert "was closed, the log counted" in _checked(page, portal)

    _answer(page, 404, never)

    said = _checked(page, portal)
    assert "It does not verify" in said
    assert "closing: you have checked that of entry" in said


def test_in_the_portal_a_foreign_key_does_not_verify(visit: Any, log: AccessLog) -> None:
    page = visit("employee", "/me/access/check")
    page.fill("[name=log]", str(log.signer.verifier))
    page.click("[name=check]")
    page.locator("#result.bad").wait_for()

    assert "not signed by" in page.locator("#result").inner_text()


def test_the_files_are_named_on_the_page_for_those_without_scripts(visit: Any) -> None:
    page = visit("employee", "/me/access/check", script=False)

    assert page.locator("noscript").count() == 1
    assert page.locator(f"a[href='/static/verifier/{Path(verify.__file__).name}']").count() == 1
