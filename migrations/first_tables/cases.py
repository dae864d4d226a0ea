"""Cases as they stand, the acts on record in them and who may read each, and what lists and deadlines are read from."""

import sqlalchemy as sa
from alembic import op


def create() -> None:
    op.create_table(
        "case",
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("snapshot", sa.LargeBinary(), nullable=False),
        sa.Column("next_key", sa.LargeBinary(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erasure_kept", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("erased_at IS NULL OR next_key IS NULL", name=op.f("ck_case_erased")),
        sa.PrimaryKeyConstraint("root_id", name=op.f("pk_case")),
        # Every act on it rewrites the row: room on its page keeps the index untouched (HOT).
        postgresql_with={"fillfactor": 70},
    )
    op.create_index(
        "ix_case_erased", "case", ["erasure_kept", "root_id"], postgresql_where=sa.text("erased_at IS NOT NULL")
    )
    op.create_table(
        "act",
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.Column("root_seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("body_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("receipt", sa.LargeBinary(), nullable=True),
        sa.Column("receipt_jws", sa.Text(), nullable=True),
        sa.Column("receipt_jws_sm2", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("root_id", "root_seq", name=op.f("pk_act")),
    )
    op.create_index("uq_act_act_id", "act", ["act_id"], unique=True)
    op.create_table(
        "act_reader",
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.Column("root_seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("node_id", "act_id", name=op.f("pk_act_reader")),
    )
    op.create_index("ix_act_reader_lead_id", "act_reader", ["lead_id"])
    op.create_index("ix_act_reader_node_id_lead_id_root_seq", "act_reader", ["node_id", "lead_id", "root_seq"])
    op.create_table(
        "subject",
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("on_offer", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('lead', 'transfer', 'feedback', 'consultation', 'letter', 'protection', 'opening')",
            name=op.f("ck_subject_kind"),
        ),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_subject")),
    )
    op.create_index(
        "uq_subject_one_offer_a_lead", "subject", ["lead_id"], unique=True, postgresql_where=sa.text("on_offer")
    )
    op.create_table(
        "lead_entry",
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("is_origin", sa.Boolean(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("erased", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("role IN ('origin', 'holder', 'participant')", name=op.f("ck_lead_entry_role")),
        sa.PrimaryKeyConstraint("node_id", "lead_id", name=op.f("pk_lead_entry")),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index("ix_lead_entry_due", "lead_entry", ["node_id", "due"], postgresql_where=sa.text("due IS NOT NULL"))
    op.create_index(
        "ix_lead_entry_holding",
        "lead_entry",
        ["node_id", sa.literal_column("registered_at DESC"), sa.literal_column("lead_id DESC")],
        postgresql_where=sa.text("role = 'holder'"),
    )
    op.create_index(
        "ix_lead_entry_newest",
        "lead_entry",
        ["node_id", sa.literal_column("registered_at DESC"), sa.literal_column("lead_id DESC")],
    )
    op.create_index("ix_lead_entry_node_id_root_id", "lead_entry", ["node_id", "root_id"])
    op.create_index(
        "ix_lead_entry_state",
        "lead_entry",
        ["node_id", "state", sa.literal_column("registered_at DESC"), sa.literal_column("lead_id DESC")],
    )
    op.create_table(
        "deadline",
        sa.Column("deadline_id", sa.Uuid(), nullable=False),
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_text", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("started", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped", sa.DateTime(timezone=True), nullable=True),
        sa.Column("suspended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("recount", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint("source IN ('law', 'local', 'default')", name=op.f("ck_deadline_source")),
        sa.PrimaryKeyConstraint("deadline_id", name=op.f("pk_deadline")),
    )
    op.create_index("ix_deadline_lead_id", "deadline", ["lead_id"])
    op.create_index(
        "ix_deadline_listed",
        "deadline",
        ["node_id", "due", "deadline_id"],
        postgresql_where=sa.text("stopped IS NULL OR breached_at IS NOT NULL"),
    )
    op.create_index("ix_deadline_next_at", "deadline", ["next_at"], postgresql_where=sa.text("next_at IS NOT NULL"))
    op.create_index(
        "ix_deadline_uncounted",
        "deadline",
        ["root_id"],
        postgresql_where=sa.text("(provisional OR recount) AND stopped IS NULL"),
    )
