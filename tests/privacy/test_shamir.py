"""Secret sharing: enough shares restore, fewer say nothing, and the field is the one that AES publishes."""

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy import shamir

SECRETS = st.binary(min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("a", "b", "product"),
    [
        (0x57, 0x83, 0xC1),
        (0x57, 0x02, 0xAE),
        (0x57, 0x04, 0x47),
        (0x57, 0x08, 0x8E),
        (0x57, 0x10, 0x07),
        (0x57, 0x13, 0xFE),
    ],
)
def test_products_are_those_of_fips_197(a: int, b: int, product: int) -> None:
    """FIPS 197 §4.2 and §4.2.1 print these."""
    assert shamir.multiply(a, b) == product


def test_every_byte_but_zero_has_an_inverse_and_division_undoes_multiplication() -> None:
    for a, b in itertools.product(range(256), range(1, 256)):
        assert shamir.divide(shamir.multiply(a, b), b) == a
    with pytest.raises(ZeroDivisionError):
        shamir.divide(1, 0)


def test_multiplication_is_the_schoolbooks() -> None:
    def by_hand(a: int, b: int) -> int:
        product = 0
        for bit in range(8):
            product ^= (a << bit) if b >> bit & 1 else 0
        for bit in range(14, 7, -1):
            product ^= 0x11B << (bit - 8) if product >> bit & 1 else 0
        return product

    for a, b in itertools.product(range(256), repeat=2):
        assert shamir.multiply(a, b) == by_hand(a, b)


@given(secret=SECRETS, numbers=st.integers(1, 9).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n))))
def test_any_threshold_of_shares_restores_the_secret(secret: bytes, numbers: tuple[int, int]) -> None:
    threshold, count = numbers
    shares = shamir.split(secret, threshold, count)

    for chosen in itertools.combinations(shares, threshold):
        assert shamir.combine({x: shares[x] for x in chosen}) == secret
    assert shamir.combine(shares) == secret


def test_the_largest_set_of_shares_works() -> None:
    shares = shamir.split(b"secret", 128, 255)

    assert shamir.combine(dict(list(shares.items())[100:228])) == b"secret"


@pytest.mark.parametrize("secret", [0, 1, 0x57, 255])
def test_one_share_of_two_has_every_value_equally_often_whatever_the_secret(secret: int) -> None:
    """Over all coefficients, exhaustively: whoever has one share learns nothing."""
    for number in (1, 2, 255):
        seen = Counter(
            shamir.split(bytes([secret]), 2, 255, random=lambda _, c=coefficient: bytes([c]))[number][0]  # type: ignore[misc]
            for coefficient in range(256)
        )
        assert set(seen.values()) == {1}
        assert len(seen) == 256


@pytest.mark.parametrize("secret", [0, 0x57])
def test_two_shares_of_three_have_every_pair_of_values_equally_often_whatever_the_secret(secret: int) -> None:
    def pair(first: int, second: int) -> tuple[int, int]:
        coefficients = iter((first, second))
        shares = shamir.split(bytes([secret]), 3, 3, random=lambda _: bytes([next(coefficients)]))
        return shares[1][0], shares[3][0]

    seen = Counter(pair(*coefficients) for coefficients in itertools.product(range(256), repeat=2))

    assert len(seen) == 256 * 256
    assert set(seen.values()) == {1}


@pytest.mark.parametrize(("threshold", "count"), [(0, 3), (4, 3), (2, 256), (-1, 1), (1, 0)])
def test_numbers_that_make_no_sense_are_refused(threshold: int, count: int) -> None:
    with pytest.raises(ValueError, match="1 ≤ threshold ≤ shares ≤ 255"):
        shamir.split(b"secret", threshold, count)


@pytest.mark.parametrize("shares", [{}, {1: b"a", 2: b"ab"}, {0: b"a"}, {256: b"a"}])
def test_what_are_no_shares_is_refused(shares: dict[int, bytes]) -> None:
    with pytest.raises(ValueError, match="shares are of one length"):
        shamir.combine(shares)
