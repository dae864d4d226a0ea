"""The sequencer: one at a time in the whole deployment, it gives committed events their numbers.

Log indexes and inbox numbers are given here and nowhere else: numbers taken before a commit would skip.
"""

import asyncio
import contextlib
from collections import Counter
from datetime import datetime
from typing import Any

import asyncpg
import structlog
from prometheus_client import Counter as Metric
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db import driver_connection
from app.deps import type_clock
from app.transparency.entries import leaf_hash

LEADER = 0x4C65_6164_5365  # the advisory lock that only one sequencer holds
ROUND = 1000
IDLE_SECONDS = 0.1
CHANNEL = "leadbridge_inbox"
SEQUENCED = Metric("leadbridge_sequenced_total", "events that were given their place in the log")
_RANK = {"key": 0, "act": 1, "notice": 1, "refused-classified": 1, "revocation": 2}
_log = structlog.get_logger(__name__)


class Sequencer:
    """Runs until cancelled; takes over when the leader's connection dies. `wake` shortens its sleep."""

    def __init__(self, engine: AsyncEngine, clock: type_clock) -> None:
        self._engine = engine
        self._clock = clock
        self._awake = asyncio.Event()

    def wake(self) -> None:
        """Say that something was committed in this process."""
        self._awake.set()

    async def run(self) -> None:
        while True:
            try:
                async with driver_connection(self._engine) as connection:
                    await self._lead(connection)
            except (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("sequencer connection lost", error=type(error).__name__)
            await asyncio.sleep(1)

    async def _lead(self, connection: "asyncpg.Connection[Any]") -> None:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LEADER):
            return
        try:
            while True:
                self._awake.clear()
                if await sequence(connection, self._clock()) < ROUND:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._awake.wait(), IDLE_SECONDS)
        finally:
            if not connection.is_closed():
                await connection.execute("SELECT pg_advisory_unlock($1)", LEADER)


async def sequence(connection: "asyncpg.Connection[Any]", now: datetime) -> int:
    """Number up to `ROUND` waiting events in one transaction and return how many.

    Ordinals are given in commit order where it matters: within a case under its lock, and for a revocation after
    the acts whose key rows it waited for.
    """
    async with connection.transaction():
        waiting = await connection.fetch("SELECT * FROM unsequenced ORDER BY ordinal LIMIT $1", ROUND)
        if not waiting:
            return 0
        waiting.sort(key=lambda row: _RANK[row["kind"]])
        first = await connection.fetchval("SELECT coalesce(max(log_index) + 1, 0) FROM log_entry")
        await connection.execute(
            "INSERT INTO log_entry (log_index, entry, leaf_hash, act_id, logged_at) "
            "SELECT *, $5 FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::uuid[])",
            list(range(first, first + len(waiting))),
            [row["entry"] for row in waiting],
            [leaf_hash(row["entry"]) for row in waiting],
            [row["act_id"] for row in waiting],
            now,
        )
        await _fill_inboxes(connection, waiting, first)
        await connection.execute(
            "DELETE FROM unsequenced WHERE ordinal = ANY($1::bigint[])", [row["ordinal"] for row in waiting]
        )
        await connection.execute(f"NOTIFY {CHANNEL}")
    SEQUENCED.inc(len(waiting))
    return len(waiting)


async def _fill_inboxes(connection: "asyncpg.Connection[Any]", waiting: list[asyncpg.Record], first: int) -> None:
    nodes = sorted({node for row in waiting for node in row["addressed"]})
    if not nodes:
        return
    heads = await connection.fetch(
        "SELECT node_id, (SELECT coalesce(max(seq), 0) FROM inbox WHERE inbox.node_id = wanted.node_id) AS head "
        "FROM unnest($1::text[]) AS wanted (node_id)",
        nodes,
    )
    numbers = Counter({row["node_id"]: row["head"] for row in heads})
    items: list[tuple[Any, ...]] = []
    for log_index, row in enumerate(waiting, first):
        for node in row["addressed"]:
            numbers[node] += 1
            items.append(
                (
                    node,
                    numbers[node],
                    row["act_id"],
                    row["act"],
                    row["lead_id"],
                    row["sender"],
                    row["committed_at"],
                    log_index,
                )
            )
    await connection.execute(
        "INSERT INTO inbox (node_id, seq, act_id, act, lead_id, sender, received_at, log_index) "
        "SELECT * FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], "
        "$7::timestamptz[], $8::bigint[])",
        *(list(column) for column in zip(*items, strict=True)),
    )
