"""The openings of what was sealed on a lead: who may see it, until when, and every time that somebody fetched it."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from pydantic import Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.casework.records.identity import openings_of
from app.db import reading
from app.vault import Vault
from app.views.cases import find_lead
from app.views.schemas import Shown, Time, Uuid

NEWEST = 1000
_FETCHES = text("""
    SELECT f.* FROM unnest(CAST(:openings AS uuid[])) AS wanted (opening_id)
    CROSS JOIN LATERAL (
        SELECT opening_id, at, node_id, person, purpose FROM access_log
        WHERE access_log.opening_id = wanted.opening_id ORDER BY at DESC, access_id DESC LIMIT :newest
    ) f
""")


class FetchShown(Shown):
    at: Time
    node: str
    person: str
    purpose: str


class OpeningShown(Shown):
    """One opening; `running` while the sealed part may be fetched by it."""

    opening_id: Uuid
    act_id: Uuid = Field(description="the act `identity.open`, which also names the approvers")
    of_act: Uuid
    opener: str
    origin: str
    readers: list[str]
    purpose: str
    opened_at: Time
    expires_at: Time
    running: bool
    fetches: list[FetchShown] = Field(description=f"newest first, the newest {NEWEST}")


class OpeningPage(Shown):
    items: list[OpeningShown]
    next: str | None = None


async def openings(
    engine: AsyncEngine, vault: Vault, node: str, lead_id: str, now: datetime, local: Callable[[datetime], str]
) -> OpeningPage:
    """Return the openings on a lead that `node` made, or made of what it had sealed; raise `NotFound` for strangers."""
    _, lead = await find_lead(engine, vault, node, "lead", lead_id)
    mine = openings_of(lead, node)
    asked = {"openings": [UUID(opening.opening_id) for opening in mine], "newest": NEWEST}
    async with reading(engine, node) as connection:
        rows = list(await connection.execute(_FETCHES, asked)) if mine else []
    fetched: dict[str, list[FetchShown]] = {}
    for row in rows:
        shown = FetchShown(at=local(row.at), node=row.node_id, person=row.person, purpose=row.purpose)
        fetched.setdefault(str(row.opening_id), []).append(shown)
    return OpeningPage(
        items=[
            OpeningShown(
                opening_id=opening.opening_id,
                act_id=opening.act_id,
                of_act=opening.of_act,
                opener=opening.opener,
                origin=opening.origin,
                readers=list(opening.readers),
                purpose=opening.purpose,
                opened_at=local(opening.opened_at),
                expires_at=local(opening.expires_at),
                running=opening.expires_at > now,
                fetches=fetched.get(opening.opening_id, []),
            )
            for opening in mine
        ]
    )
