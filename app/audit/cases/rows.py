"""Cases against their acts, and everything that is written beside a case against the case."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import asyncpg

from app.audit.cases.compare import Basis, or_raise, read_stored_cases, verify_rebuilt
from app.audit.cases.differences import Differs
from app.audit.cases.surroundings import Surroundings
from app.audit.contradiction import Contradiction
from app.casework.case import Case, TransferState
from app.casework.deadlines import Deadline
from app.docket.decrypted_case import deadline_row, entry_rows
from app.docket.rows import act_reader, deadline, lead_entry
from app.docket.rows.act_reader import ReaderRow
from app.docket.rows.deadline import DeadlineRow
from app.docket.rows.lead_entry import EntryRow
from app.vault import Vault

# What waits for the log comes after it, in the order of the queue.
_ORDER = """
    SELECT act_id, place FROM (
        SELECT root_id, root_seq, act_id, place,
               max(place) OVER (
                   PARTITION BY root_id ORDER BY root_seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
               ) AS before
        FROM (
            SELECT a.root_id, a.root_seq, a.act_id, coalesce(l.log_index, 4611686018427387904 + u.ordinal) AS place
            FROM act a LEFT JOIN log_entry l ON l.act_id = a.act_id LEFT JOIN unsequenced u ON u.act_id = a.act_id
            WHERE a.root_id = ANY($1::uuid[])
        ) AS placed
    ) AS numbered WHERE place IS NULL OR place <= before ORDER BY root_id, root_seq
"""
_READERS = f"SELECT {act_reader.SELECTED} FROM act_reader WHERE lead_id = ANY($1::uuid[])"  # noqa: S608 (ours)
_DEADLINES = f"SELECT {deadline.SELECTED} FROM deadline WHERE lead_id = ANY($1::uuid[])"  # noqa: S608 (ours)
_ENTRIES = f"""
    SELECT {lead_entry.SELECTED}
    FROM unnest($1::text[], $2::uuid[]) AS expected (node_id, lead_id) JOIN lead_entry e USING (node_id, lead_id)
"""  # noqa: S608 (ours)
_SUBJECTS = "SELECT subject_id::text, root_id::text, on_offer FROM subject WHERE subject_id = ANY($1::uuid[])"
R = TypeVar("R")


async def check_cases(
    connection: "asyncpg.Connection[Any]",
    vault: Vault,
    basis: Basis,
    root_ids: Sequence[str],
) -> Counter[str]:
    """Return how many rows of each table belong to these cases; raise `Contradiction` for the first wrong row."""
    for row in await connection.fetch(_ORDER, root_ids):
        if row["place"] is None:
            raise Contradiction("act", row["act_id"], "it is neither in the log nor waiting for it")
        raise Contradiction("act", row["act_id"], "its case has it in another order than the log")
    cases, count = [], Counter(cases=len(root_ids))
    stored_cases = await read_stored_cases(connection, vault, root_ids)
    for root_id in root_ids:
        try:
            stored_case = or_raise(stored_cases.get(root_id))
            cases.append(await verify_rebuilt(connection, root_id, stored_case, basis))
        except Differs as differs:
            raise Contradiction("case", root_id, str(differs)) from differs
        count["act"] += len(stored_case.rows)
    lead_ids = [lead_id for case in cases for lead_id in case.leads]
    count["act_reader"] = await _readers(connection, cases, lead_ids)
    count["deadline"] = await _deadlines(connection, cases, lead_ids, basis.surroundings)
    count["lead_entry"] = await _entries(connection, cases)
    await _subjects(connection, cases)
    return count


async def _readers(connection: "asyncpg.Connection[Any]", cases: Sequence[Case], lead_ids: Sequence[str]) -> int:
    expected = [
        ReaderRow(node, ref.act_id, ref.lead_id, case.root_id, ref.seq)
        for case in cases
        for ref in case.acts
        for node in ref.readers
    ]
    stored = [ReaderRow(**row) for row in await connection.fetch(_READERS, lead_ids)]
    return _compare("act_reader", _by(expected, "node_id", "act_id"), _by(stored, "node_id", "act_id"))


async def _deadlines(
    connection: "asyncpg.Connection[Any]", cases: Sequence[Case], lead_ids: Sequence[str], surroundings: Surroundings
) -> int:
    stored = _by([DeadlineRow(**row) for row in await connection.fetch(_DEADLINES, lead_ids)], "deadline_id")
    expected = {
        (deadline.deadline_id,): _deadline(case, deadline, surroundings, stored.get((deadline.deadline_id,)))
        for case in cases
        for deadline in case.deadlines
    }
    return _compare("deadline", expected, stored)


def _deadline(case: Case, deadline: Deadline, surroundings: Surroundings, stored: DeadlineRow | None) -> DeadlineRow:
    """Return the row of a deadline; its next event may have been reckoned by any calendar that there was."""
    rows = []
    for calendar in surroundings.calendars():
        rows.append(deadline_row(case.root_id, deadline, calendar, surroundings.zone))
        if rows[-1] == stored:
            return rows[-1]
    return rows[0]


async def _entries(connection: "asyncpg.Connection[Any]", cases: Sequence[Case]) -> int:
    expected = [entry for case in cases for lead in case.leads.values() for entry in entry_rows(case, lead)]
    nodes, leads = [entry.node_id for entry in expected], [entry.lead_id for entry in expected]
    stored = [EntryRow(**row) for row in await connection.fetch(_ENTRIES, nodes, leads)]
    return _compare("lead_entry", _by(expected, "node_id", "lead_id"), _by(stored, "node_id", "lead_id"))


async def _subjects(connection: "asyncpg.Connection[Any]", cases: Sequence[Case]) -> None:
    expected: dict[str, tuple[str, bool]] = {}
    for case in cases:
        # A supplementary round is known by the act that opened it, which is no subject of its own.
        acts = {ref.act_id for ref in case.acts}
        for lead in case.leads.values():
            known = (subject for subject in lead.known_to if subject not in acts)
            ids = (lead.lead_id, *known, *(message.feedback_id for message in lead.feedback))
            expected |= dict.fromkeys(ids, (case.root_id, False))
            expected |= {leg.transfer_id: (case.root_id, leg.state is TransferState.OFFERED) for leg in lead.transfers}
    rows = await connection.fetch(_SUBJECTS, list(expected))
    _compare(
        "subject",
        {(key,): value for key, value in expected.items()},
        {(row["subject_id"],): (row["root_id"], row["on_offer"]) for row in rows},
    )


def _by(rows: Iterable[R], *key: str) -> dict[tuple[Any, ...], R]:
    """Return rows by their key."""
    return {tuple(getattr(row, name) for name in key): row for row in rows}


def _compare(table: str, expected: dict[Any, Any], stored: dict[Any, Any]) -> int:
    for key, row in expected.items():
        if stored.get(key) != row:
            what = "it is missing" if key not in stored else "it is not what the case makes of it"
            raise Contradiction(table, " ".join(map(str, key)), what)
    for key in stored:
        if key not in expected:
            raise Contradiction(table, " ".join(map(str, key)), "nothing in its case makes such a row")
    return len(expected)
