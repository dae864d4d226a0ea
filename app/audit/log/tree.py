"""The tree as it is stored: subtrees, checkpoints and cosignatures against the leaves that were read."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

import asyncpg

from app.audit.contradiction import Contradiction
from app.audit.log.acts import Examiner
from app.audit.log.stretch import Stretch
from app.stored import StoredRow
from app.transparency.checkpoint import MalformedCheckpoint, parse_checkpoint
from app.transparency.note import (
    COSIGNATURE,
    Note,
    NoteError,
    parse_note,
    parse_signatures,
    parse_vkey,
    verify_note,
)
from app.transparency.tree import EMPTY_ROOT, Frontier, grow

_CHECKPOINTS = """
    SELECT size, root, note FROM checkpoint WHERE (size > $1 OR $1 = 0) AND size <= $2 ORDER BY size
"""
_COSIGNATURES = """
    SELECT size, witness, line, at FROM checkpoint_cosignature WHERE (size > $1 OR $1 = 0) AND size <= $2
    ORDER BY size, witness
"""
_SUBTREES = "SELECT level, position, hash FROM log_subtree WHERE level = $1 AND position >= $2 AND position < $3"


@dataclass(slots=True)
class StretchTree:
    """Grows the tree over a stretch and holds every root on the way against what was signed at that size."""

    examiner: Examiner
    stretch: Stretch
    tree: Frontier
    signed: dict[int, Any]
    cosigned: dict[int, list[Any]]
    subtrees: dict[tuple[int, int], bytes]

    @classmethod
    async def read(cls, connection: "asyncpg.Connection[Any]", examiner: Examiner, stretch: Stretch) -> Self:
        """Read what is stored of the tree over a stretch."""
        signed = {row["size"]: row for row in await connection.fetch(_CHECKPOINTS, stretch.start, stretch.end)}
        cosigned: dict[int, list[Any]] = {}
        for row in await connection.fetch(_COSIGNATURES, stretch.start, stretch.end):
            cosigned.setdefault(row["size"], []).append(row)
        subtrees: dict[tuple[int, int], bytes] = {}
        level = 1
        while stretch.end >> 8 * level:
            first, last = stretch.start >> 8 * level, stretch.end >> 8 * level
            for row in await connection.fetch(_SUBTREES, level, first, last):
                subtrees[level, row["position"]] = row["hash"]
            level += 1
        made = cls(examiner, stretch, stretch.tree, signed, cosigned, subtrees)
        if stretch.start == 0:
            made._require_signed(0, EMPTY_ROOT)
        return made

    def grow(self, index: int, leaf: bytes) -> None:
        """Append a leaf; raise `Contradiction` if what is stored at this size is not the tree."""
        self.tree, complete = grow(self.tree, [leaf])
        for subtree in complete:
            key = f"level {subtree.level}, position {subtree.position}"
            stored = self.subtrees.get((subtree.level, subtree.position))
            if stored != subtree.hash:
                raise Contradiction(
                    "log_subtree", key, "it is missing" if stored is None else "it is not the hash of its leaves"
                )
        size = index + 1
        if size in self.signed or size in self.cosigned or any(known.size == size for known in self.stretch.known):
            self._require_signed(size, self.tree.root())

    def end(self) -> bytes:
        """Return the root after the stretch."""
        return self.tree.root()

    def _require_signed(self, size: int, root: bytes) -> None:
        for known in self.stretch.known:
            if known.size == size and known.root != root:
                raise Contradiction(
                    "log_entry", f"0 to {size}", f"the log was rewritten: {known.source} has another root"
                )
        if size not in self.signed:
            return
        row = self.signed[size]
        if row["root"] != root:
            raise Contradiction("checkpoint", size, "the root is not that of the entries")
        try:
            note = parse_note(row["note"].encode())
            checkpoint = parse_checkpoint(note.text)
            if size > self.stretch.signed_to or size == 0:
                verify_note(note, self.examiner.keys.of_log(self.examiner.log_origin, size))
        except (NoteError, MalformedCheckpoint) as error:
            raise Contradiction("checkpoint", size, f"the note is not signed by the log: {error}") from error
        if (checkpoint.origin, checkpoint.size, checkpoint.root) != (self.examiner.log_origin, size, root):
            raise Contradiction("checkpoint", size, "the note is of another log, size or root")
        for line in self.cosigned.get(size, []):
            _require_cosigned(note.text, line)


def _require_cosigned(text: str, row: StoredRow) -> None:
    """Demand that a witness signed a checkpoint's text, at the time that is kept of it."""
    key = f"{row['size']} {row['witness']}"
    try:
        (signed,) = verify_note(Note(text, parse_signatures(f"{row['line']}\n")), [parse_vkey(row["witness"])])
        at = datetime.fromtimestamp(signed.at or 0, UTC)
    except (NoteError, OverflowError, OSError, ValueError) as error:
        raise Contradiction("checkpoint_cosignature", key, str(error)) from error
    if signed.verifier.kind != COSIGNATURE or at != row["at"]:
        raise Contradiction("checkpoint_cosignature", key, "it is no cosignature of that time")
