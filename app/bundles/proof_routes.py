"""`GET /v1/acts/{act_id}/proof`: that an act is in the log, as a file that verifies offline."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from app import errors
from app.casework.values import is_id
from app.db import raw, reading
from app.deps import Reader
from app.problems import documented
from app.registry.caller import Caller
from app.transparency.note import parse_note
from app.transparency.proof import MEDIA_TYPE, LogProof
from app.transparency.reading import inclusion_proof
from app.transparency.routes import TheLog

router = APIRouter(tags=["log"])
_INDEX = """
    SELECT log_index FROM (
        SELECT act_id FROM act_reader WHERE node_id = $1 AND act_id = $2
        UNION ALL SELECT notice_id FROM key_notice WHERE node_id = $1 AND notice_id = $2
    ) AS readable LEFT JOIN log_entry USING (act_id)
"""


@router.get(
    "/v1/acts/{act_id}/proof",
    operation_id="get_act_proof",
    summary="Proof that an act is in the log · 行为入链证明",
    response_model=None,
    responses=documented(errors.Unauthenticated, errors.NotFound, errors.TooManyRequests, errors.Overloaded)
    | {200: {"description": "a c2sp.org/tlog-proof@v1", "content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def get_act_proof(
    log: TheLog,
    caller: Caller,
    engine: Reader,
    act_id: Annotated[str, Path(json_schema_extra={"format": "uuid"})],
) -> Response:
    """For those who may read the act. 503 with `Retry-After` in the moment before it has its place in the log."""
    if not is_id(act_id):
        raise errors.NotFound
    async with reading(engine, caller.node_id) as reader:
        connection = await raw(reader)
        row = await connection.fetchrow(_INDEX, caller.node_id, UUID(act_id))
        if row is None:
            raise errors.NotFound
        index = row["log_index"]
        if index is None:
            raise errors.Overloaded("The act is not in the log yet.", "该行为尚未入链，请稍后再试。")
        checkpoint = await log.published.covering(connection, index)
        hashes = await inclusion_proof(connection, index, checkpoint.size)
    proof = LogProof(index, hashes, parse_note(checkpoint.note.encode()))
    return Response(str(proof), media_type=MEDIA_TYPE, headers={"Cache-Control": "no-store"})
