"""The two roles of the service: one writes and cannot change evidence, one reads what one node may know of."""

from alembic import op

WRITER, READER = "leadbridge_writer", "leadbridge_reader"

# Every table, and what the writer may do with it beside reading. Row locks ask for UPDATE.
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
    "deadline": "INSERT, UPDATE",
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
    "subject": "INSERT, UPDATE",
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


def grant() -> None:
    """Make the two roles where this login may, and give them what they may do."""
    op.execute(ROLES)
    op.execute(f"GRANT SELECT ON alembic_version TO {WRITER}")
    for table, rights in WRITES.items():
        op.execute(f'GRANT SELECT, {rights} ON "{table}" TO {WRITER}')
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {WRITER}")
    op.execute("REVOKE EXECUTE ON FUNCTION access_log_month(date) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION access_log_month(date) TO {WRITER}")
    for table in OPEN:
        op.execute(f'GRANT SELECT ON "{table}" TO {READER}')
