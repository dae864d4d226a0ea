"""The auditor's view of the access log: who read what and what for, never what it said."""

from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app import errors
from app.access.deps import Accounted, TheRecorder, enter
from app.access.recorder import Access
from app.admin.sessions import Auditor
from app.casework.values import NODE_ID_PATTERN, Day
from app.deps import Engine, Zone
from app.problems import documented
from app.signing import b64url

router = APIRouter(
    prefix="/v1/admin",
    tags=["admin"],
    route_class=Accounted,
    responses={429: documented(errors.TooManyRequests)[429]},
)
# In the order of the primary key, so that a page is read from its end however long the log is.
_ORDER = "ORDER BY day DESC, at DESC, access_id DESC LIMIT :limit"
_WHERE = {
    "day": "day = :day",
    "node": "node_id = :node",
    "person": "person = :person",
    "at": "(day, at, access_id) < (:last_day, :at, :access_id)",
}


class AccessShown(BaseModel):
    """One read. `node` is null where an administrator read; `person` is then the administrator's name."""

    model_config = ConfigDict(frozen=True)

    access_id: str
    at: str = Field(description="to the microsecond: the chain of the day hashes it so")
    node: str | None
    person: str | None
    purpose: str | None
    what: str
    subject: str | None = Field(description="the id or digest that was read")
    opening_id: str | None = Field(description="by which a sealed part was fetched")


class AccessPage(BaseModel):
    model_config = ConfigDict(frozen=True)

    items: list[AccessShown]
    next: str | None


def _asked(
    node: Annotated[str | None, Query(pattern=NODE_ID_PATTERN)] = None,
    person: Annotated[str | None, Query(min_length=1, max_length=200, pattern=r"^[^\x00]*$")] = None,
    day: Annotated[Day | None, Query(description="local day of the exchange")] = None,
    cursor: Annotated[str | None, Query(max_length=100, description="`next` of the page before")] = None,
) -> dict[str, Any]:
    asked = {"day": day, "node": node, "person": person} | ({} if cursor is None else _place(cursor))
    return {name: value for name, value in asked.items() if value is not None}


def _cursor(last: Any) -> str:
    return b64url.encode(f"{last.day} {last.at.astimezone(UTC).isoformat()} {last.access_id}".encode())


def _place(cursor: str) -> dict[str, Any]:
    try:
        day, at, access_id = b64url.decode(cursor).decode("ascii").split(" ")
        moment = datetime.fromisoformat(at).astimezone(UTC)
        return {"last_day": date.fromisoformat(day), "at": moment, "access_id": UUID(access_id)}
    except (ValueError, OverflowError) as error:
        raise errors.InvalidDocument(
            "`cursor` is none that this list gave out.", "cursor 不是本列表给出的翻页标记。"
        ) from error


@router.get(
    "/access-log",
    operation_id="read_access_log",
    summary="Who read what · 查阅日志（审计）",
    responses=documented(errors.Unauthenticated, errors.ForbiddenAct, errors.Overloaded),
)
async def read_access_log(
    auditor: Auditor,
    request: Request,
    zone: Zone,
    response: Response,
    engine: Engine,
    recorder: TheRecorder,
    asked: Annotated[dict[str, Any], Depends(_asked)],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> AccessPage:
    """Newest first, for auditors. This reading is recorded too."""
    response.headers["Cache-Control"] = "no-store"
    enter(request, recorder, Access(None, auditor.name, None, "access-log"))
    rows = await _rows(engine, asked | {"limit": limit + 1})
    items = [
        AccessShown(
            access_id=str(row.access_id),
            at=row.at.astimezone(zone).isoformat(),
            node=row.node_id,
            person=row.person,
            purpose=row.purpose,
            what=row.what,
            subject=row.subject,
            opening_id=None if row.opening_id is None else str(row.opening_id),
        )
        for row in rows[:limit]
    ]
    return AccessPage(items=items, next=_cursor(rows[limit - 1]) if len(rows) > limit else None)


async def _rows(engine: AsyncEngine, asked: dict[str, Any]) -> list[Any]:
    async with engine.connect() as connection:
        wanted = " AND ".join(_WHERE[name] for name in _WHERE if name in asked) or "true"
        return list(await connection.execute(text(f"SELECT * FROM access_log WHERE {wanted} {_ORDER}"), asked))  # noqa: S608 (ours)
