"""The witness follows C2SP tlog-witness to the letter: one row for each rule, and no way to two histories."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import Clock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from witnessed import LOG, NAME, ORIGIN, SEED, Tree, words

from privacy import witness_store
from privacy.checkpoint import Signer, signature_line
from privacy.cosignature import CosignatureSigner, merge
from privacy.witness import SIZE, TEXT, Answer, Witness
from privacy.witness_store import FORKED, NEVER, UNPROVED, WitnessStore

KNOWN = Tree(*words(5))
GROWN = Tree(*words(12))
FORKED_AT_THREE = Tree(*words(3), *words(12, 3, "other"))
SAME_SIZE = Tree(*words(3), *words(5, 3, "other"))
STRANGER = Signer("sameview/other-0123abcd", bytes(32))
IMPOSTOR = Signer(ORIGIN, bytes(32))
NO_LOG = Signer(ORIGIN, bytes(range(32))).sign(2**63, bytes(32))


def open_witness(folder: Path, clock: Clock | None = None) -> Witness:
    return Witness(WitnessStore(folder / "witness.db"), CosignatureSigner(NAME, SEED), [LOG.verifier], clock or Clock())


@pytest.fixture
def witness(tmp_path: Path, clock: Clock) -> Iterator[Witness]:
    """A witness that has co-signed five entries."""
    found = open_witness(tmp_path, clock)
    assert found.add_checkpoint(KNOWN.request(0)).status == 200
    yield found
    found.store.close()


def refused_without_a_change(witness: Witness, body: bytes) -> Answer:
    before = witness.store.latest(ORIGIN)
    answer = witness.add_checkpoint(body)
    assert answer.status == 200 or witness.store.latest(ORIGIN) == before
    return answer


RULES = [
    pytest.param(GROWN.request(5), 200, id="it grew"),
    pytest.param(KNOWN.request(5), 200, id="the same again"),
    pytest.param(b"", 400, id="nothing"),
    pytest.param(b"\xff\n\n", 400, id="not UTF-8"),
    pytest.param(GROWN.request(5).replace(b"old 5", b"old 05"), 400, id="a leading zero"),
    pytest.param(GROWN.request(5).replace(b"old 5", b"new 5"), 400, id="no old size"),
    pytest.param(GROWN.request(5).replace(b"\n\n", b"\n", 1), 400, id="no blank line"),
    pytest.param(GROWN.request(5).replace(b"\n\n", b"\n!\n\n", 1), 400, id="a proof that is no base64"),
    pytest.param(GROWN.request(5, [bytes(32)] * 64), 400, id="64 proof lines"),
    pytest.param(GROWN.request(5).replace(b"\n12\n", b"\n012\n"), 400, id="a malformed checkpoint"),
    pytest.param(GROWN.request(5)[:-1], 400, id="no newline at the end"),
    pytest.param(GROWN.request(5, note=NO_LOG), 400, id="larger than any log"),
    pytest.param(KNOWN.request(5, note=Tree(*words(4)).note()), 400, id="old size above the checkpoint's"),
    pytest.param(GROWN.request(5, note=GROWN.note(STRANGER)), 404, id="unknown origin"),
    pytest.param(GROWN.request(5, note=GROWN.note(IMPOSTOR)), 403, id="another key"),
    pytest.param(GROWN.request(5).replace(b"\n12\n", b"\n13\n"), 403, id="a signature over something else"),
    pytest.param(GROWN.request(0), 409, id="nothing known before"),
    pytest.param(GROWN.request(3), 409, id="a stale size"),
    pytest.param(GROWN.request(7), 409, id="a size that it never saw"),
    pytest.param(KNOWN.request(3), 409, id="a stale size, nothing new"),
    pytest.param(SAME_SIZE.request(5, []), 409, id="the same size, another root"),
    pytest.param(FORKED_AT_THREE.request(5), 422, id="another history"),
    pytest.param(GROWN.request(5, GROWN.growth(5)[:-1]), 422, id="a proof that is too short"),
    pytest.param(GROWN.request(5, [*GROWN.growth(5), bytes(32)]), 422, id="a proof that is too long"),
    pytest.param(GROWN.request(5, []), 422, id="no proof"),
    pytest.param(GROWN.request(5, [bytes(31)] * 4), 422, id="a hash of 31 bytes"),
    pytest.param(KNOWN.request(5, [bytes(32)]), 422, id="a proof where none is due"),
]


@pytest.mark.parametrize(("body", "status"), RULES)
def test_each_rule_of_the_protocol(witness: Witness, body: bytes, status: int) -> None:
    answer = refused_without_a_change(witness, body)

    assert answer.status == status
    assert answer.content_type == (SIZE if status == 409 else TEXT)
    if status == 409:
        assert answer.body == "5\n"


def test_a_proof_from_nothing_must_be_empty(tmp_path: Path) -> None:
    assert open_witness(tmp_path).add_checkpoint(KNOWN.request(0, [bytes(32)])).status == 422


def test_an_empty_log_is_co_signed_and_one_with_entries_that_claims_to_be_empty_is_not(tmp_path: Path) -> None:
    witness = open_witness(tmp_path)

    assert witness.add_checkpoint(Tree().request(0)).status == 200
    assert witness.add_checkpoint(Tree().request(0, note=LOG.sign(0, bytes(32)))).status == 409
    assert witness.add_checkpoint(KNOWN.request(0)).status == 200


def test_the_answer_is_this_witness_s_line_over_the_checkpoint_at_this_time(witness: Witness, clock: Clock) -> None:
    clock.advance(minutes=10)

    answer = witness.add_checkpoint(GROWN.request(5))

    found = witness.signer.verifier.cosignature(merge(GROWN.note(), answer.body))
    assert (found.at, found.line) == (clock.now.replace(microsecond=0), answer.body)


def test_others_signatures_are_ignored_and_not_kept(witness: Witness) -> None:
    beside = STRANGER.sign(12, GROWN.root).rpartition("\n\n")[2]

    assert witness.add_checkpoint(GROWN.request(5, note=GROWN.note() + beside)).status == 200
    assert witness.store.latest(ORIGIN).note == GROWN.note()


def test_the_extension_lines_that_were_co_signed_are_the_ones_that_are_kept(witness: Witness) -> None:
    text = KNOWN.note().partition("\n\n")[0] + "\nextension\n"
    extended = f"{text}\n{signature_line(LOG.verifier, LOG._key.sign(text.encode()))}"

    answer = witness.add_checkpoint(KNOWN.request(5, note=extended))

    kept = witness.store.latest(ORIGIN)
    assert witness.signer.verifier.open(merge(kept.note, kept.cosignature)) == text
    assert answer.body == kept.cosignature


def test_a_fork_is_kept_with_both_signed_notes(witness: Witness) -> None:
    witness.add_checkpoint(SAME_SIZE.request(5, []))
    witness.add_checkpoint(SAME_SIZE.request(5, []))

    (evidence,) = witness.store.evidence(ORIGIN)
    known, refused = (LOG.verifier.open_checkpoint(note) for note in (evidence.known, evidence.note))
    assert evidence.kind == FORKED
    assert known.size == refused.size == 5
    assert known.root != refused.root


def test_a_fork_at_an_earlier_size_convicts_too(witness: Witness) -> None:
    witness.add_checkpoint(GROWN.request(5))

    answer = witness.add_checkpoint(SAME_SIZE.request(0, []))

    assert (answer.status, answer.body) == (409, "12\n")
    assert [each.kind for each in witness.store.evidence(ORIGIN)] == [FORKED]


def test_a_checkpoint_without_its_proof_is_kept_but_called_no_fork(witness: Witness) -> None:
    witness.add_checkpoint(GROWN.request(5, []))

    assert [each.kind for each in witness.store.evidence(ORIGIN)] == [UNPROVED]


def test_what_the_log_did_not_sign_is_never_evidence(witness: Witness) -> None:
    for note in (SAME_SIZE.note(IMPOSTOR), SAME_SIZE.note(STRANGER)):
        witness.add_checkpoint(SAME_SIZE.request(5, [], note))

    assert witness.store.evidence(ORIGIN) == []


def test_what_is_co_signed_already_is_never_evidence_however_it_is_sent(witness: Witness) -> None:
    assert witness.add_checkpoint(KNOWN.request(5, [bytes(32)])).status == 422

    assert witness.store.evidence(ORIGIN) == []


def test_the_first_checkpoint_of_a_log_is_no_evidence_with_a_proof_that_it_does_not_need(tmp_path: Path) -> None:
    witness = open_witness(tmp_path)

    assert witness.add_checkpoint(KNOWN.request(0, [bytes(32)])).status == 422

    assert witness.store.evidence(ORIGIN) == []


def test_a_proof_that_comes_later_takes_the_evidence_away(witness: Witness) -> None:
    witness.add_checkpoint(GROWN.request(5, []))

    assert witness.add_checkpoint(GROWN.request(5)).status == 200

    assert witness.store.evidence(ORIGIN) == []


def test_an_unproved_tree_is_a_fork_from_when_another_of_its_size_is_co_signed(witness: Witness) -> None:
    witness.add_checkpoint(FORKED_AT_THREE.request(5, []))

    assert witness.add_checkpoint(GROWN.request(5)).status == 200

    (evidence,) = witness.store.evidence(ORIGIN)
    assert evidence.kind == FORKED
    assert (evidence.known, evidence.note) == (GROWN.note(), FORKED_AT_THREE.note())


def test_an_unproved_tree_that_was_passed_by_stays_as_it_was(witness: Witness) -> None:
    witness.add_checkpoint(Tree(*words(9)).request(5, []))

    assert witness.add_checkpoint(GROWN.request(5)).status == 200

    assert [each.kind for each in witness.store.evidence(ORIGIN)] == [UNPROVED]


def test_evidence_never_fills_the_disk(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_store, "_EVIDENCE_KEPT", {FORKED: 3, UNPROVED: 2})

    for number in range(5):
        witness.add_checkpoint(KNOWN.request(5, [], LOG.sign(5, bytes([number]) * 32)))
        witness.add_checkpoint(GROWN.request(5, [], LOG.sign(12, bytes([number]) * 32)))

    kinds = [each.kind for each in witness.store.evidence(ORIGIN)]
    assert (kinds.count(FORKED), kinds.count(UNPROVED)) == (3, 2)


def test_what_does_not_convict_never_crowds_out_what_does(witness: Witness) -> None:
    for number in range(witness_store._EVIDENCE_KEPT[UNPROVED] + 1):
        witness.add_checkpoint(GROWN.request(5, [], LOG.sign(12, number.to_bytes(32, "big"))))

    witness.add_checkpoint(SAME_SIZE.request(5, []))

    assert FORKED in [each.kind for each in witness.store.evidence(ORIGIN)]


def test_a_witness_that_was_started_again_knows_what_it_co_signed(witness: Witness, tmp_path: Path) -> None:
    witness.add_checkpoint(SAME_SIZE.request(5, []))
    witness.store.close()

    again = open_witness(tmp_path)

    assert again.store.latest(ORIGIN).size == 5
    assert again.add_checkpoint(GROWN.request(0)).body == "5\n"
    assert len(again.store.evidence(ORIGIN)) == 1


def consistent(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    shorter, longer = sorted((a, b), key=len)
    return longer[: len(shorter)] == shorter


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["honest", "left", "right"]), st.integers(0, 6), st.sampled_from(["known", "own", "claimed"])
    ),
    max_size=25,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_no_order_of_growth_and_forks_leads_to_two_histories(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int, str]]
) -> None:
    witness = open_witness(tmp_path_factory.mktemp("witness"))
    histories: dict[str, tuple[str, ...]] = {"honest": (), "left": (), "right": ()}
    cosigned: list[tuple[str, ...]] = []
    for branch, more, asked in steps:
        base = histories["honest"] if branch != "honest" and not histories[branch] else histories[branch]
        histories[branch] = base + tuple(f"{branch} {len(base) + n}" for n in range(more))
        tree, known = Tree(*histories[branch]), witness.store.latest(ORIGIN).size
        old = min({"known": known, "own": tree.size, "claimed": known}[asked], tree.size)
        proof = tree.growth(old) if asked != "claimed" else []
        if witness.add_checkpoint(tree.request(old, proof)).status == 200:
            cosigned.append(tree.words)
    witness.store.close()

    assert all(consistent(a, b) for a in cosigned for b in cosigned)
    assert [len(each) for each in cosigned] == sorted(len(each) for each in cosigned)


def test_of_two_forks_at_once_one_is_co_signed_and_the_other_is_not(tmp_path: Path) -> None:
    witness = open_witness(tmp_path)
    forks = [Tree(f"fork {n}", *words(4)) for n in range(16)]

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda tree: witness.add_checkpoint(tree.request(0)), forks))

    assert sorted(each.status for each in answers) == [200] + [409] * 15


def test_a_smaller_checkpoint_never_follows_a_larger_one(tmp_path: Path) -> None:
    witness = open_witness(tmp_path)
    trees = [Tree(*words(size)) for size in range(1, 17)]

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda tree: (tree.size, witness.add_checkpoint(tree.request(0))), trees))

    (size,) = [size for size, answer in answers if answer.status == 200]
    assert witness.store.latest(ORIGIN).size == size


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = [sys.argv[2], str(Path(sys.argv[2]) / "tests")]
from witnessed import LOG, NAME, SEED
from conftest import Clock
from privacy.cosignature import CosignatureSigner
from privacy.witness import Witness
from privacy.witness_store import Deciding, WitnessStore

def dying(function):
    def wrapped(*args):
        found = function(*args)
        os.kill(os.getpid(), signal.SIGKILL)
        return found
    return wrapped

if sys.argv[3] == "before the commit":
    Deciding.record = dying(Deciding.record)
else:
    Witness.add_checkpoint = dying(Witness.add_checkpoint)
witness = Witness(WitnessStore(Path(sys.argv[1])), CosignatureSigner(NAME, SEED), [LOG.verifier], Clock())
witness.add_checkpoint(sys.stdin.buffer.read())
"""


@pytest.mark.parametrize(("killed", "known"), [("before the commit", 0), ("before the answer", 5)])
def test_a_witness_killed_while_it_decides_never_forgets_what_it_may_have_answered(
    tmp_path: Path, killed: str, known: int
) -> None:
    root = str(Path(__file__).resolve().parent.parent.parent)
    command = [sys.executable, "-c", KILLED, str(tmp_path / "witness.db"), root, killed]

    ended = subprocess.run(command, input=KNOWN.request(0), check=False, env=dict(os.environ))

    witness = open_witness(tmp_path)
    assert ended.returncode == -signal.SIGKILL
    assert witness.store.latest(ORIGIN).size == known
    assert witness.add_checkpoint(SAME_SIZE.request(known, [])).status == (200 if known == 0 else 409)


def test_a_witness_that_cannot_write_co_signs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    witness = open_witness(tmp_path)

    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(witness_store.Deciding, "record", full)

    with pytest.raises(OSError, match="no space"):
        witness.add_checkpoint(KNOWN.request(0))
    assert witness.store.latest(ORIGIN) == NEVER
