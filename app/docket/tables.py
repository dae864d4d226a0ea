"""Tables of the write path. Clear columns hold no content: bodies and cases are encrypted under the root's data key."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    text,
)
from sqlmodel import Field

from app.db import Table

SUBJECTS = ("lead", "transfer", "feedback", "consultation", "letter", "protection", "opening")


class CaseTable(Table, table=True):
    """One root lead with all its parts: one row, one lock. `data_key` is wrapped; without it nothing opens.

    Erasing replaces it: from `erased_at` on it opens the tombstone and the acts `lead.erase`, nothing else any more.
    """

    __tablename__ = "case"
    __table_args__ = (
        Index("ix_case_erased", "erasure_kept", "root_id", postgresql_where=text("erased_at IS NOT NULL")),
        CheckConstraint("erased_at IS NULL OR next_key IS NULL", name="erased"),
    )

    root_id: UUID = Field(primary_key=True)
    last_seq: int = Field(sa_type=Integer, description="the newest root_seq")
    data_key: bytes = Field(sa_type=LargeBinary)
    snapshot: bytes = Field(sa_type=LargeBinary)
    next_key: bytes | None = Field(
        default=None, sa_type=LargeBinary, description="the data key to come, once some part was erased and others not"
    )
    erased_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    erasure_kept: bool = Field(
        default=False,
        sa_column_kwargs={"server_default": text("false")},
        description="a record of the erasure lies outside the database",
    )


class ActTable(Table, table=True):
    """One act or notice, byte for byte. Never updated, never deleted: a trigger says so."""

    __tablename__ = "act"
    __table_args__ = (Index("uq_act_act_id", "act_id", unique=True),)

    root_id: UUID = Field(primary_key=True)
    root_seq: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    lead_id: UUID
    act_id: UUID
    sender: str = Field(sa_type=Text)
    kid: str = Field(sa_type=Text)
    act: str = Field(sa_type=Text)
    jws: str = Field(sa_type=Text)
    body: bytes = Field(sa_type=LargeBinary, description="AES-256-GCM under the root's data key")
    body_sha256: bytes = Field(sa_type=LargeBinary)
    receipt: bytes | None = Field(default=None, sa_type=LargeBinary)
    receipt_jws: str | None = Field(default=None, sa_type=Text)
    receipt_jws_sm2: str | None = Field(default=None, sa_type=Text)
    received_at: datetime = Field(sa_type=DateTime(timezone=True))


class ActReader(Table, table=True):
    """Who may read an act: the one source for timelines, acts and bundles."""

    __tablename__ = "act_reader"
    __table_args__ = (
        Index("ix_act_reader_node_id_lead_id_root_seq", "node_id", "lead_id", "root_seq"),
        Index("ix_act_reader_lead_id", "lead_id"),
    )

    node_id: str = Field(primary_key=True, sa_type=Text)
    act_id: UUID = Field(primary_key=True)
    lead_id: UUID
    root_id: UUID
    root_seq: int = Field(sa_type=Integer)


class Subject(Table, table=True):
    """Every id that acts brought into the world, with the case that it belongs to."""

    __tablename__ = "subject"
    __table_args__ = (
        CheckConstraint(f"kind IN {SUBJECTS}", name="kind"),
        # The rule in code explains; this guarantees: a lead is on offer to one agency at a time.
        Index("uq_subject_one_offer_a_lead", "lead_id", unique=True, postgresql_where=text("on_offer")),
    )

    subject_id: UUID = Field(primary_key=True)
    kind: str = Field(sa_type=Text)
    root_id: UUID
    lead_id: UUID
    on_offer: bool = Field(default=False)


class LeadEntry(Table, table=True):
    """One lead in the list of one node that may know of it: what the list is sorted and filtered by."""

    __tablename__ = "lead_entry"
    __table_args__ = (
        Index("ix_lead_entry_newest", "node_id", text("registered_at DESC"), text("lead_id DESC")),
        Index("ix_lead_entry_state", "node_id", "state", text("registered_at DESC"), text("lead_id DESC")),
        Index(
            "ix_lead_entry_holding",
            "node_id",
            text("registered_at DESC"),
            text("lead_id DESC"),
            postgresql_where=text("role = 'holder'"),
        ),
        Index("ix_lead_entry_node_id_root_id", "node_id", "root_id"),
        Index("ix_lead_entry_due", "node_id", "due", postgresql_where=text("due IS NOT NULL")),
        CheckConstraint("role IN ('origin', 'holder', 'participant')", name="role"),
    )

    node_id: str = Field(primary_key=True, sa_type=Text)
    lead_id: UUID = Field(primary_key=True)
    root_id: UUID
    state: str = Field(sa_type=Text)
    category: str | None = Field(default=None, sa_type=Text)
    role: str = Field(sa_type=Text)
    is_origin: bool
    registered_at: datetime = Field(sa_type=DateTime(timezone=True))
    due: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    sealed: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    erased: bool = Field(
        default=False,
        sa_column_kwargs={"server_default": text("false")},
        description="its content is gone for this node, which finds it by no number any more",
    )


class LeadNumber(Table, table=True):
    """Lead, document and external numbers as keyed digests: found by exact number only, by those who may read them.

    `act_id` is the act that bears the number; for a lead number it is null, as every party knows that.
    """

    __tablename__ = "lead_number"
    __table_args__ = (Index("ix_lead_number_lead_id", "lead_id"),)

    id: int = Field(default=None, sa_column=Column(BigInteger, primary_key=True, autoincrement=True))
    digest: bytes = Field(sa_type=LargeBinary, index=True)
    lead_id: UUID
    act_id: UUID | None = None


class DeadlineTable(Table, table=True):
    """One deadline of one node. `next_at` is when time will next have something to say about it."""

    __tablename__ = "deadline"
    __table_args__ = (
        Index(
            "ix_deadline_listed",
            "node_id",
            "due",
            "deadline_id",
            postgresql_where=text("stopped IS NULL OR breached_at IS NOT NULL"),
        ),
        Index("ix_deadline_next_at", "next_at", postgresql_where=text("next_at IS NOT NULL")),
        Index(
            "ix_deadline_uncounted", "root_id", postgresql_where=text("(provisional OR recount) AND stopped IS NULL")
        ),
        Index("ix_deadline_lead_id", "lead_id"),
        CheckConstraint("source IN ('law', 'local', 'default')", name="source"),
    )

    deadline_id: UUID = Field(primary_key=True)
    root_id: UUID
    lead_id: UUID
    node_id: str = Field(sa_type=Text)
    rule: str = Field(sa_type=Text)
    source: str = Field(sa_type=Text)
    source_text: str = Field(sa_type=Text)
    version: str = Field(sa_type=Text, description="of the table of deadlines that the limit was taken from")
    started: datetime = Field(sa_type=DateTime(timezone=True))
    due: datetime = Field(sa_type=DateTime(timezone=True))
    stopped: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    suspended_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    warned_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    breached_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    next_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    provisional: bool = Field(default=False)
    recount: bool = Field(
        default=False,
        sa_column_kwargs={"server_default": text("false")},
        description="a calendar changed since it was counted; set with that calendar, not by acts",
    )


class NumberBlock(Table, table=True):
    """Lead numbers are handed out to processes in blocks: they may skip, and no row is hot."""

    __tablename__ = "number_block"

    prefix: str = Field(primary_key=True, sa_type=Text)
    next_free: int = Field(sa_type=BigInteger)


class Upload(Table, table=True):
    """A file that a node uploaded, under a file key of its own. An upload belongs to the node that made it."""

    __tablename__ = "upload"
    __table_args__ = (Index("ix_upload_uploaded_at", "node_id", "uploaded_at", "sha256"),)

    node_id: str = Field(primary_key=True, sa_type=Text)
    sha256: bytes = Field(primary_key=True, sa_type=LargeBinary)
    size: int = Field(sa_type=BigInteger)
    object_key: str = Field(sa_type=Text, unique=True)
    file_key: bytes = Field(sa_type=LargeBinary, description="wrapped by the vault")
    sealed_as: bytes | None = Field(default=None, sa_type=LargeBinary, description="what a sealed part is bound to")
    uploaded_at: datetime = Field(sa_type=DateTime(timezone=True))


class Enclosed(Table, table=True):
    """A file that an act names: its key wrapped anew by the root's data key, so that erasing the root erases it."""

    __tablename__ = "enclosed"
    __table_args__ = (Index("ix_enclosed_sha256", "sha256"), Index("ix_enclosed_object_key", "object_key"))

    act_id: UUID = Field(primary_key=True)
    sha256: bytes = Field(primary_key=True, sa_type=LargeBinary)
    root_id: UUID
    size: int = Field(sa_type=BigInteger)
    object_key: str = Field(sa_type=Text)
    file_key: bytes = Field(sa_type=LargeBinary, description="AES-256-GCM under the root's data key")
    sealed_for: str | None = Field(
        default=None, sa_type=Text, description="who alone may open it; no reader of the act"
    )


class CalendarYear(Table, table=True):
    """One version of the official calendar of a year. The newest counts; by earlier ones deadlines were counted."""

    __tablename__ = "calendar_year"
    __table_args__ = (CheckConstraint("year BETWEEN 1949 AND 9998", name="year"),)

    year: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    version: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    source: str = Field(sa_type=Text)
    recorded_at: datetime = Field(sa_type=DateTime(timezone=True))
    recorded_by: str = Field(sa_type=Text)


class CalendarDay(Table, table=True):
    """A day on which a year's calendar departs from the five-day week."""

    __tablename__ = "calendar_day"
    __table_args__ = (
        CheckConstraint("kind IN ('holiday', 'workday')", name="kind"),
        CheckConstraint("extract(year FROM day) BETWEEN year - 1 AND year + 1", name="day_near_year"),
        ForeignKeyConstraint(
            ["year", "version"],
            ["calendar_year.year", "calendar_year.version"],
            name="fk_calendar_day_year_version",
            ondelete="RESTRICT",
        ),
    )

    year: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    version: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    day: date = Field(sa_column=Column(Date, primary_key=True))
    kind: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
