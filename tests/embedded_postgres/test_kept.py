"""A `serve` whose embedded database dies goes on with a new server, or ends with a status and a reason."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.command_line import command, environment
from tests.embedded_postgres.conftest import kill_server, server_pid
from tests.server import free_port, until_ready
from tests.waiting import until


@contextmanager
def served(data_dir: Path, log: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Run `serve` on a data folder of its own, and yield its address once it is ready."""
    port = free_port()
    with log.open("wb") as output:
        words = command("serve", "--port", str(port))
        settings = environment(LEADBRIDGE_DATA_DIR=str(data_dir))
        process = subprocess.Popen(words, env=settings, stdout=output, stderr=output)
    try:
        until_ready(f"http://127.0.0.1:{port}", process, log)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(60)


def test_a_database_that_was_killed_is_started_again(tmp_path: Path) -> None:
    data_dir, log = tmp_path / "data", tmp_path / "log"
    with served(data_dir, log) as (url, process):
        before = server_pid(data_dir)
        kill_server(data_dir)
        until(
            "another server", lambda: (data_dir / "postgres/postmaster.pid").exists() and server_pid(data_dir) != before
        )
        until_ready(url, process, log)


def test_a_database_that_does_not_come_back_ends_the_service_with_a_status(tmp_path: Path) -> None:
    data_dir, log = tmp_path / "data", tmp_path / "log"
    with served(data_dir, log) as (_, process):
        (data_dir / "postgres" / "global" / "pg_control").rename(tmp_path / "away")
        kill_server(data_dir)
        assert process.wait(90) == 1
    assert "does not come back" in log.read_text()
