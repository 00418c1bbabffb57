"""Proof bundles: what somebody takes home to check the log without trusting it. Pure functions over plain JSON.

`{"checkpoint": signed note, "old": earlier signed note or null, "consistency": [base64…], "inclusion": [{"index",
"leaf": base64 of leaf data, "hashes": [base64, leaf upwards], "salt": base64 or null, "payload": base64 or null}]}`.
"""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from privacy import merkle
from privacy.checkpoint import Checkpoint, NoteBroken, Verifier
from privacy.log_entries import LEAF_PREFIX, commitment_of
from privacy.merkle import ProofBroken


@dataclass(frozen=True, slots=True)
class Proved:
    """An entry of the bundle: its leaf data, and its salt and payload where they are handed out."""

    index: int
    leaf: bytes
    hashes: Sequence[bytes]
    opened: tuple[bytes, bytes] | None = None


def bundle(
    note: str, entries: Iterable[Proved], old: str | None = None, consistency: Iterable[bytes] = ()
) -> dict[str, Any]:
    """Return a bundle as JSON holds it."""
    return {
        "checkpoint": note,
        "old": old,
        "consistency": [_base64(hash_) for hash_ in consistency],
        "inclusion": [
            {
                "index": each.index,
                "leaf": _base64(each.leaf),
                "hashes": [_base64(hash_) for hash_ in each.hashes],
                "salt": None if each.opened is None else _base64(each.opened[0]),
                "payload": None if each.opened is None else _base64(each.opened[1]),
            }
            for each in entries
        ],
    }


def check_bundle(found: dict[str, Any], verifier: Verifier) -> Checkpoint:
    """Return the checkpoint of a bundle that proves what it says; else NoteBroken or ProofBroken with the reason."""
    checkpoint = verifier.open_checkpoint(found["checkpoint"])
    if found["old"] is not None:
        old = verifier.open_checkpoint(found["old"])
        proof = _unbase64(found["consistency"])
        merkle.check_consistency(proof, old.size, old.root, checkpoint.size, checkpoint.root)
    for each in found["inclusion"]:
        (leaf,) = _unbase64([each["leaf"]])
        hash_ = merkle.leaf_hash(leaf)
        merkle.check_inclusion(_unbase64(each["hashes"]), checkpoint.size, checkpoint.root, each["index"], hash_)
        if (each["salt"], each["payload"]) != (None, None):
            salt, payload = _unbase64([each["salt"], each["payload"]])
            if LEAF_PREFIX + commitment_of(salt, payload) != leaf:
                raise ProofBroken(f"entry {each['index']}: the leaf is not that of this salt and payload")
    return checkpoint


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unbase64(values: Iterable[str]) -> list[bytes]:
    try:
        return [base64.b64decode(value, validate=True) for value in values]
    except (ValueError, TypeError) as e:
        raise NoteBroken("not base64") from e
