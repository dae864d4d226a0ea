"""Uploads that no act names: how many of them an agency may have, its list of them, and their end."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from sqlalchemy.ext.asyncio import AsyncEngine

from app import locks
from app.config import Settings
from app.db import driver_connection
from app.errors import InvalidDocument, QuotaExceeded

AT_ONCE = 200
# Older ones are not looked at: they are named, or about to go.
SWEPT_WITHIN = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"([0-9]{1,17})\.([0-9a-f]{64})")
_UNNAMED = "NOT EXISTS (SELECT FROM enclosed WHERE enclosed.object_key = upload.object_key)"


@dataclass(frozen=True, slots=True)
class Quota:
    """What an agency may have of uploads that no act names, and for how long each stays."""

    count: int
    size: int
    stay: timedelta

    @classmethod
    def of(cls, settings: Settings) -> "Quota":
        """Return the quota that an exchange is set to."""
        return cls(
            settings.unnamed_uploads, settings.unnamed_upload_bytes, timedelta(days=settings.unnamed_upload_days)
        )


@dataclass(frozen=True, slots=True)
class UnnamedUpload:
    """An upload of one's own that no act names."""

    sha256: bytes
    size: int
    uploaded_at: datetime


async def require_room(
    connection: "asyncpg.Connection[Any]", quota: Quota, node_id: str, sha256: bytes, size: int, now: datetime
) -> None:
    """Raise `QuotaExceeded` if an agency may not keep a file of this size besides those that no act names.

    What it has of the same bytes does not count: a repeat needs no room.
    """
    row = await connection.fetchrow(
        "SELECT count(*) AS number, coalesce(sum(size), 0)::bigint AS bytes FROM upload "  # noqa: S608 (ours)
        f"WHERE node_id = $1 AND sha256 <> $2 AND uploaded_at > $3 AND {_UNNAMED}",
        node_id,
        sha256,
        now - quota.stay - SWEPT_WITHIN,
    )
    if row["number"] >= quota.count or row["bytes"] + size > quota.size:
        raise QuotaExceeded(
            f"An agency has at most {quota.count} uploads and {quota.size} bytes that no act names; delete some, "
            "or name them in an act.",
            f"没有文书引用的附件，一个单位不超过 {quota.count} 个、{quota.size} 字节；请先删除，或者在文书中引用。",
        )


async def one_at_a_time(connection: "asyncpg.Connection[Any]", node_id: str) -> None:
    """Let the uploads of one agency be counted one after the other, to the end of the transaction."""
    await connection.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", locks.UPLOADS, node_id)


async def list_unnamed(
    engine: AsyncEngine, node_id: str, limit: int, cursor: str | None
) -> tuple[list[UnnamedUpload], str | None]:
    """Return one page of an agency's uploads that no act names, the oldest first, and the cursor of the next."""
    after = _position(cursor)
    async with driver_connection(engine) as connection:
        rows = await connection.fetch(
            "SELECT sha256, size, uploaded_at FROM upload "  # noqa: S608 (ours)
            f"WHERE node_id = $1 AND (uploaded_at, sha256) > ($2, $3) AND {_UNNAMED} "
            "ORDER BY uploaded_at, sha256 LIMIT $4",
            node_id,
            *after,
            limit + 1,
        )
    items = [UnnamedUpload(**row) for row in rows[:limit]]
    return items, _cursor(items[-1]) if len(rows) > limit else None


async def take_unnamed(engine: AsyncEngine, uploaded_before: datetime) -> list[str]:
    """Delete up to 200 rows of uploads that no act names, and return their object keys."""
    async with driver_connection(engine) as connection, connection.transaction():
        # In two statements: a docket that named one of them meanwhile is seen by the second alone.
        keys = await connection.fetch(
            f"SELECT object_key FROM upload WHERE uploaded_at < $1 AND {_UNNAMED} "  # noqa: S608 (ours)
            "ORDER BY uploaded_at LIMIT $2 FOR UPDATE SKIP LOCKED",
            uploaded_before,
            AT_ONCE,
        )
        gone = await connection.fetch(
            f"DELETE FROM upload WHERE object_key = ANY($1::text[]) AND {_UNNAMED} RETURNING object_key",  # noqa: S608 (ours)
            [row["object_key"] for row in keys],
        )
    return [row["object_key"] for row in gone]


def _cursor(upload: UnnamedUpload) -> str:
    return f"{(upload.uploaded_at - _EPOCH) // timedelta(microseconds=1)}.{upload.sha256.hex()}"


def _position(cursor: str | None) -> tuple[datetime, bytes]:
    if cursor is None:
        return _EPOCH, b""
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise InvalidDocument("This is no cursor that the list gave out.", "cursor 不是列表给出的取值。")
    return _EPOCH + timedelta(microseconds=int(match[1])), bytes.fromhex(match[2])
