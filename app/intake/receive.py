"""From a request to a submission, refusing in the order of docs/protocol.md section 6."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from app.bodies import SignedRequest, require_fresh
from app.casework.acts import CATALOGUE, ActType
from app.casework.document import Act
from app.casework.secrecy import refuse_classified
from app.casework.values import is_id
from app.docket.submission import Submission
from app.errors import (
    BadSignature,
    ForbiddenAct,
    InvalidDocument,
    NotFound,
    WrongEndpoint,
)
from app.problems import invalid_document
from app.registry.directory import Directory, SignedByNode, revoked_key
from app.signing import jws, strict_json, typ


async def verify(request: SignedRequest, directory: Directory, exchange_id: str) -> SignedByNode:
    """Return the signed body; raise `BadSignature`, whatever is wrong."""
    unverified = jws.read(request.token)
    header = unverified.header
    key = directory.keys.get(header.kid) or await directory.find_key(header.kid)
    if key is None or key.purpose != "act" or key.node_id != header.iss:
        raise BadSignature
    verified = jws.verify_detached(unverified, request.body, key.public, typ=typ.ACT, aud=exchange_id)
    return SignedByNode(verified, hashlib.sha256(request.body).digest(), key)


def examine(signed: SignedByNode, kind: ActType, path: Mapping[str, str], zone: ZoneInfo, now: datetime) -> Submission:
    """Return the submission; raise the first refusal that needs no case: age, key, JSON, document, endpoint, sender."""
    header = signed.jws.header
    require_fresh(header, now)
    if signed.key.revoked_at is not None:
        raise revoked_key(zone, signed.key.revoked_at, now)
    body = strict_json.loads(signed.jws.body)
    refuse_classified(body, signed.jws.body.decode())
    act = Act(header.jti, signed.jws.sha256, _document(kind, body))
    _require_endpoint(kind, act, path)
    if act.sender != header.iss:
        raise ForbiddenAct("`sender` is not who signed.", "发文单位与签名单位不一致。")
    return Submission(act, signed)


def _document(kind: ActType, body: Any) -> Any:
    """Return the document, judged by the schema of the act that it says it is, wherever it was sent."""
    named = body.get("act") if isinstance(body, dict) else None
    own = CATALOGUE.get(named, kind) if isinstance(named, str) else kind
    try:
        document = own.document.model_validate(body)
    except ValidationError as error:
        raise invalid_document(error.errors(include_url=False, include_input=False)) from None
    if (document.prev is None) != own.opens_case:
        raise InvalidDocument(
            "`prev` is null in lead.register and nowhere else.", "只有 lead.register 的 prev 为 null。"
        )
    if len(set(document.files)) != len(document.files):
        raise InvalidDocument("An attachment is named twice.", "同一附件被重复列出。")
    return document


def _require_endpoint(kind: ActType, act: Act[Any], path: Mapping[str, str]) -> None:
    """Raise `NotFound` for a path that can name nothing, `WrongEndpoint` for one that names something else."""
    if any(not is_id(value) for value in path.values()):
        raise NotFound
    if act.name == kind.name and path == {
        name: act.lead_id if name == "lead_id" else getattr(act.content, name) for name in kind.path_ids
    }:
        return
    raise WrongEndpoint(
        "The act and the ids in the document are not those of this endpoint.",
        "文书类型或编号与接口地址不一致。",
    )
