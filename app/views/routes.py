"""Routes of the reads. Each needs a node token; what the caller may not know of answers 404."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import AfterValidator

from app import errors
from app.access.deps import Accounted, ThisRead, reads
from app.casework.acts.register import Category
from app.casework.case import LeadState
from app.casework.values import Instant
from app.deps import Now, OpenVault, Reader
from app.docket.index_keys import number_digest
from app.problems import documented, speaks_chinese
from app.registry.caller import Caller
from app.views import acts, legs
from app.views import consultations as talks
from app.views import deadlines as clocks
from app.views import inbox as inboxes
from app.views.cases import find_lead
from app.views.consultations import ConsultationShown
from app.views.cursors import decode_position, encode_position
from app.views.deps import Cursor, Limit, LocalTime, NumberKey, PathId, Waiting, never_stored, uuids_in_path
from app.views.entry import entry
from app.views.leads import Filters, find_leads
from app.views.openings import OpeningPage, openings
from app.views.schemas import (
    DeadlinePage,
    FeedbackShown,
    InboxPage,
    LeadPage,
    LeadShown,
    StoredAct,
    Timeline,
    TransferShown,
)

router = APIRouter(
    tags=["reads"],
    route_class=Accounted,
    dependencies=[Depends(uuids_in_path), Depends(never_stored)],
    responses={429: documented(errors.TooManyRequests)[429]},
)
LIST = documented(errors.Unauthenticated)
ONE = documented(errors.Unauthenticated, errors.NotFound)
LARGEST_SEQ = 2**63 - 1


def _in_utc(moment: datetime) -> datetime:
    # The last day of the year 9999 may have no UTC, and the driver would fail on it.
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time lies before the year 9999 ends in UTC") from None


def _filters(
    numbers: NumberKey,
    state: LeadState | None = None,
    category: Category | None = None,
    due_before: Annotated[
        Annotated[Instant, AfterValidator(_in_utc)] | None,
        Query(description="leads on which a deadline of the caller ends before this time"),
    ] = None,
    role: Literal["origin", "holder", "participant"] | None = None,
    q: Annotated[str | None, Query(max_length=500, description="lead, document or external number, whole")] = None,
) -> Filters:
    number = None if q is None else number_digest(numbers, q)
    return Filters(state, category, due_before, role, number)


@router.get("/v1/leads", operation_id="list_leads", summary="The caller's leads · 本单位的线索", responses=LIST)
async def list_leads(
    caller: Caller,
    engine: Reader,
    vault: OpenVault,
    local: LocalTime,
    filters: Annotated[Filters, Depends(_filters)],
    read: ThisRead,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> LeadPage:
    """Newest first. A page may be short, even empty, and still have a `next`: the end is where `next` is null."""
    if filters.number is not None:
        read.note("search")
    after = None if cursor is None else decode_position(cursor)
    found = await find_leads(engine, vault, caller.node_id, filters, after, limit)
    return LeadPage(
        items=[entry(case, lead, caller.node_id, local) for case, lead in found.leads],
        next=encode_position(*found.position) if found.position else None,
    )


@router.get("/v1/leads/{lead_id}", operation_id="get_lead", summary="One lead · 查看线索", responses=ONE)
async def get_lead(caller: Caller, engine: Reader, vault: OpenVault, local: LocalTime, lead_id: PathId) -> LeadShown:
    """The exchange's own projection of a lead, for its parties."""
    case, lead = await find_lead(engine, vault, caller.node_id, "lead", lead_id)
    return entry(case, lead, caller.node_id, local)


@router.get(
    "/v1/leads/{lead_id}/timeline",
    operation_id="get_timeline",
    summary="The acts on a lead · 线索办理经过",
    responses=ONE,
)
async def get_timeline(
    caller: Caller,
    engine: Reader,
    local: LocalTime,
    lead_id: PathId,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Timeline:
    """The acts and notices that the caller may read, in the order in which they were taken."""
    return await acts.timeline(engine, caller.node_id, lead_id, cursor, limit, local)


@router.get(
    "/v1/acts/{act_id}",
    operation_id="get_act",
    summary="One act, byte for byte · 查看文书",
    responses=ONE,
    dependencies=[reads("act", "act_id")],
)
async def get_act(caller: Caller, engine: Reader, vault: OpenVault, act_id: PathId) -> StoredAct:
    """The act as it was signed and its receipt, for those who may read it."""
    return await acts.stored_act(engine, vault, caller.node_id, act_id)


@router.get(
    "/v1/leads/{lead_id}/openings",
    operation_id="list_openings",
    summary="Openings of what was sealed on a lead · 拆封及查阅记录",
    responses=ONE,
    dependencies=[reads("openings", "lead_id")],
)
async def list_openings(
    caller: Caller, engine: Reader, vault: OpenVault, local: LocalTime, now: Now, lead_id: PathId
) -> OpeningPage:
    """For the agency that opened and the one that had sealed it: readers, purpose, end, and each fetch."""
    return await openings(engine, vault, caller.node_id, lead_id, now(), local)


@router.get(
    "/v1/transfers/{transfer_id}",
    operation_id="get_transfer",
    summary="One transfer · 查看移送",
    responses=ONE,
    dependencies=[reads("transfer", "transfer_id")],
)
async def get_transfer(
    caller: Caller, engine: Reader, vault: OpenVault, local: LocalTime, transfer_id: PathId
) -> TransferShown:
    """For its two sides, and for the sender of the transfer that it carries on."""
    return await legs.transfer(engine, vault, caller.node_id, transfer_id, local)


@router.get(
    "/v1/feedback/{feedback_id}",
    operation_id="get_feedback",
    summary="One feedback · 查看反馈",
    responses=ONE,
    dependencies=[reads("feedback", "feedback_id")],
)
async def get_feedback(
    caller: Caller, engine: Reader, vault: OpenVault, local: LocalTime, feedback_id: PathId
) -> FeedbackShown:
    """For those who may read the act that sent it."""
    return await legs.feedback(engine, vault, caller.node_id, feedback_id, local)


@router.get(
    "/v1/consultations/{consultation_id}",
    operation_id="get_consultation",
    summary="One consultation · 查看会商",
    responses=ONE,
    dependencies=[reads("consultation", "consultation_id")],
)
async def get_consultation(
    caller: Caller, engine: Reader, vault: OpenVault, local: LocalTime, consultation_id: PathId
) -> ConsultationShown:
    """For its convener and those that were asked."""
    return await talks.consultation(engine, vault, caller.node_id, consultation_id, local)


def _after(
    after: Annotated[int, Query(ge=0, le=LARGEST_SEQ, description="the last `seq` that you have")] = 0,
    cursor: Annotated[
        int | None, Query(ge=0, le=LARGEST_SEQ, description="the same, and wins: `next` of a page")
    ] = None,
) -> int:
    return after if cursor is None else cursor


@router.get(
    "/v1/inbox",
    operation_id="read_inbox",
    summary="Acts addressed to the caller · 收件",
    responses=documented(errors.Unauthenticated, errors.Overloaded),
)
async def read_inbox(
    request: Request,
    caller: Caller,
    engine: Reader,
    waiting: Waiting,
    local: LocalTime,
    after: Annotated[int, Depends(_after)],
    limit: Limit = 50,
    wait: Annotated[float, Query(ge=0, le=30, description="seconds to hold the request until there is an item")] = 0,
) -> InboxPage:
    """Numbered 1, 2, 3 … without a gap. `next` is null when there is no more now; go on from your last `seq`."""
    if not wait:
        return await inboxes.inbox(engine, caller.node_id, after, limit, local)
    return await inboxes.waited_inbox(engine, waiting, request, caller.node_id, after, limit, local, wait)


@router.get(
    "/v1/deadlines", operation_id="list_deadlines", summary="The caller's deadlines · 本单位的期限", responses=LIST
)
async def list_deadlines(
    response: Response,
    caller: Caller,
    engine: Reader,
    local: LocalTime,
    limit: Limit = 50,
    cursor: Cursor = None,
    accept_language: Annotated[str | None, Header()] = None,
) -> DeadlinePage:
    """Open deadlines, breached ones included, due first. `title` is in English or Chinese by `Accept-Language`."""
    response.headers["Vary"] = "Accept-Language"
    after = None if cursor is None else decode_position(cursor)
    chinese = speaks_chinese(accept_language)
    return await clocks.deadlines(engine, caller.node_id, after, limit, chinese=chinese, local=local)
