"""The stage: a database, a server process of its own, a registrar, and enrolled agencies."""

import asyncio
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx

from app import embedded_postgres
from app.admin import people
from app.client import Administrator, Agency, Enrolment, KeyFolder
from app.db import WRITER, create_engine
from app.migrate import is_current, upgrade
from demo.cast import CAST, Role
from demo.clock import Hand
from demo.show import Show

EXCHANGE_ID = "exchange-local"
REGISTRAR, OPERATOR = "demo-registrar", "demo-operator"
DAYS_OFF = [{"date": "2026-04-06", "kind": "holiday", "name": "清明节"}]
STARTING, STOPPING = 60.0, 15.0


class StageFailed(Exception):
    """The service did not come up."""


@contextmanager
def exchange(data_dir: Path, port: int | None, hand: Hand, show: Show) -> Iterator[tuple[str, str, str]]:
    """Run PostgreSQL and an exchange until the end; yield its address, its administrators' password, its database."""
    with ExitStack() as stage:
        with show.step("启动数据库 Starting PostgreSQL"):
            database_url = stage.enter_context(embedded_postgres.running(data_dir))
        with show.step("建立数据表 Migrating"):
            if not is_current(database_url):
                upgrade(database_url)
            password = administrators(data_dir, database_url)
        with show.step("启动交换中心 Starting the exchange"):
            url = stage.enter_context(server(data_dir, free_port(port), hand))
        yield url, password, database_url


@contextmanager
def server(data_dir: Path, port: int, hand: Hand) -> Iterator[str]:
    """Run the exchange as a process of its own; it adopts the database that runs for `data_dir`."""
    url = f"http://127.0.0.1:{port}"
    # None of the caller's settings: a demonstration must never write into a real database.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEADBRIDGE_")}
    environment |= {"LEADBRIDGE_DATA_DIR": str(data_dir), "LEADBRIDGE_EXCHANGE_ID": EXCHANGE_ID}
    environment["LEADBRIDGE_PORT"] = str(port)
    environment["PYTHONPATH"] = str(Path(__file__).parents[1])
    # -P: a folder named `app` where the caller stands must not win over ours.
    command = [sys.executable, "-P", "-m", "demo.exchange", str(hand.file)]
    with (data_dir / "server.log").open("wb") as log:
        # A session of its own: Ctrl-C is for us, who then stop it in order. Its input ends with us, however we end.
        process = subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, stdin=subprocess.PIPE, start_new_session=True
        )
    with process:
        try:
            wait_until_ready(url, process, data_dir / "server.log")
            yield url
        finally:
            process.terminate()
            try:
                process.wait(STOPPING)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Return when `/readyz` says so; raise StageFailed with the end of the log when it never does."""
    ends = time.monotonic() + STARTING
    with httpx.Client(base_url=url, timeout=5.0, trust_env=False) as http:
        while process.poll() is None and time.monotonic() < ends:
            with suppress(httpx.TransportError):
                if http.get("/readyz").is_success:
                    return
            time.sleep(0.1)
    tail = " | ".join(log.read_text(errors="replace").strip().splitlines()[-5:])
    raise StageFailed(f"the exchange did not start: {tail or 'no output'}")


def free_port(wanted: int | None) -> int:
    """Return `wanted`; or else 8080 when it is free, or any port that is. Raises StageFailed."""
    for port in (8080, 0) if wanted is None else (wanted,):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as taken:
                if wanted is not None:
                    raise StageFailed(f"port {wanted} cannot be used: {taken.strerror}") from taken
                continue
            return int(probe.getsockname()[1])
    raise StageFailed("no free port")


def administrators(data_dir: Path, database_url: str) -> str:
    """Return the password of the demonstration's registrar and operator, adding both the first time."""
    kept = data_dir / "administrators.password"
    if not kept.exists():
        password = secrets.token_urlsafe(12)
        asyncio.run(_add_administrators(database_url, password))
        with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(password)
    return kept.read_text()


async def _add_administrators(database_url: str, password: str) -> None:
    engine = create_engine(database_url, pool_size=1, role=WRITER)
    try:
        for name, role in ((REGISTRAR, "registrar"), (OPERATOR, "operator")):
            await people.add_person(engine, name, [role], password, datetime.now(UTC))
    finally:
        await engine.dispose()


def calendar(url: str, password: str) -> None:
    """Enter the days off of the story's year, as its operator would."""
    with httpx.Client(base_url=url, timeout=30.0, trust_env=False) as http:
        Administrator(url, http=http).login(OPERATOR, password)
        document = {"source": "演示用历 demonstration", "days": DAYS_OFF}
        http.put("/v1/admin/calendar/2026", json=document).raise_for_status()


def enrolled(data_dir: Path, url: str, password: str, hand: Hand) -> dict[str, tuple[Role, Enrolment]]:
    """Return every agency of the cast with its keys and pins, creating and enrolling those that are new."""
    http = httpx.Client(base_url=url, timeout=30.0, trust_env=False)
    admin = Administrator(url, http=http).login(REGISTRAR, password)
    return {role.node_id: (role, _enrolment(data_dir, url, role, admin, hand)) for role in CAST}


def _enrolment(data_dir: Path, url: str, role: Role, admin: Administrator, hand: Hand) -> Enrolment:
    folder = KeyFolder(data_dir / "agencies" / role.node_id)
    if not folder.enrolled:
        for purpose in ("act", "auth"):
            folder.create_key(purpose, role.alg)
        folder.create_seal_key()
        admin.create_node(
            role.node_id,
            kind=role.kind,
            name=role.name,
            division_code=role.division_code,
            level=role.level,
            sector=role.sector,
        )
        code = admin.enrolment_code(role.node_id)["code"]
        with httpx.Client(base_url=url, timeout=30.0, trust_env=False) as http:
            answer = Agency(url, role.node_id, EXCHANGE_ID, folder.keys(), http=http, clock=hand).enrol(code)
        folder.remember(url=url, node_id=role.node_id, exchange_id=EXCHANGE_ID, jwks=answer["jwks"])
    return folder.enrolment(url)
