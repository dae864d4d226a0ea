"""enrolments that wait for a second registrar, and notices of key events

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
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
            "state IN ('pending', 'effective', 'cancelled', 'rejected', 'expired')",
            name=op.f("ck_pending_enrolment_state"),
        ),
        sa.CheckConstraint(
            "(state = 'pending') = (ended_at IS NULL)", name=op.f("ck_pending_enrolment_ended_or_pending")
        ),
        sa.CheckConstraint(
            "num_nulls(confirmed_by, confirmed_at) IN (0, 2)", name=op.f("ck_pending_enrolment_confirmed_wholly_or_not")
        ),
        sa.CheckConstraint("confirmed_by <> issued_by", name=op.f("ck_pending_enrolment_confirmed_by_another")),
        sa.CheckConstraint(
            "state <> 'effective' OR confirmed_by IS NOT NULL", name=op.f("ck_pending_enrolment_effective_is_confirmed")
        ),
        sa.CheckConstraint(
            "state <> 'effective' OR ended_at >= effective_from", name=op.f("ck_pending_enrolment_effective_in_time")
        ),
        sa.CheckConstraint(
            "effective_from >= requested_at + interval '72 hours'", name=op.f("ck_pending_enrolment_waits_72_hours")
        ),
        sa.CheckConstraint("expires_at > effective_from", name=op.f("ck_pending_enrolment_expires_after_effective")),
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
    pending = sa.text("state = 'pending'")
    op.create_index(
        "uq_pending_enrolment_one_a_node", "pending_enrolment", ["node_id"], unique=True, postgresql_where=pending
    )
    op.create_index("ix_pending_enrolment_pending", "pending_enrolment", ["enrolment_id"], postgresql_where=pending)
    op.create_table(
        "key_notice",
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["node_id"], ["node.node_id"], name=op.f("fk_key_notice_node_id"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_key_notice")),
    )
    op.execute(
        "CREATE TRIGGER evidence_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON key_notice "
        "FOR EACH STATEMENT EXECUTE FUNCTION evidence_stays()"
    )
    op.create_index("ix_inbox_sender_node_id", "inbox", ["sender", "node_id"])


def downgrade() -> None:
    op.drop_index("ix_inbox_sender_node_id", table_name="inbox")
    op.drop_table("key_notice")
    op.drop_table("pending_enrolment")
