"""The rows that the reader's role sees: those that the node named in `leadbridge.node` may know of."""

from alembic import op

from migrations.first_tables.rights import READER, WRITER

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


def show() -> None:
    """Show the reader's role no row that the node named in `leadbridge.node` may not know of."""
    for table, condition in OWN.items():
        op.execute(f'GRANT SELECT ON "{table}" TO {READER}')
        op.execute(f'CREATE POLICY every_row ON "{table}" TO {WRITER} USING (true) WITH CHECK (true)')
        op.execute(f'CREATE POLICY own_rows ON "{table}" FOR SELECT TO {READER} USING ({condition})')
        op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY')
