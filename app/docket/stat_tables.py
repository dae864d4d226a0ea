"""Tables of the statistics: what acts added, the sums of it, and reports that stay as they were."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, DateTime, Identity, Index, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field

from app.casework.statistics.figures import AUDIENCES
from app.db import Table

GRAINS = ("ever", "month", "day")
KINDS = ("weekly", "monthly", "half_yearly")


class StatDelta(Table, table=True):
    """What one batch added to a figure. Appended in the batch's commit and folded soon: no counter is ever hot."""

    __tablename__ = "stat_delta"
    __table_args__ = (
        CheckConstraint(f"audience IN {AUDIENCES}", name="audience"),
        Index("ix_stat_delta_node_id", "node_id"),
    )

    delta_id: int = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    node_id: str = Field(sa_type=Text)
    audience: str = Field(sa_type=Text)
    day: date = Field(sa_type=Date)
    measure: str = Field(sa_type=Text)
    delta: int = Field(sa_type=Integer)


class StatRollup(Table, table=True):
    """A folded figure of a node, by the day, the month, or (with the first day of the calendar) for ever."""

    __tablename__ = "stat_rollup"
    __table_args__ = (
        CheckConstraint(f"audience IN {AUDIENCES}", name="audience"),
        CheckConstraint(f"grain IN {GRAINS}", name="grain"),
    )

    node_id: str = Field(primary_key=True, sa_type=Text)
    audience: str = Field(primary_key=True, sa_type=Text)
    grain: str = Field(primary_key=True, sa_type=Text)
    starts: date = Field(sa_column=Column(Date, primary_key=True))
    measure: str = Field(primary_key=True, sa_type=Text)
    total: int = Field(sa_type=BigInteger)


class Report(Table, table=True):
    """The figures of a node for a period that has ended, frozen. Never updated, never deleted: a trigger says so."""

    __tablename__ = "report"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("ends >= starts", name="ends_after_start"),
    )

    node_id: str = Field(primary_key=True, sa_type=Text)
    starts: date = Field(sa_column=Column(Date, primary_key=True))
    kind: str = Field(primary_key=True, sa_type=Text)
    ends: date = Field(sa_type=Date, description="the last day of the period")
    formula_version: str = Field(sa_type=Text)
    body: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    frozen_at: datetime = Field(sa_type=DateTime(timezone=True))
