"""A proof bundle convinces those who do not trust the portal: implementations that are not ours accept it."""

import json
import os
import shutil
import subprocess
import sys
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

import pytest
from cast import BEN
from conftest import Clock
from log_book import look, open_log, own, told

from privacy.access_log import AccessLog
from privacy.bundle import check_bundle
from privacy.checkpoint import NoteBroken, Signer
from privacy.merkle import ProofBroken
from privacy.stores import Stores

GO_PATH = Path("/usr/share/gocode")
GO_MISSING = "needs Debian's Go and x/mod: apt-get install golang-go golang-golang-x-mod-dev"


@pytest.fixture
def log(stores: Stores, tmp_path: Path, clock: Clock) -> AccessLog:
    log = open_log(stores, tmp_path, clock)
    log.append_many([look(), told(), own(), look(outcome="refused"), look(), told()] * 3)
    return log


def test_a_bundle_has_the_pinned_format(log: AccessLog) -> None:
    bundle = log.export_bundle([2], old_size=5)

    assert list(bundle) == ["checkpoint", "old", "consistency", "inclusion"]
    assert list(bundle["inclusion"][0]) == ["index", "leaf", "hashes", "salt", "payload"]
    assert json.loads(json.dumps(bundle)) == bundle
    assert b64decode(bundle["inclusion"][0]["leaf"]).startswith(b"sameview/audit-leaf/v1\0")
    assert bundle["checkpoint"] == log.checkpoint()


def test_a_bundle_from_the_command_line_holds_no_payload(log: AccessLog) -> None:
    bundle = log.export_bundle(range(log.size))

    assert {(each["salt"], each["payload"]) for each in bundle["inclusion"]} == {(None, None)}
    assert BEN not in str(bundle)


def test_a_personal_bundle_holds_what_was_committed_to(log: AccessLog) -> None:
    bundle = log.export_bundle([e.index for e in log.of_subject(BEN)], open=True)

    check_bundle(bundle, log.signer.verifier)
    payloads = [json.loads(b64decode(each["payload"])) for each in bundle["inclusion"]]
    assert {payload["subject"] for payload in payloads} == {BEN}


def test_the_old_checkpoint_is_the_very_note_that_somebody_kept(log: AccessLog) -> None:
    kept, size = log.checkpoint(), log.size
    log.append_many([look(), own(session="later")])

    bundle = log.export_bundle([], old_size=size)

    assert bundle["old"] == kept
    assert check_bundle(bundle, log.signer.verifier).size == size + 2


def test_every_bundle_checks_out(log: AccessLog) -> None:
    for old in [None, *range(1, log.size + 1)]:
        assert check_bundle(log.export_bundle(range(log.size), old), log.signer.verifier).size == log.size


@pytest.mark.parametrize(("indices", "old", "error"), [([99], None, LookupError), ([], 99, ValueError)])
def test_what_the_log_never_had_is_not_proved(
    log: AccessLog, indices: list[int], old: int | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        log.export_bundle(indices, old)


def test_nothing_is_proved_from_an_empty_log(stores: Stores, tmp_path: Path, clock: Clock) -> None:
    with pytest.raises(LookupError, match="empty"):
        open_log(stores, tmp_path, clock).export_bundle([0])


def flipped(text: str) -> str:
    decoded = bytearray(b64decode(text))
    decoded[-1] ^= 1
    return b64encode(decoded).decode()


def forgeries(bundle: dict[str, Any], other: Signer) -> list[dict[str, Any]]:
    """Return bundles that each differ in one place."""
    (entry,) = bundle["inclusion"]
    entries = [
        entry | {"index": entry["index"] + 1},
        entry | {"leaf": flipped(entry["leaf"])},
        entry | {"salt": flipped(entry["salt"])},
        entry | {"payload": flipped(entry["payload"])},
        entry | {"hashes": entry["hashes"][:-1]},
        *(entry | {"hashes": [*h[:i], flipped(h[i]), *h[i + 1 :]]} for h in [entry["hashes"]] for i in range(len(h))),
    ]
    proof = bundle["consistency"]
    return [
        *(bundle | {"inclusion": [each]} for each in entries),
        *(bundle | {"consistency": [*proof[:i], flipped(proof[i]), *proof[i + 1 :]]} for i in range(len(proof))),
        bundle | {"consistency": []},
        bundle | {"old": bundle["checkpoint"]},
        bundle | {"checkpoint": bundle["checkpoint"].replace("\n16\n", "\n17\n")},
        bundle | {"checkpoint": other.sign(16, bytes(32))},
    ]


def test_a_bundle_that_differs_anywhere_is_refused(log: AccessLog) -> None:
    bundle = log.export_bundle([3], old_size=7, open=True)

    for forged in forgeries(bundle, Signer(log.signer.origin, bytes(32))):
        with pytest.raises((ProofBroken, NoteBroken)):
            check_bundle(forged, log.signer.verifier)


@pytest.fixture(scope="module")
def go_checker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checker of tests/go, which uses nothing of ours, only golang.org/x/mod/sumdb."""
    if shutil.which("go") is None or not (GO_PATH / "src/golang.org/x/mod/sumdb").exists():
        pytest.skip(GO_MISSING)
    program = tmp_path_factory.mktemp("go") / "check_bundle"
    source = Path(__file__).parent.parent / "go" / "check_bundle.go"
    environment = os.environ | {"GOPATH": str(GO_PATH), "GO111MODULE": "off", "GOFLAGS": ""}
    subprocess.run(["go", "build", "-o", program, source], env=environment, check=True)
    return program


def judged_by_go(program: Path, log: AccessLog, bundle: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    command = [program, str(log.signer.verifier)]
    return subprocess.run(command, input=json.dumps(bundle), capture_output=True, text=True, check=False)


def test_go_s_own_packages_accept_a_bundle(go_checker: Path, log: AccessLog) -> None:
    for bundle in (
        log.export_bundle(range(log.size), old_size=7),
        log.export_bundle([e.index for e in log.of_subject(BEN)], old_size=log.size, open=True),
        log.export_bundle([0]),
    ):
        judged = judged_by_go(go_checker, log, bundle)

        assert judged.stdout == f"{len(bundle['inclusion'])} entries proved in a tree of 16\n", judged.stderr


def test_go_s_own_packages_refuse_a_bundle_that_differs_anywhere(go_checker: Path, log: AccessLog) -> None:
    bundle = log.export_bundle([3], old_size=7, open=True)

    for forged in forgeries(bundle, Signer(log.signer.origin, bytes(32))):
        assert judged_by_go(go_checker, log, forged).returncode != 0


VERIFY = Path(__file__).parent.parent.parent / "portal" / "verifier" / "verify.py"


def judged_by_verify(folder: Path, log: AccessLog, bundle: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    (folder / "bundle.json").write_text(json.dumps(bundle), encoding="utf-8")
    command = [sys.executable, VERIFY, folder / "bundle.json", "--log", str(log.signer.verifier)]
    if all(each["payload"] is None for each in bundle["inclusion"]):
        command.append("--accept-gap")  # made at the command line, it cannot show that nobody's entries are missing
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_verify_py_and_go_agree_about_every_bundle(go_checker: Path, log: AccessLog, tmp_path: Path) -> None:
    own = [e.index for e in log.of_subject(BEN)]
    first = log.export_bundle([0], old_size=7, open=True)
    true = [
        first,
        log.export_bundle(own, open=True),
        log.export_bundle(range(log.size)),
        *(log.export_bundle(own, old, open=True) for old in range(1, log.size + 1)),
    ]
    false = forgeries(first, Signer(log.signer.origin, bytes(32)))

    for bundles, accepted in ((true, True), (false, False)):
        for bundle in bundles:
            verdicts = judged_by_go(go_checker, log, bundle), judged_by_verify(tmp_path, log, bundle)
            assert [each.returncode == 0 for each in verdicts] == [accepted] * 2, [each.stderr for each in verdicts]
