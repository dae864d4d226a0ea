"""`serve` with few descriptors says what it needs, and strangers who hold connections lock nobody out."""

import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import httpx

from tests.cli.command_line import environment
from tests.killing import settings
from tests.server import free_port, until_ready
from tests.serving.conftest import PATIENCE

DESCRIPTORS = 256


def test_more_silent_connections_than_descriptors_lock_nobody_out(database_url: str, tmp_path: Path) -> None:
    port, log = free_port(), tmp_path / "serve.log"
    script = f'ulimit -n {DESCRIPTORS} && exec "$0" -m app.cli serve --port {port}'
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["sh", "-c", script, sys.executable],
            env=environment(**settings(database_url, tmp_path)),
            stdout=output,
            stderr=output,
        )
    try:
        until_ready(f"http://127.0.0.1:{port}", process, log)
        assert "too few descriptors" in log.read_text()
        with ExitStack() as stack:
            for _ in range(DESCRIPTORS + 100):
                stack.enter_context(socket.create_connection(("127.0.0.1", port), PATIENCE))
            answer = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=PATIENCE, trust_env=False)
            assert answer.status_code == 200
            assert len(os.listdir(f"/proc/{process.pid}/fd")) <= DESCRIPTORS  # noqa: PTH208
    finally:
        process.terminate()
        process.wait(PATIENCE)
