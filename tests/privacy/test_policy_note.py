"""Two keys or no policy: a text counts only with every signature that was agreed on."""

import subprocess
import sys

import pytest
from policies import versioned

from privacy.capture_policy import PolicyBroken
from privacy.checkpoint import NoteBroken
from privacy.policy_note import NotSigned, PolicyKey, Signers, note_of, open_note, signed_by, text_of

EMPLOYER = PolicyKey("example-mutual/employer", bytes(range(32)))
COUNCIL = PolicyKey("example-mutual/council", bytes(range(32, 64)))
STRANGER = PolicyKey("example-mutual/council", bytes(32))
BOTH = Signers(str(EMPLOYER.verifier), str(COUNCIL.verifier))
ALONE = Signers(str(EMPLOYER.verifier))
TEXT = versioned("coaching", 2)


def test_a_policy_with_both_signatures_is_the_text_that_was_signed() -> None:
    note = note_of(TEXT, [EMPLOYER.sign(TEXT), COUNCIL.sign(TEXT)])

    policy = open_note(note, BOTH)

    assert (policy.text, policy.version) == (TEXT, 2)
    assert text_of(note) == TEXT


@pytest.mark.parametrize(
    ("lines", "missing"),
    [
        ([EMPLOYER.sign(TEXT)], "example-mutual/council"),
        ([COUNCIL.sign(TEXT)], "example-mutual/employer"),
        ([EMPLOYER.sign(TEXT), EMPLOYER.sign(TEXT)], "example-mutual/council"),
        ([EMPLOYER.sign(TEXT), STRANGER.sign(TEXT)], "example-mutual/council"),
        ([EMPLOYER.sign(TEXT), COUNCIL.sign(TEXT + "# more\n")], "signature by example-mutual/council is wrong"),
    ],
)
def test_without_every_signature_there_is_no_policy(lines: list[str], missing: str) -> None:
    with pytest.raises(NotSigned, match=missing):
        open_note(note_of(TEXT, lines), BOTH)


def test_one_changed_letter_of_the_text_breaks_every_signature() -> None:
    note = note_of(TEXT, [EMPLOYER.sign(TEXT), COUNCIL.sign(TEXT)])

    with pytest.raises(NotSigned, match="is wrong"):
        open_note(note.replace("months = 13", "months = 23"), BOTH)


def test_a_single_key_is_enough_only_where_it_was_agreed_on_and_says_so() -> None:
    note = note_of(TEXT, [EMPLOYER.sign(TEXT)])

    assert open_note(note, ALONE).version == 2
    assert (ALONE.single_key, BOTH.single_key) == (True, False)
    with pytest.raises(NotSigned):
        open_note(note, BOTH)


def test_a_signed_text_that_is_no_policy_is_refused() -> None:
    text = TEXT.replace("months", "moths")

    with pytest.raises(PolicyBroken, match=r"retention\.moths: is unknown; did you mean 'months'"):
        open_note(note_of(text, [EMPLOYER.sign(text), COUNCIL.sign(text)]), BOTH)


def test_one_who_signs_for_both_is_refused() -> None:
    with pytest.raises(NoteBroken, match="one of them signs alone"):
        Signers(str(EMPLOYER.verifier), str(EMPLOYER.verifier))
    with pytest.raises(NoteBroken, match="one of them signs alone"):
        Signers(str(COUNCIL.verifier), str(STRANGER.verifier))


def test_a_signature_line_tells_who_made_it() -> None:
    assert signed_by(TEXT, COUNCIL.sign(TEXT), BOTH) == str(COUNCIL.verifier)
    assert signed_by(TEXT, COUNCIL.sign(TEXT).rstrip("\n"), BOTH) == str(COUNCIL.verifier)
    assert signed_by(TEXT, STRANGER.sign(TEXT), BOTH) is None
    assert signed_by(TEXT, COUNCIL.sign(TEXT + "#\n"), BOTH) is None
    assert signed_by(TEXT, "no signature", BOTH) is None


def test_a_key_survives_being_written_down_and_nothing_else_is_taken_for_one() -> None:
    for key in (COUNCIL, *(PolicyKey("a/b", bytes([n]) * 32) for n in range(0xF0, 0x100))):  # some with plus signs
        assert str(PolicyKey.parse(f"{key}\n").verifier) == str(key.verifier)
    assert PolicyKey.new("a/b").sign(TEXT) != PolicyKey.new("a/b").sign(TEXT)
    for broken in ("", "PRIVATE+KEY+a+00000000+AAAA", str(COUNCIL.verifier), str(COUNCIL).replace("council", "x")):
        with pytest.raises(NoteBroken):
            PolicyKey.parse(broken)


def test_signing_and_checking_need_no_database() -> None:
    """The council signs, and a relay checks, on machines that have no portal."""
    modules = "privacy.policy_note, privacy.policy_diff, privacy.working_time, privacy.capture"
    code = f"import sys, {modules}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()

    assert not {"sqlalchemy", "flask", "numpy", "altair"} & set(loaded)
