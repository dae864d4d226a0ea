"""the tree of the log, its checkpoints, and witnessing

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


EVIDENCE = ("log_subtree", "checkpoint", "checkpoint_cosignature")


def upgrade() -> None:
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
    for table in EVIDENCE:
        op.execute(
            f"CREATE TRIGGER evidence_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION evidence_stays()"
        )
    # A witness that forgets or goes back would cosign a second history.
    op.execute(
        "CREATE TRIGGER evidence_stays BEFORE DELETE OR TRUNCATE ON witnessed_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION evidence_stays()"
    )
    op.execute(
        """
        CREATE FUNCTION witnessed_log_advances() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.origin <> OLD.origin OR NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root) THEN
                RAISE EXCEPTION 'a witnessed log only advances' USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER witnessed_log_advances BEFORE UPDATE ON witnessed_log "
        "FOR EACH ROW EXECUTE FUNCTION witnessed_log_advances()"
    )
    op.drop_constraint(op.f("ck_exchange_key_purpose"), "exchange_key", type_="check")
    op.create_check_constraint(
        op.f("ck_exchange_key_purpose"), "exchange_key", "purpose IN ('signing', 'log', 'witness')"
    )


def downgrade() -> None:
    op.execute("DELETE FROM exchange_key WHERE purpose = 'witness'")
    op.drop_constraint(op.f("ck_exchange_key_purpose"), "exchange_key", type_="check")
    op.create_check_constraint(op.f("ck_exchange_key_purpose"), "exchange_key", "purpose IN ('signing', 'log')")
    op.drop_table("witnessed_log")
    op.execute("DROP FUNCTION witnessed_log_advances()")
    op.drop_index("ix_checkpoint_cosignature_witness_size", table_name="checkpoint_cosignature")
    op.drop_table("checkpoint_cosignature")
    op.drop_table("checkpoint")
    op.drop_table("log_subtree")
