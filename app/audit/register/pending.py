"""Enrolments that wait or have ended, held against the signed requests: what was cancelled stays cancelled.

That a second registrar confirmed one is the exchange's own word: nothing signed says so.
"""

from collections.abc import Iterable
from typing import Any

import asyncpg

from app.audit.contradiction import Contradiction
from app.audit.register.key_book import KeyBook
from app.audit.register.key_requests import ENROLMENT
from app.bodies import document
from app.errors import Problem
from app.registry.pending import WAITS
from app.registry.schemas import Cancellation
from app.signing.jws import read, verify_detached
from app.signing.keys import load_public_jwk
from app.stored import StoredRow

_PENDING = "SELECT * FROM pending_enrolment ORDER BY enrolment_id"
# A request about keys that made no key event: an enrolment that never took effect, or the end of one.
_WITHOUT_EVENT = """
    SELECT request_id, node_id, typ, jws, body FROM key_request q
    WHERE NOT EXISTS (SELECT FROM key_event e WHERE e.request_id = q.request_id) ORDER BY request_id
"""


async def require_pending(connection: "asyncpg.Connection[Any]", book: KeyBook) -> None:
    """Raise `Contradiction` for an enrolment that is gone, came back to life, or took effect against its request."""
    rows = await connection.fetch(_PENDING)
    without = await connection.fetch(_WITHOUT_EVENT)
    waited = {row["request_id"] for row in rows}
    for row in without:
        if row["typ"] == ENROLMENT and row["request_id"] not in waited:
            raise Contradiction(
                "pending_enrolment", f"of request {row['request_id']}", "it is gone; its signed request is not"
            )
    cancelled = dict(_cancelled(book, (row for row in without if row["typ"] != ENROLMENT)))
    idle = {row["request_id"] for row in without}
    for row in rows:
        _require(row, cancelled.pop(str(row["enrolment_id"]), None), took_effect=row["request_id"] not in idle)
    for enrolment_id in cancelled:
        raise Contradiction("pending_enrolment", enrolment_id, "it is gone; the signed request that ended it is not")


def _require(row: StoredRow, cancelled_by: tuple[str, str] | None, *, took_effect: bool) -> None:
    state, key = row["state"], str(row["enrolment_id"])
    if (state == "cancelled") != (cancelled_by is not None):
        raise Contradiction("pending_enrolment", key, f"it is {state}, against what a key of the node signed")
    if cancelled_by is not None and cancelled_by != (row["node_id"], row["ended_by"]):
        raise Contradiction("pending_enrolment", key, "another key ended it")
    if (state == "effective") != took_effect:
        raise Contradiction("pending_enrolment", key, f"it is {state}, and its key events say otherwise")
    if row["effective_from"] < row["requested_at"] + WAITS or (took_effect and row["ended_at"] < row["effective_from"]):
        raise Contradiction("pending_enrolment", key, "it did not wait 72 hours")


def _cancelled(book: KeyBook, rows: Iterable[Any]) -> Iterable[tuple[str, tuple[str, str]]]:
    """Yield what each request ended, and for which node by which of its keys."""
    for row in rows:
        try:
            signed = _signed(book, row)
            ended = document(row["body"], Cancellation).enrolment_id
        except (Problem, KeyError, ValueError) as error:
            raise Contradiction("key_request", row["request_id"], "it does not verify, or ends nothing") from error
        yield ended, (row["node_id"], signed)


def _signed(book: KeyBook, row: StoredRow) -> str:
    """Return the act key of the node under which a request verifies; raise `Problem`, KeyError or ValueError."""
    token = read(row["jws"])
    fact = book.nodes[token.header.kid]
    if (fact.node, fact.purpose) != (row["node_id"], "act"):
        raise ValueError("not an act key of the node")
    signer = load_public_jwk(fact.jwk)
    verify_detached(token, row["body"], signer, typ=row["typ"], aud=book.exchange, iss=row["node_id"])
    return token.header.kid
