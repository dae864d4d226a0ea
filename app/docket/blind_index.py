"""The blind index: keyed digests of what identifies the persons that a lead names. Exact matches, and nothing else.

The key lies outside the database (or in it only under the vault's master key): who reads the tables learns which
leads name one subject, not whom.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, LargeBinary, Text
from sqlmodel import Field

from app.db import Table

KINDS = ("resident_id", "phone", "plate", "credit_code")


class BlindIndex(Table, table=True):
    """One digest of one registered lead. Parts of a split lead have none: what they name was registered before."""

    __tablename__ = "blind_index"
    __table_args__ = (
        CheckConstraint(f"kind IN {KINDS}", name="kind"),
        CheckConstraint("octet_length(digest) = 32", name="digest"),
        Index("ix_blind_index_lead_id", "lead_id"),
    )

    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    lead_id: UUID = Field(primary_key=True)
    root_id: UUID
    kind: str = Field(sa_type=Text)
    registered_at: datetime = Field(sa_type=DateTime(timezone=True))


class MatchQueue(Table, table=True):
    """A registered lead whose digests were not yet compared. Compared apart: the receipt's timing tells nothing."""

    __tablename__ = "match_queue"

    lead_id: UUID = Field(primary_key=True)
    queued_at: datetime = Field(sa_type=DateTime(timezone=True))
