"""Lead numbers and what leads are found by: keyed digests. The keys are entered by the first process that starts."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    op.create_table(
        "number_block",
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("next_free", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_number_block")),
    )
    op.create_table(
        "lead_number",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("act_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_number")),
    )
    op.create_index(op.f("ix_lead_number_digest"), "lead_number", ["digest"])
    op.create_index("ix_lead_number_lead_id", "lead_number", ["lead_id"])
    op.create_table(
        "blind_index",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('resident_id', 'phone', 'plate', 'credit_code')", name=op.f("ck_blind_index_kind")
        ),
        sa.CheckConstraint("octet_length(digest) = 32", name=op.f("ck_blind_index_digest")),
        sa.PrimaryKeyConstraint("digest", "lead_id", name=op.f("pk_blind_index")),
    )
    op.create_index("ix_blind_index_lead_id", "blind_index", ["lead_id"])
    op.create_table(
        "match_queue",
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("lead_id", name=op.f("pk_match_queue")),
    )
    op.create_table(
        "secret",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_secret")),
    )
