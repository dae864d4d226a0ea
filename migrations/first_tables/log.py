"""The queue for the log, the log with its tree and checkpoints, the inboxes, and logs that are witnessed here."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def create() -> None:
    op.create_table(
        "unsequenced",
        sa.Column("ordinal", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("act_id", sa.Uuid(), nullable=True),
        sa.Column("act", sa.Text(), nullable=True),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("addressed", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "kind IN ('key', 'act', 'notice', 'refused-classified', 'revocation', 'access-log')",
            name=op.f("ck_unsequenced_kind"),
        ),
        sa.PrimaryKeyConstraint("ordinal", name=op.f("pk_unsequenced")),
    )
    op.create_table(
        "log_entry",
        sa.Column("log_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("act_id", sa.Uuid(), nullable=True),
        sa.Column("logged_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("log_index", name=op.f("pk_log_entry")),
        sa.UniqueConstraint("act_id", name=op.f("uq_log_entry_act_id")),
    )
    op.create_index(op.f("ix_log_entry_leaf_hash"), "log_entry", ["leaf_hash"])
    op.create_table(
        "inbox",
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=True),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("log_index", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_inbox_seq_positive")),
        sa.PrimaryKeyConstraint("node_id", "seq", name=op.f("pk_inbox")),
    )
    op.create_index("ix_inbox_sender_node_id", "inbox", ["sender", "node_id"])
    op.create_index("uq_inbox_node_id_act_id", "inbox", ["node_id", "act_id"], unique=True)
    op.create_table(
        "log_subtree",
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("level >= 1", name=op.f("ck_log_subtree_level_positive")),
        sa.CheckConstraint("octet_length(hash) = 32", name=op.f("ck_log_subtree_hash")),
        sa.CheckConstraint("position >= 0", name=op.f("ck_log_subtree_position")),
        sa.PrimaryKeyConstraint("level", "position", name=op.f("pk_log_subtree")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("octet_length(root) = 32", name=op.f("ck_checkpoint_root")),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_checkpoint")),
    )
    op.create_table(
        "checkpoint_cosignature",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("witness", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["size"], ["checkpoint.size"], name=op.f("fk_checkpoint_cosignature_size"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("size", "witness", name=op.f("pk_checkpoint_cosignature")),
    )
    op.create_index("ix_checkpoint_cosignature_witness_size", "checkpoint_cosignature", ["witness", "size"])
    op.create_table(
        "witnessed_log",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("octet_length(root) = 32", name=op.f("ck_witnessed_log_root")),
        sa.CheckConstraint("size >= 0", name=op.f("ck_witnessed_log_size")),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_witnessed_log")),
    )
