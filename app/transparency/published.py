"""The newest checkpoints in this process's memory, for receipts and for `/log/checkpoint`, fresh by NOTIFY."""

import base64
from dataclasses import dataclass
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from app import loops
from app.db import driver_connection
from app.transparency.policy import Policy
from app.transparency.sequencer import CHANNEL

LOOK_SECONDS = 1.0
BREATH = 0.02
_MOST_SIZES = 5000
_NEWEST = "SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1"
_NOTE = "SELECT note FROM checkpoint WHERE size = $1"
_LINES = "SELECT line FROM checkpoint_cosignature WHERE size = $1 AND witness = ANY($2::text[]) ORDER BY witness"
_COSIGNED = """
    SELECT size, array_agg(witness) AS witnesses FROM checkpoint_cosignature
    WHERE size >= $1 GROUP BY size ORDER BY size DESC LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Served:
    """A checkpoint as it is handed out: the log's signature and what cosignatures there are."""

    size: int
    note: str


class Published:
    """What the log says of itself now. `newest` is the head; `settled` the newest that enough witnesses cosigned.

    Without witnesses in the policy both are the same. `served` is the one for `/log/checkpoint`: once a head was
    settled only settled ones are, so that a reader who asks for a quorum never meets one without.
    `header` is `X-Log-Checkpoint` with the newest note, empty before the first. All are owned here; only `_read`
    replaces them, on the event loop and by larger ones, so that whoever reads them needs no lock.
    """

    def __init__(self, engine: AsyncEngine, policy: Policy) -> None:
        self._engine = engine
        self._policy = policy
        self._vkeys = {str(verifier): verifier for verifier in policy.verifiers}
        self.newest: Served | None = None
        self.settled: Served | None = None
        self.header: dict[str, str] = {}

    @property
    def served(self) -> Served | None:
        return self.settled or self.newest

    async def covering(self, connection: "asyncpg.Connection[Any]", index: int) -> Served:
        """Return a checkpoint of a log that has entry `index`: a settled one if there is one, else the newest."""
        if self.settled is not None and self.settled.size > index:
            return self.settled
        size = await connection.fetchval("SELECT max(size) FROM checkpoint")
        return Served(size, await self._note(connection, size))

    async def refresh(self) -> None:
        """Read what was committed so far."""
        async with driver_connection(self._engine) as connection:
            await self._read(connection)

    async def listen(self) -> None:
        """Keep fresh until cancelled: at each round of the sequencer, and every second whatever happens."""
        await loops.listen("checkpoints", self._engine, CHANNEL, self._read, every=LOOK_SECONDS, breath=BREATH)

    async def _read(self, connection: "asyncpg.Connection[Any]") -> None:
        row = await connection.fetchrow(_NEWEST)
        if row is not None and (self.newest is None or row["size"] > self.newest.size):
            self.newest = Served(row["size"], row["note"])
            self.header = {"X-Log-Checkpoint": base64.b64encode(row["note"].encode()).decode("ascii")}
        if self._policy.quorum is not None:
            await self._settle(connection)

    async def _settle(self, connection: "asyncpg.Connection[Any]") -> None:
        known = self.settled.size if self.settled else 0
        for row in await connection.fetch(_COSIGNED, known, _MOST_SIZES):
            signers = {self._vkeys[vkey] for vkey in row["witnesses"] if vkey in self._vkeys}
            if self._policy.is_quorum(signers):
                self.settled = Served(row["size"], await self._note(connection, row["size"]))
                return

    async def _note(self, connection: "asyncpg.Connection[Any]", size: int) -> str:
        note: str = await connection.fetchval(_NOTE, size)
        lines = await connection.fetch(_LINES, size, list(self._vkeys))
        return note + "".join(f"{row['line']}\n" for row in lines)
