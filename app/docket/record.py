"""The only SQL that writes casework: what a batch has gathered, one statement a table."""

from dataclasses import dataclass, field
from typing import Any

import asyncpg

Row = tuple[Any, ...]


@dataclass(slots=True)
class Rows:
    """Rows that a batch will write, by table; the order of columns is that of the statements below."""

    new_cases: list[Row] = field(default_factory=list)
    changed_cases: list[Row] = field(default_factory=list)
    next_keys: list[Row] = field(default_factory=list)
    erased_cases: list[Row] = field(default_factory=list)
    erased_leads: list[Row] = field(default_factory=list)
    erased_entries: list[Row] = field(default_factory=list)
    acts: list[Row] = field(default_factory=list)
    unsequenced: list[Row] = field(default_factory=list)
    readers: list[Row] = field(default_factory=list)
    barred: list[Row] = field(default_factory=list)
    offers_ended: list[Row] = field(default_factory=list)
    subjects: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    deadlines: list[Row] = field(default_factory=list)
    numbers: list[Row] = field(default_factory=list)
    enclosed: list[Row] = field(default_factory=list)
    tallies: list[Row] = field(default_factory=list)
    blind_index: list[Row] = field(default_factory=list)
    match_queue: list[Row] = field(default_factory=list)


def _insert(table: str, columns: dict[str, str], then: str = "") -> str:
    """Return an INSERT of many rows from one array a column; `columns` maps names to types."""
    arrays = ", ".join(f"${place}::{of}[]" for place, of in enumerate(columns.values(), 1))
    return f'INSERT INTO "{table}" ({", ".join(columns)}) SELECT * FROM unnest({arrays}) {then}'  # noqa: S608 (ours)


NEW_CASES = _insert("case", {"root_id": "uuid", "last_seq": "int", "data_key": "bytea", "snapshot": "bytea"})
CHANGED_CASES = """
    UPDATE "case" SET last_seq = new.last_seq, snapshot = new.snapshot
    FROM unnest($1::uuid[], $2::int[], $3::bytea[]) AS new (root_id, last_seq, snapshot)
    WHERE "case".root_id = new.root_id
"""
NEXT_KEYS = """
    UPDATE "case" SET next_key = new.next_key FROM unnest($1::uuid[], $2::bytea[]) AS new (root_id, next_key)
    WHERE "case".root_id = new.root_id
"""
# The keys of files go with the data key, and so does an upload that no other root names: the sweep takes the objects.
ERASED_CASES = """
    WITH new AS (
        SELECT * FROM unnest($1::uuid[], $2::int[], $3::bytea[], $4::bytea[], $5::timestamptz[])
            AS one (root_id, last_seq, data_key, snapshot, erased_at)
    ), kept AS (
        SELECT act_id FROM act WHERE root_id = ANY($1::uuid[]) AND act = 'lead.erase'
    ), named AS (
        DELETE FROM enclosed USING new
        WHERE enclosed.root_id = new.root_id AND act_id NOT IN (SELECT act_id FROM kept) RETURNING object_key
    ), uploaded AS (
        DELETE FROM upload USING named WHERE upload.object_key = named.object_key AND NOT EXISTS (
            SELECT FROM enclosed WHERE enclosed.object_key = named.object_key
            AND (root_id <> ALL($1::uuid[]) OR act_id IN (SELECT act_id FROM kept))
        )
    )
    UPDATE "case" SET last_seq = new.last_seq, data_key = new.data_key, next_key = NULL, snapshot = new.snapshot,
        erased_at = new.erased_at
    FROM new WHERE "case".root_id = new.root_id
"""
# While other parts live, the keys of files stay. Whoever uploaded one for a lead that is erased for it must not find
# it by that, and see by its end that something lived on.
ERASED_UPLOADS = """
    WITH gone AS (
        SELECT DISTINCT node_id, object_key FROM unnest($1::text[], $2::uuid[]) AS one (node_id, lead_id)
        JOIN act_reader USING (node_id, lead_id) JOIN enclosed USING (act_id)
    )
    DELETE FROM upload USING gone WHERE upload.node_id = gone.node_id AND upload.object_key = gone.object_key
        AND NOT EXISTS (
            SELECT FROM enclosed JOIN act USING (act_id)
            LEFT JOIN lead_entry ON lead_entry.node_id = gone.node_id AND lead_entry.lead_id = act.lead_id
            WHERE enclosed.object_key = gone.object_key AND (act.act = 'lead.erase' OR lead_entry.erased IS NOT TRUE)
        )
"""
ERASED_LEADS = """
    WITH gone AS (SELECT * FROM unnest($1::uuid[]) AS one (lead_id)),
    number AS (DELETE FROM lead_number USING gone WHERE lead_number.lead_id = gone.lead_id),
    queued AS (DELETE FROM match_queue USING gone WHERE match_queue.lead_id = gone.lead_id)
    DELETE FROM blind_index USING gone WHERE blind_index.lead_id = gone.lead_id
"""
ACTS = _insert(
    "act",
    {
        "root_id": "uuid",
        "root_seq": "int",
        "lead_id": "uuid",
        "act_id": "uuid",
        "sender": "text",
        "kid": "text",
        "act": "text",
        "jws": "text",
        "body": "bytea",
        "body_sha256": "bytea",
        "receipt": "bytea",
        "receipt_jws": "text",
        "receipt_jws_sm2": "text",
        "received_at": "timestamptz",
    },
)
# An array of arrays does not unnest into rows of arrays: the addressed nodes travel as one text, split here.
UNSEQUENCED = """
    INSERT INTO unsequenced (kind, entry, committed_at, act_id, act, lead_id, sender, addressed)
    SELECT kind, entry, committed_at, act_id, act, lead_id, sender,
        coalesce(string_to_array(nullif(addressed, ''), ' '), '{}')
    FROM unnest($1::text[], $2::bytea[], $3::timestamptz[], $4::uuid[], $5::text[], $6::uuid[], $7::text[],
        $8::text[], $9::int[]) AS new (kind, entry, committed_at, act_id, act, lead_id, sender, addressed, place)
    ORDER BY place
"""
READERS = _insert(
    "act_reader",
    {"node_id": "text", "act_id": "uuid", "lead_id": "uuid", "root_id": "uuid", "root_seq": "int"},
    "ON CONFLICT DO NOTHING",
)
BARRED = """
    WITH barred AS (SELECT * FROM unnest($1::text[], $2::uuid[]) AS one (node_id, lead_id)),
    entry AS (
        DELETE FROM lead_entry USING barred
        WHERE lead_entry.node_id = barred.node_id AND lead_entry.lead_id = barred.lead_id
    )
    DELETE FROM act_reader USING barred
    WHERE act_reader.node_id = barred.node_id AND act_reader.lead_id = barred.lead_id
"""
OFFERS_ENDED = "UPDATE subject SET on_offer = false WHERE subject_id = ANY($1::uuid[])"
SUBJECTS = _insert(
    "subject", {"subject_id": "uuid", "kind": "text", "root_id": "uuid", "lead_id": "uuid", "on_offer": "bool"}
)
ENTRIES = _insert(
    "lead_entry",
    {
        "node_id": "text",
        "lead_id": "uuid",
        "root_id": "uuid",
        "state": "text",
        "category": "text",
        "role": "text",
        "is_origin": "bool",
        "registered_at": "timestamptz",
        "due": "timestamptz",
        "sealed": "bool",
        "erased": "bool",
    },
    "ON CONFLICT (node_id, lead_id) DO UPDATE SET state = excluded.state, category = excluded.category, "
    "role = excluded.role, due = excluded.due, sealed = excluded.sealed, erased = excluded.erased",
)
DEADLINES = _insert(
    "deadline",
    {
        "deadline_id": "uuid",
        "root_id": "uuid",
        "lead_id": "uuid",
        "node_id": "text",
        "rule": "text",
        "source": "text",
        "source_text": "text",
        "version": "text",
        "started": "timestamptz",
        "due": "timestamptz",
        "stopped": "timestamptz",
        "suspended_at": "timestamptz",
        "warned_at": "timestamptz",
        "breached_at": "timestamptz",
        "next_at": "timestamptz",
        "provisional": "bool",
    },
    "ON CONFLICT (deadline_id) DO UPDATE SET due = excluded.due, stopped = excluded.stopped, "
    "suspended_at = excluded.suspended_at, warned_at = excluded.warned_at, breached_at = excluded.breached_at, "
    "next_at = excluded.next_at, provisional = excluded.provisional",
)
NUMBERS = _insert("lead_number", {"digest": "bytea", "lead_id": "uuid", "act_id": "uuid"})
ENCLOSED = _insert(
    "enclosed",
    {
        "act_id": "uuid",
        "sha256": "bytea",
        "root_id": "uuid",
        "size": "bigint",
        "object_key": "text",
        "file_key": "bytea",
        "sealed_for": "text",
    },
)

BLIND_INDEX = _insert(
    "blind_index",
    {"digest": "bytea", "lead_id": "uuid", "root_id": "uuid", "kind": "text", "registered_at": "timestamptz"},
)
MATCH_QUEUE = _insert("match_queue", {"lead_id": "uuid", "queued_at": "timestamptz"})

TALLIES = _insert(
    "stat_delta", {"node_id": "text", "audience": "text", "day": "date", "measure": "text", "delta": "int"}
)


async def write(connection: "asyncpg.Connection[Any]", rows: Rows) -> None:
    """Write a batch inside the caller's transaction. Nothing is sent for a table without rows."""
    for statement, gathered in (
        (NEW_CASES, rows.new_cases),
        (CHANGED_CASES, rows.changed_cases),
        (ACTS, rows.acts),
        (UNSEQUENCED, rows.unsequenced),
        (READERS, rows.readers),
        (BARRED, rows.barred),
        (OFFERS_ENDED, rows.offers_ended),
        (SUBJECTS, rows.subjects),
        (ENTRIES, rows.entries),
        (DEADLINES, rows.deadlines),
        (NUMBERS, rows.numbers),
        (ENCLOSED, rows.enclosed),
        (TALLIES, rows.tallies),
        (BLIND_INDEX, rows.blind_index),
        (MATCH_QUEUE, rows.match_queue),
        (NEXT_KEYS, rows.next_keys),
        (ERASED_UPLOADS, rows.erased_entries),
        (ERASED_CASES, rows.erased_cases),
        (ERASED_LEADS, rows.erased_leads),
    ):
        if gathered:
            await connection.execute(statement, *(list(column) for column in zip(*gathered, strict=True)))
