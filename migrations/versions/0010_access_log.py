"""the access log, in partitions of a month, and the days that are closed

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

BEFORE = ("key", "act", "notice", "refused-classified", "revocation")


def upgrade() -> None:
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
    op.create_index("ix_access_log_person", "access_log", ["person", "at", "access_id"])
    op.create_index(
        "ix_access_log_opening_id",
        "access_log",
        ["opening_id", "at"],
        postgresql_where=sa.text("opening_id IS NOT NULL"),
    )
    op.create_table(
        "access_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("reads", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("reads >= 0", name=op.f("ck_access_day_reads")),
        sa.CheckConstraint("octet_length(chain) = 32", name=op.f("ck_access_day_chain")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_access_day")),
    )
    # A trigger for each row is inherited by every partition; one for a statement is not.
    op.execute(
        "CREATE TRIGGER evidence_stays BEFORE UPDATE OR DELETE ON access_log "
        "FOR EACH ROW EXECUTE FUNCTION evidence_stays()"
    )
    op.execute(
        "CREATE TRIGGER evidence_stays_whole BEFORE TRUNCATE ON access_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION evidence_stays()"
    )
    op.execute(
        "CREATE TRIGGER evidence_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON access_day "
        "FOR EACH STATEMENT EXECUTE FUNCTION evidence_stays()"
    )
    # The lock is 0x4C65_4163 with the number of the day, shared with the closing of the day: what is written is in the chain, or is refused and tried on another day.
    op.execute(
        """
        CREATE FUNCTION access_day_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            written date;
        BEGIN
            FOR written IN SELECT DISTINCT day FROM new_rows LOOP
                PERFORM pg_advisory_xact_lock_shared(1281704291, written - DATE '2000-01-01');
                IF EXISTS (SELECT FROM access_day WHERE access_day.day = written) THEN
                    RAISE EXCEPTION 'this day of the access log is closed' USING ERRCODE = 'LB001';
                END IF;
            END LOOP;
            RETURN NULL;
        END
        $$
        """
    )
    op.execute(
        "CREATE TRIGGER day_is_open AFTER INSERT ON access_log REFERENCING NEW TABLE AS new_rows "
        "FOR EACH STATEMENT EXECUTE FUNCTION access_day_is_open()"
    )
    # With the owner's rights: the service itself need not be able to make tables. Attached, not created as a partition:
    # that would shut out reads and writes of the whole log for a moment.
    op.execute(
        """
        CREATE FUNCTION access_log_month(month date) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public, pg_temp AS $$
        DECLARE
            first date := date_trunc('month', month)::date;
            name text := 'access_log_' || to_char(first, 'YYYY_MM');
        BEGIN
            IF to_regclass(name) IS NOT NULL THEN
                RETURN;
            END IF;
            PERFORM pg_advisory_xact_lock(hashtext('access_log_month'));
            IF to_regclass(name) IS NOT NULL THEN
                RETURN;
            END IF;
            EXECUTE format('CREATE TABLE %I (LIKE access_log)', name);
            EXECUTE format(
                'CREATE TRIGGER evidence_stays_whole BEFORE TRUNCATE ON %I '
                'FOR EACH STATEMENT EXECUTE FUNCTION evidence_stays()', name
            );
            EXECUTE format(
                'ALTER TABLE access_log ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                name, first, (first + interval '1 month')::date
            );
        END
        $$
        """
    )
    op.drop_constraint(op.f("ck_unsequenced_kind"), "unsequenced", type_="check")
    op.create_check_constraint(op.f("ck_unsequenced_kind"), "unsequenced", f"kind IN {(*BEFORE, 'access-log')}")


def downgrade() -> None:
    op.execute("DELETE FROM unsequenced WHERE kind = 'access-log'")
    op.drop_constraint(op.f("ck_unsequenced_kind"), "unsequenced", type_="check")
    op.create_check_constraint(op.f("ck_unsequenced_kind"), "unsequenced", f"kind IN {BEFORE}")
    op.execute("DROP FUNCTION access_log_month(date)")
    op.drop_table("access_log")
    op.execute("DROP FUNCTION access_day_is_open()")
    op.drop_table("access_day")
