"""Secret sharing after Shamir (1979): `threshold` shares restore a secret, fewer say nothing at all about it.

Each byte is the value at 0 of a polynomial of its own over GF(2^8), with random coefficients; a share is the values at
one other point. With fewer points than coefficients every secret fits what is known equally well. The field is that of
AES (FIPS 197 §4.2: x^8 + x^4 + x^3 + x + 1). Sharing says nothing about whether a share is right: whoever files shares
adds a check (see `privacy.escrow_key`). It runs offline, on secrets that nobody times: tables are used freely.
"""

import os
from collections.abc import Callable, Mapping
from typing import Final

MOST_SHARES: Final = 255
_POLYNOMIAL: Final = 0x11B


def _tables() -> tuple[list[int], list[int]]:
    powers, logarithms = [0] * 510, [0] * 256
    value = 1
    for exponent in range(255):
        powers[exponent] = powers[exponent + 255] = value
        logarithms[value] = exponent
        value ^= value << 1  # times 3, the generator
        value ^= _POLYNOMIAL if value & 0x100 else 0
    return powers, logarithms


_POWERS, _LOGARITHMS = _tables()


def multiply(a: int, b: int) -> int:
    """Return the product of two bytes in GF(2^8)."""
    return _POWERS[_LOGARITHMS[a] + _LOGARITHMS[b]] if a and b else 0


def divide(a: int, b: int) -> int:
    """Return the quotient of two bytes in GF(2^8); ZeroDivisionError for a divisor of 0."""
    if b == 0:
        raise ZeroDivisionError("division by zero in GF(2^8)")
    return _POWERS[_LOGARITHMS[a] - _LOGARITHMS[b] + 255] if a else 0


def split(secret: bytes, threshold: int, shares: int, random: Callable[[int], bytes] = os.urandom) -> dict[int, bytes]:
    """Return `shares` shares by their number, from 1; any `threshold` of them restore the secret.

    `random(n)` gives n bytes. Numbers that make no sense (1 ≤ threshold ≤ shares ≤ 255) are a ValueError.
    """
    if not 1 <= threshold <= shares <= MOST_SHARES:
        raise ValueError(f"a threshold of {threshold} out of {shares} shares: 1 ≤ threshold ≤ shares ≤ {MOST_SHARES}")
    coefficients = [secret, *(random(len(secret)) for _ in range(threshold - 1))]
    return {x: bytes(_value(polynomial, x) for polynomial in zip(*coefficients, strict=True)) for x in _points(shares)}


def combine(shares: Mapping[int, bytes]) -> bytes:
    """Return the secret of as many shares as its threshold; fewer give bytes that are not it. ValueError for none."""
    if not shares or len({len(each) for each in shares.values()}) != 1 or not all(0 < x < 256 for x in shares):
        raise ValueError("shares are of one length, with numbers from 1 to 255, and there is one at least")
    weights = [_weight(x, shares) for x in shares]
    return bytes(_sum(map(multiply, weights, values)) for values in zip(*shares.values(), strict=True))


def _points(shares: int) -> range:
    return range(1, shares + 1)


def _value(coefficients: tuple[int, ...], x: int) -> int:
    """Evaluate a polynomial, lowest coefficient first (Horner)."""
    value = 0
    for coefficient in reversed(coefficients):
        value = multiply(value, x) ^ coefficient
    return value


def _weight(x: int, points: Mapping[int, bytes]) -> int:
    """Return the factor of the value at `x` in the value at 0 (Lagrange); subtraction is exclusive or."""
    weight = 1
    for other in points:
        if other != x:
            weight = multiply(weight, divide(other, other ^ x))
    return weight


def _sum(values: "map[int]") -> int:
    total = 0
    for value in values:
        total ^= value
    return total
