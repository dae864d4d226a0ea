"""Two exchanges that know of each other, and a log that nobody but the tests grows."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from app.config import Settings
from app.db import create_engine
from app.registry.exchange_keys import WrappedKeys, log_origin, log_vkey, open_ring, raw_public
from app.signing.keys import generate_private
from app.transparency.checkpoint import Log, parse_checkpoint
from app.transparency.submission import CheckpointSubmission
from app.transparency.tree import EMPTY, Frontier, consistency_path, grow, leaf_hash, range_hash
from app.vault import open_vault
from tests.agencies import run_sql
from tests.server import serving
from tests.transparency.reader import Head, Reader, mth
from tests.waiting import until

FIRST, SECOND = "exchange-990001", "exchange-990002"
FOREIGN = Log("exchange-990003/log", generate_private("Ed25519"))
LEAVES = [leaf_hash(str(number).encode()) for number in range(600)]


@dataclass
class Site:
    """An exchange's database and folder, which outlive its process."""

    exchange_id: str
    database_url: str
    folder: Path

    def log_vkey(self) -> str:
        async def make() -> str:
            engine = create_engine(self.database_url, pool_size=1)
            store = WrappedKeys(open_vault(Settings(data_dir=self.folder)))
            ring = await open_ring(engine, store, lambda: datetime.now(UTC))
            await engine.dispose()
            return log_vkey(log_origin(self.exchange_id), raw_public(ring.keys.log.public_jwk))

        return asyncio.run(make())

    @contextmanager
    def running(self, *policy: str) -> Iterator[str]:
        file = self.folder / "policy"
        file.write_text("\n".join([*policy, ""]))
        with serving(self.database_url, self.folder, exchange_id=self.exchange_id, witness_policy=file) as url:
            yield url

    def rows(self, query: str, **values: Any) -> list[Any]:
        return run_sql(self.database_url, query, **values)

    def grow(self, number: int, mark: str) -> int:
        """Let this many entries come into the log; return its size."""
        self.rows(
            "INSERT INTO unsequenced (kind, entry, committed_at) SELECT 'refused-classified', "
            "convert_to(:mark || n || chr(10), 'UTF8'), now() FROM generate_series(1, :number) n",
            mark=mark,
            number=number,
        )
        until("nothing waits for its number", lambda: not self.rows("SELECT 1 FROM unsequenced LIMIT 1"))
        return int(self.rows("SELECT max(size) FROM checkpoint")[0][0])


def cosigned(reader: Reader, vkey: str, size: int) -> int:
    """Wait until the head of this size is served with the witness's signature; return when it signed."""

    def served() -> Head:
        return reader.checkpoint(vkey)

    until(
        f"the head of {size} entries has the signature of the witness",
        lambda: (head := served()).size == size and f"{SECOND}/witness" in head.signers,
    )
    at = served().signers[f"{SECOND}/witness"]
    assert at is not None
    return at


def witness_line(url: str) -> tuple[str, str]:
    vkey: str = httpx.get(f"{url}/.well-known/leadbridge").json()["witness_vkey"]
    return f"witness second {vkey} {url}/log/witness", vkey


def submission(old: int, size: int, leaves: list[bytes] = LEAVES, log: Log = FOREIGN) -> str:
    def node(height: int, position: int) -> bytes:
        return mth(leaves[position << height : (position + 1) << height])

    note = log.sign(size, tree_of(leaves[:size]).root())
    proof = tuple(range_hash(one, node) for one in consistency_path(old, size)) if 0 < old < size else ()
    return str(CheckpointSubmission(old, proof, note, parse_checkpoint(note.text)))


def tree_of(leaves: list[bytes]) -> Frontier:
    return grow(EMPTY, leaves)[0]


def send(http: httpx.Client, body: str) -> tuple[int, str, str]:
    answer = http.post("/log/witness/add-checkpoint", content=body.encode())
    return answer.status_code, answer.content.decode(), answer.headers["content-type"]
