"""The real `leadbridge serve`, ended by SIGKILL at a moment that a test chose."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.db import create_engine, driver_connection
from tests.cli.command_line import command, environment, leadbridge
from tests.server import EXCHANGE_ID
from tests.waiting import until_async

_STANDS = """
    SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
    AND application_name = 'leadbridge' AND wait_event_type = 'Lock' AND ltrim(query, E' \\n') LIKE $1)
"""
_ANYBODY = """
    SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
    AND application_name = 'leadbridge')
"""


def settings(database_url: str, data_dir: Path) -> dict[str, str]:
    return {
        "LEADBRIDGE_DATABASE_URL": database_url,
        "LEADBRIDGE_DATA_DIR": str(data_dir),
        "LEADBRIDGE_EXCHANGE_ID": EXCHANGE_ID,
    }


@contextmanager
def killed(database_url: str, data_dir: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `serve` beside the block, and kill it where the block ends."""
    words = command("serve", "--port", "0")
    with (data_dir / "killed.log").open("ab") as log:
        process = subprocess.Popen(words, env=environment(**settings(database_url, data_dir)), stdout=log, stderr=log)
        try:
            yield process
            assert process.poll() is None, (data_dir / "killed.log").read_text()[-2000:]
        finally:
            process.kill()
            process.wait(30)


def killed_before(database_url: str, data_dir: Path, statement: str, lock: str) -> None:
    """Kill `serve` while one of its connections waits at a statement that begins so, because `lock` is held.

    Returns when the database has let go of everything that the dead process had begun.
    """

    async def stands(watcher: Any, process: "subprocess.Popen[bytes]") -> bool:
        assert process.poll() is None
        return bool(await watcher.fetchval(_STANDS, statement + "%"))

    async def run() -> None:
        engine = create_engine(database_url, pool_size=2, application_name="killing")
        try:
            async with driver_connection(engine) as holder, driver_connection(engine) as watcher:
                async with holder.transaction():
                    await holder.execute(lock)
                    with killed(database_url, data_dir) as process:
                        await until_async(f"serve waits at {statement}", lambda: stands(watcher, process))
                await _let_go(watcher)
        finally:
            await engine.dispose()

    asyncio.run(run())


def killed_when(database_url: str, data_dir: Path, question: str, enough: int) -> int:
    """Kill `serve` as soon as the count that `question` asks for is `enough`; return the count that stayed."""

    async def reached(watcher: Any) -> bool:
        return bool(await watcher.fetchval(question) >= enough)

    async def run() -> int:
        engine = create_engine(database_url, pool_size=1, application_name="killing")
        try:
            async with driver_connection(engine) as watcher:
                with killed(database_url, data_dir):
                    await until_async(f"{enough} of {question}", lambda: reached(watcher))
                await _let_go(watcher)
                stayed: int = await watcher.fetchval(question)
                return stayed
        finally:
            await engine.dispose()

    return asyncio.run(run())


async def _let_go(watcher: Any) -> None:
    async def nobody() -> bool:
        return not await watcher.fetchval(_ANYBODY)

    await until_async("the database has let go of the dead process", nobody)


def audited(database_url: str, data_dir: Path) -> str:
    """Run `leadbridge audit`, which must find no contradiction; return what it says."""
    answer = leadbridge("audit", "--jobs", "1", **settings(database_url, data_dir))
    assert (answer.returncode, answer.stderr) == (0, ""), answer.stderr
    assert "no contradiction" in answer.stdout
    return answer.stdout
