"""Routes that change the register or open it: enrolment, keys, tokens, and where everything is."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import JSONResponse

from app import errors
from app.bodies import SignedRequest, key_request, signed_body
from app.deps import Engine, Now, TheSettings
from app.problems import documented
from app.registry import enrolment, keys, pending, tokens
from app.registry.deps import ExchangeId, OwnKeys, Register, TheVoice
from app.registry.exchange_keys import ExchangeKeys, log_origin, log_vkey, raw_public, witness_name, witness_vkey
from app.registry.forms import MEDIA_TYPE, BadForm, read_form
from app.registry.schemas import (
    Cancellation,
    Enrolled,
    Enrolment,
    EnrolmentPending,
    Exchange,
    KeyRevoked,
    KeysAdded,
    MoreKeys,
    PendingShown,
    Revocation,
)

router = APIRouter(tags=["registry"], responses={429: documented(errors.TooManyRequests)[429]})
Signed = Annotated[SignedRequest, Depends(key_request)]
NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_SIGNED = (
    errors.PayloadTooLarge,
    errors.UnsupportedMediaType,
    errors.BadSignature,
    errors.StaleIat,
    errors.MalformedJson,
    errors.WeakKey,
    errors.IdTaken,
)
_BY_KEY = (*_SIGNED, errors.RevokedKey, errors.ActIdReused, errors.ForbiddenAct, errors.NotFound)


@router.post(
    "/v1/enrolments",
    status_code=201,
    operation_id="enrol_node",
    summary="Enrol a node with its code · 凭接入码登记节点密钥",
    response_model=Enrolled,
    responses=documented(*_SIGNED, errors.EnrolmentRefused, errors.WrongState, errors.QuotaExceeded)
    | {202: {"model": EnrolmentPending, "description": "it waits for a second registrar · 待第二名登记员确认"}},
    openapi_extra=signed_body(Enrolment),
)
async def enrol_node(request: Signed, engine: Engine, voice: TheVoice, directory: Register, now: Now) -> Any:
    """The first keys of a node. The body is signed by the `act` key in it, `typ` `lead-enrolment+jws`.

    For a node that ever had an `act` key it is `202`: a second registrar must confirm, and it takes effect after 72 h.
    """
    enrolled = await enrolment.enrol(engine, request, voice, now())
    if isinstance(enrolled, EnrolmentPending):
        return JSONResponse(enrolled.model_dump(mode="json"), 202)
    await directory.refresh()
    return enrolled


@router.post(
    "/v1/nodes/{node_id}/keys",
    status_code=201,
    operation_id="add_keys",
    summary="Register further keys · 登记新密钥",
    responses=documented(*_BY_KEY, errors.QuotaExceeded),
    openapi_extra=signed_body(MoreKeys),
)
async def add_keys(
    node_id: str,
    request: Signed,
    engine: Engine,
    directory: Register,
    voice: TheVoice,
    now: Now,
) -> KeysAdded:
    """Signed by an `act` key still valid, `typ` `lead-key+jws`; each proof covers this request's `jti`."""
    return await keys.add_keys(engine, directory, request, node_id, voice, now())


@router.post(
    "/v1/nodes/{node_id}/keys/{kid}/revocation",
    status_code=201,
    operation_id="revoke_key",
    summary="Revoke a key · 吊销密钥",
    responses=documented(*_BY_KEY, errors.WrongEndpoint, errors.WrongState),
    openapi_extra=signed_body(Revocation),
)
async def revoke_key(
    node_id: str,
    kid: str,
    request: Signed,
    engine: Engine,
    directory: Register,
    voice: TheVoice,
    now: Now,
) -> KeyRevoked:
    """Signed by an `act` key still valid, `typ` `lead-key+jws`. A key may revoke itself, the last one too."""
    return await keys.end_key(engine, directory, request, node_id, kid, voice, now())


@router.post(
    "/v1/nodes/{node_id}/enrolments/{enrolment_id}/cancellation",
    status_code=201,
    operation_id="cancel_enrolment",
    summary="Cancel a pending enrolment · 撤销待生效的接入登记",
    responses=documented(*_BY_KEY, errors.WrongEndpoint, errors.WrongState),
    openapi_extra=signed_body(Cancellation),
)
async def cancel_enrolment(
    node_id: str,
    enrolment_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})],
    request: Signed,
    engine: Engine,
    directory: Register,
    voice: TheVoice,
    now: Now,
) -> PendingShown:
    """Signed by any `act` key of the node that is still valid, `typ` `lead-key+jws`. Nothing was changed then."""
    return await pending.cancel(engine, directory, request, node_id, enrolment_id, voice, now())


@router.get("/.well-known/leadbridge", operation_id="get_exchange", summary="Where everything is · 服务入口")
async def get_exchange(request: Request, own: OwnKeys, exchange_id: ExchangeId, settings: TheSettings) -> Exchange:
    """Open to all: the exchange's id, its addresses, and the keys of its log and as a witness."""
    base = settings.public_url or str(request.base_url).rstrip("/")
    origin, witness = log_origin(exchange_id), witness_name(exchange_id)
    return Exchange(
        exchange=exchange_id,
        version="1",
        jwks_uri=f"{base}/.well-known/jwks.json",
        token_endpoint=f"{base}/v1/oauth/token",
        log_origin=origin,
        log_vkey=log_vkey(origin, raw_public(own.log.public_jwk)),
        former_log_vkeys=[log_vkey(origin, raw_public(jwk)) for jwk in _followed(own, "log")],
        witness_vkey=witness_vkey(witness, raw_public(own.witness.public_jwk)),
        former_witness_vkeys=[witness_vkey(witness, raw_public(jwk)) for jwk in _followed(own, "witness")],
        docs=f"{base}/docs",
    )


def _followed(own: ExchangeKeys, purpose: str) -> list[dict[str, str]]:
    """Return the keys that others followed, the newest first."""
    return [key.jwk for key in reversed(own.public) if key.purpose == purpose and key.retired_at is not None]


@router.get("/.well-known/jwks.json", operation_id="get_jwks", summary="The exchange's keys · 交换中心公钥")
async def get_jwks(own: OwnKeys) -> dict[str, Any]:
    """Open to all: what verifies receipts, refusals, notices and deliveries, old keys included (RFC 7517).

    `key_events` are the requests by which a key followed another, signed by the former.
    """
    return own.jwks


_TOKEN_FORM = {
    "type": "object",
    "required": ["grant_type", "client_assertion_type", "client_assertion"],
    "properties": {
        "grant_type": {"const": "client_credentials"},
        "client_assertion_type": {"const": tokens.ASSERTION_TYPE},
        "client_assertion": {"type": "string"},
    },
}
_TOLD = ("error", "error_description", "error_description_zh", "exchange_time")
_TOKEN_ERROR = {
    "application/json": {
        "schema": {
            "type": "object",
            "required": list(_TOLD),
            "properties": {name: {"type": "string"} for name in _TOLD},
        }
    }
}


@router.post(
    "/v1/oauth/token",
    operation_id="issue_token",
    summary="A token for reading · 获取查询令牌",
    response_class=JSONResponse,
    responses={
        400: {"description": "`invalid_request`, `unsupported_grant_type`", "content": _TOKEN_ERROR},
        401: {"description": "`invalid_client`", "content": _TOKEN_ERROR},
    },
    openapi_extra={"requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": _TOKEN_FORM}}}},
)
async def issue_token(
    request: Request, engine: Engine, directory: Register, own: OwnKeys, exchange_id: ExchangeId, now: Now
) -> Response:
    """RFC 7523: an assertion signed by the node's `auth` key, used once, for a token of five minutes."""
    try:
        form = await read_form(request)
        token = await tokens.grant(engine, directory, own, exchange_id, form, now())
    except BadForm:
        refused = tokens.TokenRefused("invalid_request")
        return JSONResponse(refused.told(now()), refused.status, NO_STORE)
    except tokens.TokenRefused as refused:
        return JSONResponse(refused.told(now()), refused.status, NO_STORE)
    answer = {"access_token": token, "token_type": "Bearer", "expires_in": tokens.TOKEN_SECONDS}
    return JSONResponse(answer, headers=NO_STORE)
