"""Table of the people who administer an exchange."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Column, DateTime, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field

from app.db import Table

ROLES = ("registrar", "auditor", "operator")


class AdministratorRow(Table, table=True):
    """A person with roles. Disabled, never deleted: the access log and the register name people for ever."""

    __tablename__ = "person"
    __table_args__ = (
        CheckConstraint("name ~ '^[^[:space:][:cntrl:]]{1,64}$'", name="name"),
        CheckConstraint("cardinality(roles) >= 1 AND roles <@ ARRAY['registrar', 'auditor', 'operator']", name="roles"),
    )

    name: str = Field(primary_key=True, sa_type=Text)
    roles: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    password_hash: str = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    disabled_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
