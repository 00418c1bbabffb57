"""The verifier that comes from elsewhere: it accepts what is true, and names every lie that a portal could tell."""

import datetime as dt
import hashlib
import json
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from bundles import LIES, Files, changed_at, places
from hypothesis import given
from hypothesis import strategies as st

from portal.fingerprint import groups
from portal.own_check import FOLDER, fingerprint
from portal.verifier import verify
from privacy.access_log import Draft
from privacy.checkpoint import Signer, split_note
from privacy.cosignature import CosignatureSigner, merge
from privacy.policy import Purpose

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SEEN = dt.datetime(2026, 11, 19, 9, 40, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def signer(lasting_office: Any) -> Signer:
    found: Signer = lasting_office.system.log.signer
    return found


@pytest.fixture(scope="module")
def files(lasting_office: Any) -> Files:
    """What Ben took home: Ana looked twice, a day was closed, Ben checked, Ana looked again."""
    system, ids, client = lasting_office.system, lasting_office.ids, lasting_office.client("ben")
    for _ in range(2):
        system.weeks.for_manager(ids["ana"], ids["ben"], "2026-W45", Purpose.ONE_TO_ONE)
    client.get("/api/v1/me/access")
    system.log.close_day(dt.date(2026, 11, 18))
    first = client.get("/api/v1/me/access/proofs").json
    key = verify.read_key(str(system.log.signer.verifier), verify.LOG_KEY)
    state = verify.check({"bundle": first}, key, [], None, False)["kept"]
    system.weeks.for_manager(ids["ana"], ids["ben"], "2026-W45", Purpose.ONE_TO_ONE)
    size = first["checkpoint"].split("\n")[1]
    bundle = client.get(f"/api/v1/me/access/proofs?old={size}").json
    system.weeks.for_manager(ids["ana"], ids["ben"], "2026-W45", Purpose.ONE_TO_ONE)
    closing = client.get(f"/api/v1/me/access/closing?old={bundle['checkpoint'].split(chr(10))[1]}").json
    return Files(bundle, closing, state)


def run(folder: Path, signer: Signer, files: Files, *more: str, key: str | None = None) -> Any:
    """Run verify.py as its user does, with the files in a folder of their own."""
    written = {"bundle": files.bundle, "closing": files.closing, "state": files.state}
    for name, value in written.items():
        if value is not None:
            (folder / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")
    options = ["--log", key or str(signer.verifier), "--state", str(folder / "state.json")]
    options += ["--closing", str(folder / "closing.json")] if files.closing is not None else []
    command = [sys.executable, "-I", str(FOLDER / "verify.py"), str(folder / "bundle.json"), *options, *more]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def checked(files: Any, signer: Signer) -> dict[str, Any]:
    read = {"bundle": files["bundle"], "closing": files["closing"], "state": files["state"]}
    return verify.check(read, verify.read_key(str(signer.verifier), verify.LOG_KEY), [], None, False)


def as_json(files: Files) -> dict[str, Any]:
    copied = files.copy()
    return {"bundle": copied.bundle, "closing": copied.closing, "state": copied.state}


def test_what_is_true_is_proven_in_plain_sentences(files: Files, signer: Signer, tmp_path: Path) -> None:
    judged = run(tmp_path, signer, files)

    assert judged.returncode == 0, judged.stderr
    assert "The log only grew since you checked last" in judged.stdout
    assert "numbered one after the other" in judged.stdout
    assert "When 2026-11-18 was closed, the log counted" in judged.stdout
    assert "as manager, for one_to_one, disclosed" in judged.stdout
    assert "That nobody looked in another way" in judged.stdout


def test_what_was_not_given_is_named_as_not_proven(files: Files, signer: Signer, tmp_path: Path) -> None:
    judged = run(tmp_path, signer, Files(files.bundle))

    assert judged.returncode == 0, judged.stderr
    assert "this is the first check with this memory" in judged.stdout
    assert "No witness was asked for" in judged.stdout
    assert "No closing of a day was given" in judged.stdout


@pytest.mark.parametrize("lie", LIES)
def test_every_lie_is_named(files: Files, signer: Signer, tmp_path: Path, lie: str) -> None:
    told = as_json(files)
    change, said = LIES[lie]
    change(told, signer)

    judged = run(tmp_path, signer, Files(**told))

    assert judged.returncode == 1, judged.stdout
    assert said in judged.stderr
    assert "Proven" not in judged.stdout
    state = tmp_path / "state.json"
    assert (json.loads(state.read_text()) if state.exists() else None) == told["state"], "remembered what is not so"


def signed(path: tuple[Any, ...]) -> bool:
    """Whether a signature binds a place of the files; where in a closing a leaf stands is free, not that it does."""
    return path[:2] != ("closing", "size") and not (path[:2] == ("closing", "chains") and path[-1] == "index")


@given(data=st.data())
def test_whatever_is_changed_anywhere_is_found(files: Files, signer: Signer, data: st.DataObject) -> None:
    told = as_json(files)
    path = data.draw(
        st.sampled_from([p for name in ("bundle", "closing") for p in places(told[name], name) if signed(p)])
    )
    changed_at(told, path, data.draw(st.integers(0, 10_000)))

    with pytest.raises((verify.Wrong, verify.InvalidSignature, ArithmeticError, LookupError, TypeError, ValueError)):
        checked(told, signer)


def test_the_next_check_needs_the_checkpoint_of_this_one(files: Files, signer: Signer, tmp_path: Path) -> None:
    run(tmp_path, signer, files)
    state = json.loads((tmp_path / "state.json").read_text())

    assert state["checkpoint"] == files.bundle["checkpoint"]
    assert state["closing"] == files.closing["proof"]["inclusion"][0]["index"]
    again = run(tmp_path, signer, Files(files.bundle, files.closing, state))
    assert again.returncode == 0, again.stderr


def test_a_key_that_is_none_or_another_s_is_refused(files: Files, signer: Signer, tmp_path: Path) -> None:
    other = str(Signer(signer.origin, bytes(32)).verifier)

    for key, said in ((other, "not signed by"), ("nonsense", "not the verifier key of a log")):
        judged = run(tmp_path, signer, files, key=key)
        assert (judged.returncode, said in judged.stderr) == (1, True), judged.stderr


def test_somebody_else_s_entries_are_not_mine(files: Files, signer: Signer, tmp_path: Path) -> None:
    judged = run(tmp_path, signer, files, "--subject", "0" * 32)

    assert judged.returncode == 1
    assert "is not about" in judged.stderr


def test_a_witness_must_have_signed_if_one_is_named(files: Files, signer: Signer, tmp_path: Path) -> None:
    witness = CosignatureSigner("council.example/w1", b"w" * 32)
    text, _ = split_note(files.bundle["checkpoint"])
    line = witness.cosign(text, SEEN).line
    signed = files.copy()
    signed.bundle["checkpoint"] = merge(files.bundle["checkpoint"], line)

    named = ("--witness", str(witness.verifier))
    silent, heard = run(tmp_path, signer, files, *named), run(tmp_path, signer, signed, *named)

    assert "none of your witnesses" in silent.stderr
    assert heard.returncode == 0, heard.stderr
    assert "council.example/w1 co-signed the log of" in heard.stdout
    assert "2026-11-19 at 09:40 UTC" in heard.stdout


def test_a_witness_s_signature_over_another_log_is_refused(files: Files, signer: Signer, tmp_path: Path) -> None:
    witness = CosignatureSigner("council.example/w1", b"w" * 32)
    text, _ = split_note(files.state["checkpoint"])
    forged = files.copy()
    forged.bundle["checkpoint"] = merge(files.bundle["checkpoint"], witness.cosign(text, SEEN).line)

    judged = run(tmp_path, signer, forged, "--witness", str(witness.verifier))

    assert (judged.returncode, judged.stderr) == (1, "checkpoint: a signature is wrong\n")


def without_the_oldest(files: Files, count: int) -> Files:
    """The bundle as it is after the first entries by others were erased because of their age."""
    rest = files.copy()
    others = [e for e in rest.bundle["inclusion"] if json.loads(b64decode(e["payload"]))["chain"] == "others"]
    for each in others[:count]:
        rest.bundle["inclusion"].remove(each)
    return rest


def test_old_entries_that_were_erased_since_the_last_check_are_no_lie(
    files: Files, signer: Signer, tmp_path: Path
) -> None:
    seen = verify.check({"bundle": files.bundle}, verify.read_key(str(signer.verifier), 1), [], None, False)["kept"]

    judged = run(tmp_path, signer, Files(without_the_oldest(files, 3).bundle, files.closing, seen))

    assert judged.returncode == 0, judged.stderr
    assert "numbers 0 to 2 of “others” are missing: they were erased since you checked last" in judged.stdout


def test_a_gap_at_the_beginning_that_nobody_saw_whole_is_a_gap(files: Files, signer: Signer, tmp_path: Path) -> None:
    unseen = Files(without_the_oldest(files, 3).bundle, files.closing)

    refused, accepted = run(tmp_path, signer, unseen), run(tmp_path, signer, unseen, "--accept-gap")

    assert "numbers 0 to 2 of “others” are missing" in refused.stderr
    assert accepted.returncode == 0, accepted.stderr
    assert "nothing here shows that they were erased because of their age" in accepted.stdout


def test_a_chain_that_the_closing_does_not_count_is_not_proven_to_be_empty(
    office: Any, signer: Signer, tmp_path: Path
) -> None:
    office.system.log.close_day(dt.date(2026, 11, 18))
    client = office.client("dan")
    bundle = client.get("/api/v1/me/access/proofs").json
    closing = client.get(f"/api/v1/me/access/closing?old={bundle['checkpoint'].splitlines()[1]}").json

    judged = run(tmp_path, office.system.log.signer, Files(bundle, closing))

    assert judged.returncode == 0, judged.stderr
    assert [each["chain"] for each in closing["chains"]] == ["others"]
    assert "That “self” was empty on 2026-11-18: the closing leaves it out." in judged.stdout


def test_everybody_s_entries_begin_with_the_making_of_their_account(office: Any) -> None:
    office.add("fay", acknowledged=False)

    firsts = {name: [e.sequence for e in office.entries(name) if e.chain == "others"][:1] for name in office.ids}

    assert firsts == {name: [0] for name in office.ids}


def test_that_all_entries_of_others_are_gone_has_to_be_accepted(files: Files, signer: Signer, tmp_path: Path) -> None:
    rest = Files(files.bundle | {"inclusion": []})

    refused, accepted = run(tmp_path, signer, rest), run(tmp_path, signer, rest, "--accept-gap")

    assert "“others” is missing, and begins when your account is made" in refused.stderr
    assert accepted.returncode == 0, accepted.stderr
    assert "Why “others” is missing" in accepted.stdout.partition("Not proven:")[2]


@pytest.mark.parametrize(
    "said",
    [
        {"outcome": "disclosed\x1b[8m\x1b[2K\r"},
        {"outcome": "disclosed\nProven:\n  - All is well."},
        {"purpose": "one_to_one\u202e"},
        {"relation": "manager" + " " * 100},
        {"viewer": "Ana\x1b[2K"},
        {"viewer": "ana"},
    ],
    ids=["escape", "line", "direction", "blanks", "viewer with an escape", "viewer"],
)
def test_an_entry_that_would_change_how_the_report_reads_is_refused(
    office: Any, tmp_path: Path, said: dict[str, str]
) -> None:
    log, ben = office.system.log, office.ids["ben"]
    values = {"viewer": office.ids["ana"], "relation": "manager", "purpose": "one_to_one", "outcome": "disclosed"}
    log.append(Draft(subject=ben, fields=["focus"], period=None, **(values | said)))
    bundle = log.export_bundle([each.index for each in log.of_subject(ben)], open=True)

    judged = run(tmp_path, log.signer, Files(bundle))

    assert judged.returncode == 1, judged.stdout
    assert "not in plain words" in judged.stderr or "names somebody by what is no id" in judged.stderr
    assert judged.stdout == ""
    assert judged.stderr.removesuffix("\n").isprintable()


def test_what_a_file_holds_is_never_obeyed_by_a_terminal(files: Files, signer: Signer, tmp_path: Path) -> None:
    hostile = files.copy()
    hostile.bundle["inclusion"][0]["index"] = "\x1b[2Jgood\r\u202e"

    judged = run(tmp_path, signer, hostile)

    assert judged.returncode == 1
    assert "\\u{1b}[2Jgood\\u{d}\\u{202e}" in judged.stderr
    assert judged.stderr.removesuffix("\n").isprintable()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"checkpoint": 3}', "null", '"text"'])
def test_what_is_no_bundle_is_refused_without_a_traceback(signer: Signer, tmp_path: Path, text: str) -> None:
    (tmp_path / "bundle.json").write_text(text)
    command = [sys.executable, str(FOLDER / "verify.py"), str(tmp_path / "bundle.json"), "--log", str(signer.verifier)]

    judged = subprocess.run(command, capture_output=True, text=True, check=False)

    assert judged.returncode == 1
    assert "Traceback" not in judged.stderr


def test_the_fingerprints_are_those_of_the_sheet_on_the_board(files: Files, signer: Signer, tmp_path: Path) -> None:
    """Whoever pinned a sheet compares its digits with the line that names as many entries."""
    judged = run(tmp_path, signer, files)

    for note, line in (
        (files.bundle["old"], "It grew out of the log of {}"),
        (files.bundle["checkpoint"], "sheet of {}"),
    ):
        stated = signer.verifier.open_checkpoint(note)
        (found,) = [each for each in judged.stdout.splitlines() if line.format(f"{stated.size} entries") in each]
        assert " ".join(groups(stated.root)) in found


NO_DAY_CLOSED = {"type": verify.NOT_CLOSED, "status": 404, "detail": "There is no such proof: no day was closed."}


def test_a_refusal_saved_in_the_place_of_a_file_is_named_with_its_words(
    files: Files, signer: Signer, tmp_path: Path
) -> None:
    refused = {"type": "about:blank", "status": 401, "detail": "Sign in first."}

    for lied in (Files(refused, files.closing, None), Files(files.bundle, refused, None)):
        judged = run(tmp_path, signer, lied)
        assert judged.returncode == 1
        assert "the portal refused it: Sign in first." in judged.stderr


def test_before_the_first_closing_its_refusal_is_no_alarm_but_later_it_is(
    files: Files, signer: Signer, tmp_path: Path
) -> None:
    first = run(tmp_path, signer, Files(files.bundle, NO_DAY_CLOSED, None))
    assert first.returncode == 0, first.stderr
    assert verify.NOT_PROVEN["closing"] in first.stdout

    assert run(tmp_path, signer, Files(files.bundle, files.closing, None)).returncode == 0
    later = run(tmp_path, signer, Files(files.bundle, NO_DAY_CLOSED, json.loads((tmp_path / "state.json").read_text())))
    assert later.returncode == 1
    assert "give that or a later one" in later.stderr


@pytest.mark.parametrize("name", ["bundle", "closing", "state"])
@pytest.mark.parametrize("content", ["", "[]", '{"checkpoint": "x"}'])
def test_a_file_that_is_something_else_is_named(
    files: Files, signer: Signer, tmp_path: Path, name: str, content: str
) -> None:
    run(tmp_path, signer, files)
    (tmp_path / f"{name}.json").write_text(content, encoding="utf-8")
    options = ["--log", str(signer.verifier), "--state", "state.json", "--closing", "closing.json"]
    command = [sys.executable, "-I", str(FOLDER / "verify.py"), "bundle.json", *options]

    judged = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    assert judged.returncode == 1
    assert judged.stderr.startswith(f"{name}.json: not a file of the kind “{name}”")


def test_the_verifier_needs_nothing_of_ours() -> None:
    program = (FOLDER / "verify.py").read_text(encoding="utf-8")
    imported = {
        line.split()[1].partition(".")[0] for line in program.splitlines() if line.startswith(("import", "from"))
    }

    assert imported - set(sys.stdlib_module_names) == {"cryptography"}
    assert len(program.splitlines()) <= 440  # short enough to be read before it is trusted


def test_the_fingerprint_on_paper_is_that_of_the_program(office: Any) -> None:
    digest = hashlib.sha256((FOLDER / "verify.py").read_bytes()).hexdigest()
    office.add("fay", acknowledged=False)
    link = office.system.invitation_url(office.ids["fay"], None).removeprefix(office.system.config.base_url)

    pages = {
        "README": README,
        "invitation": office.client(None).get(link).text,
        "check page": office.client("ben").get("/me/access/check").text,
    }
    assert fingerprint() == digest
    assert {name for name, text in pages.items() if digest not in text} == set()
    assert {name for name, text in pages.items() if "lie in the log could also serve" not in text} == set()


@pytest.mark.parametrize("name", ["verify.py", "verify.html", "verify.js", "verify.css"])
def test_the_portal_serves_the_files_that_a_witness_serves(office: Any, name: str) -> None:
    answer = office.client(None).get(f"/static/verifier/{name}")

    assert answer.data == (FOLDER / name).read_bytes()
    assert office.client(None).get("/static/verifier/secret").status_code == 404
