"""This exchange as a witness of others (c2sp.org/tlog-witness): it cosigns a log that only ever grew."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, ClassVar

import asyncpg
import structlog
from prometheus_client import Counter

from app.transparency.checkpoint import WitnessKey
from app.transparency.forks import shout
from app.transparency.note import NoteError, Verifier, verify_note
from app.transparency.submission import SIZE_MEDIA_TYPE, CheckpointSubmission
from app.transparency.tree import EMPTY_ROOT, ProofError, verify_consistency

SUBMISSIONS = Counter("leadbridge_witness_submissions_total", "checkpoints submitted to this witness", ["outcome"])
_log = structlog.get_logger(__name__)


class Declined(Exception):
    """The witness does not cosign; `status`, the text and `media_type` are the answer that the protocol asks for."""

    status: ClassVar[int]
    media_type: ClassVar[str] = "text/plain; charset=utf-8"


class UnknownLog(Declined):
    status = 404


class UntrustedCheckpoint(Declined):
    status = 403


class UnprovenGrowth(Declined):
    status = 422


class OtherHistory(Declined):
    """The old size, or the root at it, is not what was cosigned last. The text is that size, and a newline."""

    status, media_type = 409, SIZE_MEDIA_TYPE


class Witness:
    """Cosigns checkpoints of the logs that it was told to watch."""

    def __init__(self, keys: Callable[[], Sequence[WitnessKey]], logs: Sequence[Verifier]) -> None:
        self._keys = keys
        self._logs: dict[str, list[Verifier]] = defaultdict(list)
        for log in logs:
            self._logs[log.name].append(log)

    async def add_checkpoint(
        self, connection: "asyncpg.Connection[Any]", submission: CheckpointSubmission, now: datetime
    ) -> str:
        """Return this witness's signature lines; what it remembers is committed by then. Raises `Declined`."""
        try:
            line = await self._add(connection, submission, now)
        except Declined as refusal:
            SUBMISSIONS.labels(type(refusal).__name__).inc()
            raise
        SUBMISSIONS.labels("cosigned").inc()
        return line

    async def _add(self, connection: "asyncpg.Connection[Any]", submission: CheckpointSubmission, now: datetime) -> str:
        checkpoint = submission.checkpoint
        keys = self._logs.get(checkpoint.origin)
        if keys is None:
            raise UnknownLog("no log of this origin is witnessed here\n")
        try:
            verify_note(submission.note, keys)
        except NoteError:
            raise UntrustedCheckpoint("no signature of the log's known keys verifies\n") from None
        # Check and write under one row's lock: between them a rival could have gone further.
        async with connection.transaction():
            await connection.execute(
                "INSERT INTO witnessed_log (origin, size, root, note, at) VALUES ($1, 0, $2, '', $3) "
                "ON CONFLICT DO NOTHING",
                checkpoint.origin,
                EMPTY_ROOT,
                now,
            )
            known = await connection.fetchrow(
                "SELECT size, root, note FROM witnessed_log WHERE origin = $1 FOR UPDATE", checkpoint.origin
            )
            _require_growth(submission, known["size"], known["root"], known["note"])
            await connection.execute(
                "UPDATE witnessed_log SET size = $2, root = $3, note = $4, at = $5 WHERE origin = $1",
                checkpoint.origin,
                checkpoint.size,
                checkpoint.root,
                str(submission.note),
                now,
            )
        # After a rotation also by the former keys: who asks may know only those, and ignores the other lines.
        return "".join(key.cosign(submission.note.text, int(now.timestamp())) for key in self._keys())


def _require_growth(submission: CheckpointSubmission, size: int, root: bytes, note: str) -> None:
    checkpoint, evidence = submission.checkpoint, {"cosigned": note, "submitted": str(submission.note)}
    if checkpoint.size == size and checkpoint.root != root:
        # Whatever old size it names: the log signed two roots at one size.
        shout("witness", origin=checkpoint.origin, size=size, **evidence)
        raise OtherHistory(f"{size}\n")
    if submission.old != size:
        raise OtherHistory(f"{size}\n")
    try:
        _prove(submission, size, root)
    except ProofError as error:
        # Anyone can send a good checkpoint with a bad proof, so this alone convicts nobody.
        _log.error("checkpoint without proof of growth", origin=checkpoint.origin, reason=str(error), **evidence)
        raise UnprovenGrowth("the proof does not show that the log only grew\n") from None


def _prove(submission: CheckpointSubmission, size: int, root: bytes) -> None:
    # RFC 6962 proves nothing about an empty tree, of which every tree is a continuation.
    if size:
        verify_consistency(size, submission.checkpoint.size, root, submission.checkpoint.root, submission.proof)
    elif submission.proof:
        raise ProofError("nothing is to be proven about an empty tree")
