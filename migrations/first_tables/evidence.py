"""What is never changed nor deleted, not by the owner either, and the triggers that refuse it."""

from alembic import op

# The access log has triggers of its own: it is partitioned.
EVIDENCE = (
    "access_day",
    "act",
    "checkpoint",
    "checkpoint_cosignature",
    "exchange_key_event",
    "inbox",
    "key_event",
    "key_notice",
    "key_request",
    "log_entry",
    "log_subtree",
    "report",
)

EVIDENCE_STAYS = """
    CREATE FUNCTION evidence_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is evidence: it is neither changed nor deleted', TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END $$
"""
WITNESSED_LOG_ADVANCES = """
    CREATE FUNCTION witnessed_log_advances() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.origin <> OLD.origin OR NEW.size < OLD.size OR (NEW.size = OLD.size AND NEW.root <> OLD.root) THEN
            RAISE EXCEPTION 'a witnessed log only advances' USING ERRCODE = 'insufficient_privilege';
        END IF;
        RETURN NEW;
    END $$
"""
# The lock is 0x4C65_4163 with the number of the day, shared with the closing of the day: what is written is in the
# chain, or is refused and tried on another day.
ACCESS_DAY_IS_OPEN = """
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
# With the owner's rights: the service itself need not be able to make tables. Attached, not created as a partition:
# that would shut out reads and writes of the whole log for a moment.
ACCESS_LOG_MONTH = """
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
FUNCTIONS = {
    "evidence_stays()": EVIDENCE_STAYS,
    "witnessed_log_advances()": WITNESSED_LOG_ADVANCES,
    "access_day_is_open()": ACCESS_DAY_IS_OPEN,
    "access_log_month(date)": ACCESS_LOG_MONTH,
}


def keep() -> None:
    """Make the triggers that refuse to change or delete what is evidence, and to write on a closed day."""
    for function in FUNCTIONS.values():
        op.execute(function)
    stays, whole = "evidence_stays()", "BEFORE UPDATE OR DELETE OR TRUNCATE"
    for table in EVIDENCE:
        trigger("evidence_stays", f"{whole} ON {table} FOR EACH STATEMENT", stays)
    # A witness that forgets or goes back would cosign a second history.
    trigger("evidence_stays", "BEFORE DELETE OR TRUNCATE ON witnessed_log FOR EACH STATEMENT", stays)
    trigger("witnessed_log_advances", "BEFORE UPDATE ON witnessed_log FOR EACH ROW", "witnessed_log_advances()")
    # A trigger for each row is inherited by every partition; one for a statement is not.
    trigger("evidence_stays", "BEFORE UPDATE OR DELETE ON access_log FOR EACH ROW", stays)
    trigger("evidence_stays_whole", "BEFORE TRUNCATE ON access_log FOR EACH STATEMENT", stays)
    new_rows = "REFERENCING NEW TABLE AS new_rows"
    trigger("day_is_open", f"AFTER INSERT ON access_log {new_rows} FOR EACH STATEMENT", "access_day_is_open()")


def trigger(name: str, when: str, function: str) -> None:
    op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {function}")
