"""first tables

Revision ID: 0001
Revises:
"""

import json
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


EVIDENCE = ("act", "log_entry", "key_request", "key_event")


CALENDAR = Path(__file__).resolve().parent.parent / "data" / "calendar_2020_2026.json"


def create_calendar() -> None:
    """Make its tables, and enter the State Council's calendars that are known; an operator enters those of later years."""
    op.create_table(
        "calendar_year",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.CheckConstraint("year BETWEEN 1949 AND 9998", name=op.f("ck_calendar_year_year")),
        sa.PrimaryKeyConstraint("year", "version", name=op.f("pk_calendar_year")),
    )
    op.create_table(
        "calendar_day",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.CheckConstraint("extract(year FROM day) = year", name=op.f("ck_calendar_day_day_in_year")),
        sa.CheckConstraint("kind IN ('holiday', 'workday')", name=op.f("ck_calendar_day_kind")),
        sa.ForeignKeyConstraint(
            ["year", "version"],
            ["calendar_year.year", "calendar_year.version"],
            name="fk_calendar_day_year_version",
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("year", "version", "day", name=op.f("pk_calendar_day")),
    )
    seed = json.loads(CALENDAR.read_text(encoding="utf-8"))
    for year, days in seed["years"].items():
        op.execute(
            sa.text("INSERT INTO calendar_year VALUES (:year, 1, :source, now(), 'seed')").bindparams(
                year=int(year), source=seed["source"]
            )
        )
        for day in days:
            op.execute(
                sa.text(
                    "INSERT INTO calendar_day VALUES (:year, 1, CAST(:date AS text)::date, :kind, :name)"
                ).bindparams(year=int(year), **day)
            )


def upgrade() -> None:
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
    op.create_index("ix_act_reader_lead_id", "act_reader", ["lead_id"], unique=False)
    op.create_index(
        "ix_act_reader_node_id_lead_id_root_seq", "act_reader", ["node_id", "lead_id", "root_seq"], unique=False
    )
    op.create_table(
        "case",
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.Column("data_key", sa.LargeBinary(), nullable=False),
        sa.Column("snapshot", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("root_id", name=op.f("pk_case")),
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
        sa.CheckConstraint("source IN ('law', 'local', 'default')", name=op.f("ck_deadline_source")),
        sa.PrimaryKeyConstraint("deadline_id", name=op.f("pk_deadline")),
    )
    op.create_index("ix_deadline_lead_id", "deadline", ["lead_id"], unique=False)
    op.create_index(
        "ix_deadline_listed",
        "deadline",
        ["node_id", "due", "deadline_id"],
        unique=False,
        postgresql_where=sa.text("stopped IS NULL OR breached_at IS NOT NULL"),
    )
    op.create_index(
        "ix_deadline_next_at", "deadline", ["next_at"], unique=False, postgresql_where=sa.text("next_at IS NOT NULL")
    )
    op.create_index(
        "ix_deadline_provisional",
        "deadline",
        ["root_id"],
        unique=False,
        postgresql_where=sa.text("provisional AND stopped IS NULL"),
    )
    create_calendar()
    op.create_table(
        "enclosed",
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("root_id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("file_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_for", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("act_id", "sha256", name=op.f("pk_enclosed")),
    )
    op.create_index("ix_enclosed_sha256", "enclosed", ["sha256"], unique=False)
    op.create_table(
        "exchange_key",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("jwk", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('signing', 'log')", name=op.f("ck_exchange_key_purpose")),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_exchange_key")),
    )
    op.create_index(
        "uq_exchange_key_purpose_current",
        "exchange_key",
        ["purpose"],
        unique=True,
        postgresql_where="retired_at IS NULL",
    )
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
    op.create_index("uq_inbox_node_id_act_id", "inbox", ["node_id", "act_id"], unique=True)
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
        sa.CheckConstraint("role IN ('origin', 'holder', 'participant')", name=op.f("ck_lead_entry_role")),
        sa.PrimaryKeyConstraint("node_id", "lead_id", name=op.f("pk_lead_entry")),
    )
    op.create_index(
        "ix_lead_entry_due", "lead_entry", ["node_id", "due"], unique=False, postgresql_where=sa.text("due IS NOT NULL")
    )
    op.create_index(
        "ix_lead_entry_holding",
        "lead_entry",
        ["node_id", sa.literal_column("registered_at DESC"), sa.literal_column("lead_id DESC")],
        unique=False,
        postgresql_where=sa.text("role = 'holder'"),
    )
    op.create_index(
        "ix_lead_entry_newest",
        "lead_entry",
        ["node_id", sa.literal_column("registered_at DESC"), sa.literal_column("lead_id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_lead_entry_state",
        "lead_entry",
        ["node_id", "state", sa.literal_column("registered_at DESC"), sa.literal_column("lead_id DESC")],
        unique=False,
    )
    op.create_table(
        "lead_number",
        sa.Column("id", sa.BigInteger(), autoincrement=True, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("lead_id", sa.Uuid(), nullable=False),
        sa.Column("act_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead_number")),
    )
    op.create_index(op.f("ix_lead_number_digest"), "lead_number", ["digest"], unique=False)
    op.create_index("ix_lead_number_lead_id", "lead_number", ["lead_id"], unique=False)
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
    op.create_table(
        "node",
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("division_code", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("sector", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_events", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("division_code ~ '^([0-9]{6}|[0-9]{9}|[0-9]{12})$'", name=op.f("ck_node_division_code")),
        sa.CheckConstraint(
            "kind IN ('police', 'supervision', 'procuratorate', 'court', 'justice', 'organization', 'petition', 'civil_affairs', 'regulator', 'township', 'coordination', 'inspection')",
            name=op.f("ck_node_kind"),
        ),
        sa.CheckConstraint(
            "level IN ('township', 'county', 'city', 'province', 'national')", name=op.f("ck_node_level")
        ),
        sa.CheckConstraint("node_id ~ '^[a-z][a-z0-9-]{2,62}$'", name=op.f("ck_node_node_id")),
        sa.CheckConstraint("key_events >= 0", name=op.f("ck_node_key_events")),
        sa.CheckConstraint("parent <> node_id", name=op.f("ck_node_parent_is_another")),
        sa.ForeignKeyConstraint(["parent"], ["node.node_id"], name=op.f("fk_node_parent"), ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("node_id", name=op.f("pk_node")),
    )
    op.create_table(
        "number_block",
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("next_free", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_number_block")),
    )
    op.create_table(
        "person",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "cardinality(roles) >= 1 AND roles <@ ARRAY['registrar', 'auditor', 'operator']",
            name=op.f("ck_person_roles"),
        ),
        sa.CheckConstraint("name ~ '^[^[:space:][:cntrl:]]{1,64}$'", name=op.f("ck_person_name")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_person")),
    )
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
            "kind IN ('key', 'act', 'notice', 'refused-classified', 'revocation')", name=op.f("ck_unsequenced_kind")
        ),
        sa.PrimaryKeyConstraint("ordinal", name=op.f("pk_unsequenced")),
    )
    op.create_table(
        "upload",
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("object_key", sa.Text(), nullable=False),
        sa.Column("file_key", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("node_id", "sha256", name=op.f("pk_upload")),
        sa.UniqueConstraint("object_key", name=op.f("uq_upload_object_key")),
    )
    op.create_table(
        "used_jti",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("used_for", sa.Text(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("used_for IN ('token', 'key')", name=op.f("ck_used_jti_used_for")),
        sa.PrimaryKeyConstraint("issuer", "used_for", "jti", name=op.f("pk_used_jti")),
    )
    op.create_index("ix_used_jti_expires_at", "used_jti", ["expires_at"], unique=False)
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
    op.create_index("ix_enrolment_code_node_id", "enrolment_code", ["node_id"], unique=False)
    op.create_table(
        "key_request",
        sa.Column("request_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("typ", sa.Text(), nullable=False),
        sa.Column("jws", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("typ IN ('lead-enrolment+jws', 'lead-key+jws')", name=op.f("ck_key_request_typ")),
        sa.ForeignKeyConstraint(
            ["node_id"], ["node.node_id"], name=op.f("fk_key_request_node_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_key_request")),
    )
    op.create_table(
        "node_key",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("alg", sa.Text(), nullable=False),
        sa.Column("jwk", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("key_event", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registration_id", sa.BigInteger(), nullable=False),
        sa.Column("revoked_event", sa.Integer(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoke_reason", sa.Text(), nullable=True),
        sa.Column("compromised_from", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(alg = 'X25519') = (purpose = 'seal')", name=op.f("ck_node_key_alg_fits_purpose")),
        sa.CheckConstraint("alg IN ('Ed25519', 'ES256', 'SM2-SM3', 'X25519')", name=op.f("ck_node_key_alg")),
        sa.CheckConstraint("purpose IN ('act', 'auth', 'seal')", name=op.f("ck_node_key_purpose")),
        sa.CheckConstraint(
            "revoke_reason IN ('superseded', 'lost', 'compromised')", name=op.f("ck_node_key_revoke_reason")
        ),
        sa.CheckConstraint(
            "compromised_from IS NULL OR revoked_at IS NOT NULL", name=op.f("ck_node_key_compromised_is_revoked")
        ),
        sa.CheckConstraint(
            "num_nulls(revoked_event, revoked_at, revoke_reason) IN (0, 3)",
            name=op.f("ck_node_key_revoked_wholly_or_not"),
        ),
        sa.CheckConstraint("revoked_event > key_event", name=op.f("ck_node_key_revoked_after_registered")),
        sa.ForeignKeyConstraint(["node_id"], ["node.node_id"], name=op.f("fk_node_key_node_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["key_request.request_id"],
            name=op.f("fk_node_key_registration_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("kid", name=op.f("pk_node_key")),
    )
    op.create_index("ix_node_key_node_id", "node_key", ["node_id"], unique=False)
    op.create_table(
        "key_event",
        sa.Column("node_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("event IN ('register', 'revoke')", name=op.f("ck_key_event_event")),
        sa.CheckConstraint("purpose IN ('act', 'auth', 'seal')", name=op.f("ck_key_event_purpose")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_key_event_number_positive")),
        sa.CheckConstraint("octet_length(leaf_hash) = 32", name=op.f("ck_key_event_leaf_hash")),
        sa.ForeignKeyConstraint(["kid"], ["node_key.kid"], name=op.f("fk_key_event_kid"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["node_id"], ["node.node_id"], name=op.f("fk_key_event_node_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["request_id"], ["key_request.request_id"], name=op.f("fk_key_event_request_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("node_id", "number", name=op.f("pk_key_event")),
    )
    op.create_index("uq_key_event_kid_event", "key_event", ["kid", "event"], unique=True)
    op.create_index("ix_enclosed_object_key", "enclosed", ["object_key"])
    op.create_index("ix_log_entry_leaf_hash", "log_entry", ["leaf_hash"])
    op.execute(
        """
        CREATE FUNCTION evidence_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is evidence: it is neither changed nor deleted', TG_TABLE_NAME
                USING ERRCODE = 'insufficient_privilege';
        END $$
        """
    )
    for table in EVIDENCE:
        op.execute(
            f"CREATE TRIGGER evidence_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION evidence_stays()"
        )
    # A case row is rewritten by every act on it: room on its page keeps the index untouched (HOT).
    op.execute('ALTER TABLE "case" SET (fillfactor = 70)')
    op.execute("ALTER TABLE lead_entry SET (fillfactor = 80)")


def downgrade() -> None:
    op.drop_index("uq_key_event_kid_event", table_name="key_event")
    op.drop_table("key_event")
    op.drop_index("ix_node_key_node_id", table_name="node_key")
    op.drop_table("node_key")
    op.drop_table("key_request")
    op.drop_index("ix_enrolment_code_node_id", table_name="enrolment_code")
    op.drop_table("enrolment_code")
    op.drop_index("ix_used_jti_expires_at", table_name="used_jti")
    op.drop_table("used_jti")
    op.drop_table("upload")
    op.drop_table("unsequenced")
    op.drop_index("uq_subject_one_offer_a_lead", table_name="subject", postgresql_where=sa.text("on_offer"))
    op.drop_table("subject")
    op.drop_table("person")
    op.drop_table("number_block")
    op.drop_table("node")
    op.drop_table("log_entry")
    op.drop_index("ix_lead_number_lead_id", table_name="lead_number")
    op.drop_index(op.f("ix_lead_number_digest"), table_name="lead_number")
    op.drop_table("lead_number")
    op.drop_index("ix_lead_entry_state", table_name="lead_entry")
    op.drop_index("ix_lead_entry_newest", table_name="lead_entry")
    op.drop_index("ix_lead_entry_holding", table_name="lead_entry", postgresql_where=sa.text("role = 'holder'"))
    op.drop_index("ix_lead_entry_due", table_name="lead_entry", postgresql_where=sa.text("due IS NOT NULL"))
    op.drop_table("lead_entry")
    op.drop_index("uq_inbox_node_id_act_id", table_name="inbox")
    op.drop_table("inbox")
    op.drop_index("uq_exchange_key_purpose_current", table_name="exchange_key", postgresql_where="retired_at IS NULL")
    op.drop_table("exchange_key")
    op.drop_index("ix_enclosed_sha256", table_name="enclosed")
    op.drop_table("enclosed")
    op.drop_table("calendar_day")
    op.drop_table("calendar_year")
    op.drop_table("deadline")
    op.drop_table("case")
    op.drop_index("ix_act_reader_node_id_lead_id_root_seq", table_name="act_reader")
    op.drop_index("ix_act_reader_lead_id", table_name="act_reader")
    op.drop_table("act_reader")
    op.drop_index("uq_act_act_id", table_name="act")
    op.drop_table("act")
    op.execute("DROP FUNCTION evidence_stays()")
