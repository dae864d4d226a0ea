"""The sequencer: one at a time in the whole deployment, it gives committed events their numbers.

Log indexes and inbox numbers are given here and nowhere else: numbers taken before a commit would skip. The tree
over the log grows in the same transaction, and its new head is signed in it.
"""

import asyncio
from collections import Counter
from datetime import datetime
from typing import Any, Protocol

import asyncpg
import structlog
from prometheus_client import Counter as Metric
from sqlalchemy.ext.asyncio import AsyncEngine

from app import locks, loops
from app.deps import TimeSource
from app.transparency.checkpoint import Log
from app.transparency.reading import load_tree
from app.transparency.tree import Frontier, Subtree, grow, leaf_hash

ROUND = 1000
IDLE_SECONDS = 0.1
CHANNEL = "leadbridge_inbox"
SEQUENCED = Metric("leadbridge_sequenced_total", "events that were given their place in the log")
_RANK = {"key": 0, "act": 1, "notice": 1, "refused-classified": 1, "access-log": 1, "revocation": 2}
_log = structlog.get_logger(__name__)


class LogKeeper(Protocol):
    """Knows the log's keys. `anew` asks for those that the database has now: an event may be of the log's own key."""

    async def current(self, connection: "asyncpg.Connection[Any]", *, anew: bool) -> Log: ...


class BrokenLog(Exception):
    """The entries in the database are not those whose root was signed: nothing more may be signed."""


class Sequencer:
    """Runs until cancelled; takes over when the leader's connection dies.

    `awake` is set by whoever committed something in this process, and shortens its sleep; each round clears it before
    it looks. The tree is a variable of the term: nobody else has it.
    """

    def __init__(self, engine: AsyncEngine, clock: TimeSource, log: LogKeeper) -> None:
        self._engine = engine
        self._clock = clock
        self._log = log
        self.awake = asyncio.Event()

    async def run(self) -> None:
        await loops.lead("sequencer", self._engine, locks.SEQUENCER, self._term, every=1)

    async def _term(self, connection: "asyncpg.Connection[Any]") -> None:
        try:
            # Only what was committed counts, so the tree is kept between rounds but never between leaders.
            tree = await open_tree(connection, self._clock(), await self._log.current(connection, anew=True))
            while True:
                self.awake.clear()
                grown = await sequence(connection, self._clock, self._log, tree)
                if grown.size - tree.size < ROUND:
                    await loops.wait(self.awake, IDLE_SECONDS)
                tree = grown
        except BrokenLog as error:
            _log.critical("the log is broken and stands still", reason=str(error))


async def open_tree(connection: "asyncpg.Connection[Any]", now: datetime, log: Log) -> Frontier:
    """Return the tree over the whole log, with its head signed, an empty log's too.

    Raises `BrokenLog` if it is not the tree of the newest checkpoint, or one that grew from it.
    """
    async with connection.transaction():
        tree, missing = await load_tree(connection)
        if tree.size != await connection.fetchval("SELECT coalesce(max(log_index) + 1, 0) FROM log_entry"):
            raise BrokenLog("entries are missing in the middle")
        signed = await connection.fetchrow("SELECT size, root FROM checkpoint ORDER BY size DESC LIMIT 1")
        if signed and signed["size"] > tree.size:
            raise BrokenLog(f"{tree.size} entries are left of {signed['size']}")
        if signed and signed["size"] == tree.size:
            if signed["root"] != tree.root():
                raise BrokenLog(f"the root at {tree.size} is not the one that was signed")
        else:
            await _publish(connection, now, log, tree, missing)
    return tree


async def sequence(
    connection: "asyncpg.Connection[Any]", clock: TimeSource, keeper: LogKeeper, tree: Frontier
) -> Frontier:
    """Number up to `ROUND` waiting events in one transaction; return the log's tree, grown by as many.

    `tree` is that of every entry so far. Ordinals are given in commit order where it matters: within a case under
    its lock, and for a revocation after the acts whose key rows it waited for.
    """
    async with connection.transaction():
        waiting = await connection.fetch("SELECT * FROM unsequenced ORDER BY ordinal LIMIT $1", ROUND)
        if not waiting:
            return tree
        # Not before it is known what waits: nothing is logged at a time before it was received.
        now = clock()
        waiting.sort(key=lambda row: _RANK[row["kind"]])
        first = tree.size
        leaves = [leaf_hash(row["entry"]) for row in waiting]
        # The index comes from the tree. Were the tree not that of the committed entries, the key would refuse it.
        await connection.execute(
            "INSERT INTO log_entry (log_index, entry, leaf_hash, act_id, logged_at) "
            "SELECT *, $5 FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::uuid[])",
            list(range(first, first + len(waiting))),
            [row["entry"] for row in waiting],
            leaves,
            [row["act_id"] for row in waiting],
            now,
        )
        tree, complete = grow(tree, leaves)
        # A new log key signs the first checkpoint that has its own event.
        log = await keeper.current(connection, anew=any(row["kind"] == "key" for row in waiting))
        await _publish(connection, now, log, tree, complete)
        await _fill_inboxes(connection, waiting, first)
        await connection.execute(
            "DELETE FROM unsequenced WHERE ordinal = ANY($1::bigint[])", [row["ordinal"] for row in waiting]
        )
        await connection.execute(f"NOTIFY {CHANNEL}")
    SEQUENCED.inc(len(waiting))
    return tree


async def _publish(
    connection: "asyncpg.Connection[Any]", now: datetime, log: Log, tree: Frontier, complete: list[Subtree]
) -> None:
    if complete:
        await connection.execute(
            "INSERT INTO log_subtree (level, position, hash) "
            "SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])",
            *(list(column) for column in zip(*complete, strict=True)),
        )
    root = tree.root()
    await connection.execute(
        "INSERT INTO checkpoint (size, root, note, at) VALUES ($1, $2, $3, $4)",
        tree.size,
        root,
        str(log.sign(tree.size, root)),
        now,
    )


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
