"""Replaced keys: whoever enrolled a node anew did so by two registrars, and the node was told three days before.

What is believed is signed and logged: the notices to the node, the first before the registration in the log.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import asyncpg

from app.audit.contradiction import Contradiction
from app.audit.register.key_book import KeyBook
from app.audit.register.key_requests import ENROLMENT
from app.registry.key_notices import NOTICES
from app.registry.pending import WAITS
from app.stored import StoredRow

_ENROLMENTS = """
    SELECT e.node_id, min(e.number) AS first, p.enrolment_id, p.state, p.issued_by, p.confirmed_by
    FROM key_event e JOIN key_request q ON q.request_id = e.request_id
    LEFT JOIN pending_enrolment p ON p.request_id = e.request_id
    WHERE q.typ = $1 GROUP BY e.node_id, e.request_id, p.enrolment_id ORDER BY e.node_id, first
"""
_TOLD = """
    SELECT k.node_id, k.issued_at, coalesce(l.log_index, $2 + u.ordinal) AS place
    FROM key_notice k LEFT JOIN log_entry l ON l.act_id = k.notice_id LEFT JOIN unsequenced u ON u.act_id = k.notice_id
    WHERE k.notice_id = $1
"""
# Documents say an instant to the millisecond.
_ROUNDED = timedelta(milliseconds=1)


async def require_replacements_told(connection: "asyncpg.Connection[Any]", book: KeyBook) -> None:
    """Raise `Contradiction` for an enrolment that replaced a node's keys without second registrar or 72 hours."""
    registered = {(fact.node, fact.number): fact.since for fact in book.nodes.values()}
    for row in await connection.fetch(_ENROLMENTS, ENROLMENT):
        node, first = row["node_id"], row["first"]
        had = any(fact.node == node and fact.purpose == "act" and fact.number < first for fact in book.nodes.values())
        if had:
            await _require_told(connection, book, row, registered[node, first])


async def _require_told(connection: "asyncpg.Connection[Any]", book: KeyBook, row: StoredRow, place: int) -> None:
    key = f"{row['node_id']} {row['first']}"
    if row["state"] != "effective" or row["confirmed_by"] in (None, row["issued_by"]):
        raise Contradiction("key_event", key, "it replaces the keys of a node, and no second registrar confirmed that")
    told, done = [
        await connection.fetchrow(_TOLD, _notice(row, event), book.size)
        for event in ("enrolment_pending", "enrolment_effective")
    ]
    if told is None or told["node_id"] != row["node_id"] or told["place"] is None or told["place"] >= place:
        raise Contradiction("key_event", key, "it replaces the keys of a node that was not told before")
    if done is None or done["issued_at"] - told["issued_at"] < WAITS - _ROUNDED:
        raise Contradiction("key_event", key, "it replaces the keys of a node that was told less than 72 hours before")


def _notice(row: StoredRow, event: str) -> UUID:
    return uuid5(NOTICES, f"enrolment:{row['enrolment_id']}:{event}:{row['node_id']}")
