"""What this exchange remembers of the logs that it witnesses, and who cosigned its own, against its policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import asyncpg

from app.audit.contradiction import Contradiction
from app.transparency.checkpoint import MalformedCheckpoint, parse_checkpoint
from app.transparency.note import NoteError, Verifier, parse_note, verify_note
from app.transparency.policy import Policy
from app.transparency.tree import EMPTY_ROOT

_WITNESSED = "SELECT origin, size, root, note FROM witnessed_log ORDER BY origin"
_COSIGNERS = "SELECT DISTINCT witness FROM checkpoint_cosignature ORDER BY witness"


class Head(NamedTuple):
    """Size and root of somebody's log."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Witnessing:
    """The newest head of each log that was cosigned here. `unpinned` are those whose keys the policy does not name.

    `strangers` are witnesses of this exchange's own log that the policy does not name, by their vkey: what they signed
    verifies, and says nothing of who they are.
    """

    heads: Mapping[str, Head] = field(default_factory=dict)
    unpinned: tuple[str, ...] = ()
    strangers: tuple[str, ...] = ()


async def read_witnessing(
    connection: "asyncpg.Connection[Any]", policy: Policy, before: Mapping[str, Head]
) -> Witnessing:
    """Return what is witnessed; raise `Contradiction` for a head that its log did not sign or that went back.

    `before` are the heads that an earlier audit found. Between two sizes nothing is stored that would prove growth:
    the witness verified it when it signed.
    """
    heads: dict[str, Head] = {}
    unpinned: list[str] = []
    for row in await connection.fetch(_WITNESSED):
        origin = row["origin"]
        heads[origin] = Head(row["size"], row["root"])
        keys = [log for log in policy.logs if log.name == origin]
        _require_head(origin, heads[origin], row["note"], keys)
        if not keys:
            unpinned.append(origin)
    for origin, known in before.items():
        _require_grown(origin, known, heads.get(origin))
    named = {str(verifier) for verifier in policy.verifiers}
    cosigners = [row["witness"] for row in await connection.fetch(_COSIGNERS)]
    return Witnessing(heads, tuple(unpinned), tuple(vkey for vkey in cosigners if vkey not in named))


def _require_head(origin: str, head: Head, raw: str, keys: Sequence[Verifier]) -> None:
    if not raw and head == (0, EMPTY_ROOT):
        return
    try:
        note = parse_note(raw.encode())
        checkpoint = parse_checkpoint(note.text)
        if keys:
            verify_note(note, keys)
    except (NoteError, MalformedCheckpoint) as error:
        raise Contradiction(
            "witnessed_log", origin, f"the note is not signed by a key that is pinned: {error}"
        ) from error
    if (checkpoint.origin, checkpoint.size, checkpoint.root) != (origin, *head):
        raise Contradiction("witnessed_log", origin, "the note is of another log, size or root")


def _require_grown(origin: str, before: Head, now: Head | None) -> None:
    if now is None:
        raise Contradiction("witnessed_log", origin, f"it is gone; an earlier audit found it at size {before.size}")
    if now.size < before.size:
        raise Contradiction("witnessed_log", origin, f"it went back from size {before.size} to {now.size}")
    if now.size == before.size and now.root != before.root:
        raise Contradiction("witnessed_log", origin, f"an earlier audit found another root at size {now.size}")
