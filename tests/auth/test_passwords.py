"""Passwords are hashed with their parameters, a few at a time, and weak ones are refused."""

import threading

import pytest

from auth.errors import PasswordRefused, TooBusy
from auth.passwords import INSECURE_COST_FOR_TESTS, STANDARD_COST, Cost, PasswordHasher, check_new

GOOD = "seven quiet lamps on tin"


def test_the_standard_cost_is_in_the_hash() -> None:
    stored = PasswordHasher().hash(GOOD)

    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert Cost(19_456, 2, 1) == STANDARD_COST


def test_a_hash_matches_its_password_only(hasher: PasswordHasher) -> None:
    stored = hasher.hash(GOOD)

    assert hasher.matches(GOOD, stored)
    assert not hasher.matches(GOOD + " ", stored)
    assert not hasher.matches("", stored)
    assert hasher.hash(GOOD) != stored


def test_the_same_letters_typed_on_another_keyboard_match(hasher: PasswordHasher) -> None:
    assert hasher.matches("gru\u0308ne wiese im mai", hasher.hash("grüne wiese im mai"))


def test_no_stored_hash_never_matches(hasher: PasswordHasher) -> None:
    assert not hasher.matches("nobody has this password", None)


def test_a_hash_of_another_cost_is_checked_by_its_own_and_told_weak() -> None:
    cheap, dear = PasswordHasher(INSECURE_COST_FOR_TESTS), PasswordHasher(Cost(64, 2, 1))
    stored = cheap.hash(GOOD)

    assert dear.matches(GOOD, stored)
    assert dear.is_weak(stored)
    assert not dear.is_weak(dear.hash(GOOD))
    assert not cheap.is_weak(dear.hash(GOOD))


def test_only_so_many_hashes_run_at_once() -> None:
    hasher = PasswordHasher(INSECURE_COST_FOR_TESTS, at_once=1, patience=0.01)
    holding, done = threading.Event(), threading.Event()

    def hold() -> None:
        with hasher._slots:
            holding.set()
            done.wait(5)

    other = threading.Thread(target=hold)
    other.start()
    holding.wait(5)
    with pytest.raises(TooBusy, match="try again"):
        hasher.hash(GOOD)
    done.set()
    other.join()

    assert hasher.matches(GOOD, hasher.hash(GOOD))


@pytest.mark.parametrize(
    ("password", "because"),
    [
        ("short words", "at least 12"),
        ("x" * 1025, "at most 1024"),
        ("aaaaaaaaaaaaaaaa", "everybody tries"),
        ("password1234", "everybody tries"),
        ("P4SSW0RD 2026!", "everybody tries"),
        ("correct horse battery staple", "everybody tries"),
        ("qwertyuiop123", "everybody tries"),
        ("letmein letmein", "everybody tries"),
        ("ben.beispiel@example.org", "e-mail address or the name"),
        ("BenBeispiel2026", "e-mail address or the name"),
        ("Beispiel, Ben!", "e-mail address or the name"),
    ],
)
def test_a_password_that_others_would_try_is_refused(password: str, because: str) -> None:
    with pytest.raises(PasswordRefused, match=because):
        check_new(password, "ben.beispiel@example.org", "Ben Beispiel")


@pytest.mark.parametrize("password", [GOOD, "?#!%&/()=$+~x9Q", "ключ от старой двери", "Passwords are a poor idea"])
def test_length_is_enough(password: str) -> None:
    check_new(password, "ben.beispiel@example.org", "Ben Beispiel")
