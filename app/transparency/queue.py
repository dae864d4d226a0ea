"""The queue for the log: what a transaction commits and the sequencer is to number. Nothing else writes into it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, Literal
from uuid import UUID

import asyncpg
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import Statement
from app.transparency.tables import Unsequenced

Kind = Literal["key", "act", "notice", "refused-classified", "revocation", "access-log"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A committed event without a place in the log: its entry there, and what the inboxes of `addressed` will say.

    An event that reaches no inbox has neither act nor sender; one about no lead has no lead. `addressed` are node ids
    with blanks between them, because arrays of arrays do not unnest into rows of arrays.
    """

    kind: Kind
    entry: bytes
    committed_at: datetime
    act_id: str | UUID | None = None
    act: str | None = None
    lead_id: str | None = None
    sender: str | None = None
    addressed: str = ""


# In the order given: the sequencer numbers by `ordinal`.
ENQUEUE: Statement[Waiting] = Statement(
    """
    INSERT INTO unsequenced (kind, entry, committed_at, act_id, act, lead_id, sender, addressed)
    SELECT kind, entry, committed_at, act_id, act, lead_id, sender,
        coalesce(string_to_array(nullif(addressed, ''), ' '), '{}')
    FROM unnest($1::text[], $2::bytea[], $3::timestamptz[], $4::uuid[], $5::text[], $6::uuid[], $7::text[], $8::text[])
        WITH ORDINALITY AS new (kind, entry, committed_at, act_id, act, lead_id, sender, addressed, place)
    ORDER BY place
    """,
    attrgetter("kind", "entry", "committed_at", "act_id", "act", "lead_id", "sender", "addressed"),
)


async def enqueue(connection: "asyncpg.Connection[Any]", event: Waiting) -> None:
    """Put an event into the queue, inside the caller's transaction."""
    await connection.execute(ENQUEUE.sql, *([value] for value in ENQUEUE.values(event)))


async def enqueue_in(session: AsyncSession, *events: Waiting) -> None:
    """Put events into the queue, in this order, in the transaction of a session."""
    rows = [asdict(event) | {"addressed": event.addressed.split()} for event in events]
    await session.execute(insert(Unsequenced), rows)
