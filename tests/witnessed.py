"""A small log and its forks, as somebody who holds the log's key can sign them, for tests of witnesses."""

import hashlib
from base64 import b64encode

from privacy import merkle
from privacy.checkpoint import Signer
from privacy.merkle import Frontier

ORIGIN = "sameview/back-office-0123abcd"
LOG = Signer(ORIGIN, bytes(range(32)))
NAME = "council.example/witness"
SEED = bytes(range(32, 64))


class Tree:
    """A log of leaves that are told by their words: two trees are consistent if one's words begin the other's."""

    def __init__(self, *words: str) -> None:
        self.words = words
        self._stored: list[bytes] = []
        self._frontier = Frontier()
        for word in words:
            leaf = merkle.leaf_hash(hashlib.sha256(word.encode()).digest())
            self._stored += [hash_ for _, hash_ in self._frontier.append(leaf)]

    @property
    def size(self) -> int:
        return len(self.words)

    @property
    def root(self) -> bytes:
        return self._frontier.root()

    def note(self, signer: Signer = LOG) -> str:
        """Return the checkpoint, signed."""
        return signer.sign(self.size, self.root)

    def growth(self, old: int) -> list[bytes]:
        """Return the proof that the first `old` leaves begin this tree; none is needed from nothing."""
        return merkle.prove_consistency(old, self.size, lambda n: [self._stored[i] for i in n]) if old else []

    def request(self, old: int, proof: list[bytes] | None = None, note: str | None = None) -> bytes:
        """Return the body of an honest `add-checkpoint`, or of one with another proof or note."""
        lines = [f"old {old}", *(b64encode(h).decode() for h in (self.growth(old) if proof is None else proof))]
        return ("\n".join(lines) + "\n\n" + (note or self.note())).encode()


def words(count: int, since: int = 0, word: str = "entry") -> tuple[str, ...]:
    """Return the words of some entries."""
    return tuple(f"{word} {n}" for n in range(since, count))
