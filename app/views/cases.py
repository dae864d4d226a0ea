"""Cases as readers open them: found through the caller's own list, so that a stranger's id decrypts nothing."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlmodel import col, select

from app.casework.case import Case, Lead
from app.casework.records.erasure import as_erased_for
from app.db import reading
from app.docket.tables import CaseTable
from app.errors import NotFound
from app.stored import root_key, stored_case
from app.vault import Vault

_BY_SUBJECT = text("""
    SELECT e.lead_id, c.root_id, c.data_key, c.snapshot
    FROM subject s
    JOIN lead_entry e ON e.node_id = :node AND e.lead_id = s.lead_id
    JOIN "case" c ON c.root_id = e.root_id
    WHERE s.subject_id = :subject AND s.kind = :kind
""")

_PARTY_OF = text("SELECT lead_id FROM lead_entry WHERE node_id = :node AND lead_id = ANY(:leads)")


async def fetch_cases(connection: AsyncConnection, roots: Iterable[UUID]) -> list[Any]:
    """Return the stored cases of some roots, for `open_cases`."""
    query = select(CaseTable.root_id, CaseTable.data_key, CaseTable.snapshot)
    return list(await connection.execute(query.where(col(CaseTable.root_id).in_(set(roots)))))


async def open_cases(vault: Vault, node: str, rows: list[Any]) -> dict[UUID, Case]:
    """Return the cases by root, decrypted, as `node` may see them; off the event loop: a page may hold 200 of them."""
    return await asyncio.to_thread(lambda: {row.root_id: _open(vault, node, row) for row in rows})


async def find_lead(engine: AsyncEngine, vault: Vault, node: str, kind: str, subject_id: str) -> tuple[Case, Lead]:
    """Return the lead that an id belongs to (the lead's own, or that of a transfer or feedback on it), and its case.

    `subject_id` must be a UUID. Raises `NotFound` unless there is one and `node` is a party of the lead.
    """
    wanted = {"node": node, "subject": UUID(subject_id), "kind": kind}
    async with reading(engine, node) as connection:
        row = (await connection.execute(_BY_SUBJECT, wanted)).one_or_none()
    if row is None:
        raise NotFound
    case = _open(vault, node, row)
    (lead,) = await veiled(engine, node, [case.leads[str(row.lead_id)]])
    return case, lead


async def veiled(engine: AsyncEngine, node: str, leads: Sequence[Lead]) -> list[Lead]:
    """Return the leads without the id of the lead that one was merged into, where `node` is no party of that one."""
    into = {UUID(lead.merged_into) for lead in leads if lead.merged_into is not None}
    if not into:
        return list(leads)
    async with reading(engine, node) as connection:
        rows = await connection.execute(_PARTY_OF, {"node": node, "leads": list(into)})
    known = {str(row.lead_id) for row in rows}
    return [lead if lead.merged_into in known else lead.but(merged_into=None) for lead in leads]


def _open(vault: Vault, node: str, row: Any) -> Case:
    root_id = str(row.root_id)
    return as_erased_for(stored_case(root_key(vault, root_id, row.data_key), root_id, row.snapshot), node)
