"""Tables of the register: nodes, keys and the signed requests that made and revoked them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.casework.kinds import Kind, Level
from app.db import Table
from app.signing import typ

PURPOSES = ("act", "auth", "seal")
ALGORITHMS = ("Ed25519", "ES256", "SM2-SM3", "X25519")
REASONS = ("superseded", "lost", "compromised")
REQUEST_TYPES = (typ.ENROLMENT, typ.KEY)
ENROLMENT_STATES = ("pending", "effective", "cancelled", "rejected", "expired")
NODE_ID = "^[a-z][a-z0-9-]{2,62}$"


class Node(Table, table=True):
    """An agency. `key_events` counts its key events; raised under the row's lock, so numbers have no gap."""

    __tablename__ = "node"
    __table_args__ = (
        CheckConstraint(f"node_id ~ '{NODE_ID}'", name="node_id"),
        CheckConstraint(f"kind IN {tuple(kind.value for kind in Kind)}", name="kind"),
        CheckConstraint(f"level IN {tuple(level.value for level in Level)}", name="level"),
        CheckConstraint("division_code ~ '^([0-9]{6}|[0-9]{9}|[0-9]{12})$'", name="division_code"),
        CheckConstraint("parent <> node_id", name="parent_is_another"),
        CheckConstraint("key_events >= 0", name="key_events"),
    )

    node_id: str = Field(primary_key=True, sa_type=Text)
    kind: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    division_code: str = Field(sa_type=Text)
    level: str = Field(sa_type=Text)
    parent: str | None = Field(
        default=None, sa_column=Column(Text, ForeignKey("node.node_id", ondelete="RESTRICT"), nullable=True)
    )
    sector: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    key_events: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class NodeKey(Table, table=True):
    """One public key. The thumbprint alone is the primary key: one node and one purpose for ever."""

    __tablename__ = "node_key"
    __table_args__ = (
        CheckConstraint(f"purpose IN {PURPOSES}", name="purpose"),
        CheckConstraint(f"alg IN {ALGORITHMS}", name="alg"),
        CheckConstraint("(alg = 'X25519') = (purpose = 'seal')", name="alg_fits_purpose"),
        CheckConstraint(f"revoke_reason IN {REASONS}", name="revoke_reason"),
        CheckConstraint("num_nulls(revoked_event, revoked_at, revoke_reason) IN (0, 3)", name="revoked_wholly_or_not"),
        CheckConstraint("compromised_from IS NULL OR revoked_at IS NOT NULL", name="compromised_is_revoked"),
        CheckConstraint("revoked_event > key_event", name="revoked_after_registered"),
        Index("ix_node_key_node_id", "node_id"),
    )

    kid: str = Field(primary_key=True, sa_type=Text)
    node_id: str = Field(sa_column=Column(Text, ForeignKey("node.node_id", ondelete="RESTRICT"), nullable=False))
    purpose: str = Field(sa_type=Text)
    alg: str = Field(sa_type=Text)
    jwk: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    key_event: int
    registered_at: datetime = Field(sa_type=DateTime(timezone=True))
    registration_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("key_request.request_id", ondelete="RESTRICT"), nullable=False)
    )
    revoked_event: int | None = None
    revoked_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    revoke_reason: str | None = Field(default=None, sa_type=Text)
    compromised_from: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class KeyRequest(Table, table=True):
    """A signed request about keys, byte for byte: anyone can verify it again without the exchange."""

    __tablename__ = "key_request"
    __table_args__ = (CheckConstraint(f"typ IN {REQUEST_TYPES}", name="typ"),)

    request_id: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    node_id: str = Field(sa_column=Column(Text, ForeignKey("node.node_id", ondelete="RESTRICT"), nullable=False))
    typ: str = Field(sa_type=Text)
    jws: str = Field(sa_type=Text)
    body: bytes = Field(sa_type=LargeBinary)
    received_at: datetime = Field(sa_type=DateTime(timezone=True))


class KeyEvent(Table, table=True):
    """Registration or revocation of one key, numbered 1, 2, 3 … a node; `leaf_hash` finds it in the log."""

    __tablename__ = "key_event"
    __table_args__ = (
        CheckConstraint("event IN ('register', 'revoke')", name="event"),
        CheckConstraint(f"purpose IN {PURPOSES}", name="purpose"),
        CheckConstraint("number >= 1", name="number_positive"),
        CheckConstraint("octet_length(leaf_hash) = 32", name="leaf_hash"),
        Index("uq_key_event_kid_event", "kid", "event", unique=True),
    )

    node_id: str = Field(sa_column=Column(Text, ForeignKey("node.node_id", ondelete="RESTRICT"), primary_key=True))
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    kid: str = Field(sa_column=Column(Text, ForeignKey("node_key.kid", ondelete="RESTRICT"), nullable=False))
    purpose: str = Field(sa_type=Text)
    event: str = Field(sa_type=Text)
    request_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("key_request.request_id", ondelete="RESTRICT"), nullable=False)
    )
    leaf_hash: bytes = Field(sa_type=LargeBinary, description="SHA-256(0x00 || log entry), RFC 6962 section 2.1")
    at: datetime = Field(sa_type=DateTime(timezone=True))


class EnrolmentCode(Table, table=True):
    """A single-use code, kept as its SHA-256 only: whoever reads the database cannot enrol a node with it."""

    __tablename__ = "enrolment_code"
    __table_args__ = (
        CheckConstraint("octet_length(code_sha256) = 32", name="code_sha256"),
        CheckConstraint("expires_at > created_at", name="expires_after_created"),
        Index("ix_enrolment_code_node_id", "node_id"),
    )

    code_sha256: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    node_id: str = Field(sa_column=Column(Text, ForeignKey("node.node_id", ondelete="RESTRICT"), nullable=False))
    created_by: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    used_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class PendingEnrolment(Table, table=True):
    """An enrolment that would replace the keys of a node, until it takes effect or is ended otherwise.

    It takes effect at `effective_from` or later, once a registrar other than `issued_by` has confirmed it.
    """

    __tablename__ = "pending_enrolment"
    __table_args__ = (
        CheckConstraint(f"state IN {ENROLMENT_STATES}", name="state"),
        CheckConstraint("(state = 'pending') = (ended_at IS NULL)", name="ended_or_pending"),
        CheckConstraint("num_nulls(confirmed_by, confirmed_at) IN (0, 2)", name="confirmed_wholly_or_not"),
        CheckConstraint("confirmed_by <> issued_by", name="confirmed_by_another"),
        CheckConstraint("state <> 'effective' OR confirmed_by IS NOT NULL", name="effective_is_confirmed"),
        CheckConstraint("state <> 'effective' OR ended_at >= effective_from", name="effective_in_time"),
        CheckConstraint("effective_from >= requested_at + interval '72 hours'", name="waits_72_hours"),
        CheckConstraint("expires_at > effective_from", name="expires_after_effective"),
        Index("uq_pending_enrolment_one_a_node", "node_id", unique=True, postgresql_where=text("state = 'pending'")),
        Index("ix_pending_enrolment_pending", "enrolment_id", postgresql_where=text("state = 'pending'")),
    )

    enrolment_id: UUID = Field(primary_key=True)
    node_id: str = Field(sa_column=Column(Text, ForeignKey("node.node_id", ondelete="RESTRICT"), nullable=False))
    request_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("key_request.request_id", ondelete="RESTRICT"), nullable=False)
    )
    issued_by: str = Field(sa_type=Text, description="the registrar who issued the code")
    requested_at: datetime = Field(sa_type=DateTime(timezone=True))
    effective_from: datetime = Field(sa_type=DateTime(timezone=True))
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    confirmed_by: str | None = Field(default=None, sa_type=Text)
    confirmed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    state: str = Field(sa_type=Text)
    ended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    ended_by: str | None = Field(default=None, sa_type=Text, description="the registrar, or the thumbprint of the key")


class KeyNotice(Table, table=True):
    """A `notice.key` to one node, byte for byte. Never updated, never deleted: a trigger says so.

    In the clear: it says what the register shows to every node.
    """

    __tablename__ = "key_notice"

    notice_id: UUID = Field(primary_key=True)
    node_id: str = Field(
        sa_column=Column(Text, ForeignKey("node.node_id", ondelete="RESTRICT"), nullable=False),
        description="whom it is addressed to, and who alone reads it",
    )
    jws: str = Field(sa_type=Text)
    body: bytes = Field(sa_type=LargeBinary)
    issued_at: datetime = Field(sa_type=DateTime(timezone=True))


class UsedJti(Table, table=True):
    """A `jti` not to be taken again from this issuer for this use, until its token would be stale anyway."""

    __tablename__ = "used_jti"
    __table_args__ = (
        CheckConstraint("used_for IN ('token', 'key')", name="used_for"),
        Index("ix_used_jti_expires_at", "expires_at"),
    )

    issuer: str = Field(primary_key=True, sa_type=Text)
    used_for: str = Field(primary_key=True, sa_type=Text)
    jti: str = Field(primary_key=True, sa_type=Text)
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))


class ExchangeKey(Table, table=True):
    """A key of the exchange itself; `wrapped` is what its store finds the private half by.

    `retired_at` is when another followed it, and `signs_until` how long it still counts beside that one.
    """

    __tablename__ = "exchange_key"
    __table_args__ = (
        CheckConstraint("purpose IN ('signing', 'log', 'witness', 'sm2')", name="purpose"),
        Index(
            "uq_exchange_key_purpose_current",
            "purpose",
            unique=True,
            postgresql_where="retired_at IS NULL",
        ),
        CheckConstraint("(retired_at IS NULL) = (signs_until IS NULL)", name="retired_signs_until"),
    )

    kid: str = Field(primary_key=True, sa_type=Text)
    purpose: str = Field(sa_type=Text)
    jwk: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    wrapped: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    retired_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    signs_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))


class ExchangeKeyEvent(Table, table=True):
    """A key of the exchange that followed another. Numbered 1, 2, 3 …; never updated, never deleted."""

    __tablename__ = "exchange_key_event"
    __table_args__ = (
        CheckConstraint("number >= 1", name="number_positive"),
        CheckConstraint("octet_length(leaf_hash) = 32", name="leaf_hash"),
    )

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    kid: str = Field(
        sa_column=Column(Text, ForeignKey("exchange_key.kid", ondelete="RESTRICT"), nullable=False, unique=True)
    )
    purpose: str = Field(sa_type=Text)
    jws: str = Field(sa_type=Text, description="by the key that it followed")
    body: bytes = Field(sa_type=LargeBinary)
    leaf_hash: bytes = Field(sa_type=LargeBinary, description="SHA-256(0x00 || log entry), RFC 6962 section 2.1")
    at: datetime = Field(sa_type=DateTime(timezone=True))
