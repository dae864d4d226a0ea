"""The sequencer over a real database: whatever kills it, numbers, tree and heads go on as if nothing had been."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from app.db import create_engine, driver_connection
from app.signing.keys import generate_private
from app.transparency.checkpoint import Log
from app.transparency.reading import consistency_proof, inclusion_proof, load_tree
from app.transparency.sequencer import ROUND, BrokenLog, open_tree, sequence
from app.transparency.tree import EMPTY, grow, leaf_hash, verify_consistency, verify_inclusion
from tests.transparency.reader import mth
from tests.waiting import until_async

NOW = datetime(2026, 3, 2, tzinfo=UTC)
LOG = Log("exchange-test/log", generate_private("Ed25519"))
NODE = "police-990121"
MANY = 20 * ROUND


@asynccontextmanager
async def connected(url: str) -> AsyncIterator["asyncpg.Connection[Any]"]:
    engine = create_engine(url, pool_size=1)
    try:
        async with driver_connection(engine) as connection:
            yield connection
    finally:
        await engine.dispose()


async def wait_in_line(connection: "asyncpg.Connection[Any]", number: int, mark: str = "a") -> None:
    """Commit this many notices, each addressed to one node."""
    await connection.execute(
        "INSERT INTO unsequenced (kind, entry, committed_at, act_id, act, sender, addressed) "
        "SELECT 'notice', convert_to($1 || n || chr(10), 'UTF8'), $2, gen_random_uuid(), 'notice.deadline', 'x', $3 "
        "FROM generate_series(1, $4::int) n",
        mark,
        NOW,
        [NODE],
        number,
    )


async def history(connection: "asyncpg.Connection[Any]") -> list[bytes]:
    """Return the leaves, having checked that every number is there once and every head is of the same tree."""
    rows = await connection.fetch("SELECT log_index, entry, leaf_hash FROM log_entry ORDER BY log_index")
    assert [row["log_index"] for row in rows] == list(range(len(rows)))
    leaves = [row["leaf_hash"] for row in rows]
    assert leaves == [leaf_hash(row["entry"]) for row in rows]
    seqs = await connection.fetch("SELECT seq, log_index FROM inbox WHERE node_id = $1 ORDER BY seq", NODE)
    assert [(row["seq"], row["log_index"]) for row in seqs] == [(index + 1, index) for index in range(len(rows))]
    heads = await connection.fetch("SELECT size, root, note FROM checkpoint ORDER BY size")
    assert [heads[0]["size"], heads[-1]["size"]] == [0, len(leaves)]
    assert heads[-1]["root"] == mth(leaves)
    tree = EMPTY
    for head in heads:
        tree, _ = grow(tree, leaves[tree.size : head["size"]])
        assert head["root"] == tree.root()
    stored = [tuple(row) for row in await connection.fetch("SELECT * FROM log_subtree ORDER BY level, position")]
    assert stored == sorted(grow(EMPTY, leaves)[1])
    return leaves


def test_a_round_that_is_cut_off_leaves_nothing_behind(database_url: str) -> None:
    async def run() -> None:
        async with connected(database_url) as other, connected(database_url) as second:
            async with connected(database_url) as first:
                tree = await open_tree(first, NOW, LOG)
                await wait_in_line(other, 300)
                tree = await sequence(first, lambda: NOW, LOG, tree)
                await wait_in_line(other, 300)
                async with other.transaction():
                    # The round stands still after it has written entries, subtrees and the signed head.
                    await other.execute("LOCK TABLE inbox IN ACCESS EXCLUSIVE MODE")
                    round_ = asyncio.create_task(sequence(first, lambda: NOW, LOG, tree))
                    await until(second, "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted")
                    await second.execute("SELECT pg_terminate_backend($1)", first.get_server_pid())
                    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
                        await round_
            assert await second.fetchval("SELECT max(size) FROM checkpoint") == 300
            again = await open_tree(second, NOW, LOG)
            assert again == tree
            assert (await sequence(second, lambda: NOW, LOG, again)).size == 600
            assert len(await history(second)) == 600

    asyncio.run(run())


async def until(connection: "asyncpg.Connection[Any]", query: str, *values: int) -> None:
    await until_async(query, lambda: connection.fetchval(query, *values))


@contextmanager
def working(database_url: str, folder: Path) -> Iterator[None]:
    """Run a worker and kill it as an operating system does."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEADBRIDGE_")}
    environment |= {"LEADBRIDGE_DATABASE_URL": database_url, "LEADBRIDGE_DATA_DIR": str(folder)}
    with (folder / "worker.log").open("ab") as log:
        worker = subprocess.Popen([sys.executable, "-m", "app.cli", "worker"], env=environment, stdout=log, stderr=log)
        try:
            yield
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait(30)


def test_a_worker_that_is_killed_again_and_again_counts_on_without_a_gap(database_url: str, tmp_path: Path) -> None:
    async def in_the_middle() -> None:
        async with connected(database_url) as connection:
            await until(connection, "SELECT count(*) > 0 FROM checkpoint")
            logged = await connection.fetchval("SELECT count(*) FROM log_entry")
            await wait_in_line(connection, MANY)
            await until(connection, "SELECT count(*) > $1 FROM log_entry", logged)

    async def afterwards() -> int:
        async with connected(database_url) as connection:
            return int(await connection.fetchval("SELECT count(*) FROM unsequenced"))

    async def at_the_end() -> None:
        async with connected(database_url) as connection:
            await until(connection, "SELECT count(*) = 0 FROM unsequenced")
            assert len(await history(connection)) == 2 * MANY

    for _ in range(2):
        with working(database_url, tmp_path):
            asyncio.run(in_the_middle())
        assert asyncio.run(afterwards()) > 0  # it was killed while it was at it
    with working(database_url, tmp_path):
        asyncio.run(at_the_end())


def test_a_log_from_before_its_tree_gets_one_and_proves_across_all_levels(database_url: str) -> None:
    size = 256 * 256 + 1000

    async def run() -> None:
        async with connected(database_url) as connection:
            await connection.execute(
                "INSERT INTO log_entry (log_index, entry, leaf_hash, logged_at) "
                "SELECT n, e, sha256('\\x00'::bytea || e), now() FROM (SELECT n, "
                "convert_to('old ' || n || chr(10), 'UTF8') AS e FROM generate_series(0, $1::int - 1) n) AS old",
                size,
            )
            leaves = [leaf_hash(f"old {number}\n".encode()) for number in range(size)]
            tree = await open_tree(connection, NOW, LOG)
            assert tree == grow(EMPTY, leaves)[0]
            assert await load_tree(connection) == (tree, [])
            for index in (0, 256 * 256 - 1, 256 * 256, size - 1):
                proof = await inclusion_proof(connection, index, size)
                verify_inclusion(index, size, leaves[index], tree.root(), proof)
            for old in (1, 256, 256 * 256, size - 1):
                proof = await consistency_proof(connection, old, size)
                verify_consistency(old, size, grow(EMPTY, leaves[:old])[0].root(), tree.root(), proof)

    asyncio.run(run())


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM log_entry WHERE log_index >= 7",
        "DELETE FROM log_entry WHERE log_index = 3",
        "UPDATE log_entry SET leaf_hash = sha256('other') WHERE log_index = 3",
    ],
)
def test_nothing_is_signed_on_top_of_a_log_that_was_changed(database_url: str, damage: str) -> None:
    async def run() -> None:
        async with connected(database_url) as connection:
            await wait_in_line(connection, 10)
            await sequence(connection, lambda: NOW, LOG, await open_tree(connection, NOW, LOG))
            # What only the owner of the tables can do: the trigger refuses everyone else.
            await connection.execute("ALTER TABLE log_entry DISABLE TRIGGER evidence_stays")
            await connection.execute(damage)
            with pytest.raises(BrokenLog):
                await open_tree(connection, NOW, LOG)

    asyncio.run(run())


def test_the_tree_of_a_round_is_made_from_its_leaves_and_a_frontier_however_long_the_log_is() -> None:
    tree, leaves = EMPTY, [bytes(32)] * ROUND
    for _ in range(10):
        before = tree.size
        tree, stored = grow(tree, leaves)
        # Every subtree that a round completes is hashed and stored once: those of its own width, and no other.
        assert len(stored) == tree.size // 256 - before // 256 + tree.size // 256**2 - before // 256**2
        assert len(tree.peaks) == tree.size.bit_count()
