"""Nodes, their keys, the requests and events by which keys came and went, and which tokens they used."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql


def create() -> None:
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
        sa.Column("jwk", postgresql.JSONB(), nullable=False),
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
    op.create_index("ix_node_key_node_id", "node_key", ["node_id"])
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
    op.create_table(
        "used_jti",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("used_for", sa.Text(), nullable=False),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("used_for IN ('token', 'key')", name=op.f("ck_used_jti_used_for")),
        sa.PrimaryKeyConstraint("issuer", "used_for", "jti", name=op.f("pk_used_jti")),
    )
    op.create_index("ix_used_jti_expires_at", "used_jti", ["expires_at"])
