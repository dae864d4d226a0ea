"""An exchange as users run it: `leadbridge serve` in a process of its own, with agencies enrolled over its API."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from app.client import Administrator, Agency, NodeKeys
from app.signing.keys import generate_private
from bench.load import BenchFailed

EXCHANGE_ID = "exchange-bench"
COORDINATION = "coordination-990121"
TOWNSHIPS = tuple(f"township-99012110{number}" for number in range(1, 6))
POLICE = ("police-990121", "police-990122")
LEADBRIDGE = [sys.executable, "-P", "-m", "app.cli"]
PATIENCE = 60


@dataclass(frozen=True, slots=True)
class Exchange:
    """A running exchange: where it answers, its process, and its agencies by node id."""

    address: str
    pid: int
    data_dir: Path
    agencies: Mapping[str, Agency]


@contextmanager
def running(data_dir: Path, *, database_url: str | None = None, options: Sequence[str] = ()) -> Iterator[Exchange]:
    """Serve and yield an exchange with one coordination office, five townships and two police organs."""
    settings = settings_for(data_dir, database_url)
    with served([*LEADBRIDGE, "serve", *options], settings) as (address, pid):
        agencies = _agencies(address, settings)
        yield Exchange(address, pid, data_dir, agencies)
        for agency in agencies.values():
            agency.close()


def settings_for(data_dir: Path, database_url: str | None = None) -> dict[str, str]:
    """Return the environment of a process of the exchange, on a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("LEADBRIDGE_")},
        "PYTHONPATH": str(Path(__file__).parent.parent),
        "LEADBRIDGE_DATA_DIR": str(data_dir),
        "LEADBRIDGE_EXCHANGE_ID": EXCHANGE_ID,
        "LEADBRIDGE_PORT": str(port),
        **({"LEADBRIDGE_DATABASE_URL": database_url} if database_url else {}),
    }


@contextmanager
def served(command: Sequence[str], settings: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Run a server until the block ends; yield its address once it answers, and its process id."""
    data_dir, address = Path(settings["LEADBRIDGE_DATA_DIR"]), f"http://127.0.0.1:{settings['LEADBRIDGE_PORT']}"
    data_dir.mkdir(exist_ok=True)
    with (data_dir / f"serve-{settings['LEADBRIDGE_PORT']}.log").open("w+b") as log:
        server = subprocess.Popen(command, env=settings, stdout=log, stderr=log)
        try:
            _wait(address, server, Path(log.name))
            yield address, server.pid
        finally:
            server.terminate()
            server.wait(PATIENCE)


def _wait(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        try:
            httpx.get(f"{address}/healthz").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise BenchFailed(f"`leadbridge serve` does not serve: {log.read_text()[-2000:]}")


def _agencies(address: str, settings: Mapping[str, str]) -> dict[str, Agency]:
    name, password = "bench-registrar", secrets.token_urlsafe(16)
    subprocess.run(
        [*LEADBRIDGE, "admin", "add", name, "--role", "registrar", "--password-stdin"],
        env=settings,
        input=password,
        text=True,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    registrar = Administrator(address).login(name, password)
    agencies = {}
    for node_id in (COORDINATION, *TOWNSHIPS, *POLICE):
        kind, _, code = node_id.partition("-")
        level = "township" if kind == "township" else "county"
        registrar.create_node(node_id, kind=kind, name=f"甲县{node_id}", division_code=code, level=level)
        keys = NodeKeys(generate_private("Ed25519"), generate_private("Ed25519"))
        agency = Agency(address, node_id, EXCHANGE_ID, keys)
        agency.enrol(registrar.enrolment_code(node_id)["code"])
        agencies[node_id] = agency
    registrar.http.close()
    return agencies


def describe_machine() -> str:
    """Return one line that says what was measured on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        "unknown processor",
    )
    load = os.getloadavg()[0]
    return json.dumps({"processor": model, "cores": os.cpu_count(), "python": sys.version.split()[0], "load": load})
