"""The exchange's own keys, one for each use.

One signs receipts, notices and tokens, one the log's checkpoints, one cosigns the checkpoints of others. Where it is
configured, one on SM2 signs receipts a second time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col, select

from app.registry.tables import ExchangeKey
from app.signing import b64url
from app.signing.algorithms import BY_CURVE, Alg
from app.signing.keys import PrivateKey, generate_private, load_private_jwk, private_jwk
from app.transparency.note import COSIGNATURE, ED25519, Verifier
from app.vault import Vault

ALGORITHM: Final = "Ed25519"
_FIRST_START = 0x4C42_4B45_5953  # advisory lock: two processes that start at once must agree on one set of keys
_PURPOSES = ("signing", "log", "witness")
_PUBLISHED = ("signing", "sm2")


@dataclass(frozen=True, slots=True)
class ExchangeKeys:
    """The keys in use. `jwks` is the public set (RFC 7517) with retired keys, so old receipts verify.

    `sm2` is None unless it was asked for.
    """

    signing: PrivateKey
    log: PrivateKey
    witness: PrivateKey
    jwks: dict[str, Any]
    sm2: PrivateKey | None = None


@dataclass(slots=True)
class KeyRing:
    """The exchange's keys as this process knows them; `keys` is replaced whole when one of them changes."""

    keys: ExchangeKeys


async def ensure_exchange_keys(
    engine: AsyncEngine, vault: Vault, now: datetime, *, with_sm2: bool = False
) -> ExchangeKeys:
    """Return the exchange's keys, making what is missing.

    Raises `cryptography.exceptions.InvalidTag` if the vault's master key is not the one that wrapped them, and
    `WeakKey` for SM2 where no libcrypto can.
    """
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _FIRST_START})
        rows = list(
            await session.scalars(select(ExchangeKey).order_by(col(ExchangeKey.created_at), col(ExchangeKey.kid)))
        )
        current = {row.purpose: row for row in rows if row.retired_at is None}
        for purpose in (*_PURPOSES, *(("sm2",) if with_sm2 else ())):
            if purpose not in current:
                current[purpose] = _new_key(purpose, vault, now)
                rows.append(current[purpose])
                session.add(current[purpose])
    return ExchangeKeys(
        signing=_open(current["signing"], vault),
        log=_open(current["log"], vault),
        witness=_open(current["witness"], vault),
        jwks={"keys": [_published(row) for row in rows if row.purpose in _PUBLISHED]},
        sm2=_open(current["sm2"], vault) if with_sm2 else None,
    )


def _new_key(purpose: str, vault: Vault, now: datetime) -> ExchangeKey:
    alg: Alg = "SM2-SM3" if purpose == "sm2" else ALGORITHM
    key = generate_private(alg)
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
    return {**row.jwk, "kid": row.kid, "use": "sig", "alg": BY_CURVE[row.jwk["kty"], row.jwk["crv"]].name}


def _context(purpose: str, kid: str) -> bytes:
    return f"exchange-key/{purpose}/{kid}".encode()


def log_origin(exchange_id: str) -> str:
    """Return the name of this exchange's log, the first line of its checkpoints."""
    return f"{exchange_id}/log"


def witness_name(exchange_id: str) -> str:
    """Return the name under which this exchange cosigns the checkpoints of others."""
    return f"{exchange_id}/witness"


def log_vkey(origin: str, public: bytes) -> str:
    """Return the C2SP signed-note verifier key of an Ed25519 log key, given as its 32 raw bytes."""
    return str(Verifier(origin, ED25519, public))


def witness_vkey(name: str, public: bytes) -> str:
    """Return the C2SP verifier key (tlog-cosignature, type 0x04) of this exchange as a witness."""
    return str(Verifier(name, COSIGNATURE, public))


def raw_public(key: PrivateKey) -> bytes:
    """Return the 32 raw public bytes of an Ed25519 key."""
    return b64url.decode(key.public_jwk["x"])
