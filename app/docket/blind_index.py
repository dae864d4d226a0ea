"""The blind index: keyed digests of what identifies the persons that a lead names. Exact matches, and nothing else.

The key lies outside the database (or in it only under the vault's master key): who reads the tables learns which
leads name one subject, not whom.
"""

import hmac
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, LargeBinary, Text
from sqlmodel import Field

from app.casework.acts.register import Person
from app.casework.matching import traits
from app.db import Table
from app.docket.record import Row

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


def index_rows(key: bytes, lead_id: str, root_id: str, persons: Iterable[Person], now: datetime) -> list[Row]:
    """Return the rows of `blind_index` for a lead that is registered now; none if nobody in it can be told apart."""
    return [
        (hmac.digest(key, f"{kind}:{value}".encode(), "sha256"), lead_id, root_id, kind, now)
        for kind, value in sorted(traits(persons))
    ]
