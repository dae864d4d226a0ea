"""Routes of ledger and statistics. There is no endpoint that ranks agencies or that scores a person."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from app import errors
from app.access.deps import Accounted, ThisRead
from app.casework.kinds import Kind
from app.casework.values import NODE_ID_PATTERN
from app.deps import Engine, Now, OpenVault, Reader, Zone
from app.problems import documented
from app.registry.caller import Caller
from app.registry.deps import Register
from app.statistics import coverage as covering
from app.statistics import reports as frozen
from app.statistics.coverage import CoveragePage
from app.statistics.overview import NodeFiguresPage, Statistics, overseen_by, own_statistics, shared_statistics
from app.statistics.reports import ReportPage
from app.views.cursors import bad_cursor, decode_position
from app.views.deps import Cursor, Limit, LocalTime, never_stored
from app.views.ledger import LedgerContext, ledger
from app.views.ledger_schemas import HEADINGS, LedgerPage, cells
from app.views.sheets import SHEET_MEDIA, Form, sheet, wanted_form
from app.views.statistics_sheet import figure_cells

router = APIRouter(
    tags=["reads"],
    route_class=Accounted,
    dependencies=[Depends(never_stored)],
    responses=documented(errors.Unauthenticated, errors.TooManyRequests),
)
FORMS: dict[int | str, dict[str, Any]] = {
    200: {"description": "the page, or a sheet by `Accept`", "content": SHEET_MEDIA}
}
Month = Annotated[
    str | None,
    Query(pattern=r"^[1-9][0-9]{3}-(0[1-9]|1[0-2])$", description="2026-03: only leads that came in this month"),
]
NodeCursor = Annotated[str | None, Query(pattern=NODE_ID_PATTERN, description="`next` of the page before")]


def _form(request: Request, response: Response) -> Form:
    response.headers["Vary"] = "Accept"
    return wanted_form(request.headers.get("accept"))


def _context(engine: Reader, vault: OpenVault, local: LocalTime, now: Now) -> LedgerContext:
    return LedgerContext(engine, vault, local, now())


AskedForm = Annotated[Form, Depends(_form)]


@router.get(
    "/v1/ledger",
    operation_id="read_ledger",
    summary="The caller's ledger · 本单位台账",
    response_model=LedgerPage,
    responses=FORMS,
)
async def read_ledger(
    request: Request,
    caller: Caller,
    context: Annotated[LedgerContext, Depends(_context)],
    form: AskedForm,
    read: ThisRead,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Any:
    """Newest lead first; no names of persons, only tokens. `Accept: text/csv` or the XLSX type give a sheet.

    A sheet is one page as well; its header `Link` leads to the next.
    """
    after = None if cursor is None else decode_position(cursor)
    read.note("ledger" if form == "json" else "ledger-sheet")
    page = await ledger(context, caller.node_id, after, limit)
    if form == "json":
        return page
    link = None if page.next is None else str(request.url.include_query_params(cursor=page.next, limit=limit))
    return sheet(form, "ledger", HEADINGS, cells(page), link)


@router.get(
    "/v1/statistics",
    operation_id="read_statistics",
    summary="The caller's own figures · 本单位统计",
    response_model=Statistics,
    responses=FORMS,
)
async def read_statistics(
    caller: Caller,
    engine: Reader,
    directory: Register,
    now: Now,
    form: AskedForm,
    read: ThisRead,
    month: Month = None,
) -> Any:
    """As of now, in root leads: received = replied + in_verification + pending + passed_on + returned, always."""
    found = await own_statistics(engine, directory.nodes[caller.node_id], month, now())
    if form == "json":
        return found
    read.note("statistics-sheet")
    return sheet(form, "statistics", ("part 部分", "measure 指标", "value 数值"), figure_cells(found), None)


@router.get(
    "/v1/statistics/nodes",
    operation_id="list_node_statistics",
    summary="Figures of the agencies below the caller · 下级和辖区单位统计",
)
async def list_node_statistics(
    caller: Caller, engine: Engine, directory: Register, now: Now, limit: Limit = 50, cursor: NodeCursor = None
) -> NodeFiguresPage:
    """For superiors and coordination offices, by node id. Cells under five are left out, outcomes are not shown."""
    nodes = directory.nodes
    seen = overseen_by(nodes[caller.node_id], nodes)
    return await shared_statistics(engine, seen, cursor, limit, now())


@router.get(
    "/v1/statistics/reports",
    operation_id="list_reports",
    summary="Frozen reports of the caller · 周报、月报、半年报",
)
async def list_reports(
    caller: Caller,
    engine: Reader,
    kind: frozen.Kind | None = None,
    limit: Limit = 50,
    cursor: Annotated[str | None, Query(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\.[a-z_]{1,20}$")] = None,
) -> ReportPage:
    """Newest first. A report was made when its period ended and does not change, whatever happens later."""
    if cursor is not None:
        try:
            date.fromisoformat(cursor[:10])
        except ValueError as error:
            raise bad_cursor() from error
    return await frozen.reports(engine, caller.node_id, kind, cursor, limit)


@router.get(
    "/v1/statistics/coverage",
    operation_id="read_coverage",
    summary="Agencies of the area that are not reached · 覆盖情况",
    responses=documented(errors.ForbiddenAct),
)
async def read_coverage(
    caller: Caller,
    engine: Engine,
    directory: Register,
    zone: Zone,
    now: Now,
    limit: Limit = 50,
    cursor: NodeCursor = None,
) -> CoveragePage:
    """For coordination offices: agencies of the area without a valid key, or without an act in the last 90 days."""
    nodes = directory.nodes
    office = nodes[caller.node_id]
    if office.kind is not Kind.COORDINATION:
        raise errors.ForbiddenAct("This is for coordination offices.", "仅供协调机构查询。")
    area = overseen_by(office, nodes)
    return await covering.coverage(engine, area, cursor, limit, now().astimezone(zone).date())
