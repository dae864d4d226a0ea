"""the blind index that finds two leads about one subject

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
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


def downgrade() -> None:
    op.drop_table("match_queue")
    op.drop_index("ix_blind_index_lead_id", "blind_index")
    op.drop_table("blind_index")
