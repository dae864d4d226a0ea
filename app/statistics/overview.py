"""Whose figures an agency sees: its own whole; those of agencies that it oversees with small cells left out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncEngine

from app.casework.kinds import Kind, Node, Nodes
from app.casework.routing import oversees
from app.casework.statistics.figures import FORMULA_VERSION
from app.db import reading
from app.statistics.reckoning import (
    Classes,
    Process,
    Reckoned,
    StatisticsAnswer,
    classes,
    reckon,
    veiled_classes,
    veiled_process,
)
from app.statistics.totals import EVER, Period, totals


class Statistics(StatisticsAnswer):
    """An agency's own figures. `listed` is for coordination offices: the leads that are listed to them, by state."""

    node: str
    as_of: datetime
    formula_version: Literal["1"]
    month: str | None = Field(description="only leads that came in this month; null for all")
    own: Reckoned
    listed: Classes | None


class NodeFigures(StatisticsAnswer):
    """An agency's figures as others see them: cells under five are left out, and leads that concern any agency."""

    node: str
    figures: Classes
    process: Process


class NodeFiguresPage(StatisticsAnswer):
    as_of: datetime
    formula_version: Literal["1"]
    items: list[NodeFigures] = Field(description="by node id; there is no other order")
    next: str | None


async def own_statistics(engine: AsyncEngine, node: Node, month: str | None, now: datetime) -> Statistics:
    """Return the figures of `node` over all leads that came to it, or over those of one month (2026-03)."""
    period = EVER if month is None else Period.month(month)
    async with reading(engine, node.node_id) as connection:
        own = await totals(connection, [node.node_id], "own", period)
        listed = await totals(connection, [node.node_id], "listed", period)
    return Statistics(
        node=node.node_id,
        as_of=now,
        formula_version=FORMULA_VERSION,
        month=month,
        own=reckon(own[node.node_id]),
        listed=classes(listed[node.node_id]) if node.kind is Kind.COORDINATION else None,
    )


def overseen_by(viewer: Node, nodes: Nodes) -> list[str]:
    """Return the agencies whose figures `viewer` sees, by id: those below it, those in a coordination office's area.

    A coordination office is not told of the leads of supervision organs, so it does not see them counted either.
    """
    return sorted(
        node.node_id
        for node in nodes.values()
        if oversees(viewer, node, node.division_code, nodes)
        and not (viewer.kind is Kind.COORDINATION and node.kind is Kind.SUPERVISION)
    )


async def shared_statistics(
    engine: AsyncEngine, seen: Sequence[str], cursor: str | None, limit: int, now: datetime
) -> NodeFiguresPage:
    """Return one page of the figures of the agencies `seen`, by id. `engine` must see all: the writer's."""
    wanted = [node for node in seen if cursor is None or node > cursor][: limit + 1]
    async with engine.connect() as connection:
        found = await totals(connection, wanted[:limit], "shared")
    return NodeFiguresPage(
        as_of=now,
        formula_version=FORMULA_VERSION,
        items=[
            NodeFigures(node=node, figures=veiled_classes(one), process=veiled_process(one))
            for node, one in found.items()
        ],
        next=wanted[limit - 1] if len(wanted) > limit else None,
    )
