"""The log, open to all (c2sp.org/tlog-tiles), and this exchange as a witness (c2sp.org/tlog-witness)."""

import gzip
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response
from starlette.concurrency import run_in_threadpool

from app.bodies import whole_body
from app.db import driver_connection
from app.deps import Engine, Now, TheParts
from app.errors import NotFound, PayloadTooLarge
from app.problems import documented
from app.transparency.assembly import Transparency
from app.transparency.note import MOST_BYTES
from app.transparency.reading import read_entries, read_tile
from app.transparency.submission import SIZE_MEDIA_TYPE, MalformedSubmission, parse_submission
from app.transparency.tiles import TilePath, entry_bundle, parse_level, parse_tile_path
from app.transparency.witness import Declined

router = APIRouter(tags=["log"])
TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
FOR_EVER = "public, max-age=31536000, immutable"
_TEXT: dict[str, Any] = {"text/plain": {"schema": {"type": "string"}}}
_BYTES: dict[str, Any] = {BYTES: {"schema": {"type": "string", "format": "binary"}}}
_SIZE: dict[str, Any] = {SIZE_MEDIA_TYPE: {"schema": {"type": "string", "pattern": "^[0-9]+\n$"}}}


def _transparency(found: TheParts) -> Transparency:
    return found.of(Transparency)


TheLog = Annotated[Transparency, Depends(_transparency)]


@router.get(
    "/log/checkpoint",
    operation_id="read_checkpoint",
    summary="The log's newest checkpoint · 日志最新检查点",
    response_model=None,
    responses=documented(NotFound)
    | {200: {"description": "a signed note (c2sp.org/tlog-checkpoint)", "content": _TEXT}},
)
async def read_checkpoint(log: TheLog) -> Response:
    """Open to all: the signed head. Where witnesses are asked, the newest that enough of them cosigned."""
    served = log.published.served
    if served is None:
        raise absent()
    return Response(served.note, media_type=TEXT, headers={"Cache-Control": "no-cache"})


@router.get(
    "/log/tile/entries/{tile:path}",
    operation_id="read_entry_bundle",
    summary="Entries of the log · 日志条目",
    response_model=None,
    responses=documented(NotFound)
    | {200: {"description": "entries, each behind its length as uint16", "content": _BYTES}},
)
async def read_entry_bundle(
    engine: Engine, tile: str, accept_encoding: Annotated[str | None, Header()] = None
) -> Response:
    """Open to all: 256 entries, or the first W of them. `tile` is `<N>` or `<N>.p/<W>`, N as `x001/x234/067`."""
    wanted = _tile(tile)
    async with driver_connection(engine) as connection:
        entries = await read_entries(connection, wanted)
    if entries is None:
        raise absent()
    headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
    content = entry_bundle(entries)
    if "gzip" in (accept_encoding or ""):
        content = await run_in_threadpool(gzip.compress, content, 6, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type=BYTES, headers=headers)


@router.get(
    "/log/tile/{level}/{tile:path}",
    operation_id="read_tile",
    summary="Hashes of the log's tree · 日志哈希块",
    response_model=None,
    responses=documented(NotFound)
    | {200: {"description": "SHA-256 hashes, 32 bytes each", "content": _BYTES}}
    | documented(NotFound),
)
async def read_hash_tile(engine: Engine, level: str, tile: str) -> Response:
    """Open to all: 256 hashes of one level, or the first W of them; they never change."""
    wanted = _tile(tile)
    try:
        height = parse_level(level)
    except ValueError:
        raise absent() from None
    async with driver_connection(engine) as connection:
        hashes = await read_tile(connection, height, wanted)
    if hashes is None:
        raise absent()
    return Response(hashes, media_type=BYTES, headers={"Cache-Control": FOR_EVER})


@router.post(
    "/log/witness/add-checkpoint",
    operation_id="add_checkpoint",
    summary="Cosign another log's checkpoint · 为其他日志见证",
    response_model=None,
    openapi_extra={"requestBody": {"required": True, "content": _TEXT}},
    responses={
        200: {"description": "this witness's signature lines", "content": _TEXT},
        400: {"description": "malformed, or the old size is larger than the checkpoint's", "content": _TEXT},
        403: {"description": "no signature by a known key of the log", "content": _TEXT},
        404: {"description": "no log of this origin is witnessed here", "content": _TEXT},
        409: {"description": "the size that was cosigned last", "content": _SIZE},
        413: documented(PayloadTooLarge)[413],
        422: {"description": "the proof does not show that the log only grew", "content": _TEXT},
    },
)
async def add_checkpoint(request: Request, log: TheLog, engine: Engine, now: Now) -> Response:
    """Open to all, because the checkpoint is signed: the answers are those of c2sp.org/tlog-witness."""
    body = await whole_body(request, MOST_BYTES)
    try:
        submission = parse_submission(body)
        async with driver_connection(engine) as connection:
            lines = await log.witness.add_checkpoint(connection, submission, now())
    except MalformedSubmission as error:
        return Response(f"{error}\n", 400, media_type=TEXT)
    except Declined as refusal:
        # Starlette would add a charset to any text type, and this protocol's is compared literally.
        return Response(str(refusal), refusal.status, {"Content-Type": refusal.media_type})
    return Response(lines, media_type=TEXT)


def _tile(path: str) -> TilePath:
    try:
        return parse_tile_path(path)
    except ValueError:
        raise absent() from None


def absent() -> NotFound:
    """Return a refusal that no cache keeps: what is not there now will be."""
    problem = NotFound()
    problem.headers = {"Cache-Control": "no-store"}
    return problem
