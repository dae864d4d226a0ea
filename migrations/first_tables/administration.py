"""Administrators and the exchange's own keys."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def create() -> None:
    op.create_table(
        "person",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "cardinality(roles) >= 1 AND roles <@ ARRAY['registrar', 'auditor', 'operator']",
            name=op.f("ck_person_roles"),
        ),
        sa.CheckConstraint("name ~ '^[^[:space:][:cntrl:]]{1,64}$'", name=op.f("ck_person_name")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_person")),
    )
    op.create_table(
        "exchange_key",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("jwk", postgresql.JSONB(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signs_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('signing', 'log', 'witness', 'sm2')", name=op.f("ck_exchange_key_purpose")),
        sa.CheckConstraint(
            "(retired_at IS NULL) = (signs_until IS NULL)", name=op.f("ck_exchange_key_retired_signs_until")
        ),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_exchange_key")),
    )
    op.create_index(
        "uq_exchange_key_purpose_current",
        "exchange_key",
        ["purpose"],
        unique=True,
        postgresql_where="retired_at IS NULL",
    )
    op.create_table(
        "exchange_key_event",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_exchange_key_event_number_positive")),
        sa.CheckConstraint("octet_length(leaf_hash) = 32", name=op.f("ck_exchange_key_event_leaf_hash")),
        sa.ForeignKeyConstraint(
            ["kid"], ["exchange_key.kid"], name=op.f("fk_exchange_key_event_kid"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_exchange_key_event")),
        sa.UniqueConstraint("kid", name=op.f("uq_exchange_key_event_kid")),
    )
