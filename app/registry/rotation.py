"""A key of the exchange is followed by another: the former signs for the new one, and the new one for the former.

The event is logged as that of a node whose id is the exchange's. Running processes hear of it by NOTIFY.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col, select

from app import locks
from app.registry.directory import announce
from app.registry.exchange_keys import KeyStore, new_key
from app.registry.tables import ExchangeKey, ExchangeKeyEvent
from app.signing import strict_json, typ
from app.signing.jws import sign_detached
from app.transparency.entries import key_entry
from app.transparency.queue import Waiting, enqueue_in
from app.transparency.tree import leaf_hash

TYP: Final = typ.KEY
# How long a followed key still counts. Readers who pinned a log or a witness have a quarter of a year to learn of the
# new one; under a signing key no token lives longer than half an hour.
OVERLAPS: Final = {
    "signing": timedelta(minutes=30),
    "log": timedelta(days=90),
    "witness": timedelta(days=90),
    "sm2": timedelta(0),
}


class NothingToRotate(Exception):
    """The exchange has no key of this purpose yet."""


async def rotate(
    engine: AsyncEngine, store: KeyStore, exchange_id: str, purpose: str, now: datetime, *, at_once: bool = False
) -> tuple[str, str]:
    """Make a key that follows the current one, in one transaction; return the thumbprints of both, former first.

    With `at_once` the former ends now: for a key that others may have. Raises NothingToRotate, and whatever the
    store raises for a former key that it cannot open.
    """
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": locks.EXCHANGE_KEYS})
        query = select(ExchangeKey).where(ExchangeKey.purpose == purpose, col(ExchangeKey.retired_at).is_(None))
        former = (await session.scalars(query)).one_or_none()
        if former is None:
            raise NothingToRotate(purpose)
        signer = store.open(purpose, former.jwk, former.kid, former.wrapped)
        key, row = new_key(store, purpose, now)
        says = {"typ": TYP, "iss": exchange_id, "aud": exchange_id, "jti": str(uuid4())}
        iat = int(now.timestamp())
        proof = sign_detached(signer.kid.encode("ascii"), key, iat=iat, **says)
        body = strict_json.dumps({"keys": [{"purpose": purpose, "jwk": dict(key.public_jwk), "proof": proof}]})
        token = sign_detached(body, signer, iat=iat, **says)
        former.retired_at, former.signs_until = now, now if at_once else now + OVERLAPS[purpose]
        await session.flush()
        session.add(row)
        await session.flush()
        number = (await session.scalar(select(func.coalesce(func.max(ExchangeKeyEvent.number), 0))) or 0) + 1
        entry = key_entry(
            node=exchange_id, kid=key.kid, purpose=purpose, event="register", key_event=number, request_jws=token
        )
        event = {"number": number, "kid": key.kid, "purpose": purpose, "jws": token, "body": body}
        await session.execute(insert(ExchangeKeyEvent).values(**event, leaf_hash=leaf_hash(entry), at=now))
        await enqueue_in(session, Waiting("key", entry, now))
        await announce(session)
    return former.kid, key.kid
