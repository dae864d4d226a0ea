"""What may be said once is said once: the memory of every `jti` while its token could still be fresh."""

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from app.errors import ActIdReused
from app.registry.tables import UsedJti

# A few expired rows leave with every new one: the table stays as small as what is fresh, with no job for it.
_PURGE = text("""
    DELETE FROM used_jti WHERE (issuer, used_for, jti) IN (
        SELECT issuer, used_for, jti FROM used_jti WHERE expires_at < :now
        ORDER BY expires_at LIMIT 5 FOR UPDATE SKIP LOCKED)
""")


async def use_jti(
    session: AsyncSession,
    issuer: str,
    used_for: Literal["token", "key"],
    jti: str,
    *,
    now: datetime,
    fresh_for: timedelta,
) -> None:
    """Mark `jti` as used, if the session's transaction commits; raise ActIdReused if it already was."""
    await session.execute(_PURGE, {"now": now})
    row = {"issuer": issuer, "used_for": used_for, "jti": jti, "expires_at": now + fresh_for}
    written = insert(UsedJti).values(row).on_conflict_do_nothing().returning(col(UsedJti.jti))
    if (await session.execute(written)).first() is None:
        raise ActIdReused("This jti was already used.", "该 jti 已使用过。")
