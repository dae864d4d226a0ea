"""Bodies of requests: read whole, once and within a bound, after whoever speaks was judged; the signed ones with it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from app.errors import BadSignature, PayloadTooLarge, StaleIat, UnsupportedMediaType
from app.problems import invalid_document
from app.signing import strict_json
from app.signing.jws import Header

MAX_BYTES = 256 * 1024
# Every agency reads the requests of every other; twenty keys with the longest proofs need 60 KiB.
MAX_KEY_REQUEST_BYTES = 64 * 1024
WINDOW_SECONDS = 300
SIGNATURE_HEADER = "X-JWS-Signature"
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it came: the detached JWS and the exact bytes, nothing of it verified yet."""

    token: str
    body: bytes


async def whole_body(request: Request, most: int) -> bytes:
    """Return the body; raise `PayloadTooLarge` beyond `most` bytes, unread where its length is announced."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most:
        raise _too_large(most)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise _too_large(most)
    return bytes(body)


def _too_large(most: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"A body has at most {most // 1024} KiB here.", f"请求内容不得超过 {most // 1024} KiB。")


async def signed_request(request: Request) -> SignedRequest:
    """Return the request's bytes and signature header.

    Raises PayloadTooLarge beyond 256 KiB, UnsupportedMediaType for anything but plain `application/json`, and
    BadSignature unless there is exactly one signature header.
    """
    return await _signed(request, MAX_BYTES)


async def key_request(request: Request) -> SignedRequest:
    """Return the bytes and signature header of a request about keys: as `signed_request`, of at most 64 KiB."""
    return await _signed(request, MAX_KEY_REQUEST_BYTES)


async def _signed(request: Request, most: int) -> SignedRequest:
    body = await _json_bytes(request, most)
    tokens = request.headers.getlist(SIGNATURE_HEADER)
    if len(tokens) != 1:
        raise BadSignature
    return SignedRequest(tokens[0], body)


def sent(model: type[M]) -> Callable[[Request], Awaitable[M]]:
    """Return a dependency that reads an unsigned body as `model`, for a route that first asks who speaks.

    FastAPI's own way to a body reads it before any dependency has run, however long it is and whoever sends it.
    """

    async def read(request: Request) -> M:
        return document(await _json_bytes(request, MAX_BYTES), model)

    return read


async def _json_bytes(request: Request, most: int) -> bytes:
    body = await whole_body(request, most)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" or "content-encoding" in request.headers:
        raise UnsupportedMediaType(
            "Send application/json without Content-Encoding.",
            "请以 application/json 发送，且不使用 Content-Encoding。",
        )
    return body


def document(body: bytes, model: type[M]) -> M:
    """Return the body as `model`; raises MalformedJson or InvalidDocument."""
    value = strict_json.loads(body)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False, include_context=False)
        raise invalid_document(found) from None


def require_fresh(header: Header, now: datetime) -> None:
    """Raise StaleIat, which tells the exchange's time, unless `iat` is within ±300 s of `now`."""
    if abs(header.iat - now.timestamp()) > WINDOW_SECONDS:
        raise StaleIat(
            "`iat` is more than 300 s away from the exchange's clock.",
            "iat 与交换中心时钟相差超过 300 秒。",
            members={"exchange_time": now.isoformat()},
        )


def signed_body(model: type[BaseModel]) -> dict[str, Any]:
    """Return the `openapi_extra=` of a route that reads its signed body itself: header and schema."""
    return {
        "parameters": [
            {
                "name": SIGNATURE_HEADER,
                "in": "header",
                "required": True,
                "description": "detached JWS over the exact body · 对原始报文的分离式签名",
                "schema": {"type": "string"},
            }
        ],
        **json_body(model),
    }


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """Return the `openapi_extra=` of a route that takes a body by `sent`."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": _inlined(model)}}}}


@cache
def _inlined(model: type[BaseModel]) -> dict[str, Any]:
    # OpenAPI resolves `#/$defs/…` from the root of the whole document, where these definitions are not.
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})

    def resolve(part: Any) -> Any:
        if isinstance(part, dict):
            if "$ref" in part:
                return resolve(definitions[part["$ref"].rpartition("/")[2]])
            return {name: resolve(value) for name, value in part.items()}
        return [resolve(item) for item in part] if isinstance(part, list) else part

    resolved: dict[str, Any] = resolve(schema)
    return resolved
