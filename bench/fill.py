"""Many leads at once, straight into the tables: copies of leads that were played through the API, under new ids.

Every case opens with the exchange's own keys, every time in it and in the lists is moved by as much as the lead, and
the sums of the statistics are what these leads add up to; `tests/test_bench_fill.py` holds the copies to what the
service wrote. Left out are `act` and the log: the pages that are measured read neither, and a million leads' worth is
some 15 GB.
"""

import asyncio
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.config import Settings
from app.db import create_engine, driver_connection
from app.docket.rows import case
from app.vault import KEY_BYTES, Vault, encrypt, open_vault
from bench.database import fetch
from bench.templates import LEAD_NO, Template

STATEMENTS = Path(__file__).with_name("fill.sql")
PERIOD = timedelta(days=730)
SHARE = 20_000  # leads that one task of a process fills


@dataclass(frozen=True, slots=True)
class Filling:
    """What a database is filled with: `count` leads, spread evenly over the two years before `until`."""

    url: str
    data_dir: Path
    count: int
    until: datetime
    templates: tuple[Template, ...]

    @property
    def step(self) -> int:
        """Microseconds from one registration to the next."""
        return PERIOD // timedelta(microseconds=1) // self.count

    def registered_at(self, number: int) -> datetime:
        return self.until - PERIOD + timedelta(microseconds=number * self.step)

    def template(self, number: int) -> Template:
        return self.templates[number % len(self.templates)]


def new_id(number: int, slot: int) -> str:
    """Return an id of a lead, a UUIDv7 whose time is the lead's number. fill.sql computes the same."""
    return f"{number >> 16:08x}-{number & 0xFFFF:04x}-7{slot:03x}-8000-000000000000"


def fill(url: str, data_dir: Path, count: int, templates: Sequence[Template]) -> Filling:
    """Fill a database and return with what; a million leads take some minutes."""
    until = datetime.now(UTC).replace(microsecond=0)
    filling = Filling(url, data_dir, count, until, tuple(templates))
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=spawn) as pool:
        shares = [pool.submit(_fill_cases, filling, first) for first in range(0, count, SHARE)]
        asyncio.run(_fill_lists(filling))
        for share in shares:
            share.result()
    fetch(url, "VACUUM ANALYZE")
    return filling


async def _fill_lists(filling: Filling) -> None:
    """Copy every row of the templates but their cases, inside PostgreSQL."""
    slots = [
        (one.lead_id, number, old, slot)
        for number, one in enumerate(filling.templates)
        for slot, old in enumerate(one.ids)
    ]
    engine = create_engine(filling.url, pool_size=1, application_name="bench")
    try:
        async with driver_connection(engine) as connection, connection.transaction():
            await connection.execute(
                "CREATE TEMPORARY TABLE slot (lead_id uuid, template int, old uuid, slot int) ON COMMIT DROP"
            )
            await connection.copy_records_to_table("slot", records=slots)
            await connection.execute(
                "CREATE TEMPORARY TABLE copied ON COMMIT DROP AS "
                "SELECT i::bigint AS n, lead_id AS old_lead, $1::timestamptz + i * $2::bigint * interval '1 us' AS at, "
                "$1::timestamptz + i * $2::bigint * interval '1 us' - e.registered_at AS moved "
                "FROM generate_series(0, $3::int - 1) AS i JOIN slot ON template = i % $4::int AND slot = 0 "
                "JOIN (SELECT DISTINCT lead_id, registered_at FROM lead_entry) AS e USING (lead_id)",
                filling.registered_at(0),
                filling.step,
                filling.count,
                len(filling.templates),
            )
            await connection.execute(
                "CREATE TEMPORARY TABLE tally (lead_id uuid, node_id text, audience text, measure text, number int, "
                "lag interval) ON COMMIT DROP"
            )
            tallied = [(one.lead_id, *astuple(tally)) for one in filling.templates for tally in one.tallies]
            await connection.copy_records_to_table("tally", records=tallied)
            for statement in STATEMENTS.read_text().split(";\n"):
                await connection.execute(statement)
    finally:
        await engine.dispose()


def _fill_cases(filling: Filling, first: int) -> None:
    asyncio.run(_copy_cases(filling, range(first, min(first + SHARE, filling.count))))


async def _copy_cases(filling: Filling, numbers: range) -> None:
    vault = open_vault(Settings(data_dir=filling.data_dir))
    engine = create_engine(filling.url, pool_size=1, application_name="bench")
    try:
        async with driver_connection(engine) as connection:
            # By a detour: COPY does not write into a table whose rows a policy guards.
            await connection.execute('CREATE TEMPORARY TABLE copied_case (LIKE "case" INCLUDING DEFAULTS)')
            await connection.copy_records_to_table(
                "copied_case",
                records=map(case.NEW.values, _cases(filling, vault, numbers)),
                columns=case.NEW_COLUMNS,
            )
            await connection.execute('INSERT INTO "case" SELECT * FROM copied_case')
    finally:
        await engine.dispose()


def _cases(filling: Filling, vault: Vault, numbers: range) -> Iterator[case.CaseRow]:
    for number in numbers:
        template = filling.template(number)
        given = {str(slot): new_id(number, slot) for slot in range(len(template.ids))}
        given[LEAD_NO] = f"XS-990121-TOWNSHIP-2026-{number:07d}"
        moved = filling.registered_at(number) - template.registered_at
        pieces = [
            _moved(one, moved) if isinstance(one, datetime) else one if place % 2 == 0 else given[one]
            for place, one in enumerate(template.pieces)
        ]
        root_id, data_key = given["0"].encode(), os.urandom(KEY_BYTES)
        snapshot = encrypt(data_key, "".join(pieces).encode(), root_id)
        yield case.CaseRow(given["0"], template.last_seq, vault.wrap(data_key, root_id), snapshot)


def _moved(at: datetime, moved: timedelta) -> str:
    return (at + moved).isoformat().replace("+00:00", "Z")
