"""Tables of the sequencer: what waits for a number, the log and its tree, the inboxes; and those of witnessing."""

from datetime import datetime
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
    SmallInteger,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from app.db import Table

KINDS = ("key", "act", "notice", "refused-classified", "revocation", "access-log")


class Unsequenced(Table, table=True):
    """A committed event that has no place in the log yet. The sequencer deletes the row when it gives one."""

    __tablename__ = "unsequenced"
    __table_args__ = (CheckConstraint(f"kind IN {KINDS}", name="kind"),)

    ordinal: int = Field(sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    kind: str = Field(sa_type=Text)
    entry: bytes = Field(sa_type=LargeBinary, description="the log entry's bytes, digests only")
    committed_at: datetime = Field(sa_type=DateTime(timezone=True))
    act_id: UUID | None = None
    act: str | None = Field(default=None, sa_type=Text)
    lead_id: UUID | None = None
    sender: str | None = Field(default=None, sa_type=Text)
    addressed: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))


class LogEntry(Table, table=True):
    """The log: entries by index, without a gap."""

    __tablename__ = "log_entry"

    log_index: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    entry: bytes = Field(sa_type=LargeBinary)
    leaf_hash: bytes = Field(
        sa_type=LargeBinary, index=True, description="SHA-256(0x00 || entry), RFC 6962 section 2.1"
    )
    act_id: UUID | None = Field(default=None, unique=True)
    logged_at: datetime = Field(sa_type=DateTime(timezone=True))


class InboxItem(Table, table=True):
    """One act addressed to one node; `seq` is 1, 2, 3 … for each node, given by the sequencer alone."""

    __tablename__ = "inbox"
    __table_args__ = (
        CheckConstraint("seq >= 1", name="seq_positive"),
        Index("uq_inbox_node_id_act_id", "node_id", "act_id", unique=True),
        # Who ever wrote to whom: the partners that are told of a node's keys.
        Index("ix_inbox_sender_node_id", "sender", "node_id"),
    )

    node_id: str = Field(primary_key=True, sa_type=Text)
    seq: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    act_id: UUID
    act: str = Field(sa_type=Text)
    lead_id: UUID | None = None
    sender: str = Field(sa_type=Text)
    received_at: datetime = Field(sa_type=DateTime(timezone=True))
    log_index: int = Field(sa_type=BigInteger)


class LogSubtree(Table, table=True):
    """A perfect subtree of the log, `256 ** level` leaves; the tiles above level 0 consist of these rows.

    Only complete subtrees are kept, so that a row never changes. Level 0 is `log_entry.leaf_hash` itself.
    """

    __tablename__ = "log_subtree"
    __table_args__ = (
        CheckConstraint("level >= 1", name="level_positive"),
        CheckConstraint("position >= 0", name="position"),
        CheckConstraint("octet_length(hash) = 32", name="hash"),
    )

    level: int = Field(sa_column=Column(SmallInteger, primary_key=True, autoincrement=False))
    position: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    hash: bytes = Field(sa_type=LargeBinary)


class LogCheckpoint(Table, table=True):
    """A signed head of the log. The key says that no size is ever signed with two roots."""

    __tablename__ = "checkpoint"
    __table_args__ = (CheckConstraint("octet_length(root) = 32", name="root"),)

    size: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    root: bytes = Field(sa_type=LargeBinary)
    note: str = Field(sa_type=Text, description="the signed note, by the log alone")
    at: datetime = Field(sa_type=DateTime(timezone=True))


class CheckpointCosignature(Table, table=True):
    """What a witness signed under one of this log's checkpoints, verified; `witness` is its vkey."""

    __tablename__ = "checkpoint_cosignature"
    __table_args__ = (Index("ix_checkpoint_cosignature_witness_size", "witness", "size"),)

    size: int = Field(
        sa_column=Column(
            BigInteger, ForeignKey("checkpoint.size", ondelete="RESTRICT"), primary_key=True, autoincrement=False
        )
    )
    witness: str = Field(primary_key=True, sa_type=Text)
    line: str = Field(sa_type=Text, description="the signature line, without its newline")
    at: datetime = Field(sa_type=DateTime(timezone=True))


class WitnessedLog(Table, table=True):
    """The newest checkpoint of another's log that this exchange cosigned. It only ever advances."""

    __tablename__ = "witnessed_log"
    __table_args__ = (
        CheckConstraint("size >= 0", name="size"),
        CheckConstraint("octet_length(root) = 32", name="root"),
    )

    origin: str = Field(primary_key=True, sa_type=Text)
    size: int = Field(sa_type=BigInteger)
    root: bytes = Field(sa_type=LargeBinary)
    note: str = Field(sa_type=Text, description="the note as it was submitted; empty before the first")
    at: datetime = Field(sa_type=DateTime(timezone=True))
