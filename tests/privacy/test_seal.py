"""Seals: what was sealed for one place opens there and nowhere else."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy import seal
from privacy.seal import FieldKey, SealBroken, aad, pad, padded_size, steps_of_two, unpad

KEY = FieldKey(b"k" * 32, epoch=24322)
PLACE = aad("table", 1, "b" * 32, dt.date(2026, 11, 19))


def test_what_is_sealed_opens_again() -> None:
    sealed = KEY.seal(b"1800", PLACE)

    assert KEY.open(sealed, PLACE) == b"1800"
    assert b"1800" not in sealed


def test_envelope_is_the_documented_one() -> None:
    sealed = KEY.seal(b"1800", PLACE)

    assert sealed[:2] == b"SV"
    assert (sealed[2], sealed[3]) == (1, 1)
    assert int.from_bytes(sealed[4:8], "big") == 24322
    assert len(sealed) == 2 + 1 + 1 + 4 + 12 + 4 + 16


def test_every_flipped_bit_is_refused() -> None:
    sealed = KEY.seal(b"1800", PLACE)

    for position in range(len(sealed) * 8):
        broken = bytearray(sealed)
        broken[position // 8] ^= 1 << position % 8
        with pytest.raises(SealBroken):
            KEY.open(bytes(broken), PLACE)


def test_every_truncation_and_extension_is_refused() -> None:
    sealed = KEY.seal(b"1800", PLACE)

    for cut in [*(sealed[:n] for n in range(len(sealed))), sealed + b"\0", b""]:
        with pytest.raises(SealBroken):
            KEY.open(cut, PLACE)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(FieldKey(b"x" * 32, epoch=24322), id="another field's key"),
        pytest.param(FieldKey(b"k" * 32, epoch=24323), id="the same secret filed under another epoch"),
    ],
)
def test_another_key_does_not_open(other: FieldKey) -> None:
    with pytest.raises(SealBroken):
        other.open(KEY.seal(b"1800", PLACE), PLACE)


def test_another_place_does_not_open() -> None:
    sealed = KEY.seal(b"1800", PLACE)

    with pytest.raises(SealBroken, match="moved"):
        KEY.open(sealed, aad("table", 1, "b" * 32, dt.date(2026, 11, 20)))


def test_reason_tells_an_unknown_version_from_damage() -> None:
    sealed = bytearray(KEY.seal(b"1800", PLACE))
    sealed[2] = 9

    with pytest.raises(SealBroken, match="unknown version 9"):
        KEY.open(bytes(sealed), PLACE)


columns = st.lists(st.text(max_size=8) | st.binary(max_size=8), max_size=4)


@given(columns, columns)
def test_rows_of_different_columns_have_different_associated_data(
    one: list[str | bytes], two: list[str | bytes]
) -> None:
    encoded = [[c.encode() if isinstance(c, str) else c for c in row] for row in (one, two)]

    assert (aad("t", 1, *one) == aad("t", 1, *two)) == (encoded[0] == encoded[1])


def test_associated_data_tell_tables_and_versions_apart() -> None:
    forms = {aad("a", 1, "x"), aad("a", 2, "x"), aad("b", 1, "x"), aad("a", 1, "x", ""), aad("a", 1, 1)}

    assert len(forms) == 5


def test_too_long_a_column_is_refused() -> None:
    with pytest.raises(ValueError, match="65,535"):
        aad("t", 1, b"x" * 65_536)


@given(st.binary(max_size=600))
def test_padding_comes_off_again(plaintext: bytes) -> None:
    padded = pad(plaintext, steps_of_two(padded_size(plaintext)))

    assert len(padded) == steps_of_two(padded_size(plaintext))
    assert unpad(padded) == plaintext


def test_small_values_are_of_few_sizes() -> None:
    assert {steps_of_two(n) for n in range(1025)} == {256, 512, 1024}


@pytest.mark.parametrize("padded", [b"", b"\0\0\0", b"\0\0\0\x05abc"])
def test_padding_that_does_not_fit_is_refused(padded: bytes) -> None:
    with pytest.raises(SealBroken, match="padding"):
        unpad(padded)


def test_key_does_not_show_itself() -> None:
    assert "k" * 8 not in repr(KEY)
    assert not hasattr(KEY, "__dict__")
    assert seal.NONCE_BYTES == 12
