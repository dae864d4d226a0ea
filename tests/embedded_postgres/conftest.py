"""Processes that share a data folder, and what they see in the database."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from app.db import create_engine

MEMBER = Path(__file__).with_name("member.py")
ROOT = MEMBER.parents[2]


@dataclass(frozen=True)
class Member:
    """A running member process and the URL it was given."""

    process: "subprocess.Popen[str]"
    url: str

    def leave(self) -> None:
        """End as a service does: orderly, and stopping the server if nobody else uses it."""
        self.process.communicate(timeout=90)
        assert self.process.returncode == 0

    def kill(self) -> None:
        """End as a crash does."""
        self.process.kill()
        self.process.communicate(timeout=30)


@pytest.fixture
def join() -> Iterator[Callable[..., Member]]:
    """Return a function that starts a member on a data folder and waits for its URL; all leave at the end."""
    with ExitStack() as stack:

        def start(data_dir: Path, *, uid: str = "", site: Path = ROOT, **environment: str) -> Member:
            process = launch(data_dir, uid=uid, site=site, **environment)
            stack.callback(process.communicate)
            return arrived(process)

        yield start


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory(prefix="lb-test-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def launch(data_dir: Path, *, uid: str = "", site: Path = ROOT, **environment: str) -> "subprocess.Popen[str]":
    """Start a member that looks for packages in `site` before its own environment."""
    return subprocess.Popen(
        [sys.executable, MEMBER, data_dir, uid],
        env={**os.environ, **environment, "PYTHONPATH": f"{site}{os.pathsep}{ROOT}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def arrived(process: "subprocess.Popen[str]") -> Member:
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert url, "the member ended before it had a server"
    return Member(process, url)


def ask(url: str, *statements: str) -> list[tuple[object, ...]]:
    """Run statements, each committed, and return the rows of the last."""

    async def run() -> list[tuple[object, ...]]:
        engine = create_engine(url)
        try:
            async with engine.connect() as connection:
                autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
                rows: list[tuple[object, ...]] = []
                for statement in statements:
                    answer = await autocommit.execute(text(statement))
                    rows = [tuple(row) for row in answer] if answer.returns_rows else []
                return rows
        finally:
            await engine.dispose()

    return asyncio.run(run())


def server_pid(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().split()[0])


def kill_server(data_dir: Path) -> None:
    os.kill(server_pid(data_dir), signal.SIGKILL)
