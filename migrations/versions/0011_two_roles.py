"""two roles of the service: one that writes and cannot change evidence, one that reads what one node may know of

Revision ID: 0011
Revises: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

WRITER, READER = "leadbridge_writer", "leadbridge_reader"

# What the writer may do beside reading. Row locks ask for UPDATE.
WRITES = {
    "access_day": "INSERT",
    "access_log": "INSERT",
    "act": "INSERT",
    "act_reader": "INSERT, DELETE",
    "blind_index": "INSERT, DELETE",
    "calendar_day": "INSERT",
    "calendar_year": "INSERT",
    "case": "INSERT, UPDATE",
    "checkpoint": "INSERT",
    "checkpoint_cosignature": "INSERT",
    "deadline": "INSERT, UPDATE, DELETE",
    "enclosed": "INSERT, DELETE",
    "enrolment_code": "INSERT, UPDATE",
    "exchange_key": "INSERT, UPDATE",
    "exchange_key_event": "INSERT",
    "inbox": "INSERT",
    "key_event": "INSERT",
    "key_notice": "INSERT",
    "key_request": "INSERT",
    "lead_entry": "INSERT, UPDATE, DELETE",
    "lead_number": "INSERT, DELETE",
    "log_entry": "INSERT",
    "log_subtree": "INSERT",
    "match_queue": "INSERT, DELETE",
    "node": "INSERT, UPDATE",
    "node_key": "INSERT, UPDATE",
    "number_block": "INSERT, UPDATE",
    "pending_enrolment": "INSERT, UPDATE",
    "person": "INSERT, UPDATE",
    "report": "INSERT",
    "secret": "INSERT, UPDATE",
    "stat_delta": "INSERT, DELETE",
    "stat_rollup": "INSERT, UPDATE",
    "subject": "INSERT, UPDATE, DELETE",
    "unsequenced": "INSERT, DELETE",
    "upload": "INSERT, UPDATE, DELETE",
    "used_jti": "INSERT, UPDATE, DELETE",
    "witnessed_log": "INSERT, UPDATE",
}
# The log is for everybody, and so is the register of nodes and their keys.
OPEN = (
    "checkpoint",
    "checkpoint_cosignature",
    "exchange_key_event",
    "key_event",
    "key_request",
    "log_entry",
    "log_subtree",
    "node",
    "node_key",
)
# A sub-select of its own is worked out once a statement. Unset it is null, later in a session empty: no node is either.
NODE = "(SELECT current_setting('leadbridge.node', true))"
MINE = f"node_id = {NODE}"
MY_ACT = f"EXISTS (SELECT FROM act_reader AS r WHERE r.node_id = {NODE} AND r.act_id = {{0}}.act_id)"
MY_LEAD = f"EXISTS (SELECT FROM lead_entry AS e WHERE e.node_id = {NODE} AND e.lead_id = {{0}}.lead_id)"
OWN = {
    # Who opened a sealed part, and who had sealed it, see every fetch of it: both are parties of its lead.
    "access_log": f"node_id = {NODE} OR EXISTS "
    "(SELECT FROM subject AS s WHERE s.kind = 'opening' AND s.subject_id = access_log.opening_id)",
    "act": MY_ACT.format("act"),
    "act_reader": MINE,
    # A party's, or of one that reads an act in it (the second asks by the policy of `act`).
    "case": f'EXISTS (SELECT FROM lead_entry AS e WHERE e.node_id = {NODE} AND e.root_id = "case".root_id) '  # noqa: S608 (ours)
    'OR EXISTS (SELECT FROM act AS a WHERE a.root_id = "case".root_id)',
    "deadline": MINE,
    # Its uploader must see that a part is sealed, or it would be handed out as an upload.
    "enclosed": f"{MY_ACT.format('enclosed')} OR EXISTS "
    f"(SELECT FROM upload AS u WHERE u.node_id = {NODE} AND u.object_key = enclosed.object_key)",
    "inbox": MINE,
    "key_notice": MINE,
    "lead_entry": MINE,
    "lead_number": f"CASE WHEN act_id IS NULL THEN {MY_LEAD.format('lead_number')} "
    f"ELSE {MY_ACT.format('lead_number')} END",
    "report": MINE,
    "stat_delta": MINE,
    "stat_rollup": MINE,
    "subject": MY_LEAD.format("subject"),
    "upload": MINE,
}

# Roles belong to the server, not to the database: another one may be migrated at this moment, or have been long ago.
ROLES = """
    DO $$
    DECLARE
        wanted text;
    BEGIN
        FOREACH wanted IN ARRAY ARRAY['leadbridge_writer', 'leadbridge_reader'] LOOP
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
                BEGIN
                    EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
                EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
                END;
            END IF;
            IF NOT pg_has_role(current_user, wanted, 'USAGE') THEN
                BEGIN
                    EXECUTE format('GRANT %I TO %I', wanted, current_user);
                EXCEPTION WHEN unique_violation OR internal_error THEN
                    IF NOT pg_has_role(current_user, wanted, 'USAGE') THEN
                        RAISE;
                    END IF;
                END;
            END IF;
        END LOOP;
    EXCEPTION WHEN insufficient_privilege THEN
        RAISE EXCEPTION '% may not make the roles of the service. An administrator of the server runs once: '
            'CREATE ROLE leadbridge_writer NOLOGIN; CREATE ROLE leadbridge_reader NOLOGIN; '
            'GRANT leadbridge_writer, leadbridge_reader TO %;', current_user, quote_ident(current_user)
            USING ERRCODE = 'insufficient_privilege';
    END $$
"""


def upgrade() -> None:
    op.create_index("ix_lead_entry_node_id_root_id", "lead_entry", ["node_id", "root_id"])
    op.execute(ROLES)
    op.execute(f"GRANT SELECT ON alembic_version TO {WRITER}")
    for table, rights in WRITES.items():
        op.execute(f'GRANT SELECT, {rights} ON "{table}" TO {WRITER}')
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {WRITER}")
    op.execute("REVOKE EXECUTE ON FUNCTION access_log_month(date) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION access_log_month(date) TO {WRITER}")
    for table in (*OPEN, *OWN):
        op.execute(f'GRANT SELECT ON "{table}" TO {READER}')
    for table, condition in OWN.items():
        op.execute(f'CREATE POLICY every_row ON "{table}" TO {WRITER} USING (true) WITH CHECK (true)')
        op.execute(f'CREATE POLICY own_rows ON "{table}" FOR SELECT TO {READER} USING ({condition})')
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY')


def downgrade() -> None:
    # The roles stay: other databases of the server may use them.
    for table in OWN:
        op.execute(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY')
        op.execute(f'DROP POLICY own_rows ON "{table}"')
        op.execute(f'DROP POLICY every_row ON "{table}"')
    op.execute(f"REVOKE EXECUTE ON FUNCTION access_log_month(date) FROM {WRITER}")
    op.execute("GRANT EXECUTE ON FUNCTION access_log_month(date) TO PUBLIC")
    op.execute(f"REVOKE USAGE ON ALL SEQUENCES IN SCHEMA public FROM {WRITER}")
    for table in ("alembic_version", *WRITES):
        op.execute(f'REVOKE ALL ON "{table}" FROM {WRITER}, {READER}')
    op.drop_index("ix_lead_entry_node_id_root_id", "lead_entry")
