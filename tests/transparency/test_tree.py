"""The tree against RFC 6962 section 2.1 written down naively, and its proofs against both."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.transparency.tiles import WIDTH, HashTiles, TilePath, entry_bundle, parse_tile_path, tiles_of
from app.transparency.tree import (
    EMPTY,
    ProofError,
    Subtree,
    consistency_path,
    grow,
    inclusion_path,
    leaf_hash,
    range_hash,
    verify_consistency,
    verify_inclusion,
)

SIZES = st.one_of(st.integers(1, 40), st.integers(250, 260), st.integers(500, 1100))
BIGGEST = WIDTH * WIDTH + 300
LEAVES = [leaf_hash(str(number).encode()) for number in range(BIGGEST)]


def mth(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word, over leaf hashes."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + mth(leaves[:half]) + mth(leaves[half:])).digest()


def spoiled(proof: list[bytes], other: bytes, *, longer: bool) -> list[bytes]:
    return [*proof, other] if longer or not proof else [*proof[:-1], other]


def tiles(leaves: list[bytes], complete: list[Subtree]) -> HashTiles:
    """Return all tiles as the database has them: leaves, and the complete subtrees above."""
    rows = {0: leaves}
    for subtree in complete:
        level = rows.setdefault(subtree.level, [])
        assert subtree.position == len(level)
        level.append(subtree.hash)
    return HashTiles(
        {
            (level, first // WIDTH): b"".join(row[first : first + WIDTH])
            for level, row in rows.items()
            for first in range(0, len(row), WIDTH)
        }
    )


@settings(deadline=None, max_examples=60)
@given(SIZES, st.lists(st.integers(0, 300), max_size=4))
def test_a_tree_that_grows_in_rounds_has_the_root_of_the_whole(size: int, rounds: list[int]) -> None:
    tree, complete = grow(EMPTY, LEAVES[:size])
    assert tree.root() == mth(LEAVES[:size])
    for more in rounds:
        tree, further = grow(tree, LEAVES[tree.size : tree.size + more])
        complete += further
    assert tree.root() == mth(LEAVES[: tree.size])
    assert complete == grow(EMPTY, LEAVES[: tree.size])[1]
    for subtree in complete:
        span = WIDTH**subtree.level
        assert subtree.hash == mth(LEAVES[subtree.position * span : (subtree.position + 1) * span])


@settings(deadline=None, max_examples=80)
@given(SIZES, st.data())
def test_every_leaf_and_every_older_tree_is_proven_and_nothing_else(size: int, data: st.DataObject) -> None:
    leaves = LEAVES[:size]
    tree, complete = grow(EMPTY, leaves)
    kept = tiles(leaves, complete)
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    inclusion = [range_hash(one, kept.node) for one in inclusion_path(index, size)]
    assert verify_inclusion(index, size, leaves[index], tree.root(), inclusion) == tree.root()
    old_root = mth(leaves[:old])
    consistency = [range_hash(one, kept.node) for one in consistency_path(old, size)]
    assert verify_consistency(old, size, old_root, tree.root(), consistency) == tree.root()
    other = hashlib.sha256(b"other").digest()
    longer = data.draw(st.booleans())
    with pytest.raises(ProofError):
        verify_inclusion(index, size, leaves[index], tree.root(), spoiled(inclusion, other, longer=longer))
    with pytest.raises(ProofError):
        verify_consistency(old, size, old_root, tree.root(), spoiled(consistency, other, longer=longer))
    with pytest.raises(ProofError):
        verify_inclusion(index, size, other, tree.root(), inclusion)
    with pytest.raises(ProofError):
        verify_consistency(old, size, other, tree.root(), consistency)


def test_a_tree_with_three_levels_of_tiles_proves_from_a_few_of_them() -> None:
    tree, complete = grow(EMPTY, LEAVES)
    kept = tiles(LEAVES, complete)
    assert [one for one in complete if one.level == 2] == [Subtree(2, 0, mth(LEAVES[: WIDTH * WIDTH]))]
    for index in (0, 255, 256, WIDTH * WIDTH - 1, WIDTH * WIDTH, BIGGEST - 1):
        path = inclusion_path(index, BIGGEST)
        proof = [range_hash(one, kept.node) for one in path]
        assert verify_inclusion(index, BIGGEST, LEAVES[index], tree.root(), proof) == tree.root()
        assert len(tiles_of(path)) <= 6


@pytest.mark.parametrize(("index", "path"), [(0, "000"), (67, "067"), (1234067, "x001/x234/067"), (1000, "x001/000")])
def test_tile_paths_are_those_of_the_specification(index: int, path: str) -> None:
    assert str(TilePath(index)) == path
    assert parse_tile_path(path) == TilePath(index)
    assert parse_tile_path(f"{path}.p/112") == TilePath(index, 112)


@given(st.integers(0, 10**18), st.integers(1, WIDTH))
def test_a_tile_path_reads_back(index: int, width: int) -> None:
    assert parse_tile_path(str(TilePath(index, width))) == TilePath(index, width)


@pytest.mark.parametrize(
    "path",
    ["", "0", "67", "0067", "x000/067", "x001/067/", "x001/67", "001/067", "x001", "067.p/0", "067.p/256", "067.p/01",
     "067.p", "067.p/", "-01", "٠٠١", "067\n", "067.p/300"],
)  # fmt: skip
def test_a_tile_path_has_one_spelling(path: str) -> None:
    with pytest.raises(ValueError, match="malformed"):
        parse_tile_path(path)


def test_a_bundle_is_entries_behind_their_lengths() -> None:
    assert entry_bundle([b"a", b"", b"bc" * 200]) == b"\x00\x01a\x00\x00\x01\x90" + b"bc" * 200
