"""Figures of every agency for auditors: counts with small cells left out, never a lead."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from app import errors
from app.admin.sessions import Auditor
from app.casework.values import NODE_ID_PATTERN
from app.deps import Engine, Now
from app.problems import documented
from app.registry.deps import Register
from app.statistics.overview import NodeFiguresPage, shared_statistics

router = APIRouter(prefix="/v1/admin", tags=["admin"], responses={429: documented(errors.TooManyRequests)[429]})


@router.get(
    "/statistics",
    operation_id="read_statistics_as_auditor",
    summary="Figures of every agency · 各单位统计（审计）",
    responses=documented(errors.Unauthenticated, errors.ForbiddenAct),
)
async def read_statistics_as_auditor(
    _: Auditor,
    response: Response,
    engine: Engine,
    directory: Register,
    now: Now,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(pattern=NODE_ID_PATTERN)] = None,
) -> NodeFiguresPage:
    """By node id, as overseers see them: cells under five are left out, outcomes are not shown."""
    response.headers["Cache-Control"] = "no-store"
    return await shared_statistics(engine, sorted(directory.nodes), cursor, limit, now())
