"""Routes for administrators: a token, who am I, nodes, and the codes that enrol them."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from app import errors
from app.admin.door import Attempt
from app.admin.sessions import SESSION_SECONDS, AnyAdministrator, Registrar, TheDoor, issue
from app.bodies import json_body, sent
from app.casework.values import NODE_ID_PATTERN
from app.deps import Engine, Now
from app.problems import documented
from app.registry import nodes, pending
from app.registry.deps import ExchangeId, OwnKeys, Register, TheVoice
from app.registry.enrolment import issue_code
from app.registry.forms import MEDIA_TYPE, BadForm, read_form
from app.registry.schemas import NewNode, NodePage, NodeShown, NodeWithKeys, PendingPage, PendingShown

router = APIRouter(prefix="/v1/admin", tags=["admin"], responses={429: documented(errors.TooManyRequests)[429]})

BEARER: Final = "Bearer"
EnrolmentId = Annotated[str, Path(json_schema_extra={"format": "uuid"})]
_ENDING = documented(errors.Unauthenticated, errors.ForbiddenAct, errors.NotFound, errors.WrongState)


class AdminToken(BaseModel):
    model_config = ConfigDict(frozen=True)

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    scope: str


class Me(BaseModel):
    model_config = ConfigDict(frozen=True)

    name: str
    roles: list[str]


class EnrolmentCodeShown(BaseModel):
    """The code is shown this once; the exchange keeps only its hash."""

    model_config = ConfigDict(frozen=True)

    code: str
    expires_at: datetime


_PASSWORD_FORM = {
    "type": "object",
    "required": ["username", "password"],
    "properties": {
        "grant_type": {"const": "password"},
        "username": {"type": "string"},
        "password": {"type": "string", "format": "password"},
        "scope": {"type": "string"},
    },
}


@router.post(
    "/token",
    operation_id="issue_admin_token",
    summary="Log in · 管理员登录",
    responses=documented(errors.Unauthenticated, errors.TooManyRequests, errors.Overloaded),
    openapi_extra={"requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": _PASSWORD_FORM}}}},
)
async def issue_admin_token(
    request: Request,
    response: Response,
    engine: Engine,
    own: OwnKeys,
    exchange_id: ExchangeId,
    door: TheDoor,
    now: Now,
) -> AdminToken:
    """OAuth2 password form; the token lives 30 minutes. The scope is the person's roles, always."""
    try:
        form = await read_form(request)
    except BadForm as error:
        raise _no_form() from error
    if form.get("grant_type", "password") != "password" or not {"username", "password"} <= form.keys():
        raise _no_form()
    address = request.client.host if request.client else ""
    attempt = Attempt(form["username"], form["password"], address, request.is_disconnected)
    person = await door.verify_password(engine, attempt, now())
    response.headers["Cache-Control"] = "no-store"
    return AdminToken(
        access_token=issue(person, own, exchange_id, now()),
        token_type=BEARER,
        expires_in=SESSION_SECONDS,
        scope=" ".join(person.roles),
    )


def _no_form() -> errors.InvalidDocument:
    return errors.InvalidDocument(
        "Send the OAuth2 password form: username and password.",
        "请以 OAuth2 密码表单提交 username 和 password。",
    )


@router.get(
    "/me",
    operation_id="get_me",
    summary="Who am I · 当前管理员",
    responses=documented(errors.Unauthenticated),
)
async def get_me(person: AnyAdministrator) -> Me:
    """The bearer of the token, with the roles of this moment."""
    return Me(name=person.name, roles=list(person.roles))


@router.post(
    "/nodes",
    status_code=201,
    operation_id="create_node",
    summary="Create a node · 登记节点",
    responses=documented(
        errors.Unauthenticated,
        errors.ForbiddenAct,
        errors.IdTaken,
        errors.MalformedJson,
        errors.PayloadTooLarge,
        errors.UnsupportedMediaType,
    ),
    openapi_extra=json_body(NewNode),
)
async def create_node(
    _: Registrar,
    wanted: Annotated[NewNode, Depends(sent(NewNode))],
    engine: Engine,
    exchange_id: ExchangeId,
    directory: Register,
    now: Now,
) -> NodeShown:
    """An agency without keys yet; it enrols with a code. The exchange's own id is reserved."""
    created = await nodes.create_node(engine, wanted, exchange_id, now())
    await directory.refresh()
    return created


@router.get(
    "/nodes",
    operation_id="list_nodes_as_administrator",
    summary="The register · 节点名录（管理员）",
    responses=documented(errors.Unauthenticated, errors.ForbiddenAct),
)
async def list_nodes_as_administrator(
    _: Registrar,
    engine: Engine,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(pattern=NODE_ID_PATTERN)] = None,
) -> NodePage:
    """Every node by id, as nodes themselves see the register."""
    return await nodes.list_nodes(engine, limit=limit, cursor=cursor)


@router.get(
    "/nodes/{node_id}",
    operation_id="get_node_as_administrator",
    summary="One node and its valid keys · 查看节点及其有效密钥（管理员）",
    responses=documented(errors.Unauthenticated, errors.ForbiddenAct, errors.NotFound),
)
async def get_node_as_administrator(_: Registrar, engine: Engine, node_id: str) -> NodeWithKeys:
    """The thumbprints to compare with the agency, as nodes themselves see them."""
    return await nodes.get_node(engine, node_id)


@router.post(
    "/nodes/{node_id}/enrolment-codes",
    status_code=201,
    operation_id="create_enrolment_code",
    summary="Issue an enrolment code · 生成接入码",
    responses=documented(errors.Unauthenticated, errors.ForbiddenAct, errors.NotFound),
)
async def create_enrolment_code(
    registrar: Registrar, node_id: str, response: Response, engine: Engine, now: Now
) -> EnrolmentCodeShown:
    """A code that works once within 72 hours. Hand it over outside this system."""
    code, expires_at = await issue_code(engine, node_id, registrar.name, now())
    response.headers["Cache-Control"] = "no-store"
    return EnrolmentCodeShown(code=code, expires_at=expires_at)


@router.get(
    "/enrolments",
    operation_id="list_pending_enrolments",
    summary="Enrolments that wait · 待生效的接入登记",
    responses=documented(errors.Unauthenticated, errors.ForbiddenAct),
)
async def list_pending_enrolments(
    _: Registrar,
    engine: Engine,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[UUID | None, Query()] = None,
) -> PendingPage:
    """List the enrolments that would replace the keys of a node, with the thumbprints to compare by telephone."""
    return await pending.list_pending(engine, limit=limit, cursor=cursor)


@router.post(
    "/enrolments/{enrolment_id}/confirmation",
    status_code=201,
    operation_id="confirm_enrolment",
    summary="Confirm as the second registrar · 第二名登记员确认",
    responses=_ENDING,
)
async def confirm_enrolment(person: Registrar, enrolment_id: EnrolmentId, engine: Engine, now: Now) -> PendingShown:
    """Not by the registrar who issued the code. Confirm only after hearing the thumbprints from the agency itself."""
    return await pending.confirm(engine, enrolment_id, person.name, now())


@router.post(
    "/enrolments/{enrolment_id}/rejection",
    status_code=201,
    operation_id="reject_enrolment",
    summary="Reject a pending enrolment · 驳回待生效的接入登记",
    responses=_ENDING,
)
async def reject_enrolment(
    person: Registrar, enrolment_id: EnrolmentId, engine: Engine, voice: TheVoice, now: Now
) -> PendingShown:
    """By any registrar, until it takes effect, confirmed or not. Nothing was changed then."""
    return await pending.reject(engine, enrolment_id, person.name, voice, now())
