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
    acts: list[Row] = field(default_factory=list)
    unsequenced: list[Row] = field(default_factory=list)
    readers: list[Row] = field(default_factory=list)
    barred: list[Row] = field(default_factory=list)
    offers_ended: list[Row] = field(default_factory=list)
    subjects: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    clocks: list[Row] = field(default_factory=list)
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
    },
    "ON CONFLICT (node_id, lead_id) DO UPDATE SET state = excluded.state, category = excluded.category, "
    "role = excluded.role, due = excluded.due, sealed = excluded.sealed",
)
CLOCKS = _insert(
    "clock",
    {
        "clock_id": "uuid",
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
    "ON CONFLICT (clock_id) DO UPDATE SET due = excluded.due, stopped = excluded.stopped, "
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
        (CLOCKS, rows.clocks),
        (NUMBERS, rows.numbers),
        (ENCLOSED, rows.enclosed),
        (TALLIES, rows.tallies),
        (BLIND_INDEX, rows.blind_index),
        (MATCH_QUEUE, rows.match_queue),
    ):
        if gathered:
            await connection.execute(statement, *(list(column) for column in zip(*gathered, strict=True)))
