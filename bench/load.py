"""Requests for the exchange: a measured round by wrk, and everything of a list, exactly once, for preparing one."""

import asyncio
import json
import resource
import shutil
import subprocess
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

LUA = Path(__file__).with_name("wrk.lua")


class BenchFailed(RuntimeError):
    """A measurement that is wrong, whatever its speed."""


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. No tab or newline in any member; a body is JSON on one line."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def line(self) -> bytes:
        """Return the request as wrk.lua reads it."""
        headers = "|".join(f"{name}: {value}" for name, value in self.headers)
        return f"{self.method}\t{self.path}\t{headers}\t".encode() + self.body + b"\n"

    def wire(self) -> bytes:
        """Return the request as HTTP/1.1."""
        headers = "".join(f"{name}: {value}\r\n" for name, value in self.headers)
        head = f"{self.method} {self.path} HTTP/1.1\r\nHost: bench\r\n{headers}"
        return f"{head}Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n\r\n".encode() + self.body


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw in one round. `handed_out` counts the requests taken from the list, sent or still on their way."""

    seconds: float
    completed: int
    handed_out: int
    p50_ms: float
    p99_ms: float
    client_cpu: float

    @property
    def rate(self) -> float:
        return self.completed / self.seconds


@dataclass(frozen=True, slots=True)
class Served:
    """One round, and what a request cost service and PostgreSQL in CPU: other work on the machine blurs it less."""

    load: Load
    cpu_us: float


def wrk(
    address: str, requests: Sequence[Request], folder: Path, *, connections: int, seconds: int, cycle: bool = False
) -> Load:
    """Send `requests` for `seconds` and return what wrk measured; with `cycle` over and over.

    Raises BenchFailed for any answer that is no success, a broken connection, or a list that was too short.
    """
    if shutil.which("wrk") is None:
        raise BenchFailed("wrk is not installed: run bench/install_wrk.sh")
    file = folder / "requests.tsv"
    with file.open("wb") as out:
        out.writelines(request.line() for request in requests)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "-s", str(LUA), address, "--"]
    done = subprocess.run(
        [*command, str(file), *(["cycle"] if cycle else [])], capture_output=True, text=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    file.unlink()
    found = [line.removeprefix("RESULT ") for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if done.returncode != 0 or not found:
        raise BenchFailed(f"wrk failed: {done.stdout}{done.stderr}")
    result = json.loads(found[0])
    if result["refused"] or result["broken"]:
        raise BenchFailed(f"{result['refused']} refusals and {result['broken']} broken requests")
    if not cycle and result["handed_out"] > len(requests):
        raise BenchFailed(f"only {len(requests)} requests were made, and all were used up: ask for more")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Load(result["seconds"], result["completed"], result["handed_out"], result["p50_ms"], result["p99_ms"], cpu)


def post_all(address: str, requests: Sequence[Request], *, connections: int = 32) -> None:
    """Send every request once and return when all are answered; raises BenchFailed for the first that is no 201."""
    asyncio.run(_post_all(address, deque(request.wire() for request in requests), connections))


async def _post_all(address: str, waiting: deque[bytes], connections: int) -> None:
    where = urlsplit(address)

    async def work() -> None:
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        try:
            while waiting:
                writer.write(waiting.popleft())
                status, answer = await _answer(reader)
                if status != 201:
                    raise BenchFailed(f"{status}: {answer.decode(errors='replace')[:500]}")
        finally:
            writer.close()

    await asyncio.gather(*(work() for _ in range(connections)))


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = next(int(line.split(":")[1]) for line in head.splitlines() if line.startswith("content-length"))
    return int(head.split()[1]), await reader.readexactly(length)


@dataclass(frozen=True, slots=True)
class Taken:
    """What one round of acts over HTTP measured. CPU is in µs an act."""

    load: Load
    server_us: float
    postgres_us: float
    client_us: float
    sequenced_after: float
