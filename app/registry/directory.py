"""The register as the hot path sees it: in this process's memory, kept fresh by NOTIFY."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app import loops
from app.casework.kinds import Kind, Level, Node
from app.db import driver_connection
from app.errors import RevokedKey, WeakKey
from app.signing.jws import VerifiedJws
from app.signing.keys import PublicKey, load_public_jwk
from app.times import local

Reading = Callable[["asyncpg.Connection[Any]"], Awaitable[None]]
CHANNEL = "leadbridge_registry"
RELOAD_SECONDS = 30.0
_NODES = "SELECT node_id, kind, level, division_code, parent, sector FROM node"
# A seal key verifies nothing, so the directory leaves it out.
_KEYS = """
    SELECT kid, node_id, purpose, jwk::text AS jwk, key_event, revoked_at
    FROM node_key WHERE purpose <> 'seal'
"""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A registered `act` or `auth` key; a revoked one stays: what it signed before stays verifiable."""

    kid: str
    node_id: str
    purpose: str
    public: PublicKey
    key_event: int
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class SignedByNode:
    """A body whose signature is good, by a registered key of a node. Nothing else is judged yet."""

    jws: VerifiedJws
    body_sha256: bytes
    key: KeyRecord


class Directory:
    """Nodes and keys in memory, a moment behind commits elsewhere: whoever writes rechecks its key row.

    `nodes` by id and `keys` by thumbprint are owned here and replaced whole by `_read`, never changed in place but for
    a key that `find_key` adds. Both happen on the event loop, without an `await` between taking and replacing.
    """

    def __init__(self, engine: AsyncEngine, with_each_read: Reading | None = None) -> None:
        self._engine = engine
        self._with_each_read = with_each_read
        self.nodes: Mapping[str, Node] = MappingProxyType({})
        self.keys: dict[str, KeyRecord] = {}
        self._reading = asyncio.Lock()  # of `_read`: an older snapshot must not replace a newer one

    async def find_key(self, kid: str) -> KeyRecord | None:
        """Return the key, asking the database for its row if this process has not met it yet.

        Raises `WeakKey` for a key that this machine cannot verify with: SM2 without a libcrypto that can.
        """
        known = self.keys.get(kid)
        if known is not None:
            return known
        async with driver_connection(self._engine) as connection:
            row = await connection.fetchrow(f"{_KEYS} AND kid = $1", kid)
        if row is None:
            return None
        if row["node_id"] not in self.nodes:
            await self.refresh()
        return self.keys.setdefault(kid, self._record(row))

    async def refresh(self) -> None:
        """Read the whole register again; after the return, every change committed before the call is seen."""
        async with driver_connection(self._engine) as connection:
            await self._read(connection)

    async def listen(self) -> None:
        """Keep the register fresh until cancelled: at each notification, and every 30 s whatever happens."""
        await loops.listen("register", self._engine, CHANNEL, self._read, every=RELOAD_SECONDS)

    async def _read(self, connection: "asyncpg.Connection[Any]") -> None:
        async with self._reading:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                nodes = await connection.fetch(_NODES)
                keys = await connection.fetch(_KEYS)
                if self._with_each_read is not None:
                    await self._with_each_read(connection)
            self.nodes = MappingProxyType({row["node_id"]: node_of(row) for row in nodes})
            known: dict[str, KeyRecord] = {}
            for row in keys:
                # SM2 keys stay registered on a machine that cannot verify them; `find_key` says so when one is used.
                with contextlib.suppress(WeakKey):
                    known[row["kid"]] = self._record(row)
            self.keys = known

    def _record(self, row: Mapping[str, Any]) -> KeyRecord:
        # Building a key costs far more than a row, and a thumbprint never changes its key.
        known = self.keys.get(row["kid"])
        public = known.public if known else load_public_jwk(json.loads(row["jwk"]))
        return KeyRecord(row["kid"], row["node_id"], row["purpose"], public, row["key_event"], row["revoked_at"])


def node_of(row: Mapping[str, Any]) -> Node:
    """Return the node of a row of the register."""
    return Node(
        node_id=row["node_id"],
        kind=Kind(row["kind"]),
        level=Level(row["level"]),
        division_code=row["division_code"],
        parent=row["parent"],
        sector=row["sector"],
    )


def revoked_key(zone: ZoneInfo, since: datetime, now: datetime) -> RevokedKey:
    """Return the refusal of an act by a revoked key, which tells both times in the exchange's zone."""
    return RevokedKey(
        f"The key was revoked at {local(since, zone)}.",
        f"该密钥已于 {local(since, zone)} 吊销。",
        members={"exchange_time": local(now, zone)},
    )


async def announce(session: AsyncSession) -> None:
    """Tell every process that the register changed, once and only if the session's transaction commits."""
    await session.execute(text(f"NOTIFY {CHANNEL}"))
