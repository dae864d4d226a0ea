"""The exchange's own keys: one signs receipts, notices and tokens, one signs the log's checkpoints."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col, select

from app.registry.tables import ExchangeKey
from app.signing import b64url
from app.signing.keys import PrivateKey, generate_private, load_private_jwk, private_jwk
from app.vault import Vault

ALGORITHM: Final = "Ed25519"
_FIRST_START = 0x4C42_4B45_5953  # advisory lock: two processes that start at once must agree on one pair of keys
_NOTE_ED25519 = b"\x01"


@dataclass(frozen=True, slots=True)
class ExchangeKeys:
    """The keys in use. `jwks` is the public set (RFC 7517) with retired keys, so old receipts verify."""

    signing: PrivateKey
    log: PrivateKey
    jwks: dict[str, Any]


async def ensure_exchange_keys(engine: AsyncEngine, vault: Vault, now: datetime) -> ExchangeKeys:
    """Return the exchange's keys, making what is missing.

    Raises `cryptography.exceptions.InvalidTag` if the vault's master key is not the one that wrapped them.
    """
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _FIRST_START})
        rows = list(
            await session.scalars(select(ExchangeKey).order_by(col(ExchangeKey.created_at), col(ExchangeKey.kid)))
        )
        current = {row.purpose: row for row in rows if row.retired_at is None}
        for purpose in ("signing", "log"):
            if purpose not in current:
                current[purpose] = _new_key(purpose, vault, now)
                rows.append(current[purpose])
                session.add(current[purpose])
    return ExchangeKeys(
        signing=_open(current["signing"], vault),
        log=_open(current["log"], vault),
        jwks={"keys": [_published(row) for row in rows if row.purpose == "signing"]},
    )


def _new_key(purpose: str, vault: Vault, now: datetime) -> ExchangeKey:
    key = generate_private(ALGORITHM)
    seed = b64url.decode(private_jwk(key)["d"])
    return ExchangeKey(
        kid=key.kid,
        purpose=purpose,
        jwk=dict(key.public_jwk),
        wrapped=vault.wrap(seed, _context(purpose, key.kid)),
        created_at=now,
    )


def _open(row: ExchangeKey, vault: Vault) -> PrivateKey:
    seed = vault.unwrap(row.wrapped, _context(row.purpose, row.kid))
    return load_private_jwk({**row.jwk, "d": b64url.encode(seed)})


def _published(row: ExchangeKey) -> dict[str, Any]:
    return {**row.jwk, "kid": row.kid, "use": "sig", "alg": ALGORITHM}


def _context(purpose: str, kid: str) -> bytes:
    return f"exchange-key/{purpose}/{kid}".encode()


def log_origin(exchange_id: str) -> str:
    """Return the name of this exchange's log, the first line of its checkpoints."""
    return f"{exchange_id}/log"


def log_vkey(origin: str, public: bytes) -> str:
    """Return the C2SP signed-note verifier key of an Ed25519 log key, given as its 32 raw bytes."""
    named = origin.encode() + b"\n" + _NOTE_ED25519 + public
    key_id = hashlib.sha256(named).digest()[:4].hex()
    return f"{origin}+{key_id}+{base64.b64encode(_NOTE_ED25519 + public).decode()}"


def raw_public(key: PrivateKey) -> bytes:
    """Return the 32 raw public bytes of an Ed25519 key."""
    return b64url.decode(key.public_jwk["x"])
