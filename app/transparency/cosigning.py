"""Asking witnesses to cosign this exchange's checkpoints (c2sp.org/tlog-witness), every few seconds."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import structlog
from prometheus_client import Counter
from sqlalchemy.ext.asyncio import AsyncEngine

from app import loops
from app.db import driver_connection
from app.transparency.checkpoint import Checkpoint, MalformedCheckpoint, parse_checkpoint, parse_decimal
from app.transparency.forks import shout
from app.transparency.note import (
    MOST_BYTES,
    Note,
    NoteError,
    VerifiedSignature,
    parse_note,
    parse_signatures,
    verify_note,
)
from app.transparency.policy import Policy, PolicyWitness
from app.transparency.reading import consistency_proof
from app.transparency.submission import CheckpointSubmission

INTERVAL = 2.0
LONGEST_PAUSE = 300.0
PATIENCE = 10.0
_ATTEMPTS = 3
_NEWEST = "SELECT note FROM checkpoint WHERE size > 0 ORDER BY size DESC LIMIT 1"
_LAST = "SELECT coalesce(max(size), 0) FROM checkpoint_cosignature WHERE witness = $1"
_KEEP = """
    INSERT INTO checkpoint_cosignature (size, witness, line, at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
"""
ASKED = Counter("leadbridge_cosignatures_total", "what became of asking a witness", ["witness", "outcome"])
_log = structlog.get_logger(__name__)


class NotCosigned(Exception):
    """A witness gave no cosignature; the text says why."""


class Fork(NotCosigned):
    """A witness cosigned another history of this log than the one that is here."""


@dataclass(slots=True)
class _Asked:
    """A witness, how it answered of late, and the size that it is believed to have cosigned."""

    witness: PolicyWitness
    url: str
    last: int | None = None
    failures: int = 0
    not_before: float = 0.0


class Cosigners:
    """The witnesses of the policy that have an address. Two processes that ask at once do no harm."""

    def __init__(self, engine: AsyncEngine, policy: Policy) -> None:
        self._engine = engine
        self._asked = [_Asked(witness, witness.url.rstrip("/")) for witness in policy.witnesses if witness.url]

    @property
    def witnesses(self) -> int:
        """How many are asked."""
        return len(self._asked)

    async def run(self) -> None:
        """Ask until cancelled; a witness that fails is asked less and less often, down to every five minutes."""
        async with httpx.AsyncClient(timeout=PATIENCE) as http:
            while True:
                await self.ask(http)
                await asyncio.sleep(INTERVAL)

    async def ask(self, http: httpx.AsyncClient) -> None:
        """Ask every witness whose pause is over for the newest checkpoint, unless it has cosigned that one."""
        now = asyncio.get_running_loop().time()
        await asyncio.gather(*(self._try(asked, http) for asked in self._asked if asked.not_before <= now))

    async def _try(self, asked: _Asked, http: httpx.AsyncClient) -> None:
        try:
            outcome = await self._cosigned(asked, http)
        except Fork as error:
            shout("log", witness=asked.witness.name, reason=str(error))
            outcome = "fork"
        except NotCosigned as error:
            _log.warning("witness did not cosign", witness=asked.witness.name, reason=str(error))
            outcome = "refused"
        except (*loops.LOST, httpx.HTTPError) as error:
            loops.end_if_cancelled()
            _log.warning("witness not reached", witness=asked.witness.name, error=type(error).__name__)
            outcome = "unreached"
        if outcome:
            ASKED.labels(asked.witness.name, outcome).inc()
        asked.failures = 0 if outcome in ("", "cosigned") else asked.failures + 1
        if asked.failures:
            pause = min(INTERVAL * 2 ** min(asked.failures, 16), LONGEST_PAUSE)
            asked.not_before = asyncio.get_running_loop().time() + pause

    async def _cosigned(self, asked: _Asked, http: httpx.AsyncClient) -> str:
        for _ in range(_ATTEMPTS):
            submission = await self._submission(asked)
            if submission is None:
                return ""
            status, answer = await _post(http, f"{asked.url}/add-checkpoint", str(submission).encode())
            if status == 200:
                await self._keep(asked, submission, _verified(submission.note.text, answer, asked.witness))
                return "cosigned"
            if status == 422:
                raise Fork(f"it remembers another tree at {submission.old}; ours is {submission.checkpoint.size} long")
            if status != 409:
                raise NotCosigned(f"it answered {status}")
            asked.last = await self._told(submission, answer)
        raise NotCosigned("it names another size each time")

    async def _submission(self, asked: _Asked) -> CheckpointSubmission | None:
        async with driver_connection(self._engine) as connection:
            raw = await connection.fetchval(_NEWEST)
            if raw is None:
                return None
            kept: int = await connection.fetchval(_LAST, str(asked.witness.verifier))
            note = parse_note(raw.encode())
            checkpoint = parse_checkpoint(note.text)
            if kept == checkpoint.size:
                return None
            # After a restart, or where two processes ask, the database knows more than this one.
            old = kept if asked.last is None else asked.last
            proof = await consistency_proof(connection, old, checkpoint.size) if old else ()
        return CheckpointSubmission(old, proof, note, checkpoint)

    async def _told(self, submission: CheckpointSubmission, answer: str) -> int:
        """Return the size that a witness says it cosigned last; raise `Fork` if this log never had it."""
        try:
            size = parse_decimal(answer.removesuffix("\n"))
        except MalformedCheckpoint:
            raise NotCosigned("it answered 409 without a size") from None
        if size == submission.old:
            raise Fork(f"it cosigned another root at {size}")
        async with driver_connection(self._engine) as connection:
            newest = parse_checkpoint(parse_note((await connection.fetchval(_NEWEST)).encode()).text)
        if size > newest.size:
            raise Fork(f"it cosigned a tree of {size}, and ours is {newest.size} long")
        return size

    async def _keep(self, asked: _Asked, submission: CheckpointSubmission, signed: VerifiedSignature) -> None:
        checkpoint: Checkpoint = submission.checkpoint
        at = datetime.fromtimestamp(signed.at or 0, UTC)
        async with driver_connection(self._engine) as connection:
            await connection.execute(_KEEP, checkpoint.size, str(signed.verifier), str(signed.signature), at)
        asked.last = checkpoint.size


def _verified(text: str, answer: str, witness: PolicyWitness) -> VerifiedSignature:
    try:
        return verify_note(Note(text, parse_signatures(answer)), [witness.verifier])[0]
    except NoteError as error:
        raise NotCosigned(f"its answer is no cosignature: {error}") from error


async def _post(http: httpx.AsyncClient, url: str, body: bytes) -> tuple[int, str]:
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    async with http.stream("POST", url, content=body, headers=headers) as response:
        answer = b""
        async for chunk in response.aiter_bytes():
            answer += chunk
            if len(answer) > MOST_BYTES:
                raise NotCosigned("its answer is too long")
    try:
        return response.status_code, answer.decode("utf-8")
    except UnicodeDecodeError:
        raise NotCosigned("its answer is no text") from None
