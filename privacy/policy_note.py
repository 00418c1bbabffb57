"""A signed policy: its text in a C2SP signed note, with the signature of each of those who have to agree.

The council's key is never on the portal: it signs the text on a machine of its own (`sameview policy sign`), and the
line with its signature is all that travels. The portal and every relay check them with the verifier keys that were
agreed on, so that a policy which lacks one of them is refused wherever it comes from. Pure functions of text; a note
can be checked with golang.org/x/mod/sumdb/note.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from privacy.capture_policy import CapturePolicy, read
from privacy.checkpoint import NoteBroken, Verifier, decode_base64, encode_base64, signature_line, split_note

_PRIVATE: Final = "PRIVATE+KEY"


class NotSigned(Exception):
    """A policy lacks a signature that was agreed on, or one is wrong; the text says whose and what to do."""


@dataclass(frozen=True, slots=True)
class Signers:
    """Who has to sign a policy, by verifier key (C2SP): the employer and the works council, or one alone."""

    employer: str
    council: str | None = None

    def __post_init__(self) -> None:
        keys = [Verifier.parse(each) for each in self.keys]
        if len({each.public for each in keys}) < len(keys) or len({each.name for each in keys}) < len(keys):
            raise NoteBroken("employer and council have one key or one name: then one of them signs alone")

    @property
    def keys(self) -> tuple[str, ...]:
        """All verifier keys, the employer's first."""
        return (self.employer,) if self.council is None else (self.employer, self.council)

    @property
    def single_key(self) -> bool:
        """Whether one key is enough, which every page about the policy has to say."""
        return self.council is None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(Verifier.parse(each).name for each in self.keys)


class PolicyKey:
    """A private key that signs policies. As text it is one line: `PRIVATE+KEY+name+hash+base64` of kind and seed."""

    def __init__(self, name: str, seed: bytes) -> None:
        self._seed = seed
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = Verifier(name, self._key.public_key().public_bytes_raw())

    @classmethod
    def new(cls, name: str) -> "PolicyKey":
        """Make a key."""
        return cls(name, secrets.token_bytes(32))

    @classmethod
    def parse(cls, text: str) -> "PolicyKey":
        """Read a key from its text; NoteBroken if it is none."""
        name, _, rest = text.strip().removeprefix(f"{_PRIVATE}+").partition("+")
        seed = decode_base64(rest.partition("+")[2])  # whose base64 may hold a plus sign
        if len(seed) != 33 or seed[:1] != Verifier.KIND:
            raise NoteBroken("not a key that signs policies; `sameview policy key` makes one")
        key = cls(name, seed[1:])
        if str(key) != text.strip():
            raise NoteBroken("the key's hash does not fit its name and seed: it was changed or cut short")
        return key

    def __str__(self) -> str:
        secret = encode_base64(Verifier.KIND + self._seed)
        return f"{_PRIVATE}+{self.verifier.name}+{self.verifier.key_id.hex()}+{secret}"

    def sign(self, text: str) -> str:
        """Return the signature line for a policy's text."""
        return signature_line(self.verifier, self._key.sign(text.encode()))


def note_of(text: str, signatures: Iterable[str]) -> str:
    """Return the note of a policy's text and signature lines."""
    return f"{text}\n{''.join(signatures)}"


def open_note(note: str, signers: Signers, *, tried: bool = False) -> CapturePolicy:
    """Return the policy of a note that everybody signed who has to; NotSigned or PolicyBroken otherwise.

    `tried` says that it was accepted before (`capture_policy.read`).
    """
    for key in signers.keys:
        verifier = Verifier.parse(key)
        try:
            verifier.open(note)
        except NoteBroken as error:
            raise NotSigned(
                f"the policy is not agreed on: {error}; have it signed with the key {verifier.name}"
            ) from error
    return read(text_of(note), tried=tried)


def text_of(note: str) -> str:
    """Return the text of a note, whoever signed it; NoteBroken if it is no note."""
    return split_note(note)[0]


def signed_by(text: str, line: str, signers: Signers) -> str | None:
    """Return the verifier key of the signer who made a signature line over a text, or None."""
    for key in signers.keys:
        try:
            Verifier.parse(key).open(note_of(text, [line.rstrip("\n") + "\n"]))
        except NoteBroken:
            continue
        return key
    return None
