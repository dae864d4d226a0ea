"""`./run bench audit`: how fast one core audits, beside the bare signature verifications that it cannot do without."""

import asyncio
import cProfile
import os
import pstats
import statistics
import time
from pathlib import Path

from app.audit.log.stretch import Stretch
from app.audit.progress import Unwatched
from app.audit.register.key_book import KeyBook
from app.audit.register.node_keys import read_keys
from app.audit.request import AuditRequest, AuditResult
from app.audit.run import run
from app.audit.worker import Orders, Worker
from app.config import Settings
from app.db import create_engine, driver_connection
from app.signing.algorithms import ALGORITHMS
from app.transparency.tree import EMPTY
from bench.acts import bench
from bench.exchange import EXCHANGE_ID
from bench.processes import cpu_of_cluster
from bench.tables import print_table

MESSAGE = os.urandom(2048)
VERIFICATIONS = 2000


def measure_audit(*, leads: int, rounds: int, profile: Path | None) -> None:
    """Fill an exchange with leads that were registered, screened and offered, and audit it in one process."""
    with bench(connections=32, seconds=1) as made:
        made.fill(leads)
        settings = Settings(data_dir=made.folder / "data", exchange_id=EXCHANGE_ID)
        rows, rates, shares = [], [], []
        for number in range(1, rounds + 1):
            bare = verifications()
            postgres, cpu, wall = cpu_of_cluster(made.postmaster), time.process_time(), time.perf_counter()
            result = _audited(settings, made.url)
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            postgres = cpu_of_cluster(made.postmaster) - postgres
            rates.append(result.acts / cpu)
            shares.append(result.acts / cpu / bare)
            figures = (
                result.acts,
                result.acts / cpu,
                result.acts / wall,
                postgres / result.acts * 1e6,
                bare,
                shares[-1],
            )
            rows.append([f"round {number}", *(f"{one:.2f}" if one < 100 else f"{one:.0f}" for one in figures)])
        heads = ["", "acts", "acts/s of CPU", "acts/s of clock", "Postgres µs", "verifications/s", "ratio"]
        print_table("audit: one process, everything verified", heads, rows)
        print(f"median: {statistics.median(rates):.0f} acts/s a core, ratio {statistics.median(shares):.2f}")
        if profile is not None:
            _profiled(settings, made.url, profile)


def verifications() -> float:
    """Return how many Ed25519 signatures over 2 KiB one core verifies in a second of its CPU, now."""
    algorithm = ALGORITHMS["Ed25519"]
    private = algorithm.generate()
    public, signature = private.public_key(), algorithm.sign(private, MESSAGE)
    began = time.process_time()
    for _ in range(VERIFICATIONS):
        algorithm.verify(public, signature, MESSAGE)
    return VERIFICATIONS / (time.process_time() - began)


def _audited(settings: Settings, url: str) -> AuditResult:
    return asyncio.run(run(settings, url, AuditRequest(jobs=1), Unwatched()))


def _profiled(settings: Settings, url: str, path: Path) -> None:
    """Record one worker's whole work under cProfile, without the process that hands it out."""
    book, size, roots = asyncio.run(_work(settings, url))
    worker, profiler = Worker(Orders(settings, url, None, book)), cProfile.Profile()
    profiler.enable()
    worker.log(Stretch(0, size, EMPTY, 0))
    worker.cases(roots)
    profiler.disable()
    worker.close()
    with path.open("w") as file:
        pstats.Stats(profiler, stream=file).sort_stats("tottime").print_stats(60)


async def _work(settings: Settings, url: str) -> tuple[KeyBook, int, list[str]]:
    engine = create_engine(url, pool_size=1, application_name="bench")
    try:
        async with driver_connection(engine) as connection:
            size = await connection.fetchval("SELECT max(log_index) + 1 FROM log_entry")
            roots = [row["root_id"] for row in await connection.fetch('SELECT root_id::text FROM "case"')]
            return await read_keys(connection, settings.exchange_id), size, roots
    finally:
        await engine.dispose()
