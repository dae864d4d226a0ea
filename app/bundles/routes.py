"""`GET /v1/leads/{lead_id}/bundle`: a lead as evidence, in one file that verifies offline."""

import re
from typing import Annotated, Any, cast

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import StreamingResponse

from app import errors
from app.access.deps import Accounted, reads
from app.attachments.routes import Files
from app.bundles.making import Archivist
from app.casework.values import UUID_PATTERN
from app.config import Settings
from app.deps import Now, Reader
from app.problems import documented
from app.registry.caller import Caller
from app.registry.deps import OwnKeys
from app.registry.exchange_keys import log_origin, log_vkey, raw_public
from app.transparency.assembly import read_policy
from app.transparency.routes import transparency
from app.vault import Vault

MEDIA_TYPE = "application/zip"
router = APIRouter(tags=["reads"], route_class=Accounted)
_UUID = re.compile(UUID_PATTERN)
_ZIP: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "the bundle · 证据包",
        "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get(
    "/v1/leads/{lead_id}/bundle",
    operation_id="get_bundle",
    summary="A lead as evidence that verifies offline · 下载证据包",
    response_class=Response,
    dependencies=[reads("bundle", "lead_id")],
    responses=_ZIP | documented(errors.Unauthenticated, errors.NotFound, errors.TooManyRequests, errors.Overloaded),
)
async def get_bundle(
    request: Request,
    caller: Caller,
    engine: Reader,
    files: Files,
    keys: OwnKeys,
    now: Now,
    lead_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})],
) -> StreamingResponse:
    """Every act on the lead that the caller may read. 503 with `Retry-After` while one of them is not logged yet."""
    if _UUID.fullmatch(lead_id) is None:
        raise errors.NotFound
    settings = cast(Settings, request.app.state.settings)
    archivist = Archivist(
        engine=engine,
        vault=cast(Vault, request.app.state.vault),
        files=files,
        published=transparency(request).published,
        keys=keys,
        policy=read_policy(settings.witness_policy),
        exchange_id=settings.exchange_id,
        log_vkey=log_vkey(log_origin(settings.exchange_id), raw_public(keys.log.public_jwk)),
        clock=now,
    )
    bundle = await archivist.open(caller.node_id, lead_id)
    headers = {
        "Content-Disposition": f'attachment; filename="lead-{lead_id}.zip"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(bundle.stream(), media_type=MEDIA_TYPE, headers=headers)
