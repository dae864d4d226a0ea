"""Who is reading: a node proves itself with a signed assertion (RFC 7523) and gets a token of minutes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col, select

from app.bodies import WINDOW_SECONDS
from app.errors import ActIdReused, Unauthenticated
from app.registry.directory import Directory, KeyRecord
from app.registry.exchange_keys import ExchangeKeys
from app.registry.replay import use_jti
from app.registry.tables import NODE_ID, NodeKey
from app.signing import jwt, typ

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_TYP = typ.CLIENT_ASSERTION
ACCESS_TYP = typ.ACCESS
LONGEST_ASSERTION = 60
TOKEN_SECONDS = 300
CLOCK_SKEW = WINDOW_SECONDS
_JTI = re.compile(r"[\x21-\x7e]{1,128}")
_KID = re.compile(r"[A-Za-z0-9_-]{43}")
_NODE = re.compile(NODE_ID)


@dataclass(frozen=True, slots=True)
class NodeCaller:
    """The node that a bearer token speaks for."""

    node_id: str


class TokenRefused(Exception):
    """An error of the token endpoint, in the words of RFC 6749 section 5.2."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error
        self.status = 401 if error == "invalid_client" else 400

    def told(self, now: datetime) -> dict[str, str]:
        """Return the members of the answer. `error_description` is ASCII, as the RFC demands of it."""
        english, chinese = _DESCRIPTIONS[self.error]
        said = {"error": self.error, "error_description": english, "error_description_zh": chinese}
        return said | {"exchange_time": now.isoformat()}


_DESCRIPTIONS = {
    "invalid_request": (
        "Send grant_type, client_assertion_type and client_assertion, each once, form-encoded.",
        "请以表单编码提交 grant_type、client_assertion_type、client_assertion，各一项。",
    ),
    "unsupported_grant_type": ("grant_type is client_credentials here.", "grant_type 只能为 client_credentials。"),
    # One answer for every fault of the assertion, so that it teaches an attacker nothing.
    "invalid_client": (
        "No valid auth key signed this for this exchange, or it was used before, or is 300 s off exchange_time.",
        "断言未使用有效的 auth 密钥签名、不是发给本交换中心的、已使用过，或者其时间与 exchange_time 相差超过 300 秒。",
    ),
}


async def grant(
    engine: AsyncEngine,
    directory: Directory,
    keys: ExchangeKeys,
    exchange_id: str,
    form: Mapping[str, str],
    now: datetime,
) -> str:
    """Return an access token for the node whose `auth` key signed the assertion; raises TokenRefused."""
    _require_form(form)
    try:
        record, claims = await _verify(engine, directory, form["client_assertion"])
        until = _require_claims(claims, form.get("client_id", record.node_id), record.node_id, exchange_id, now)
        await _use_once(engine, record, claims["jti"], now, until)
    except (jwt.BadToken, ActIdReused) as error:
        raise TokenRefused("invalid_client") from error
    issued = int(now.timestamp())
    granted = {
        "iss": exchange_id,
        "aud": exchange_id,
        "sub": record.node_id,
        "scope": "node",
        "kid_auth": record.kid,
        "iat": issued,
        "exp": issued + TOKEN_SECONDS,
    }
    return jwt.sign(granted, keys.signing, typ=ACCESS_TYP)


def _require_form(form: Mapping[str, str]) -> None:
    if "grant_type" not in form:
        raise TokenRefused("invalid_request")
    if form["grant_type"] != "client_credentials":
        raise TokenRefused("unsupported_grant_type")
    if form.get("client_assertion_type") != ASSERTION_TYPE or not form.get("client_assertion"):
        raise TokenRefused("invalid_request")


async def _verify(engine: AsyncEngine, directory: Directory, assertion: str) -> tuple[KeyRecord, dict[str, Any]]:
    """Return the `auth` key that signed, and the claims. Without `kid`, every auth key of `iss` is tried."""
    header, claims = jwt.read_unverified(assertion)
    kids = [header["kid"]] if "kid" in header else await _auth_kids(engine, claims.get("iss"))
    for kid in kids:
        record = await directory.find_key(kid) if isinstance(kid, str) and _KID.fullmatch(kid) else None
        if record is None or record.purpose != "auth":
            continue
        try:
            return record, jwt.verify(assertion, record.public, typ=ASSERTION_TYP)
        except jwt.BadToken:
            continue
    raise jwt.BadToken


async def _auth_kids(engine: AsyncEngine, node_id: object) -> list[str]:
    if not isinstance(node_id, str) or _NODE.fullmatch(node_id) is None:
        return []
    query = select(NodeKey.kid).where(
        NodeKey.node_id == node_id, NodeKey.purpose == "auth", col(NodeKey.revoked_at).is_(None)
    )
    async with AsyncSession(engine) as session:
        return list(await session.scalars(query.limit(10)))


def _require_claims(claims: Mapping[str, Any], client_id: str, node_id: str, exchange_id: str, now: datetime) -> float:
    """Return until when the assertion would be taken (seconds since 1970)."""
    said = (client_id, claims.get("iss"), claims.get("sub"), claims.get("aud"))
    if said != (node_id, node_id, node_id, exchange_id):
        raise jwt.BadToken
    jti = claims.get("jti")
    if not isinstance(jti, str) or _JTI.fullmatch(jti) is None:
        raise jwt.BadToken
    return jwt.require_assertion_times(claims, now, longest=LONGEST_ASSERTION, leeway=CLOCK_SKEW)


async def _use_once(engine: AsyncEngine, record: KeyRecord, jti: str, now: datetime, until: float) -> None:
    """Spend the assertion, and look at the key's own row: this process's directory may be a moment behind."""
    async with AsyncSession(engine) as session, session.begin():
        fresh_for = timedelta(seconds=until - now.timestamp() + 1)
        await use_jti(session, record.node_id, "token", jti, now=now, fresh_for=fresh_for)
        key = await session.get(NodeKey, record.kid)
        if key is None or key.revoked_at is not None:
            raise jwt.BadToken


async def verify_access(
    token: str, directory: Directory, keys: ExchangeKeys, exchange_id: str, now: datetime
) -> NodeCaller:
    """Return the node that a token of this exchange speaks for; raises Unauthenticated.

    A token ends with its five minutes, and at once when the `auth` key that earned it is revoked.
    """
    try:
        claims = jwt.verify_by_one(token, keys.token_keys, typ=ACCESS_TYP)
        jwt.require_times(claims, now, skew=CLOCK_SKEW)
    except jwt.BadToken as error:
        raise Unauthenticated from error
    # Ours by its signature, so the claims are as `grant` wrote them; a person's token has another `aud`.
    if claims["aud"] != exchange_id or claims["scope"] != "node":
        raise Unauthenticated
    record = await directory.find_key(claims["kid_auth"])
    if record is None or record.revoked_at is not None or record.node_id != claims["sub"]:
        raise Unauthenticated
    return NodeCaller(record.node_id)
