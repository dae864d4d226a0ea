"""Changing the master key: every key that it wraps is wrapped anew. No body, case or file is touched.

Beside a running service that has both master keys. Nothing is remembered: what is under the new key already is left as
it is, so that a run that was killed is simply begun again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
from cryptography.exceptions import InvalidTag
from sqlalchemy.ext.asyncio import AsyncEngine

from app.db import driver_connection
from app.docket.index_keys import secret_context
from app.registry.exchange_keys import wrapping_context
from app.vault import Vault

BATCH = 200


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A column of wrapped keys. `key` orders the rows as those who lock many do; `context` binds each to its row."""

    table: str
    column: str
    key: tuple[tuple[str, str], ...]
    bound_by: tuple[str, ...]
    context: Callable[[Any], bytes]


WRAPPED = (
    Wrapped('"case"', "data_key", (("root_id", "uuid"),), (), lambda row: str(row["root_id"]).encode()),
    Wrapped('"case"', "next_key", (("root_id", "uuid"),), (), lambda row: str(row["root_id"]).encode()),
    Wrapped(
        "upload",
        "file_key",
        (("node_id", "text"), ("sha256", "bytea")),
        ("object_key",),
        lambda row: str(row["object_key"]).encode(),
    ),
    Wrapped(
        "exchange_key",
        "wrapped",
        (("kid", "text"),),
        ("purpose",),
        lambda row: wrapping_context(row["purpose"], row["kid"]),
    ),
    Wrapped("secret", "wrapped", (("name", "text"),), (), lambda row: secret_context(row["name"])),
)


class StillWrapped(Exception):
    """Keys that neither master key opens, or that keep coming under the former one; the text says which."""


@dataclass(slots=True)
class RewrapCount:
    """Rows looked at, and wrapped anew."""

    seen: int = 0
    rewrapped: int = 0


async def rewrap_all(engine: AsyncEngine, vault: Vault, progress: Callable[[str, RewrapCount], None]) -> RewrapCount:
    """Wrap every key anew, batch by batch, until a whole pass finds none under the former master key.

    Raises StillWrapped. `progress` is told the table and the tally after each batch.
    """
    whole = RewrapCount()
    for _ in range(3):
        found = RewrapCount()
        async with driver_connection(engine) as connection:
            for column in WRAPPED:
                await _rewrap(connection, vault, column, found, progress)
        whole.seen, whole.rewrapped = found.seen, whole.rewrapped + found.rewrapped
        if not found.rewrapped:
            return whole
    raise StillWrapped("keys keep coming under the former master key: a process still runs with it alone")


async def _rewrap(
    connection: Any, vault: Vault, of: Wrapped, tally: RewrapCount, progress: Callable[[str, RewrapCount], None]
) -> None:
    last: tuple[Any, ...] = ()
    while True:
        try:
            rows, count = await _batch(connection, vault, of, last)
        except asyncpg.DeadlockDetectedError:
            continue  # an act that names several files locked them in another order, and goes first
        tally.seen, tally.rewrapped = tally.seen + len(rows), tally.rewrapped + count
        progress(of.table.strip('"'), tally)
        if len(rows) < BATCH:
            return
        last = tuple(rows[-1][name] for name, _ in of.key)


async def _batch(connection: Any, vault: Vault, of: Wrapped, last: tuple[Any, ...]) -> tuple[list[Any], int]:
    async with connection.transaction():
        rows = await connection.fetch(_select(of, first=not last), *last)
        anew = [(row, _anew(vault, of, row)) for row in rows]
        changed = [(wrapped, *(row[name] for name, _ in of.key)) for row, wrapped in anew if wrapped is not None]
        await connection.executemany(_update(of), changed)
    return rows, len(changed)


def _anew(vault: Vault, of: Wrapped, row: Any) -> bytes | None:
    try:
        return vault.rewrap(row[of.column], of.context(row))
    except InvalidTag:
        names = ", ".join(str(row[name]) for name, kind in of.key if kind != "bytea")
        raise StillWrapped(f"{of.table} {names}: neither master key opens this row") from None


def _select(of: Wrapped, *, first: bool) -> str:
    names = ", ".join(name for name, _ in of.key)
    places = ", ".join(f"${place}::{kind}" for place, (_, kind) in enumerate(of.key, 1))
    after = "" if first else f"AND ({names}) > ({places})"
    columns = ", ".join((names, of.column, *of.bound_by))
    there = f"{of.table} WHERE {of.column} IS NOT NULL {after}"
    return f"SELECT {columns} FROM {there} ORDER BY {names} LIMIT {BATCH} FOR NO KEY UPDATE"  # noqa: S608 (ours)


def _update(of: Wrapped) -> str:
    where = " AND ".join(f"{name} = ${place}" for place, (name, _) in enumerate(of.key, 2))
    return f"UPDATE {of.table} SET {of.column} = $1 WHERE {where}"  # noqa: S608 (ours)
