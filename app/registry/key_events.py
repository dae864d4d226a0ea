"""Key events: numbered 1, 2, 3 … for each node, written with their log entry in one transaction."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.errors import BadSignature, IdTaken, InvalidDocument, QuotaExceeded
from app.registry.directory import announce
from app.registry.key_notices import Event, KeyNews
from app.registry.schemas import OfferedKey, Purpose, RegisteredKey
from app.registry.tables import KeyEvent, KeyRequest, Node, NodeKey, PendingEnrolment
from app.signing import strict_json
from app.signing.jws import VerifiedJws, verify_detached
from app.signing.keys import PublicKey, load_public_jwk, load_seal_jwk, thumbprint
from app.transparency.entries import key_entry
from app.transparency.queue import Kind, Waiting, enqueue_in
from app.transparency.tree import leaf_hash

# Every agency reads them: so many that a change of keys never waits for another, and not more.
MOST_VALID = 16


@dataclass(frozen=True, slots=True)
class CandidateKey:
    """A key that is strong enough; `public` verifies its signatures, and is None for a seal key."""

    purpose: Purpose
    alg: str
    kid: str
    jwk: dict[str, str]
    public: PublicKey | None
    proof: str | None


def candidate(offered: OfferedKey) -> CandidateKey:
    """Return the offered key, loaded; raises WeakKey, or InvalidDocument for a proof missing or misplaced."""
    if (offered.proof is None) != (offered.purpose == "seal"):
        raise InvalidDocument(
            "An act or auth key needs a proof of possession; a seal key cannot make one.",
            "act、auth 密钥须附持有证明（proof）；seal 密钥不能附带。",
        )
    if offered.purpose == "seal":
        seal = load_seal_jwk(offered.jwk)
        return CandidateKey("seal", "X25519", seal.kid, dict(seal.jwk), None, None)
    key = load_public_jwk(offered.jwk)
    return CandidateKey(offered.purpose, key.alg, key.kid, dict(key.jwk), key, offered.proof)


def verify_possession(key: CandidateKey, message: bytes, *, typ: str, node_id: str, exchange_id: str) -> CandidateKey:
    """Return `key` if its own signature over `message` verifies (seal keys have none); raise BadSignature."""
    if key.public is not None:
        if key.proof is None:
            raise BadSignature
        verify_detached(key.proof, message, key.public, typ=typ, iss=node_id, aud=exchange_id)
    return key


@dataclass(frozen=True, slots=True)
class KeptRequest:
    """A signed request as it is stored: its number, and its token, whose digest is logged."""

    request_id: int
    token: str


async def keep_request(session: AsyncSession, signed: VerifiedJws, node_id: str, now: datetime) -> KeptRequest:
    """Store the signed request byte for byte."""
    row = {
        "node_id": node_id,
        "typ": signed.header.typ,
        "jws": signed.token,
        "body": signed.body,
        "received_at": now,
    }
    written = insert(KeyRequest).values(row).returning(col(KeyRequest.request_id))
    number: int = (await session.execute(written)).scalar_one()
    return KeptRequest(number, signed.token)


async def require_unclaimed(session: AsyncSession, keys: Sequence[CandidateKey]) -> None:
    """Raise IdTaken for a seal key that stands in an enrolment that waits.

    Everybody reads what waits, and a seal key proves no possession: whoever registered it as his own would end the
    enrolment. Whoever can prove possession of another key may do so.
    """
    waits = select(KeyRequest.body).join(PendingEnrolment).where(PendingEnrolment.state == "pending")
    claimed = {
        thumbprint(one["jwk"])
        for body in await session.scalars(waits)
        for one in strict_json.loads(body)["keys"]
        if one["purpose"] == "seal"
    }
    if not claimed.isdisjoint(key.kid for key in keys):
        raise id_taken()


def require_room(keys: Sequence[CandidateKey], valid: Iterable[str] = ()) -> None:
    """Raise QuotaExceeded if a node would have more than 16 valid keys of a purpose; `valid` has one item a key."""
    if any(count > MOST_VALID for count in Counter([*valid, *(key.purpose for key in keys)]).values()):
        raise QuotaExceeded(
            f"A node has at most {MOST_VALID} valid keys of a purpose; revoke those that are not used any more.",
            f"一个节点每种用途的有效密钥不超过 {MOST_VALID} 把，请先吊销不再使用的密钥。",
        )


async def valid_purposes(session: AsyncSession, node: Node) -> list[str]:
    """Return the purpose of each valid key of a node; the caller holds the lock on it."""
    query = select(NodeKey.purpose).where(NodeKey.node_id == node.node_id, col(NodeKey.revoked_at).is_(None))
    return list(await session.scalars(query))


def id_taken() -> IdTaken:
    """Return the refusal of a thumbprint that is known."""
    return IdTaken(
        "A thumbprint belongs to one node and one purpose for ever; one of these is already known.",
        "密钥指纹永久归属一个节点和一种用途；其中有密钥已登记过。",
    )


async def register_keys(
    session: AsyncSession, node: Node, keys: Sequence[CandidateKey], kept: KeptRequest, now: datetime
) -> list[RegisteredKey]:
    """Write the keys and their events; the caller holds the lock on `node`.

    Raises IdTaken if any thumbprint was ever registered, by any node for any purpose.
    """
    numbered = {key.kid: number for number, key in enumerate(keys, node.key_events + 1)}
    rows = [
        {
            "kid": key.kid,
            "node_id": node.node_id,
            "purpose": key.purpose,
            "alg": key.alg,
            "jwk": key.jwk,
            "key_event": numbered[key.kid],
            "registered_at": now,
            "registration_id": kept.request_id,
        }
        # In one order, so that two requests with the same keys wait for each other instead of deadlocking.
        for key in sorted(keys, key=lambda key: key.kid)
    ]
    written = insert(NodeKey).values(rows).on_conflict_do_nothing().returning(col(NodeKey.kid))
    if len(numbered) < len(keys) or len((await session.execute(written)).all()) < len(keys):
        raise id_taken()
    for key in keys:
        await _record(session, node, key.kid, key.purpose, "register", kept, now)
    return [RegisteredKey(kid=key.kid, purpose=key.purpose, key_event=numbered[key.kid]) for key in keys]


async def revoke_key(
    session: AsyncSession,
    node: Node,
    key: NodeKey,
    kept: KeptRequest,
    *,
    reason: str,
    compromised_from: datetime | None,
    now: datetime,
) -> int:
    """End `key` and return the number of the event; the caller holds the locks on `node` and on `key`."""
    number = await _record(session, node, key.kid, key.purpose, "revoke", kept, now)
    key.revoked_event, key.revoked_at = number, now
    key.revoke_reason, key.compromised_from = reason, compromised_from
    await session.flush()
    return number


def news_of(node: Node, kid: str, purpose: str, event: Event, number: int) -> KeyNews:
    """Return what a numbered key event has to tell."""
    return KeyNews(kid, purpose, event, f"key:{node.node_id}:{number}")


async def _record(
    session: AsyncSession, node: Node, kid: str, purpose: str, event: str, kept: KeptRequest, now: datetime
) -> int:
    node.key_events += 1
    number = node.key_events
    entry = key_entry(
        node=node.node_id, kid=kid, purpose=purpose, event=event, key_event=number, request_jws=kept.token
    )
    row = KeyEvent(
        node_id=node.node_id,
        number=number,
        kid=kid,
        purpose=purpose,
        event=event,
        request_id=kept.request_id,
        leaf_hash=leaf_hash(entry),
        at=now,
    )
    # The sequencer numbers a round's registrations before its acts, and its revocations after them.
    kind: Kind = "key" if event == "register" else "revocation"
    session.add(row)
    await session.flush()
    await enqueue_in(session, Waiting(kind, entry, now))
    await announce(session)
    return number
