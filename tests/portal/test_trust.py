"""The Trust centre says what must be trusted, and states only facts of this installation. One fingerprint a week."""

import base64
import dataclasses
import datetime as dt
import hashlib
import re
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import update

from portal import checkpoints, escrowing, nightly, own_check, trust, witnessing
from portal.config import WitnessAddress
from portal.escrow_files import EscrowFolder
from privacy import key_versions, witnesses
from privacy.capture import PRESETS
from privacy.checkpoint import split_note
from privacy.cosignature import CosignatureSigner, CosignatureVerifier
from privacy.fields import KeyClass
from privacy.log_entries import Draft
from privacy.log_tables import HeadRow
from privacy.stores import writing

COUNCIL = CosignatureSigner("council.example/witness", bytes(range(32)))
SIX = 6


def text(office: Any, address: str, who: str = "ben") -> str:
    found = office.client(who).get(address)
    assert found.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found.text))


def with_config(office: Any, **changed: Any) -> None:
    object.__setattr__(office.system, "config", dataclasses.replace(office.system.config, **changed))


def cosign(office: Any, note: str, size: int, at: dt.datetime) -> None:
    """Let the works council's witness co-sign a checkpoint, as if it had been asked."""
    address = WitnessAddress(str(COUNCIL.verifier), "http://127.0.0.1:1")
    with_config(office, witnesses=(address,))
    cosignature = COUNCIL.cosign(split_note(note)[0], at)
    statement = witnesses.Statement(COUNCIL.verifier.name).cosigned(size, note, cosignature, int(at.timestamp()))
    witnesses.save(office.system.stores.log, statement)


def test_the_trust_centre_has_six_lines_and_never_says_that_nobody_looked(office: Any) -> None:
    found = text(office, "/trust")

    assert len(trust.STILL_TRUSTED) == SIX
    for heading, sentence in trust.STILL_TRUSTED:
        assert f"{heading} {sentence}" in found
    assert not re.search(r"[Nn]obody (has )?(ever )?(looked|looks)(?! through Sameview)", found)


def test_everybody_who_is_signed_in_finds_it_in_menu_and_footer(office: Any) -> None:
    for who in ("ben", "ana", "cleo", "oda"):
        assert office.client(who).get("/me/recorded").text.count('href="/trust"') == 2
        assert office.client(who).get("/trust").status_code == 200


def test_its_figures_are_those_of_the_installation(office: Any) -> None:
    with_config(office, erasure_horizon=21, retain_months=7, retain_log_years=2, capture_preset="own_insight")
    today = office.clock().date()
    with writing(office.system.stores.keys) as connection:
        key_versions.record(connection, KeyClass.TEXT, [900], today - dt.timedelta(days=400))

    found = text(office, "/trust")

    assert "it is not certain: gone from every backup after 21 days" in found
    assert "oldest wrapping key 400 days old" in found
    assert "figures 7 months" in found
    assert f"titles and addresses {PRESETS['own_insight'].text_days} days" in found
    assert "the log 2 years" in found
    assert hashlib.sha256((own_check.FOLDER / "verify.py").read_bytes()).hexdigest() in found
    assert str(office.system.log.signer.verifier) in found


def tones(office: Any) -> dict[str, str]:
    """Return what the page says of erasure, each fact with its tone."""
    latest = checkpoints.latest(office.system)
    (promise,) = [
        each
        for each in trust.promises(office.system, latest, ZoneInfo("UTC"))
        if each.what.startswith("What is erased")
    ]
    return {fact: tone for tone, fact in promise.facts}


def night(office: Any) -> None:
    nightly.run(office.system, lambda *_: None)


def test_what_is_erased_is_gone_after_the_horizon_while_no_key_is_older(office: Any) -> None:
    night(office)

    assert tones(office) == {"gone from every backup after 30 days": "good", "oldest wrapping key made today": "good"}


@pytest.mark.parametrize(("days", "tone"), [(29, "good"), (30, "warn"), (31, "bad")])
def test_a_key_that_outlives_the_horizon_takes_the_promise_back(office: Any, days: int, tone: str) -> None:
    night(office)
    office.clock.advance(days=days)

    (gone, told), (key, aged) = tones(office).items()

    assert (told, aged) == (tone, tone)
    assert gone.startswith("it is not certain") == (tone != "good")
    assert key == f"oldest wrapping key {days} days old"


def test_a_destroyed_key_that_was_put_back_takes_the_promise_back(office: Any) -> None:
    night(office)
    kept = office.system.provider.export(KeyClass.PRIVATE, max(office.system.provider.versions(KeyClass.PRIVATE)))
    office.clock.advance(days=29)
    night(office)
    destroyed = [each for each in key_versions.recorded(office.system.stores.keys) if each.destroyed_on]
    version = max(each.version for each in destroyed if each.key_class is KeyClass.PRIVATE)
    office.system.provider.adopt(KeyClass.PRIVATE, version, kept)

    found = tones(office)

    assert found["a destroyed wrapping key was put back"] == "bad"
    assert found["it is not certain: gone from every backup after 30 days"] == "bad"


def test_an_old_escrow_takes_the_promise_back(office: Any, tmp_path: Path) -> None:
    night(office)
    escrowing.make_key(office.system, tmp_path / "safe", 1, 1)
    escrowing.hand_out(office.system, tmp_path / "escrow.json")
    assert tones(office)["newest escrow made today; older ones must be destroyed"] == "good"
    (receipt,) = [EscrowFolder(office.system.config.home).receipt()]
    assert receipt is not None
    aged = msgspec.structs.replace(receipt, day=receipt.day - dt.timedelta(days=31))
    EscrowFolder(office.system.config.home).keep_receipt(aged)

    found = tones(office)

    assert found["newest escrow 31 days old; older ones must be destroyed"] == "warn"
    assert found["it is not certain: gone from every backup after 30 days"] == "warn"


def test_a_server_without_private_keys_says_so(office: Any) -> None:
    with_config(office, key_classes=frozenset(KeyClass) - {KeyClass.PRIVATE, KeyClass.TEXT})

    assert "this server holds no key of private and text" in text(office, "/trust")


def test_without_a_witness_it_says_what_is_missing(office: Any) -> None:
    assert "no witness is set up: only kept fingerprints show a forked log" in text(office, "/trust")
    assert "No witness is set up." in text(office, "/log/fingerprint")


def test_a_witness_is_named_with_its_last_cosignature_on_both_pages(office: Any) -> None:
    entry(office)
    size = office.system.log.size
    cosign(office, office.system.log.checkpoint(), size, office.clock())

    assert f"Co-signed by council.example/witness on 19 Nov 2026, 10:30, at {size} entries." in text(office, "/trust")
    sheet = text(office, "/log/fingerprint")
    assert f"council.example/witness: {size} entries on 19 Nov 2026, 09:30 UTC, so these are among them" in sheet


def test_a_refusal_stands_on_both_pages(office: Any) -> None:
    log = office.system.log
    cosign(office, log.checkpoint(), log.size, office.clock())
    (statement,) = witnesses.statements(office.system.stores.log).values()
    witnesses.save(office.system.stores.log, statement.refused(witnessing.FORKED, int(office.clock().timestamp())))

    assert "refused to co-sign the access log: it had co-signed another history" in text(office, "/trust")
    assert "It refused since: it had co-signed another history" in text(office, "/log/fingerprint")


def test_a_cosignature_that_does_not_verify_counts_as_none(office: Any) -> None:
    log = office.system.log
    cosign(office, log.checkpoint(), log.size, office.clock())
    other = CosignatureVerifier.parse(str(CosignatureSigner("council.example/witness", bytes(32)).verifier))
    with_config(office, witnesses=(WitnessAddress(str(other), "http://127.0.0.1:1"),))

    assert "the cosignature of council.example/witness was not made by its key" in text(office, "/trust")
    assert "council.example/witness: no cosignature" in text(office, "/log/fingerprint")


def groups(page: str) -> str:
    return "".join(re.findall(r"<span>([0-9a-f]{4})</span>", page))


def entry(office: Any) -> None:
    office.system.gate.record(Draft(None, None, "operations", (), "operations", None, "released"))


def test_the_fingerprint_of_a_week_is_the_same_for_everybody_whenever_it_is_printed(office: Any) -> None:
    sheet = "/log/fingerprint?week=2026-W47"
    office.clock.advance(days=2)  # Saturday: the last entry of the week
    entry(office)
    kept = office.system.log.signer.verifier.open_checkpoint(office.system.log.checkpoint())
    office.clock.advance(days=2)  # Monday morning, before anybody did anything

    monday = office.client("ben").get(sheet).text
    entry(office)
    office.clock.advance(days=9)
    entry(office)
    later = office.client("cleo").get(sheet).text

    assert groups(monday) == groups(later) == kept.root.hex()
    assert f">{kept.size}<" in monday.replace(" ", "")


def test_the_sheet_names_the_checkpoint_that_proofs_lead_to(office: Any) -> None:
    page = office.client("ben").get("/log/fingerprint").text
    size = int(re.search(r"proofs\?old=(\d+)", page)[1])

    bundle = office.client("ben").get(f"/api/v1/me/access/proofs?old={size}").json

    origin, old_size, root = bundle["old"].splitlines()[:3]
    assert (int(old_size), base64.b64decode(root).hex()) == (size, groups(page))
    assert f">{origin}<" in page
    assert str(office.system.log.signer.verifier) in page


@pytest.mark.parametrize("week", ["2026-W47", "2027-W01"])
def test_a_week_that_is_not_over_has_no_fingerprint(office: Any, week: str) -> None:
    assert office.client("ben").get(f"/log/fingerprint?week={week}").status_code == 404


def test_a_week_before_the_log_began_has_none_and_says_so(office: Any) -> None:
    assert "The log had no entry yet" in text(office, "/log/fingerprint?week=2026-W30")


def test_a_kept_checkpoint_that_the_log_did_not_sign_is_never_printed(office: Any) -> None:
    note = office.system.log.checkpoint()
    with writing(office.system.stores.log) as connection:
        forged = note.replace(note.splitlines()[2], base64.b64encode(bytes(32)).decode())
        connection.execute(update(HeadRow).values(note=forged))
    office.clock.advance(days=7)

    sheet, centre = office.client("ben").get("/log/fingerprint"), office.client("ben").get("/trust")

    assert (sheet.status_code, centre.status_code) == (409, 409)
    assert "not signed by the log’s key" in sheet.text
    assert "tell your works council" in sheet.text
    assert groups(sheet.text) == groups(centre.text) == ""


def test_everything_that_somebody_can_look_at_is_led_to_from_one_place(office: Any) -> None:
    page = office.client("ben").get("/trust").text
    places = page.partition('id="h-yours"')[2].partition("</section>")[0]

    for address in (
        "/me/as-seen-by-manager",
        "/me/access",
        "/me/recorded",
        "/me/recorded#h-versions",
        "/me/sharing",
        "/me/threads",
        "/me/data",
    ):
        assert f'href="{address}"' in places
        assert office.client("ben").get(address.partition("#")[0]).status_code == 200
    assert 'id="h-versions"' in office.client("ben").get("/me/recorded").text
    assert page.count("<li><p><b>", page.index('class="steps six"'), page.index('id="h-promises"')) == 6
