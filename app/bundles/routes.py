"""`GET /v1/leads/{lead_id}/bundle`: a lead as evidence, in one file that verifies offline."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from fastapi.responses import StreamingResponse

from app import errors
from app.access.deps import Accounted, reads
from app.attachments.routes import Files
from app.bundles.making import Archivist
from app.casework.values import is_id
from app.deps import TheParts
from app.problems import documented
from app.registry.caller import Caller
from app.registry.deps import OwnKeys
from app.registry.exchange_keys import log_origin, log_vkey, raw_public
from app.transparency.assembly import Transparency, read_policy

MEDIA_TYPE = "application/zip"
router = APIRouter(tags=["reads"], route_class=Accounted)
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
    found: TheParts,
    caller: Caller,
    files: Files,
    keys: OwnKeys,
    lead_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})],
) -> StreamingResponse:
    """Every act on the lead that the caller may read. 503 with `Retry-After` while one of them is not logged yet."""
    if not is_id(lead_id):
        raise errors.NotFound
    settings = found.settings
    archivist = Archivist(
        engine=found.reader,
        vault=found.vault,
        files=files,
        published=found.of(Transparency).published,
        keys=keys,
        policy=read_policy(settings.witness_policy),
        exchange_id=settings.exchange_id,
        log_vkey=log_vkey(log_origin(settings.exchange_id), raw_public(keys.log.public_jwk)),
        clock=found.clock,
    )
    bundle = await archivist.open(caller.node_id, lead_id)
    headers = {
        "Content-Disposition": f'attachment; filename="lead-{lead_id}.zip"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(bundle.stream(), media_type=MEDIA_TYPE, headers=headers)
