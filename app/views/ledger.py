"""The ledger of a node: its leads page by page, each row from the case and from the acts that the node may read.

What stands only in an act comes from the act's own bytes, and only where `act_reader` lets the caller read it.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.casework.case import Case, Lead
from app.db import reading
from app.stored import root_key, stored_body
from app.vault import Vault
from app.views.cursors import Position, encode_position
from app.views.leads import Filters, find_leads
from app.views.ledger_rows import ReadableAct, ledger_row
from app.views.ledger_schemas import LedgerPage

# The acts whose words or time stand in the ledger.
_TOLD = (
    "lead.register",
    "lead.screen",
    "transfer.offer",
    "transfer.forward",
    "verification.assign",
    "verification.report",
    "lead.recheck",
    "case.link",
    "supervision.letter",
    "check.answer",
    "lead.clear",
    "lead.archive",
)
_ACTS = text("""
    SELECT r.act_id, r.lead_id, r.root_id, r.root_seq, a.act, a.body, a.sender, a.received_at, c.data_key
    FROM act_reader r
    JOIN act a ON a.root_id = r.root_id AND a.root_seq = r.root_seq
    JOIN "case" c ON c.root_id = r.root_id
    WHERE r.node_id = :node AND r.lead_id = ANY(:leads) AND a.act = ANY(:told) AND c.erased_at IS NULL
    ORDER BY r.root_seq
""")


@dataclass(frozen=True, slots=True)
class LedgerContext:
    """What reading a ledger needs besides the question."""

    engine: AsyncEngine
    vault: Vault
    local: Callable[[datetime], str]
    now: datetime


async def ledger(context: LedgerContext, node: str, after: Position | None, limit: int) -> LedgerPage:
    """Return one page of the ledger, newest lead first."""
    found = await find_leads(context.engine, context.vault, node, Filters(), after, limit)
    told = await _told(context, node, found.leads)
    return LedgerPage(
        items=[
            ledger_row(case, lead, node, _of_lineage(case, lead, told), context.local, context.now)
            for case, lead in found.leads
        ],
        next=encode_position(*found.position) if found.position else None,
    )


def _of_lineage(case: Case, lead: Lead, told: Mapping[str, list[ReadableAct]]) -> list[ReadableAct]:
    """Return what the node may read of a lead and of those that it was split from, oldest first."""
    lineage = case.lineage(lead.lead_id)
    return [known for lead_id in reversed(lineage) for known in told.get(lead_id, ())]


async def _told(context: LedgerContext, node: str, leads: Iterable[tuple[Case, Lead]]) -> dict[str, list[ReadableAct]]:
    shown = ((case, lead) for case, lead in leads if not lead.as_known_by(node).sealed and lead.erased_by is None)
    wanted = {lead_id for case, lead in shown for lead_id in case.lineage(lead.lead_id)}
    asked = {"node": node, "leads": [UUID(lead_id) for lead_id in wanted], "told": list(_TOLD)}
    async with reading(context.engine, node) as connection:
        rows = list(await connection.execute(_ACTS, asked))
    return await asyncio.to_thread(_opened, context.vault, rows)


def _opened(vault: Vault, rows: Iterable[Any]) -> dict[str, list[ReadableAct]]:
    keys: dict[UUID, bytes] = {}
    found: dict[str, list[ReadableAct]] = {}
    for row in rows:
        if row.root_id not in keys:
            keys[row.root_id] = root_key(vault, str(row.root_id), row.data_key)
        document = json.loads(stored_body(keys[row.root_id], str(row.act_id), row.body))
        known = ReadableAct(str(row.act_id), row.act, row.sender, row.received_at, document)
        found.setdefault(str(row.lead_id), []).append(known)
    return found
