"""The exchange's own keys, one for each use.

One signs receipts, notices and tokens, one the log's checkpoints, one cosigns the checkpoints of others. Where it is
configured, one on SM2 signs receipts a second time. Each can be followed by another, see `app.registry.rotation`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlmodel import col, select

from app import locks
from app.db import driver_connection
from app.deps import TimeSource
from app.registry.tables import ExchangeKey
from app.signing import b64url
from app.signing.algorithms import BY_CURVE, Alg
from app.signing.keys import PublicKey, SigningKey, generate_private, load_private_jwk, private_jwk
from app.transparency.checkpoint import Log, WitnessKey
from app.transparency.note import COSIGNATURE, ED25519, Verifier
from app.vault import Vault

ALGORITHM: Final = "Ed25519"
_PURPOSES = ("signing", "log", "witness")
_PUBLISHED = ("signing", "sm2")
_KEYS = """
    SELECT kid, purpose, jwk::text AS jwk, wrapped, created_at, retired_at, signs_until
    FROM exchange_key ORDER BY created_at, kid
"""
_EVENTS = """
    SELECT e.number, e.kid, e.purpose, e.jws, e.body, l.log_index FROM exchange_key_event e
    LEFT JOIN log_entry l ON l.leaf_hash = e.leaf_hash ORDER BY e.number
"""


class KeyStore(Protocol):
    """Where private keys of the exchange lie. A token (PKCS#11) fills it by keeping them, and handing out signers.

    `kept` is whatever the store needs to find a key again; the database holds it.
    """

    def make(self, purpose: str, alg: Alg) -> tuple[SigningKey, bytes]:
        """Return a new key and its `kept`; raise `WeakKey` for SM2 where it cannot be."""
        ...

    def open(self, purpose: str, jwk: Mapping[str, str], kid: str, kept: bytes) -> SigningKey: ...


@dataclass(frozen=True, slots=True)
class WrappedKeys:
    """A `KeyStore` whose keys lie in the database, wrapped by the vault, and sign in this process's memory."""

    vault: Vault

    def make(self, purpose: str, alg: Alg) -> tuple[SigningKey, bytes]:
        key = generate_private(alg)
        return key, self.vault.wrap(b64url.decode(private_jwk(key)["d"]), wrapping_context(purpose, key.kid))

    def open(self, purpose: str, jwk: Mapping[str, str], kid: str, kept: bytes) -> SigningKey:
        """Return the key; raise `cryptography.exceptions.InvalidTag` if another master key wrapped it."""
        seed = self.vault.unwrap(kept, wrapping_context(purpose, kid))
        return load_private_jwk({**jwk, "d": b64url.encode(seed)})


def wrapping_context(purpose: str, kid: str) -> bytes:
    return f"exchange-key/{purpose}/{kid}".encode()


@dataclass(frozen=True, slots=True)
class OwnPublicKey:
    """What everybody may know of a key of the exchange; `retired_at` is when another followed it."""

    kid: str
    purpose: str
    jwk: dict[str, str]
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnKeyEvent:
    """A key that followed another: the request that the former signed, byte for byte, and its place in the log."""

    number: int
    kid: str
    purpose: str
    jws: str
    body: bytes
    log_index: int | None


@dataclass(frozen=True, slots=True)
class ExchangeKeys:
    """The keys in use. `former` holds, by purpose, followed ones that still count for a while.

    `jwks` is the public set (RFC 7517) with retired keys, so that old receipts verify, and with the events by which
    a key followed another. `public` are all keys of whatever purpose, the oldest first. `sm2` is None unless it was
    asked for.
    """

    signing: SigningKey
    log: SigningKey
    witness: SigningKey
    jwks: dict[str, Any]
    public: tuple[OwnPublicKey, ...]
    former: Mapping[str, tuple[SigningKey, ...]]
    sm2: SigningKey | None = None

    @property
    def token_keys(self) -> tuple[PublicKey, ...]:
        """Those under which a token is good: a rotation does not end the tokens of the minutes before it."""
        return tuple(key.public for key in (self.signing, *self.former["signing"]))


class KeyRing:
    """The exchange's keys as this process knows them; `open_ring` makes one with keys in it.

    `keys` is owned here and replaced whole by `read`, which runs on the event loop: with each read of the register, and
    in the sequencer at a key event.
    """

    keys: ExchangeKeys

    def __init__(self, store: KeyStore, clock: TimeSource, *, with_sm2: bool = False) -> None:
        self._store = store
        self._clock = clock
        self._with_sm2 = with_sm2
        self._opened: dict[str, SigningKey] = {}  # by thumbprint, only ever added to: a thumbprint keeps its key

    async def read(self, connection: "asyncpg.Connection[Any]") -> None:
        """Take over what the database has. Raises `InvalidTag` if the master key is not the one that wrapped them."""
        rows, now = await connection.fetch(_KEYS), self._clock()
        events = [OwnKeyEvent(**dict(row)) for row in await connection.fetch(_EVENTS)]
        current = {row["purpose"]: self._open(row) for row in rows if row["retired_at"] is None and self._uses(row)}
        former: dict[str, tuple[SigningKey, ...]] = dict.fromkeys((*_PURPOSES, "sm2"), ())
        for row in rows:
            if row["signs_until"] is not None and row["signs_until"] > now and self._uses(row):
                former[row["purpose"]] = (self._open(row), *former[row["purpose"]])
        public = tuple(
            OwnPublicKey(row["kid"], row["purpose"], json.loads(row["jwk"]), row["retired_at"]) for row in rows
        )
        self.keys = ExchangeKeys(
            signing=current["signing"],
            log=current["log"],
            witness=current["witness"],
            jwks={
                "keys": [_published(key) for key in public if key.purpose in _PUBLISHED],
                "key_events": [_shown(event) for event in events],
            },
            public=public,
            former=former,
            sm2=current.get("sm2"),
        )

    def _uses(self, row: Any) -> bool:
        return self._with_sm2 or row["purpose"] != "sm2"

    def _open(self, row: Any) -> SigningKey:
        if row["kid"] not in self._opened:
            jwk = json.loads(row["jwk"])
            self._opened[row["kid"]] = self._store.open(row["purpose"], jwk, row["kid"], row["wrapped"])
        return self._opened[row["kid"]]


@dataclass(frozen=True, slots=True)
class OwnLog:
    """The log's keys for the sequencer."""

    ring: KeyRing
    origin: str

    async def current(self, connection: "asyncpg.Connection[Any]", *, anew: bool) -> Log:
        if anew:
            await self.ring.read(connection)
        return Log(self.origin, self.ring.keys.log, self.ring.keys.former["log"])


def witness_keys(ring: KeyRing, exchange_id: str) -> tuple[WitnessKey, ...]:
    """Return those under which this exchange cosigns now, the newest first."""
    keys = ring.keys
    return tuple(WitnessKey(witness_name(exchange_id), key) for key in (keys.witness, *keys.former["witness"]))


async def open_ring(engine: AsyncEngine, store: KeyStore, clock: TimeSource, *, with_sm2: bool = False) -> KeyRing:
    """Return the exchange's keys, making what is missing.

    Raises `cryptography.exceptions.InvalidTag` if the vault's master key is not the one that wrapped them, and
    `WeakKey` for SM2 where no libcrypto can.
    """
    async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": locks.EXCHANGE_KEYS})
        there = set(await session.scalars(select(ExchangeKey.purpose).where(col(ExchangeKey.retired_at).is_(None))))
        for purpose in (*_PURPOSES, *(("sm2",) if with_sm2 else ())):
            if purpose not in there:
                session.add(new_key(store, purpose, clock())[1])
    ring = KeyRing(store, clock, with_sm2=with_sm2)
    async with driver_connection(engine) as connection:
        await ring.read(connection)
    return ring


def new_key(store: KeyStore, purpose: str, now: datetime) -> tuple[SigningKey, ExchangeKey]:
    """Return a new key and its row."""
    alg: Alg = "SM2-SM3" if purpose == "sm2" else ALGORITHM
    key, kept = store.make(purpose, alg)
    return key, ExchangeKey(kid=key.kid, purpose=purpose, jwk=dict(key.public_jwk), wrapped=kept, created_at=now)


def _published(key: OwnPublicKey) -> dict[str, Any]:
    return {**key.jwk, "kid": key.kid, "use": "sig", "alg": BY_CURVE[key.jwk["kty"], key.jwk["crv"]].name}


def _shown(event: OwnKeyEvent) -> dict[str, Any]:
    return {
        "key_event": event.number,
        "kid": event.kid,
        "purpose": event.purpose,
        "jws": event.jws,
        "body": b64url.encode(event.body),
        "log_index": event.log_index,
    }


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


def raw_public(jwk: Mapping[str, str]) -> bytes:
    """Return the 32 raw public bytes of an Ed25519 key."""
    return b64url.decode(jwk["x"])
