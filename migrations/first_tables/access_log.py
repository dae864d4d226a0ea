"""Who read what, in partitions of a month, and the days that are closed."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    op.create_table(
        "access_log",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("access_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Text(), nullable=True),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("opening_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("day", "at", "access_id", name=op.f("pk_access_log")),
        postgresql_partition_by="RANGE (day)",
    )
    op.create_index("ix_access_log_node_id", "access_log", ["node_id", "at", "access_id"])
    op.create_index(
        "ix_access_log_opening_id",
        "access_log",
        ["opening_id", "at"],
        postgresql_where=sa.text("opening_id IS NOT NULL"),
    )
    op.create_index("ix_access_log_person", "access_log", ["person", "at", "access_id"])
    op.create_table(
        "access_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reads", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("octet_length(chain) = 32", name=op.f("ck_access_day_chain")),
        sa.CheckConstraint("reads >= 0", name=op.f("ck_access_day_reads")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_access_day")),
    )
