"""The rows of attachments. Who may read a file is said by `act_reader` alone, as for the acts that name it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from app.attachments.unnamed import Quota, one_at_a_time, require_room
from app.db import driver_connection, raw, reading
from app.errors import NotFound, WrongState
from app.stored import BODY_KEY, ERASED_IN, erased_by, root_key, stored_file_key
from app.vault import Vault

# Of a query over `enclosed e`, `act a` and `"case" c`: all that opens a file, and that says for whom it is erased.
NAMING = f"""
    e.size, e.object_key, e.file_key, a.root_id, a.act, a.act_id, a.lead_id, c.data_key, {BODY_KEY} AS body_key,
    {ERASED_IN} AS erased_in
"""
_NAMED = f"""
    SELECT {NAMING} FROM enclosed e JOIN act_reader r USING (act_id) JOIN act a USING (act_id)
    JOIN "case" c ON c.root_id = a.root_id
    WHERE e.sha256 = $2 AND r.node_id = $1 AND e.sealed_for IS NULL
    ORDER BY c.next_key IS NOT NULL LIMIT 100
"""  # noqa: S608 (ours)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Where a file lies, and its key in the clear."""

    sha256: bytes
    size: int
    object_key: str
    file_key: bytes


async def insert_upload(
    engine: AsyncEngine,
    vault: Vault,
    quota: Quota,
    node_id: str,
    file: StoredFile,
    sealed_as: bytes | None,
    now: datetime,
) -> bool:
    """Record an upload; return False if the node has uploaded these bytes before: they stay as long as new ones.

    `sealed_as` is what it is bound to if it is a sealed part. Raises `QuotaExceeded`.
    """
    async with driver_connection(engine) as connection, connection.transaction():
        await one_at_a_time(connection, node_id)
        await require_room(connection, quota, node_id, file.sha256, file.size, now)
        kept: str = await connection.fetchval(
            "INSERT INTO upload (node_id, sha256, size, object_key, file_key, sealed_as, uploaded_at) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (node_id, sha256) "
            "DO UPDATE SET uploaded_at = excluded.uploaded_at RETURNING object_key",
            node_id,
            file.sha256,
            file.size,
            file.object_key,
            vault.wrap(file.file_key, file.object_key.encode()),
            sealed_as,
            now,
        )
    return kept == file.object_key


async def find_file(engine: AsyncEngine, vault: Vault, node_id: str, sha256: bytes) -> StoredFile:
    """Return the file that the node uploaded, or that an act it may read names; raise `NotFound`.

    A sealed part is neither: not even its uploader reads it back.
    """
    async with reading(engine, node_id) as reader:
        connection = await raw(reader)
        row = await connection.fetchrow(
            "SELECT size, object_key, file_key FROM upload WHERE node_id = $1 AND sha256 = $2 AND NOT EXISTS "
            "(SELECT FROM enclosed WHERE enclosed.object_key = upload.object_key AND sealed_for IS NOT NULL)",
            node_id,
            sha256,
        )
        if row is not None:
            file_key = vault.unwrap(row["file_key"], row["object_key"].encode())
            return StoredFile(sha256, row["size"], row["object_key"], file_key)
        rows = await connection.fetch(_NAMED, node_id, sha256)
    row = next((row for row in rows if erased_by(vault, node_id, row) is None), None)
    if row is None:
        raise NotFound
    return named_file(vault, sha256, row)


def named_file(vault: Vault, sha256: bytes, row: Any) -> StoredFile:
    """Return a file that an act names; `row` is one of `NAMING`."""
    data_key = root_key(vault, str(row["root_id"]), row["body_key"])
    file_key = stored_file_key(data_key, row["object_key"], row["file_key"])
    return StoredFile(sha256, row["size"], row["object_key"], file_key)


async def delete_upload(engine: AsyncEngine, node_id: str, sha256: bytes) -> str:
    """Delete the row of an upload and return its object key.

    Raises `NotFound`, and `WrongState` if any act names the object: others may read it by that act.
    """
    async with driver_connection(engine) as connection, connection.transaction():
        # A docket that takes this row FOR SHARE comes wholly before the deletion, or finds nothing to name.
        object_key: str | None = await connection.fetchval(
            "SELECT object_key FROM upload WHERE node_id = $1 AND sha256 = $2 FOR UPDATE", node_id, sha256
        )
        if object_key is None:
            raise NotFound
        if await connection.fetchval(
            "SELECT EXISTS (SELECT FROM enclosed WHERE sha256 = $1 AND object_key = $2)", sha256, object_key
        ):
            raise WrongState("An act names this attachment; it stays.", "已有文书引用该附件，不能删除。")
        await connection.execute("DELETE FROM upload WHERE node_id = $1 AND sha256 = $2", node_id, sha256)
    return object_key


async def without_row(engine: AsyncEngine, object_keys: list[str]) -> list[str]:
    """Return those of the keys that no upload and no act refers to."""
    async with driver_connection(engine) as connection:
        rows = await connection.fetch(
            "SELECT key FROM unnest($1::text[]) AS key "
            "WHERE NOT EXISTS (SELECT FROM upload WHERE object_key = key) "
            "AND NOT EXISTS (SELECT FROM enclosed WHERE object_key = key)",
            object_keys,
        )
    return [row["key"] for row in rows]
