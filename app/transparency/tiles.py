"""Where the parts of a log are found (c2sp.org/tlog-tiles): paths of tiles, and entry bundles. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from app.transparency.tree import EMPTY, HASH_BYTES, TILE_HEIGHT, Range, grow, perfect_parts

WIDTH = 1 << TILE_HEIGHT
_LEVEL = re.compile("[0-9]|[1-5][0-9]|6[0-3]")
_INDEX = re.compile(r"((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True)
class TilePath:
    """The `index`-th tile of its level from the left, or its first `width` hashes or entries."""

    index: int
    width: int = WIDTH

    def __str__(self) -> str:
        """Return `<N>[.p/<W>]`."""
        digits = str(self.index)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        parts = [digits[place : place + 3] for place in range(0, len(digits), 3)]
        path = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
        return path if self.width == WIDTH else f"{path}.p/{self.width}"


def parse_tile_path(path: str) -> TilePath:
    """Return what `<N>[.p/<W>]` names; raise ValueError for a path that is not in its only spelling."""
    match = _INDEX.fullmatch(path)
    if match is None:
        raise ValueError("malformed tile path")
    width = int(match[2] or WIDTH)
    tile = TilePath(int(match[1].replace("x", "").replace("/", "")), width)
    # Read back: `x000/001` is another spelling of `001`, and a width of 256 one of the full tile.
    if width > WIDTH or str(tile) != path:
        raise ValueError("malformed tile path")
    return tile


def parse_level(text: str) -> int:
    """Return the level 0 to 63 of a tile; else raise ValueError."""
    if not _LEVEL.fullmatch(text):
        raise ValueError("malformed tile level")
    return int(text)


def entry_bundle(entries: Iterable[bytes]) -> bytes:
    """Return the bundle of entries, each behind its length as a big-endian uint16.

    Raises OverflowError for an entry of more than 65,535 bytes.
    """
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def tiles_of(ranges: Iterable[Range]) -> set[tuple[int, int]]:
    """Return `(level, index)` of every tile in which the hashes for these ranges lie."""
    return {
        (height // TILE_HEIGHT, (position << height % TILE_HEIGHT) // WIDTH)
        for wanted in ranges
        for height, position in perfect_parts(*wanted)
    }


class HashTiles:
    """Tiles by `(level, index)`, each as long as it is; tells the hash of any perfect subtree within them."""

    def __init__(self, tiles: Mapping[tuple[int, int], bytes]) -> None:
        self._tiles = tiles

    def node(self, height: int, position: int) -> bytes:
        """Return the hash of a perfect subtree; raise LookupError if the tiles do not hold it."""
        level, below = divmod(height, TILE_HEIGHT)
        index, first = divmod(position << below, WIDTH)
        tile = self._tiles[level, index]
        hashes = [tile[place * HASH_BYTES : (place + 1) * HASH_BYTES] for place in range(first, first + (1 << below))]
        if len(hashes[-1]) != HASH_BYTES:
            raise LookupError("the tile is not that long")
        return grow(EMPTY, hashes)[0].root()
