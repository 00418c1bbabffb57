"""The escrow: it opens with its key or enough of its shares, and nothing in it can be moved, left out or exchanged."""

import base64
import datetime as dt
import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cast import BEN, DAN
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from privacy import escrow, escrow_key
from privacy.escrow import Place, RecoveredKeys
from privacy.escrow_key import EscrowRefused, Share, combine, read_share
from privacy.fields import KeyClass
from privacy.file_keys import FileKeyProvider
from privacy.keys import KeyGone, KeyRing
from privacy.stores import Stores
from tests.privacy.key_life import MONTHS

ORIGIN = "sameview/example-2118debb"
DAY = dt.date(2026, 11, 19)
KEKS: dict[Place, bytes] = {
    (KeyClass.SHARED, 1): b"a" * 32,
    (KeyClass.SHARED, 2): b"b" * 32,
    (KeyClass.AUDIT, 7): b"c" * 32,
}


def made(threshold: int = 1, count: int = 1) -> tuple[escrow.Escrow, list[Share]]:
    public, shares = escrow_key.make(threshold, count)
    return escrow.seal(ORIGIN, DAY, public, KEKS), shares


def test_an_escrow_opens_with_its_key_after_a_walk_through_a_file_and_a_paper() -> None:
    sealed, (whole,) = made()
    paper = f"Escrow key of {ORIGIN}\n\n{whole.printed()}\n"

    read = escrow.read(sealed.encoded(), "escrow.json")

    assert read == sealed
    assert read.places == frozenset(KEKS)
    assert escrow.unseal(read, ORIGIN, combine([read_share(paper, "paper")])) == KEKS
    assert not any(kek in sealed.encoded() for kek in KEKS.values())


def test_any_two_of_three_shares_open_it_and_one_does_not() -> None:
    sealed, shares = made(2, 3)

    for pair in itertools.combinations(shares, 2):
        assert escrow.unseal(sealed, ORIGIN, combine(pair)) == KEKS
    for share in shares:
        with pytest.raises(EscrowRefused, match="2 different shares are needed, 1 given"):
            combine([share, share])


@given(secret=st.binary(min_size=32, max_size=32), number=st.integers(1, 255), threshold=st.integers(1, 255))
def test_a_share_that_was_printed_and_typed_in_is_the_same(secret: bytes, number: int, threshold: int) -> None:
    share = Share(threshold, number, b"12345678", secret)
    lines = share.printed().lower().splitlines()

    typed = "\n".join(line.replace("o", "0").replace("i", "1") for line in reversed(lines))

    assert read_share(typed, "paper") == share


def test_every_slip_of_the_pen_is_found() -> None:
    _, shares = made(2, 2)
    printed = shares[0].printed()

    for position, letter in enumerate(printed):
        if letter.isalnum() and printed[position + 1 : position + 2] != ":":
            other = "A" if letter != "A" else "B"
            slipped = printed[:position] + other + printed[position + 1 :]
            with pytest.raises(EscrowRefused, match="paper"):
                combine([read_share(slipped, "paper"), shares[1]])


@pytest.mark.parametrize("text", ["", "no share at all", "1: AAAAA", "1: AEBAC\n2: !!", "\x00" * 50])
def test_what_is_no_share_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(EscrowRefused, match="compare it with the paper") as refused:
        read_share(text, "paper")

    assert "AEBAC" not in str(refused.value)


def test_shares_of_different_keys_are_refused() -> None:
    (_, first), (_, second) = made(2, 2), made(2, 2)

    with pytest.raises(EscrowRefused, match="different keys"):
        combine([first[0], second[1]])


def test_another_installations_escrow_and_another_key_are_refused() -> None:
    sealed, (whole,) = made()
    _, (other,) = made()

    with pytest.raises(EscrowRefused, match=f"escrow of {ORIGIN}, not of another"):
        escrow.unseal(sealed, "another", combine([whole]))
    with pytest.raises(EscrowRefused, match="was sealed to the key"):
        escrow.unseal(sealed, ORIGIN, combine([other]))


def _swapped(filed: dict[str, Any]) -> None:
    first, second = filed["keys"][:2]
    first["sealed"], second["sealed"] = second["sealed"], first["sealed"]


def _renamed(filed: dict[str, Any]) -> None:
    filed["keys"][0]["version"] = 9


def _dropped(filed: dict[str, Any]) -> None:
    del filed["keys"][0]


def _reordered(filed: dict[str, Any]) -> None:
    filed["keys"].reverse()


def _dated(filed: dict[str, Any]) -> None:
    filed["day"] = "2026-11-20"


def _flipped(filed: dict[str, Any]) -> None:
    sealed = bytearray(base64.b64decode(filed["keys"][1]["sealed"]))
    sealed[40] ^= 1
    filed["keys"][1]["sealed"] = base64.b64encode(sealed).decode()


def _short(filed: dict[str, Any]) -> None:
    filed["keys"][0]["sealed"] = "AAAA"


@pytest.mark.parametrize("change", [_swapped, _renamed, _dropped, _reordered, _dated, _flipped, _short])
def test_an_escrow_that_was_changed_does_not_open(change: Callable[[dict[str, Any]], None]) -> None:
    sealed, (whole,) = made()
    filed = json.loads(sealed.encoded())
    change(filed)

    with pytest.raises(EscrowRefused, match="does not open: the escrow was changed"):
        escrow.unseal(escrow.read(json.dumps(filed).encode(), "file"), ORIGIN, combine([whole]))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "file is no escrow"),
        (b"{}", "file is no escrow"),
        (b"\xff\xfe", "file is no escrow"),
        (b'{"format":"x/v9","origin":"o","day":"2026-11-19","recipient":"","keys":[]}', "format x/v9"),
        (b'{"format":"x","origin":"o","day":"2026-11-19","recipient":"","keys":[],"more":1}', "file is no escrow"),
    ],
)
def test_what_is_no_escrow_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(EscrowRefused, match=reason):
        escrow.read(content, "file")


def test_the_same_keys_are_never_sealed_alike() -> None:
    public = X25519PrivateKey.generate().public_key()

    once, again = (escrow.seal(ORIGIN, DAY, public, KEKS) for _ in range(2))

    assert not {each.sealed for each in once.keys} & {each.sealed for each in again.keys}


def test_recovered_keys_unwrap_everything_and_say_what_is_missing(stores: Stores, tmp_path: Path) -> None:
    provider = FileKeyProvider(tmp_path / "kek").create()
    ring = KeyRing(stores.keys, provider)
    ring.ensure(BEN, MONTHS)
    ring.ensure(DAN, [(KeyClass.TEXT, 100)])
    all_keks = {(c, 1): provider.export(c, 1) for c in KeyClass}

    whole = KeyRing(stores.keys, RecoveredKeys(all_keks))
    partial = KeyRing(stores.keys, RecoveredKeys({p: k for p, k in all_keks.items() if p[0] is KeyClass.TEXT}))

    assert [fault for c in KeyClass for _, fault in whole.prove(c)] == [None] * 8
    assert [fault for _, fault in partial.prove(KeyClass.TEXT)] == [None]
    assert all("the escrow has no kek-shared-1" in (fault or "") for _, fault in partial.prove(KeyClass.SHARED))


def test_recovered_keys_change_nothing() -> None:
    recovered = RecoveredKeys(KEKS)

    for refused in (
        lambda: recovered.rotate(KeyClass.SHARED),
        lambda: recovered.destroy(KeyClass.SHARED, 1),
        lambda: recovered.wrap(KeyClass.SHARED, b"d" * 32, b""),
    ):
        with pytest.raises(EscrowRefused):
            refused()
    with pytest.raises(KeyGone, match="no kek-text-1"):
        recovered.unwrap(KeyClass.TEXT, 1, b"", b"")
