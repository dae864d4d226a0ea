"""The list of leads: keyset pages over indexes, flat however many leads a node has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from app.casework.case import Case, Lead, LeadState
from app.db import reading
from app.docket.tables import LeadEntry
from app.vault import Vault
from app.views.cases import fetch_cases, open_cases, veiled
from app.views.cursors import Position

# Rows walked over for one page where no index serves a filter: such a page may be short, or empty, and go on.
WINDOW = 2000
TABLES = LeadEntry.metadata.tables
ENTRY, NUMBER, READER = TABLES["lead_entry"], TABLES["lead_number"], TABLES["act_reader"]


@dataclass(frozen=True, slots=True)
class Filters:
    """What a caller asks for; `number` is the keyed digest of a lead, document or external number."""

    state: LeadState | None = None
    category: str | None = None
    due_before: datetime | None = None
    role: Literal["origin", "holder", "participant"] | None = None
    number: bytes | None = None


@dataclass(frozen=True, slots=True)
class LeadsPage:
    """One page, newest first, and the place after which the next one begins; None on the last page."""

    leads: list[tuple[Case, Lead]]
    position: Position | None


async def find_leads(
    engine: AsyncEngine, vault: Vault, node: str, filters: Filters, after: Position | None, limit: int
) -> LeadsPage:
    """Return one page of the leads that `node` is a party of."""
    few = filters.due_before is not None or filters.number is not None
    query = (_among_few if few else _in_window)(node, filters, after, limit)
    async with reading(engine, node) as connection:
        rows = list(await connection.execute(query))
        wanted = [row for row in rows[:limit] if row.fits]
        stored = await fetch_cases(connection, (row.root_id for row in wanted))
    cases = await open_cases(vault, node, stored)
    leads = await veiled(engine, node, [cases[row.root_id].leads[str(row.lead_id)] for row in wanted])
    return LeadsPage([(cases[row.root_id], lead) for row, lead in zip(wanted, leads, strict=True)], _next(rows, limit))


def _next(rows: Sequence[Any], limit: int) -> Position | None:
    if len(rows) > limit:
        last = rows[limit - 1]
    elif rows and rows[-1].place == WINDOW:
        last = rows[-1]
    else:
        return None
    return Position(last.registered_at, last.lead_id)


def _in_window(node: str, filters: Filters, after: Position | None, limit: int) -> Select[Any]:
    """Walk one index from `after` on, no further than a window, and keep what fits.

    The last row of a full window is returned whether it fits or not: it says where the next page begins.
    """
    unindexed = _unindexed(filters, ENTRY.c)
    length = WINDOW if unindexed else limit + 1
    walked = (
        select(ENTRY)
        .where(ENTRY.c.node_id == node, *_indexed(filters, after, ENTRY.c))
        .order_by(*_newest(ENTRY.c))
        .limit(length)
        .cte("walked")
    )
    judged = select(
        walked.c.lead_id,
        walked.c.root_id,
        walked.c.registered_at,
        and_(true(), *_unindexed(filters, walked.c)).label("fits"),
        func.row_number().over(order_by=_newest(walked.c)).label("place"),
    ).subquery("judged")
    ends_window = judged.c.place == WINDOW
    return select(judged).where(or_(judged.c.fits, ends_window)).order_by(judged.c.place).limit(limit + 1)


def _among_few(node: str, filters: Filters, after: Position | None, limit: int) -> Select[Any]:
    """Take what runs out soon, or bears a number, by its own index, and sort those few.

    What is sealed or erased bears no number.

    Materialised, or the planner would rather walk the whole list, newest first, in the hope of meeting them.
    """
    few = [ENTRY.c.node_id == node]
    if filters.due_before is not None:
        few.append(ENTRY.c.due < filters.due_before)
    if filters.number is not None:
        few += [ENTRY.c.lead_id.in_(_bearing(filters.number, node)), ~ENTRY.c.sealed, ~ENTRY.c.erased]
    found = select(ENTRY).where(*few).cte("found").prefix_with("MATERIALIZED")
    return (
        select(
            found.c.lead_id,
            found.c.root_id,
            found.c.registered_at,
            literal(True).label("fits"),
            literal(0).label("place"),
        )
        .where(*_indexed(filters, after, found.c), *_unindexed(filters, found.c))
        .order_by(*_newest(found.c))
        .limit(limit + 1)
    )


def _bearing(number: bytes, node: str) -> Select[Any]:
    """Return the leads that bear a number; one that stands in an act counts only for those who may read the act."""
    readable = (
        select(true()).where(READER.c.node_id == node, READER.c.act_id == NUMBER.c.act_id).correlate(NUMBER).exists()
    )
    return select(NUMBER.c.lead_id).where(NUMBER.c.digest == number, or_(NUMBER.c.act_id.is_(None), readable))


def _indexed(filters: Filters, after: Position | None, columns: Any) -> list[ColumnElement[bool]]:
    # An unfounded lead is sealed: only who brought it in and who holds it still have it in the list.
    found: list[ColumnElement[bool]] = [or_(~columns.sealed, columns.is_origin, columns.role == "holder")]
    if filters.state is not None:
        found.append(columns.state == str(filters.state))
    elif filters.role == "holder":
        found.append(columns.role == "holder")
    if after is not None:
        found.append(tuple_(columns.registered_at, columns.lead_id) < tuple_(*_bound(after, columns)))
    return found


def _bound(after: Position, columns: Any) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    return literal(after.at, columns.registered_at.type), literal(after.ident, columns.lead_id.type)


def _unindexed(filters: Filters, columns: Any) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.category is not None:
        found.append(columns.category == filters.category)
    if filters.role == "origin":
        found.append(columns.is_origin)
    if filters.role == "participant":
        found.append(columns.role == "participant")
    # One index serves either state or what is held; what is left over must not be walked to its end.
    if filters.role == "holder" and filters.state is not None:
        found.append(columns.role == "holder")
    return found


def _newest(columns: Any) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    return columns.registered_at.desc(), columns.lead_id.desc()
