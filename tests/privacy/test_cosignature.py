"""Cosignatures are those of C2SP tlog-cosignature: others' keys and lines are read, and Go accepts ours."""

import base64
import datetime as dt
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from witnessed import LOG, NAME, SEED, Tree, words

from privacy.checkpoint import NoteBroken, signature_line, split_note
from privacy.cosignature import CosignatureSigner, CosignatureVerifier, merge, signed_message

NOON = dt.datetime(2026, 11, 19, 12, 0, tzinfo=dt.UTC)
WITNESS = CosignatureSigner(NAME, SEED)
NOTE = Tree(*words(5)).note()
TEXT = split_note(NOTE)[0]
LINE = WITNESS.cosign(TEXT, NOON).line
# From the tests of github.com/transparency-dev/formats, and the example of C2SP tlog-cosignature.
PUBLISHED_KEY = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
PUBLISHED_LINE = (
    "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA=="
)
PUBLISHED_MESSAGE = b"""cosignature/v1
time 1679315147
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
"""


def test_a_published_witness_key_is_read_and_written_alike() -> None:
    assert str(CosignatureVerifier.parse(PUBLISHED_KEY)) == PUBLISHED_KEY


def test_the_published_message_is_the_one_that_is_signed() -> None:
    text = PUBLISHED_MESSAGE.decode().partition("\n")[2].partition("\n")[2]

    assert signed_message(text, 1679315147) == PUBLISHED_MESSAGE


def test_a_line_is_the_key_id_the_time_in_eight_bytes_and_the_signature() -> None:
    published, own = base64.b64decode(PUBLISHED_LINE), base64.b64decode(LINE.split(" ")[2])

    assert len(own) == len(published) == 4 + 8 + 64
    assert int.from_bytes(published[4:12], "big") == 1679315147
    assert own[:4] == WITNESS.verifier.key_id
    assert int.from_bytes(own[4:12], "big") == int(NOON.timestamp())


def test_a_cosigned_note_opens_with_the_log_s_key_and_with_the_witness_s() -> None:
    merged = merge(NOTE, LINE)

    assert LOG.verifier.open_checkpoint(merged).size == 5
    assert WITNESS.verifier.open(merged) == TEXT
    assert WITNESS.verifier.cosignature(merged).at == NOON
    assert merged.startswith(NOTE)


def test_merging_twice_changes_nothing_and_the_newest_line_of_a_witness_counts() -> None:
    later = WITNESS.cosign(TEXT, NOON + dt.timedelta(hours=1)).line

    merged = merge(merge(merge(NOTE, LINE), LINE), later)

    assert merged == NOTE + LINE + later
    assert WITNESS.verifier.cosignature(merged).line == later


@given(st.integers(0, len(LINE) - 1), st.characters(codec="utf-8"))
def test_a_line_with_one_changed_character_convinces_nobody(place: int, character: str) -> None:
    changed = LINE[:place] + character + LINE[place + 1 :]

    if changed != LINE:
        with pytest.raises(NoteBroken):
            WITNESS.verifier.cosignature(NOTE + changed)


@pytest.mark.parametrize(
    "line",
    [
        CosignatureSigner(NAME, bytes(32)).cosign(TEXT, NOON).line,
        CosignatureSigner("council.example/other", SEED).cosign(TEXT, NOON).line,
        WITNESS.cosign(Tree(*words(6)).note().rpartition("\n\n")[0] + "\n", NOON).line,
        NOTE.rpartition("\n\n")[2],
    ],
    ids=["another key", "another name", "another checkpoint", "no cosignature"],
)
def test_somebody_else_s_line_is_no_cosignature(line: str) -> None:
    with pytest.raises(NoteBroken):
        WITNESS.verifier.cosignature(NOTE + line)


def test_a_log_s_key_is_no_witness_s_and_the_other_way_round() -> None:
    with pytest.raises(NoteBroken, match="kind"):
        CosignatureVerifier.parse(str(LOG.verifier))
    with pytest.raises(NoteBroken, match="kind"):
        type(LOG.verifier).parse(str(WITNESS.verifier))


def test_a_signature_from_beyond_the_calendar_is_refused() -> None:
    late = b"\xff" * 8 + base64.b64decode(LINE.split(" ")[2])[12:]
    line = signature_line(WITNESS.verifier, late)

    with pytest.raises(NoteBroken):
        WITNESS.verifier.cosignature(NOTE + line)


GO_PATH = Path("/usr/share/gocode")


@pytest.fixture(scope="module")
def go_checker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checker of tests/go, which uses nothing of ours, only golang.org/x/mod/sumdb/note and crypto/ed25519."""
    if shutil.which("go") is None or not (GO_PATH / "src/golang.org/x/mod/sumdb").exists():
        pytest.skip("needs Debian's Go and x/mod: apt-get install golang-go golang-golang-x-mod-dev")
    program = tmp_path_factory.mktemp("go") / "check_cosignature"
    source = Path(__file__).parent.parent / "go" / "check_cosignature.go"
    environment = os.environ | {"GOPATH": str(GO_PATH), "GO111MODULE": "off", "GOFLAGS": ""}
    subprocess.run(["go", "build", "-o", program, source], env=environment, check=True)
    return program


def test_go_s_own_packages_accept_a_cosigned_note_and_nothing_else(go_checker: Path) -> None:
    keys = [str(LOG.verifier), str(WITNESS.verifier)]
    other = CosignatureSigner(NAME, bytes(32)).cosign(TEXT, NOON).line
    forged = CosignatureSigner(NAME, SEED).cosign(TEXT + "more\n", NOON).line

    def judged(note: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([go_checker, *keys], input=note, capture_output=True, text=True, check=False)

    assert judged(merge(NOTE, LINE)).stdout == f"co-signed by {NAME} at {int(NOON.timestamp())}\n"
    assert [judged(note).returncode for note in (NOTE, NOTE + other, NOTE + forged, LINE)] == [1, 1, 1, 1]
