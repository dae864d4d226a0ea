"""The master key changes under load; a kill in the middle does no harm, and afterwards the old key opens nothing."""

import asyncio
import base64
import os
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from cryptography.exceptions import InvalidTag

from app.admin.rewrapping import WRAPPED
from app.casework.acts import CATALOGUE
from app.client import Agency
from app.db import create_engine, driver_connection
from app.docket.index_keys import read_index_keys
from app.vault import KEY_BYTES, LocalVault
from tests.agencies import world
from tests.cli.command_line import command, environment, leadbridge
from tests.server import EXCHANGE_ID, serving
from tests.waiting import until

OLD, NEW = os.urandom(KEY_BYTES), os.urandom(KEY_BYTES)
ROOTS = 6000


def text(key: bytes) -> str:
    return base64.b64encode(key).decode()


def run_on(database_url: str, work: Any) -> Any:
    async def run() -> Any:
        engine = create_engine(database_url, pool_size=1)
        try:
            async with driver_connection(engine) as connection:
                return await work(connection)
        finally:
            await engine.dispose()

    return asyncio.run(run())


def opened_by(database_url: str, vault: LocalVault) -> dict[str, tuple[int, int]]:
    """How many wrapped keys of each table the vault opens, of how many."""

    async def count(connection: Any) -> dict[str, tuple[int, int]]:
        found: dict[str, tuple[int, int]] = {}
        for one in WRAPPED:
            there = f"SELECT * FROM {one.table} WHERE {one.column} IS NOT NULL"  # noqa: S608 (names of ours)
            rows, before = await connection.fetch(there), found.get(one.table, (0, 0))
            opened = sum(opens(vault, row[one.column], one.context(row)) for row in rows)
            found[one.table] = (before[0] + opened, before[1] + len(rows))
        return found

    counted: dict[str, tuple[int, int]] = run_on(database_url, count)
    return counted


def opens(vault: LocalVault, wrapped: bytes, context: bytes) -> bool:
    try:
        vault.unwrap(wrapped, context)
    except InvalidTag:
        return False
    return True


def fill(database_url: str) -> None:
    """Add roots without acts, as many as make a run long enough to be killed in its middle."""
    vault, ids = LocalVault(OLD), [UUID(int=uuid4().int) for _ in range(ROOTS)]
    rows = [(root, 0, vault.wrap(os.urandom(KEY_BYTES), str(root).encode()), b"") for root in ids]
    run_on(
        database_url,
        lambda connection: connection.executemany(
            'INSERT INTO "case" (root_id, last_seq, data_key, snapshot) VALUES ($1, $2, $3, $4)', rows
        ),
    )


def at(url: str, town: Agency) -> Agency:
    """The same agency at another address of its exchange, which it pinned before."""
    jwks = {"keys": [key.jwk for key in town.exchange.keys.values()]}
    made = Agency(url, town.node_id, EXCHANGE_ID, town.keys, jwks=jwks)
    made.defaults = town.defaults
    return made


def register(town: Agency) -> str:
    return town.register_lead(**CATALOGUE["lead.register"].example).lead_id


class Load(threading.Thread):
    """Registers leads until it is told to stop; each must be receipted."""

    def __init__(self, town: Agency) -> None:
        super().__init__()
        self.town, self.stopped, self.leads = town, threading.Event(), list[str]()

    def run(self) -> None:
        while not self.stopped.is_set():
            self.leads.append(register(self.town))
        self.town.close()


def read_back(town: Agency, leads: list[str]) -> None:
    for lead_id in leads:
        shown = town.lead(lead_id)
        (found,) = town.leads(q=shown["lead_no"])
        assert found["lead_id"] == lead_id
        for item in town.timeline(lead_id):
            assert town.get_act(item["act_id"]).receipt is not None


def test_under_load_and_killed_in_the_middle_everything_stays_readable(database_url: str, tmp_path: Path) -> None:
    with world(database_url, tmp_path, master_key=text(OLD)) as running:
        town, leads = running.agency("township"), [running.register() for _ in range(5)]
        paper = town.upload(b"paper", name="a.txt", media_type="text/plain")
        town.screen(leads[0], category="general", opinion="x", basis="x", attachments=[paper])
        loose = town.upload(b"loose", name="b.txt", media_type="text/plain")
    fill(database_url)
    settings = {
        "LEADBRIDGE_DATABASE_URL": database_url,
        "LEADBRIDGE_DATA_DIR": str(tmp_path),
        "LEADBRIDGE_MASTER_KEY": text(NEW),
        "LEADBRIDGE_FORMER_MASTER_KEY": text(OLD),
    }
    with serving(database_url, tmp_path, master_key=text(NEW), former_master_key=text(OLD)) as url:
        reader, load = at(url, town), Load(at(url, town))
        load.start()
        process = subprocess.Popen(command("keys", "rotate-master"), env=environment(**settings))
        until_some(database_url)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
        there, whole = opened_by(database_url, LocalVault(NEW))['"case"']
        assert 0 < there < whole  # it was killed while it was at it
        read_back(reader, leads)
        done = leadbridge("keys", "rotate-master", **settings)
        load.stopped.set()
        load.join(30)
        assert not load.is_alive(), "the load did not stop"
        assert done.returncode == 0, done.stderr
        assert "the former master key opens none of them" in done.stdout
        read_back(reader, leads + load.leads[:20])
        reader.close()
    assert load.leads
    assert all(count == 0 for count, _ in opened_by(database_url, LocalVault(OLD)).values())
    assert all(count == whole > 0 for count, whole in opened_by(database_url, LocalVault(NEW)).values())
    with serving(database_url, tmp_path, master_key=text(NEW)) as url:
        reader = at(url, town)
        read_back(reader, [*leads, *load.leads[-20:], register(reader)])
        assert reader.download(paper["sha256"]) == b"paper"
        assert reader.download(loose["sha256"]) == b"loose"
        reader.close()


def test_the_index_keys_are_made_once_and_stay_the_same_under_a_later_master_key(database_url: str) -> None:
    async def indexed(connection: Any) -> None:
        first = await read_index_keys(connection, LocalVault(OLD))
        assert first.numbers != first.blind
        assert await read_index_keys(connection, LocalVault(NEW, OLD)) == first
        with pytest.raises(InvalidTag):
            await read_index_keys(connection, LocalVault(NEW))

    run_on(database_url, indexed)


def test_without_a_former_key_or_with_a_wrong_one_the_command_says_so(database_url: str, tmp_path: Path) -> None:
    settings = {"LEADBRIDGE_DATABASE_URL": database_url, "LEADBRIDGE_DATA_DIR": str(tmp_path)}
    settings |= {"LEADBRIDGE_MASTER_KEY": text(NEW)}
    lacking = leadbridge("keys", "rotate-master", **settings)
    assert (lacking.returncode, lacking.stdout) == (1, "")
    assert "LEADBRIDGE_FORMER_MASTER_KEY" in lacking.stderr
    fill_one = UUID(int=uuid4().int)
    wrapped = LocalVault(os.urandom(KEY_BYTES)).wrap(bytes(KEY_BYTES), str(fill_one).encode())
    run_on(
        database_url,
        lambda connection: connection.execute(
            'INSERT INTO "case" (root_id, last_seq, data_key, snapshot) VALUES ($1, 0, $2, $3)', fill_one, wrapped, b""
        ),
    )
    wrong = leadbridge("keys", "rotate-master", LEADBRIDGE_FORMER_MASTER_KEY=text(OLD), **settings)
    assert wrong.returncode == 1
    assert f"{fill_one}: neither master key opens this row" in wrong.stderr


def until_some(database_url: str) -> None:
    until("100 cases are wrapped anew", lambda: opened_by(database_url, LocalVault(NEW))['"case"'][0] > 100)
