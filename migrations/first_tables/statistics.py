"""What acts added to the figures, the sums of it, and frozen reports."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def create() -> None:
    op.create_table(
        "stat_delta",
        sa.Column("delta_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("delta", sa.Integer(), nullable=False),
        sa.CheckConstraint("audience IN ('own', 'shared', 'listed')", name=op.f("ck_stat_delta_audience")),
        sa.PrimaryKeyConstraint("delta_id", name=op.f("pk_stat_delta")),
    )
    op.create_index("ix_stat_delta_node_id", "stat_delta", ["node_id"])
    op.create_table(
        "stat_rollup",
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("grain", sa.Text(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("audience IN ('own', 'shared', 'listed')", name=op.f("ck_stat_rollup_audience")),
        sa.CheckConstraint("grain IN ('ever', 'month', 'day')", name=op.f("ck_stat_rollup_grain")),
        sa.PrimaryKeyConstraint("node_id", "audience", "grain", "starts", "measure", name=op.f("pk_stat_rollup")),
        # A sum is rewritten at every folding: room on its page keeps the index untouched (HOT).
        postgresql_with={"fillfactor": 70},
    )
    op.create_table(
        "report",
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("starts", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ends", sa.Date(), nullable=False),
        sa.Column("formula_version", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('weekly', 'monthly', 'half_yearly')", name=op.f("ck_report_kind")),
        sa.CheckConstraint("ends >= starts", name=op.f("ck_report_ends_after_start")),
        sa.PrimaryKeyConstraint("node_id", "starts", "kind", name=op.f("pk_report")),
    )
