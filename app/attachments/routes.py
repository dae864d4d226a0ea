"""Routes of attachments: upload, download and deletion by SHA-256."""

import re
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from app import errors
from app.access.deps import Accounted, ThisRead
from app.attachments.examination import LARGEST_FILE, too_large
from app.attachments.ranges import asked_part
from app.attachments.sealed import find_sealed
from app.attachments.service import Attachments
from app.attachments.store import AttachmentStore
from app.attachments.unnamed import Quota, list_unnamed
from app.deps import Now, TheParts
from app.problems import documented
from app.registry.caller import Caller

PATTERN = "^[0-9a-f]{64}$"
OCTETS = "application/octet-stream"
_SHA256 = re.compile("[0-9a-f]{64}")
_BINARY: dict[str, Any] = {OCTETS: {"schema": {"type": "string", "format": "binary"}}}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"description": "the file · 附件内容", "content": _BINARY},
    206: {"description": "the part that was asked for · 所请求的部分", "content": _BINARY},
}
# Whatever the file is, a browser must neither show nor keep it, nor learn a name that the act alone may tell.
_DOWNLOAD = {
    "Content-Disposition": "attachment",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "sandbox; default-src 'none'",
}
router = APIRouter(
    prefix="/v1/attachments",
    tags=["attachments"],
    route_class=Accounted,
    responses={429: documented(errors.TooManyRequests)[429]},
)


class Stored(BaseModel):
    """An upload: the digest by which acts name the file, its size in bytes, and when it goes if none names it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str = Field(pattern=PATTERN)
    size: int = Field(ge=0, le=LARGEST_FILE)
    uploaded_at: datetime
    swept_at: datetime = Field(description="from when on it is deleted, unless an act names it by then")


class StoredPage(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    items: list[Stored]
    next: str | None


def _attachments(found: TheParts) -> Attachments:
    return Attachments(found.engine, found.reader, found.vault, found.of(AttachmentStore), Quota.of(found.settings))


def _digest(
    sha256: Annotated[str, Path(description="lower-case hex", json_schema_extra={"pattern": PATTERN})],
) -> str:
    """Return the digest of the path. Any other text names nothing: `NotFound`, as for every path id."""
    if _SHA256.fullmatch(sha256) is None:
        raise errors.NotFound
    return sha256


Files = Annotated[Attachments, Depends(_attachments)]
Digest = Annotated[str, Depends(_digest)]


@router.put(
    "/{sha256}",
    status_code=201,
    operation_id="put_attachment",
    summary="Upload an attachment · 上传附件",
    responses=documented(
        errors.Unauthenticated,
        errors.NotFound,
        errors.QuotaExceeded,
        errors.PayloadTooLarge,
        errors.UnsupportedMediaType,
        errors.ClassifiedMaterial,
        errors.Overloaded,
    ),
    openapi_extra={"requestBody": {"required": True, "content": _BINARY}},
)
async def put_attachment(caller: Caller, sha256: Digest, request: Request, files: Files, now: Now) -> Stored:
    """The raw bytes, at most 512 MiB, without Content-Encoding. They count once their SHA-256 is that of the path.

    The upload is the caller's own: whether others hold the same bytes changes nothing. A repeat answers the same.
    """
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > LARGEST_FILE:
        raise too_large()
    if "content-encoding" in request.headers:
        raise errors.UnsupportedMediaType(
            "Send the bytes themselves, without a Content-Encoding.",
            "请直接发送原始内容，不使用 Content-Encoding。",
        )
    size, at = int(announced) if announced.isdigit() else 0, now()
    size = await files.put(caller.node_id, sha256, size, request.stream(), at)
    return Stored(sha256=sha256, size=size, uploaded_at=at, swept_at=at + files.quota.stay)


@router.get(
    "",
    operation_id="list_attachments",
    summary="Own uploads that no act names · 本单位上传的、没有文书引用的附件",
    responses=documented(errors.Unauthenticated),
)
async def list_attachments(
    caller: Caller,
    files: Files,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> StoredPage:
    """The oldest first. Each is deleted at `swept_at`, unless an act names it by then."""
    found, following = await list_unnamed(files.engine, caller.node_id, limit, cursor)
    stay = files.quota.stay
    items = [
        Stored(sha256=one.sha256.hex(), size=one.size, uploaded_at=one.uploaded_at, swept_at=one.uploaded_at + stay)
        for one in found
    ]
    return StoredPage(items=items, next=following)


@router.get(
    "/{sha256}",
    operation_id="get_attachment",
    summary="Download an attachment · 下载附件",
    response_class=Response,
    responses=_FILE
    | documented(
        errors.Unauthenticated, errors.NotFound, errors.ForbiddenAct, errors.InvalidDocument, errors.RangeNotSatisfiable
    ),
)
async def get_attachment(
    sha256: Digest,
    files: Files,
    read: ThisRead,
    now: Now,
    wanted: Annotated[str | None, Header(alias="Range", description="one part: `bytes=0-1048575`")] = None,
    if_range: Annotated[str | None, Header(alias="If-Range", description="the `ETag` of the parts before")] = None,
) -> StreamingResponse:
    """The bytes, for the agency that uploaded them and for those that may read an act that names them.

    A sealed part goes to its recipient alone, while an `identity.open` of it runs, to a reader that it names; then
    `X-Acting-Person` and `X-Purpose` are required. Each fetch is recorded before the first byte, and shown to the
    agency that sealed it. A download that broke off goes on by `Range`.
    """
    try:
        file = await files.find(read.node_id, sha256)
        read.note("attachment", sha256)
    except errors.NotFound:
        digest, acting = bytes.fromhex(sha256), read.acting
        sealed = await find_sealed(
            files.reader, files.vault, read.node_id, digest, acting.person, acting.purpose, now()
        )
        file = await files.readable(sealed.file)
        read.note("identity", sha256, sealed.opening_id)
    etag = f'"{sha256}"'
    part = asked_part(wanted, if_range, etag, file.size)
    headers = _DOWNLOAD | {"ETag": etag, "Accept-Ranges": "bytes", "Content-Length": str(file.size)}
    if part is None:
        return StreamingResponse(files.content(file), media_type=OCTETS, headers=headers)
    headers |= {"Content-Length": str(len(part)), "Content-Range": f"bytes {part.start}-{part.stop - 1}/{file.size}"}
    return StreamingResponse(files.content(file, part), 206, headers, OCTETS)


@router.delete(
    "/{sha256}",
    status_code=204,
    operation_id="delete_attachment",
    summary="Delete an own upload · 删除本单位上传的附件",
    responses=documented(errors.Unauthenticated, errors.NotFound, errors.WrongState),
)
async def delete_attachment(caller: Caller, sha256: Digest, files: Files) -> None:
    """Only an own upload, and only while no act names it."""
    await files.delete(caller.node_id, sha256)
