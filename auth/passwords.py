"""Passwords: Argon2id in PHC strings, with the parameters of each hash in the hash itself.

Hashing costs memory on purpose (19 MiB each), so only a few run at once; whoever waits too long is told that the system
is busy. Cost: OWASP Password Storage Cheat Sheet (m = 19 MiB, t = 2, p = 1). Rules for new passwords: NIST SP 800-63B-4
§3.1.1 — length counts, no composition rules, and a list of what everybody tries first.
"""

import hashlib
import os
import threading
import unicodedata
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from auth.errors import PasswordRefused, TooBusy
from privacy.messages import N_, Said

MINIMUM_LENGTH: Final = 12
MAXIMUM_LENGTH: Final = 1024  # characters; more would only be work for us
PASSWORD: Final = "password"  # noqa: S105 - a name
"""The parameter of an announcement that holds the fingerprint of the hash."""
_SALT_BYTES, _HASH_BYTES = 16, 32
_PATIENCE_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What one hash costs: memory in KiB, passes over it, and lanes."""

    memory_kib: int
    iterations: int
    lanes: int


STANDARD_COST: Final = Cost(memory_kib=19_456, iterations=2, lanes=1)
INSECURE_COST_FOR_TESTS: Final = Cost(memory_kib=8, iterations=1, lanes=1)


class PasswordHasher:
    """Hashes and verifies, at most `at_once` at a time."""

    def __init__(self, cost: Cost = STANDARD_COST, at_once: int = 4, patience: float = _PATIENCE_SECONDS) -> None:
        self.cost = cost
        self._patience = patience
        self._slots = threading.BoundedSemaphore(at_once)
        self._decoy = self.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """Return the PHC string of `password` under a new salt; raises TooBusy."""
        cost = self.cost
        argon = Argon2id(
            salt=os.urandom(_SALT_BYTES),
            length=_HASH_BYTES,
            iterations=cost.iterations,
            lanes=cost.lanes,
            memory_cost=cost.memory_kib,
        )
        self._wait()
        try:
            return argon.derive_phc_encoded(_bytes(password))
        finally:
            self._slots.release()

    def matches(self, password: str, stored: str | None) -> bool:
        """Return whether `password` has the hash `stored`; raises TooBusy.

        With no stored hash a decoy is checked, so that the answer about an unknown account takes as long.
        """
        self._wait()
        try:
            Argon2id.verify_phc_encoded(_bytes(password), stored or self._decoy)
        except InvalidKey:
            return False
        finally:
            self._slots.release()
        return stored is not None

    def is_weak(self, stored: str) -> bool:
        """Return whether `stored` costs less than a hash made today would, and so should be made anew at sign-in."""
        found = _cost(stored)
        return found.memory_kib < self.cost.memory_kib or found.iterations < self.cost.iterations

    def _wait(self) -> None:
        if not self._slots.acquire(timeout=self._patience):
            raise TooBusy


def fingerprint(stored: str) -> str:
    """Return by what the announcement of a new password names its hash, so that another one in its place is noticed.

    The random salt inside a PHC string keeps it from saying anything about the password.
    """
    return hashlib.sha256(stored.encode()).hexdigest()[:32]


def check_new(password: str, *about: str) -> None:
    """Raise PasswordRefused for a password that is too short, too long, common, or made of what is known of the person.

    `about` is the e-mail address and the name.
    """
    if len(password) < MINIMUM_LENGTH:
        raise PasswordRefused(
            Said(
                N_("The password needs at least %(minimum_length)s characters; a few words in a row are good."),
                minimum_length=MINIMUM_LENGTH,
            )
        )
    if len(password) > MAXIMUM_LENGTH:
        raise PasswordRefused(
            Said(N_("The password may have at most %(maximum_length)s characters."), maximum_length=MAXIMUM_LENGTH)
        )
    plain = _plain(password)
    if len(set(plain)) < 5 or _rest(plain, _COMMON) < 4:
        raise PasswordRefused(N_("That is one of the passwords that everybody tries first."))
    if _rest(plain, _known(about)) < 6:
        raise PasswordRefused(N_("The password must not be made of the e-mail address or the name."))


def _rest(plain: str, parts: tuple[str, ...]) -> int:
    """Return how many characters are left of `plain` without `parts`, longest first."""
    for part in sorted(parts, key=len, reverse=True):
        plain = plain.replace(part, "")
    return len(plain)


def _known(about: tuple[str, ...]) -> tuple[str, ...]:
    words = [word for each in about for word in each.casefold().replace("@", " ").replace(".", " ").split()]
    return tuple({_plain(each) for each in (*about, *words) if len(_plain(each)) >= 3})


def _plain(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def _bytes(password: str) -> bytes:
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")[: 4 * MAXIMUM_LENGTH]


def _cost(stored: str) -> Cost:
    parameters = dict(part.split("=") for part in stored.split("$")[3].split(","))
    return Cost(int(parameters["m"]), int(parameters["t"]), int(parameters["p"]))


_COMMON: Final = (
    "correcthorsebatterystaple",
    *("password", "passwort", "passw0rd", "p4ssw0rd", "motdepasse", "contrasena", "wachtwoord", "kennwort", "geheim"),
    *("secret", "letmein", "welcome", "willkommen", "changeme", "default", "trustno1", "iloveyou", "abc123", "monkey"),
    *("dragon", "football", "baseball", "princess", "sunshine", "superman", "batman", "shadow", "master", "login"),
    *(
        "admin",
        "administrator",
        "root",
        "test",
        "user",
        "guest",
        "hello",
        "hallo",
        "access",
    ),
    *(
        "qwertyuiop",
        "qwertzuiop",
        "azertyuiop",
        "qwerty",
        "qwertz",
        "azerty",
        "asdfghjkl",
        "asdf",
        "zxcvbnm",
        "yxcvbnm",
    ),
    *("1q2w3e4r5t6y", "1q2w3e4r5t", "1q2w3e4r", "1qaz2wsx3edc", "1qaz2wsx", "qazwsxedc", "zaq12wsx", "abcdefghijkl"),
    *("12345678901234567890", "1234567890", "123456789", "12345678", "1234567", "123456", "12345", "1234", "123"),
    *("0987654321", "987654321", "87654321", "654321", "4321", "321", "abcdefgh", "abcdef", "abcd", "abc"),
    *("spring", "summer", "autumn", "winter", "fruehling", "sommer", "herbst", "monday", "january", "november"),
    *("company", "office", "sameview", "portal", "work", "2023", "2024", "2025", "2026", "2027"),
)
"""What everybody tries first; a password with fewer than four characters besides these is refused."""
