"""The Merkle tree is the one of RFC 9162: other people's vectors, and every proof of every small tree."""

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from privacy import merkle
from privacy.merkle import Frontier, ProofBroken

VECTORS = json.loads((Path(__file__).parent.parent / "vectors" / "rfc6962.json").read_text())
LARGEST = 65


def grow(leaves: Sequence[bytes]) -> list[bytes]:
    """Return the stored hashes of a log with these leaves, in the order in which it stores them."""
    frontier, stored = Frontier(), []
    for leaf in leaves:
        for number, hash_ in frontier.append(merkle.leaf_hash(leaf)):
            assert number == len(stored)
            stored.append(hash_)
    return stored


def reader(stored: Sequence[bytes]) -> merkle.HashReader:
    return lambda numbers: [stored[number] for number in numbers]


def unhex(hashes: Sequence[str]) -> list[bytes]:
    return [bytes.fromhex(each) for each in hashes]


CT = grow([bytes.fromhex(leaf) for leaf in VECTORS["leaves"]])
LEAVES = [merkle.leaf_hash(b"leaf %d" % i) for i in range(LARGEST)]
STORED = grow([b"leaf %d" % i for i in range(LARGEST)])
ROOTS = [merkle.root_hash(size, reader(STORED)) for size in range(LARGEST + 1)]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_the_reference_tree(size: int) -> None:
    root = merkle.root_hash(size, reader(CT))

    assert root.hex() == VECTORS["roots"][size]
    assert root == merkle.root_of(merkle.leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["leaves"][:size])


def test_every_stored_hash_is_that_of_the_reference_tree() -> None:
    stored = {merkle.stored_place(number): hash_.hex() for number, hash_ in enumerate(CT)}

    assert stored == {(level, n): h for level, row in enumerate(VECTORS["levels"]) for n, h in enumerate(row)}


@pytest.mark.parametrize("vector", VECTORS["inclusion"], ids=lambda v: f"{v['index']} of {v['size']}")
def test_inclusion_proofs_are_those_of_the_reference_tree(vector: dict[str, object]) -> None:
    proof = merkle.prove_inclusion(vector["size"], vector["index"], reader(CT))

    assert proof == unhex(vector["proof"])


@pytest.mark.parametrize("vector", VECTORS["consistency"], ids=lambda v: f"{v['old']} to {v['size']}")
def test_consistency_proofs_are_those_of_the_reference_tree(vector: dict[str, object]) -> None:
    proof = merkle.prove_consistency(vector["old"], vector["size"], reader(CT))

    assert proof == unhex(vector["proof"])


@pytest.mark.parametrize("size", range(1, LARGEST + 1))
def test_every_leaf_is_proved_and_every_flipped_hash_refused(size: int) -> None:
    for index in range(size):
        proof = merkle.prove_inclusion(size, index, reader(STORED))

        merkle.check_inclusion(proof, size, ROOTS[size], index, LEAVES[index])

        assert_only_this(proof, lambda p, i=index: merkle.check_inclusion(p, size, ROOTS[size], i, LEAVES[i]))


@pytest.mark.parametrize("size", range(1, LARGEST + 1))
def test_every_earlier_tree_is_proved_and_every_flipped_hash_refused(size: int) -> None:
    for old in range(1, size + 1):
        proof = merkle.prove_consistency(old, size, reader(STORED))

        merkle.check_consistency(proof, old, ROOTS[old], size, ROOTS[size])

        assert_only_this(proof, lambda p, o=old: merkle.check_consistency(p, o, ROOTS[o], size, ROOTS[size]))


def assert_only_this(proof: list[bytes], check: Callable[[list[bytes]], None]) -> None:
    """Every hash flipped, left out or doubled, and a proof that is longer, must be refused."""
    for place, hash_ in enumerate(proof):
        flipped = bytes([hash_[0] ^ 1]) + hash_[1:]
        for changed in ([flipped], [], [hash_, hash_], [hash_[:-1]]):
            with pytest.raises(ProofBroken):
                check(proof[:place] + changed + proof[place + 1 :])
    with pytest.raises(ProofBroken):
        check([*proof, bytes(32)])


@settings(max_examples=200)
@given(st.integers(1, LARGEST), st.randoms(use_true_random=False))
def test_a_proof_proves_nothing_else(size: int, chance: random.Random) -> None:
    index, old = chance.randrange(size), chance.randint(1, size)
    included = merkle.prove_inclusion(size, index, reader(STORED))
    consistent = merkle.prove_consistency(old, size, reader(STORED))
    wrong_index, wrong_size = chance.randrange(-1, size + 2), chance.randint(0, LARGEST)

    if wrong_index != index:
        with pytest.raises(ProofBroken):
            merkle.check_inclusion(included, size, ROOTS[size], wrong_index, LEAVES[index])
    if wrong_size != size:
        with pytest.raises(ProofBroken):
            merkle.check_inclusion(included, wrong_size, ROOTS[wrong_size], index, LEAVES[index])
        with pytest.raises(ProofBroken):
            merkle.check_consistency(consistent, old, ROOTS[old], wrong_size, ROOTS[wrong_size])


@given(st.integers(0, 2**40), st.integers(0, 20))
def test_the_numbers_of_stored_hashes_have_an_inverse(n: int, level: int) -> None:
    assert merkle.stored_place(merkle.stored_number(level, n)) == (level, n)


def test_a_frontier_read_back_goes_on_where_it_stopped() -> None:
    for size in range(LARGEST):
        frontier = Frontier(size, [STORED[number] for number in Frontier.numbers(size)])

        added = frontier.append(LEAVES[size])

        assert frontier.root() == ROOTS[size + 1]
        assert [hash_ for _, hash_ in added] == STORED[merkle.stored_count(size) : merkle.stored_count(size + 1)]


@pytest.mark.parametrize(("size", "index"), [(0, 0), (3, 3), (3, -1)])
def test_no_proof_of_a_leaf_outside_the_tree(size: int, index: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        merkle.prove_inclusion(size, index, reader(STORED))


@pytest.mark.parametrize(("old", "size"), [(0, 3), (4, 3)])
def test_no_proof_from_nothing_or_from_a_larger_tree(old: int, size: int) -> None:
    with pytest.raises(ValueError, match="no consistency proof"):
        merkle.prove_consistency(old, size, reader(STORED))
