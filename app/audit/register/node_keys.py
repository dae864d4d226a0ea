"""The register held against the signed requests about keys and against the log."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from app.audit.contradiction import Contradiction
from app.audit.register.exchange_keys import read_own_keys
from app.audit.register.key_book import KeyBook, KeyFact
from app.audit.register.key_queue import KeyQueue, read_key_queue
from app.audit.register.key_requests import SignedKeyRequest, verify_request
from app.audit.register.pending import require_pending
from app.audit.register.replacements import require_replacements_told
from app.errors import BadSignature, Problem
from app.signing.keys import thumbprint
from app.stored import StoredRow
from app.transparency.entries import key_entry

_SIZE = "SELECT coalesce(max(log_index) + 1, 0) FROM log_entry"
_EVENTS = """
    SELECT e.node_id, e.number, e.kid, e.purpose, e.event, e.leaf_hash, e.request_id, q.node_id AS request_node, q.typ,
           q.jws, q.body, l.log_index
    FROM key_event e
    JOIN key_request q ON q.request_id = e.request_id
    LEFT JOIN log_entry l ON l.leaf_hash = e.leaf_hash
    ORDER BY e.node_id, e.number
"""
_KEYS = """
    SELECT kid, node_id, purpose, jwk::text AS jwk, alg, key_event, registration_id, revoked_event, revoke_reason,
           compromised_from
    FROM node_key ORDER BY node_id, kid
"""
_COUNTS = "SELECT node_id, key_events FROM node ORDER BY node_id"


@dataclass(slots=True)
class _ExpectedKey:
    """The row of a key as the signed requests make it."""

    node: str
    purpose: str
    alg: str
    number: int
    request_id: int
    revoked_by: int | None = None
    reason: str | None = None
    compromised_from: datetime | None = None

    def columns(self) -> tuple[Any, ...]:
        registered = (self.node, self.purpose, self.alg, self.number, self.request_id)
        return (*registered, self.revoked_by, self.reason, self.compromised_from)


class _RegisterReader:
    def __init__(self, exchange: str, size: int, queue: KeyQueue) -> None:
        self.book = KeyBook(exchange, size)
        self.events: dict[str, int] = {}
        self.made: dict[str, _ExpectedKey] = {}
        self._queue = queue

    def take(self, row: StoredRow) -> None:
        node, number, kid = row["node_id"], row["number"], row["kid"]
        key = f"{node} {number}"
        if number != self.events.get(node, 0) + 1:
            raise Contradiction("key_event", key, f"event {self.events.get(node, 0) + 1} of the node is missing")
        self.events[node] = number
        entry = key_entry(
            node=node,
            kid=kid,
            purpose=row["purpose"],
            event=row["event"],
            key_event=number,
            request_jws=row["jws"],
        )
        kind = "key" if row["event"] == "register" else "revocation"
        place = self._queue.place(self.book, row, "key_event", key, entry, kind)
        try:
            request = verify_request(self.book, row, place)
        except (Problem, KeyError, TypeError, ValueError) as error:
            raise Contradiction("key_event", key, "the request does not verify under the key that it names") from error
        if row["event"] == "register":
            self._register(key, row, request, place)
        else:
            self._revoke(key, row, request, place)

    def _register(self, key: str, row: StoredRow, request: SignedKeyRequest, place: int) -> None:
        kid = row["kid"]
        offered = request.keys.get(kid)
        if offered is None or offered.purpose != row["purpose"] or kid in self.book.nodes:
            raise Contradiction("key_event", key, "the signed request does not register this key")
        try:
            offered = request.possessed(kid)
        except BadSignature as error:
            raise Contradiction("key_event", key, "the key has not signed for its own registration") from error
        node, purpose, number = row["node_id"], row["purpose"], row["number"]
        self.book.nodes[kid] = KeyFact(node, purpose, offered.jwk, number, place)
        self.made[kid] = _ExpectedKey(node, purpose, offered.alg, number, row["request_id"])

    def _revoke(self, key: str, row: StoredRow, request: SignedKeyRequest, place: int) -> None:
        kid, fact, asked = row["kid"], self.book.nodes.get(row["kid"]), request.revocation
        # An enrolment that replaces the keys of a node ends all that were valid before; it names none of them.
        named = kid not in request.keys if asked is None else asked.kid == kid
        if fact is None or (fact.node, fact.purpose) != (row["node_id"], row["purpose"]) or fact.until is not None:
            named = False
        if fact is None or not named:
            raise Contradiction("key_event", key, "the signed request does not revoke this key")
        if fact.since >= place:
            raise Contradiction("key_event", key, "it stands before the registration in the log")
        if fact.signed > place:
            raise Contradiction("key_event", key, "the key signed a key event after it in the log")
        fact.until = place
        made = self.made[kid]
        made.revoked_by = row["number"]
        made.reason, made.compromised_from = (asked.reason, asked.compromised_from) if asked else ("lost", None)


async def read_keys(connection: "asyncpg.Connection[Any]", exchange: str) -> KeyBook:
    """Return whose keys were valid where; raise `Contradiction` for the first row that its request contradicts."""
    queue = await read_key_queue(connection)
    reader = _RegisterReader(exchange, await connection.fetchval(_SIZE), queue)
    for row in await connection.fetch(_EVENTS):
        reader.take(row)
    counts = await connection.fetch(_COUNTS)
    for node in sorted(reader.events.keys() - {row["node_id"] for row in counts}):
        raise Contradiction("node", node, "it is gone; its key events are on record")
    for row in counts:
        if row["key_events"] != reader.events.get(row["node_id"], 0):
            raise Contradiction("node", row["node_id"], f"{row['key_events']} key events counted, others are on record")
    rows = await connection.fetch(_KEYS)
    for row in rows:
        _require_key(row, reader)
    for kid in sorted(reader.made.keys() - {row["kid"] for row in rows}):
        raise Contradiction("node_key", kid, "it is gone; the request that registered it is on record")
    await require_pending(connection, reader.book)
    await read_own_keys(connection, reader.book, queue)
    queue.require_empty()
    await require_replacements_told(connection, reader.book)
    return reader.book


def _require_key(row: StoredRow, reader: _RegisterReader) -> None:
    made = reader.made.get(row["kid"])
    revoked = (row["revoked_event"], row["revoke_reason"], row["compromised_from"])
    stored = (row["node_id"], row["purpose"], row["alg"], row["key_event"], row["registration_id"], *revoked)
    if made is None or stored != made.columns():
        raise Contradiction("node_key", row["kid"], "no signed request on record made it what it is")
    if thumbprint(json.loads(row["jwk"])) != row["kid"]:
        raise Contradiction("node_key", row["kid"], "the key is not the one that its thumbprint names")
