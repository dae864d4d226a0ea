"""The Merkle tree of RFC 6962 section 2.1 over SHA-256: growing it, proving with it, verifying proofs.

Pure. A proof is made in two steps: `inclusion_path` and `consistency_path` say which ranges of leaves it hashes,
`range_hash` hashes them from the perfect subtrees that the caller keeps.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

HASH_BYTES = 32
TILE_HEIGHT = 8
EMPTY_ROOT = hashlib.sha256(b"").digest()

Range = tuple[int, int]


class ProofError(ValueError):
    """A Merkle proof that does not prove what it should."""


class Subtree(NamedTuple):
    """A perfect subtree of `256 ** level` leaves, the `position`-th of its kind from the left."""

    level: int
    position: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: all that is needed to append to it and to tell its root.

    `peaks` are the roots of the perfect subtrees that make up the tree, the largest and leftmost first.
    """

    size: int
    peaks: tuple[bytes, ...]

    def root(self) -> bytes:
        """Return the Merkle Tree Hash of the whole tree."""
        if not self.peaks:
            return EMPTY_ROOT
        *left, root = self.peaks
        for peak in reversed(left):
            root = node_hash(peak, root)
        return root


EMPTY = Frontier(0, ())


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf, 32 bytes."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node, 32 bytes."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def grow(tree: Frontier, leaves: Iterable[bytes]) -> tuple[Frontier, list[Subtree]]:
    """Return the tree with leaf hashes appended, and the subtrees of 256, 256² … leaves that became complete."""
    size, peaks, complete = tree.size, list(tree.peaks), []
    for leaf in leaves:
        top, height, position = leaf, 0, size
        while position & 1:
            top = node_hash(peaks.pop(), top)
            height, position = height + 1, position >> 1
            if height % TILE_HEIGHT == 0:
                complete.append(Subtree(height // TILE_HEIGHT, position, top))
        peaks.append(top)
        size += 1
    return Frontier(size, tuple(peaks)), complete


def inclusion_path(index: int, size: int) -> list[Range]:
    """Return the ranges of the proof that leaf `index` is in a tree of `size`, from the leaf's sibling up."""
    if not 0 <= index < size:
        raise ProofError("no such leaf")
    path: list[Range] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _left(end - start)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return path[::-1]


def consistency_path(old: int, size: int) -> list[Range]:
    """Return the ranges of the proof that the tree of `old` leaves is a beginning of that of `size`."""
    if not 0 < old <= size:
        raise ProofError("no such trees")
    path: list[Range] = []
    start, end = 0, size
    while old != end:
        middle = start + _left(end - start)
        if old <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    # The old tree's own root need not be told: who verifies has it.
    return [*([(start, end)] if start else []), *path[::-1]]


def perfect_parts(start: int, end: int) -> list[tuple[int, int]]:
    """Return `(height, position)` of the perfect subtrees that make up a range of a proof, left to right."""
    parts = []
    while start < end:
        height = (end - start).bit_length() - 1
        parts.append((height, start >> height))
        start += 1 << height
    return parts


def range_hash(wanted: Range, node: Callable[[int, int], bytes]) -> bytes:
    """Return the hash of a range of a proof; `node(height, position)` gives the hash of a perfect subtree."""
    peaks = tuple(node(height, position) for height, position in perfect_parts(*wanted))
    return Frontier(wanted[1] - wanted[0], peaks).root()


def verify_inclusion(index: int, size: int, leaf: bytes, root: bytes, proof: Sequence[bytes]) -> bytes:
    """Return the root under which `leaf` is at `index` (RFC 9162 section 2.1.3.2).

    Raises `ProofError` if the proof leads to another root, or is not of the length that index and size ask for.
    """
    _require_hashes(leaf, *proof)
    if not 0 <= index < size:
        raise ProofError("no such leaf")
    place, last, result = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofError("the proof is too long")
        if place & 1 or place == last:
            result = node_hash(sibling, result)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            result = node_hash(result, sibling)
        place, last = place >> 1, last >> 1
    if last or result != root:
        raise ProofError("the proof does not lead to the root")
    return root


def verify_consistency(
    old: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes], *, start: int = 0
) -> bytes:
    """Return `root` if the tree of `size` leaves begins with the `old` leaves (RFC 9162 section 2.1.4.2).

    With `start` the first tree is the subtree of leaves `start` to `old` (draft-ietf-plants-merkle-tree-certs,
    section 4). Raises `ProofError` otherwise, and for an empty first tree, with which every tree is consistent.
    """
    _require_hashes(*proof)
    if not 0 <= start < old <= size or start % (1 << (old - start - 1).bit_length()):
        raise ProofError("no such trees")
    first, second, last = start, old - 1, size - 1
    while first != second and (second & 1 or second == last):
        first, second, last = first >> 1, second >> 1, last >> 1
    if first == second:
        # The first tree is a node of the second: the proof begins above it.
        begin, rest = old_root, proof
    elif proof:
        begin, rest = proof[0], proof[1:]
    else:
        raise ProofError("the proof is too short")
    first_hash, second_hash = _climb(first, second, last, begin, rest)
    if first_hash != old_root or second_hash != root:
        raise ProofError("the proof does not lead to the roots")
    return root


def _climb(first: int, second: int, last: int, begin: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of both trees to which a consistency proof leads from the node that they share."""
    first_hash = second_hash = begin
    for sibling in proof:
        if last == 0:
            raise ProofError("the proof is too long")
        if second & 1 or second == last:
            if first < second:
                first_hash = node_hash(sibling, first_hash)
            second_hash = node_hash(sibling, second_hash)
            while second and not second & 1:
                first, second, last = first >> 1, second >> 1, last >> 1
        else:
            second_hash = node_hash(second_hash, sibling)
        first, second, last = first >> 1, second >> 1, last >> 1
    if last:
        raise ProofError("the proof is too short")
    return first_hash, second_hash


def _left(size: int) -> int:
    """Return the size of a tree's left half: the largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _require_hashes(*hashes: bytes) -> None:
    if any(len(value) != HASH_BYTES for value in hashes):
        raise ProofError("a hash is not 32 bytes long")
