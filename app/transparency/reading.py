"""The log as the database keeps it: its tree, its tiles and the proofs that they give."""

from typing import Any, TypeAlias

import asyncpg

from app.transparency.tiles import WIDTH, HashTiles, TilePath, tiles_of
from app.transparency.tree import (
    EMPTY,
    HASH_BYTES,
    Frontier,
    Range,
    Subtree,
    consistency_path,
    grow,
    inclusion_path,
    range_hash,
)

Connection: TypeAlias = "asyncpg.Connection[Any]"
_CHUNK = 65_536
_STORED = "SELECT coalesce(max(position) + 1, 0) FROM log_subtree WHERE level = 1"
_SUBTREES = "SELECT hash FROM log_subtree WHERE level = $1 AND position >= $2 ORDER BY position"
_LEAVES = "SELECT leaf_hash FROM log_entry WHERE log_index >= $1 ORDER BY log_index LIMIT $2"
_ENTRIES = "SELECT entry FROM log_entry WHERE log_index >= $1 AND log_index < $2 ORDER BY log_index"
_TILES = """
    SELECT wanted.level, wanted.tile,
           CASE WHEN wanted.level = 0
           THEN (SELECT string_agg(leaf_hash, ''::bytea ORDER BY log_index) FROM log_entry
                 WHERE log_index >= wanted.tile * 256 AND log_index < (wanted.tile + 1) * 256)
           ELSE (SELECT string_agg(hash, ''::bytea ORDER BY position) FROM log_subtree
                 WHERE log_subtree.level = wanted.level
                 AND position >= wanted.tile * 256 AND position < (wanted.tile + 1) * 256)
           END AS hashes
    FROM unnest($1::smallint[], $2::bigint[]) AS wanted (level, tile)
"""


async def load_tree(connection: Connection) -> tuple[Frontier, list[Subtree]]:
    """Return the tree over every entry, and the complete subtrees of it that are not stored yet.

    Nothing but stored rows is believed, so it does not matter how the last sequencer ended.
    """
    count = await connection.fetchval(_STORED)
    size, peaks, level = count * WIDTH, [], 1
    while count:
        rows = await connection.fetch(_SUBTREES, level, count - count % WIDTH)
        # The hashes of one level are that level's leaves: their own right edge is part of the whole tree's.
        peaks.append(grow(EMPTY, [row["hash"] for row in rows])[0].peaks)
        count, level = count // WIDTH, level + 1
    tree = Frontier(size, tuple(peak for edge in reversed(peaks) for peak in edge))
    missing: list[Subtree] = []
    while leaves := await connection.fetch(_LEAVES, tree.size, _CHUNK):
        tree, complete = grow(tree, [row["leaf_hash"] for row in leaves])
        missing += complete
    return tree, missing


async def read_tile(connection: Connection, level: int, tile: TilePath) -> bytes | None:
    """Return the hashes of a tile, 32 bytes each; None while the log is too small for it."""
    if tile.index > (1 << 63) // WIDTH - 2:
        return None
    hashes = (await _read_tiles(connection, {(level, tile.index)})).get((level, tile.index), b"")
    wanted = tile.width * HASH_BYTES
    return hashes[:wanted] if len(hashes) >= wanted else None


async def read_entries(connection: Connection, tile: TilePath) -> list[bytes] | None:
    """Return the entries of a bundle; None while the log is too small for it."""
    if tile.index > (1 << 63) // WIDTH - 2:
        return None
    first = tile.index * WIDTH
    rows = await connection.fetch(_ENTRIES, first, first + tile.width)
    return [row["entry"] for row in rows] if len(rows) == tile.width else None


async def inclusion_proof(connection: Connection, index: int, size: int) -> tuple[bytes, ...]:
    """Return the hashes that prove entry `index` in the log of `size` entries; both must be there."""
    return await _hashes(connection, inclusion_path(index, size))


async def consistency_proof(connection: Connection, old: int, size: int) -> tuple[bytes, ...]:
    """Return the hashes that prove the log of `old` entries, at least one, a beginning of that of `size`."""
    return await _hashes(connection, consistency_path(old, size))


async def _hashes(connection: Connection, ranges: list[Range]) -> tuple[bytes, ...]:
    tiles = HashTiles(await _read_tiles(connection, tiles_of(ranges)))
    return tuple(range_hash(wanted, tiles.node) for wanted in ranges)


async def _read_tiles(connection: Connection, tiles: set[tuple[int, int]]) -> dict[tuple[int, int], bytes]:
    rows = await connection.fetch(_TILES, [level for level, _ in tiles], [index for _, index in tiles])
    return {(row["level"], row["tile"]): row["hashes"] or b"" for row in rows}
