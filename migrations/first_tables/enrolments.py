"""Enrolments on their way: codes that work once, and re-enrolments that wait for a second registrar."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    op.create_table(
        "enrolment_code",
        sa.Column("code_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("expires_at > created_at", name=op.f("ck_enrolment_code_expires_after_created")),
        sa.CheckConstraint("octet_length(code_sha256) = 32", name=op.f("ck_enrolment_code_code_sha256")),
        sa.ForeignKeyConstraint(
            ["node_id"], ["node.node_id"], name=op.f("fk_enrolment_code_node_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("code_sha256", name=op.f("pk_enrolment_code")),
    )
    op.create_index("ix_enrolment_code_node_id", "enrolment_code", ["node_id"])
    op.create_table(
        "pending_enrolment",
        sa.Column("enrolment_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'pending') = (ended_at IS NULL)", name=op.f("ck_pending_enrolment_ended_or_pending")
        ),
        sa.CheckConstraint(
            "effective_from >= requested_at + interval '72 hours'", name=op.f("ck_pending_enrolment_waits_72_hours")
        ),
        sa.CheckConstraint(
            "state <> 'effective' OR confirmed_by IS NOT NULL", name=op.f("ck_pending_enrolment_effective_is_confirmed")
        ),
        sa.CheckConstraint(
            "state <> 'effective' OR ended_at >= effective_from", name=op.f("ck_pending_enrolment_effective_in_time")
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'effective', 'cancelled', 'rejected', 'expired')",
            name=op.f("ck_pending_enrolment_state"),
        ),
        sa.CheckConstraint("confirmed_by <> issued_by", name=op.f("ck_pending_enrolment_confirmed_by_another")),
        sa.CheckConstraint("expires_at > effective_from", name=op.f("ck_pending_enrolment_expires_after_effective")),
        sa.CheckConstraint(
            "num_nulls(confirmed_by, confirmed_at) IN (0, 2)", name=op.f("ck_pending_enrolment_confirmed_wholly_or_not")
        ),
        sa.ForeignKeyConstraint(
            ["node_id"], ["node.node_id"], name=op.f("fk_pending_enrolment_node_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["key_request.request_id"],
            name=op.f("fk_pending_enrolment_request_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("enrolment_id", name=op.f("pk_pending_enrolment")),
    )
    op.create_index(
        "ix_pending_enrolment_pending",
        "pending_enrolment",
        ["enrolment_id"],
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "uq_pending_enrolment_one_a_node",
        "pending_enrolment",
        ["node_id"],
        unique=True,
        postgresql_where=sa.text("state = 'pending'"),
    )
