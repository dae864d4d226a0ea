"""Tables of the access log. Ids, names of readers and what they said they read for; never a word of what they read."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, DateTime, Index, LargeBinary, Text, Uuid, text
from sqlmodel import Field

from app.db import Table


class AccessRow(Table, table=True):
    """One read. Partitioned by month of `day`, the local day whose chain it belongs to; never updated, never deleted.

    `node_id` is null where an administrator read, whose name is then `person`.
    """

    __tablename__ = "access_log"
    __table_args__ = (
        Index("ix_access_log_node_id", "node_id", "at", "access_id"),
        Index("ix_access_log_person", "person", "at", "access_id"),
        Index("ix_access_log_opening_id", "opening_id", "at", postgresql_where=text("opening_id IS NOT NULL")),
        {"postgresql_partition_by": "RANGE (day)"},
    )

    day: date = Field(sa_column=Column(Date, primary_key=True))
    at: datetime = Field(sa_column=Column(DateTime(timezone=True), primary_key=True))
    access_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    node_id: str | None = Field(default=None, sa_type=Text)
    person: str | None = Field(default=None, sa_type=Text)
    purpose: str | None = Field(default=None, sa_type=Text)
    what: str = Field(sa_type=Text)
    subject: str | None = Field(default=None, sa_type=Text, description="the id or digest that the path names")
    opening_id: UUID | None = Field(default=None, description="by which a sealed part was fetched")


class AccessDay(Table, table=True):
    """A day that is over: how many reads it had, and the hash of its chain, as the log's entry says. Never changed."""

    __tablename__ = "access_day"
    __table_args__ = (
        CheckConstraint("reads >= 0", name="reads"),
        CheckConstraint("octet_length(chain) = 32", name="chain"),
    )

    day: date = Field(sa_column=Column(Date, primary_key=True))
    reads: int = Field(sa_type=BigInteger)
    chain: bytes = Field(sa_type=LargeBinary)
    closed_at: datetime = Field(sa_type=DateTime(timezone=True))
