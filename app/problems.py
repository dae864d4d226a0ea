"""What a refusal looks like on the wire: RFC 9457 problem details, in English or Chinese as asked."""

import errno
import json
import re
import traceback
import uuid
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import errors
from app.db import EXHAUSTED, UNREACHABLE

MEDIA_TYPE = "application/problem+json"
SCHEMA = "#/components/schemas/Problem"
# Errors of the machine that pass: no space, no quota, no descriptor.
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE}
_OS_ERROR = re.compile(r"\(os error (\d{1,9})\)")
_log = structlog.get_logger(__name__)


class MethodNotAllowed(errors.Problem):
    slug, status = "method-not-allowed", 405
    title, title_zh = "Method not allowed", "不支持的请求方法"


class InternalError(errors.Problem):
    """Something broke here. The text is fixed: what broke may hold a person's data."""

    slug, status = "internal-error", 500
    title, title_zh = "Internal error", "服务内部错误"


# Status codes that Starlette and FastAPI raise themselves, and what a client is told then.
_BY_STATUS: dict[int, errors.Problem] = {
    400: errors.MalformedJson("The body could not be read.", "无法读取请求内容。"),
    401: errors.Unauthenticated(),
    403: errors.ForbiddenAct("This is not open to you.", "您无权进行此操作。"),
    404: errors.NotFound(),
    405: MethodNotAllowed("This path does not take that method.", "该路径不支持此请求方法。"),
    413: errors.PayloadTooLarge("The request is too large.", "请求内容过大。"),
    415: errors.UnsupportedMediaType("This path does not take that media type.", "该路径不支持此媒体类型。"),
    429: errors.TooManyRequests("Too many requests; try again later.", "请求过于频繁，请稍后再试。"),
}
_ERRORS_ZH = {
    "missing": "缺少必填项",
    "extra_forbidden": "不允许的项",
    "string_type": "应为文本",
    "string_too_short": "文本过短",
    "string_too_long": "文本过长",
    "string_pattern_mismatch": "格式不符",
    "enum": "不在允许的取值之内",
    "literal_error": "不在允许的取值之内",
    "list_type": "应为列表",
    "too_short": "项数过少",
    "too_long": "项数过多",
    "uuid_parsing": "应为 UUID",
    "json_invalid": "JSON 格式错误",
}


def speaks_chinese(accept_language: str | None) -> bool:
    """Return whether `Accept-Language` (RFC 9110 section 12.5.4) ranks Chinese above English."""
    weights = {"zh": 0.0, "en": 0.0}
    for place, part in enumerate((accept_language or "").lower().split(",")[:20]):
        tag, _, parameter = part.strip().partition(";")
        language = tag.strip().split("-")[0]
        if language in weights:
            weight = _weight(parameter)
            # Equal weights: the one that is named first wins.
            weights[language] = max(weights[language], weight and weight - place / 1e6)
    return weights["zh"] > weights["en"]


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return min(max(float(value), 0.0), 1.0) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


def validation_errors(found: Sequence[Any]) -> tuple[dict[str, str], ...]:
    """Return pydantic's error list as `{pointer, code, detail}` rows, never with the refused value."""
    rows = []
    for error in found[:50]:
        pointer = "".join(f"/{str(step)[:64]}" for step in error["loc"])
        code = str(error["type"])
        # A validator's own words may quote what it refused; pydantic's fixed words do not.
        own_words = code in ("value_error", "assertion_error")
        row = {
            "pointer": pointer,
            "code": code,
            "detail": "Not a valid value" if own_words else str(error["msg"]),
        }
        ours = error.get("ctx", {}).get("detail_zh")
        rows.append(row | {"detail_zh": ours or _ERRORS_ZH.get(code, "取值不合规")})
    return tuple(rows)


def invalid_document(found: Sequence[Any]) -> errors.InvalidDocument:
    """Return the refusal for a document that its schema refused; `found` is pydantic's error list."""
    return errors.InvalidDocument(
        "The document does not fit its schema; `errors` names each place.",
        "文书与规定格式不符，详见 errors。",
        errors=validation_errors(found),
    )


def problem_body(problem: errors.Problem, accept_language: str | None, instance: str) -> bytes:
    """Return the problem document as UTF-8 JSON bytes, in the language that `accept_language` prefers."""
    chinese = speaks_chinese(accept_language)
    body: dict[str, Any] = {
        "type": f"/problems/{problem.slug}",
        "title": problem.title_zh if chinese else problem.title,
        "status": problem.status,
        "detail": problem.detail_zh if chinese else problem.detail,
        "instance": instance,
    }
    if problem.rule is not None:
        body["rule"] = problem.rule
    if problem.source is not None:
        body |= {"source": problem.source.kind, "source_text": problem.source.text}
    if problem.errors:
        body["errors"] = [_in_language(row, chinese) for row in problem.errors]
    body |= {name: value for name, value in problem.members.items() if name not in body}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _in_language(row: Mapping[str, str], chinese: bool) -> dict[str, str]:
    shown = {name: text for name, text in row.items() if not name.endswith("_zh")}
    return shown | {name[:-3]: row[name] for name in row if chinese and name.endswith("_zh")}


def problem_response(
    problem: errors.Problem,
    accept_language: str | None,
    instance: str,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the answer that carries `problem`; `headers` are added to the problem's own."""
    language = "zh-CN" if speaks_chinese(accept_language) else "en"
    fixed = {"Content-Language": language, "Vary": "Accept-Language", "Cache-Control": "no-store"}
    return Response(
        problem_body(problem, accept_language, instance),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers=fixed | problem.headers | dict(headers or {}),
    )


def install(app: FastAPI) -> None:
    """Make every refusal and every failure of `app` answer with problem details.

    Call it after every other middleware was added: what breaks outside its own is not caught here.
    """
    app.add_exception_handler(errors.Problem, _answer)
    app.add_exception_handler(RequestValidationError, _answer)
    app.add_exception_handler(HTTPException, _answer)
    app.add_middleware(_LastResort)


async def _answer(request: Request, error: Exception) -> Response:
    headers = error.headers if isinstance(error, HTTPException) else None
    if isinstance(error, HTTPException) and error.status_code == 405:
        headers = {**(headers or {}), "Allow": _allowed(request)}
    instance = quote(request.scope["path"])
    if isinstance(error, HTTPException) and error.status_code not in _BY_STATUS:
        return _about_blank(error.status_code, instance, headers)
    return problem_response(_as_problem(error), request.headers.get("accept-language"), instance, headers)


def _allowed(request: Request) -> str:
    """Return the methods of every route of the path: Starlette names those of the first one alone."""
    asked = ({**request.scope, "method": method} for method in ("DELETE", "GET", "POST", "PUT"))
    taken = [one["method"] for one in asked if any(_takes(route, one) for route in request.app.routes)]
    return ", ".join(sorted([*taken, *(["HEAD"] if "GET" in taken else [])]))


def _takes(route: BaseRoute, scope: Scope) -> bool:
    return route.matches(scope)[0] is Match.FULL


def _as_problem(error: Exception) -> errors.Problem:
    if isinstance(error, errors.Problem):
        return error
    if isinstance(error, RequestValidationError):
        found = error.errors()
        unreadable = any(row["type"] == "json_invalid" for row in found)
        return _BY_STATUS[400] if unreadable else invalid_document(found)
    return _BY_STATUS[cast(HTTPException, error).status_code]


def _about_blank(status: int, instance: str, headers: Mapping[str, str] | None) -> Response:
    """Return the answer for a bare HTTP status that means no more than itself (RFC 9457 section 4.2.1)."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "instance": instance}
    return Response(json.dumps(body), status_code=status, media_type=MEDIA_TYPE, headers=headers)


class _LastResort:
    """Answers 500 where anything breaks, and logs where, never what.

    Starlette's own handler re-raises into the server, which would log the text of a database error, and that
    quotes the row. So only the types of the exceptions and the lines of code are logged.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except ClientDisconnect:
            # That somebody hung up is no failure, and nobody is there to be told.
            return
        except Exception as error:
            if scope["type"] != "http":
                raise
            request_id = uuid.uuid4().hex
            _log.error("request failed", request_id=request_id, path=scope["path"], at=list(_places(error)))
            # Half an answer cannot be taken back: the server closes the connection, and the client sees that.
            if started:
                raise ConnectionAbortedError(request_id) from None
            request = Request(scope, receive)
            answer = problem_response(
                _told(error, request_id),
                request.headers.get("accept-language"),
                quote(scope["path"]),
            )
            await answer(scope, receive, send)


def _told(error: Exception, request_id: str) -> errors.Problem:
    for cause in _causes(error):
        if isinstance(cause, UNREACHABLE) or getattr(cause, "connection_invalidated", False):
            return errors.Overloaded(
                "The database is away; try again.", "数据库暂时不可用，请稍后再试。", retry_after=2
            )
        if isinstance(cause, EXHAUSTED) or _is_full(cause):
            return errors.Overloaded(
                "No connection or no space is free; try again.", "连接或者存储空间已满，请稍后再试。", retry_after=5
            )
    return InternalError(
        "The service failed; quote the request id.",
        "服务出现故障，请提供 request_id 以便查询。",
        members={"request_id": request_id},
    )


def _is_full(cause: BaseException) -> bool:
    if not isinstance(cause, OSError):
        return False
    # The store of attachments tells the number in its words alone.
    told = _OS_ERROR.search(str(cause))
    return cause.errno in FULL or (told is not None and int(told[1]) in FULL)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        original = getattr(error, "orig", None)
        error = original if isinstance(original, BaseException) else error.__cause__


def _places(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        yield type(error).__qualname__
        for frame in traceback.extract_tb(error.__traceback__)[-8:]:
            yield f"{frame.filename.rpartition('site-packages/')[2]}:{frame.lineno} {frame.name}"
        error = error.__cause__


def documented(*kinds: type[errors.Problem]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses=` of a route that may refuse with `kinds`, and always with `invalid-document`.

    The shared schema `Problem` is put into the OpenAPI document by the routes of `app.problem_pages`.
    """
    described: dict[int | str, dict[str, Any]] = {}
    every: tuple[type[errors.Problem], ...] = (*kinds, errors.InvalidDocument)
    for kind in dict.fromkeys(every):
        entry = described.setdefault(
            kind.status, {"description": "", "content": {MEDIA_TYPE: {"schema": {"$ref": SCHEMA}}}}
        )
        line = f"`{kind.slug}` {kind.title} · {kind.title_zh}"
        entry["description"] = f"{entry['description']}; {line}".removeprefix("; ")
    return described
