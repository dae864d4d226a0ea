"""The register held against the signed requests about keys and against the log."""

import json
from typing import Any

import asyncpg

from app.errors import Problem
from app.evidence.audit.key_book import KeyBook, KeyFact
from app.evidence.audit.lies import Lie
from app.evidence.audit.own_key_rows import read_own_keys
from app.signing import strict_json
from app.signing.jws import read, verify_detached
from app.signing.keys import load_public_jwk, thumbprint
from app.transparency.entries import key_entry
from app.transparency.tree import leaf_hash

_EVENTS = """
    SELECT e.node_id, e.number, e.kid, e.purpose, e.event, e.leaf_hash, q.typ, q.jws, q.body, l.log_index
    FROM key_event e
    JOIN key_request q ON q.request_id = e.request_id
    LEFT JOIN log_entry l ON l.leaf_hash = e.leaf_hash
    ORDER BY e.node_id, e.number
"""
_KEYS = "SELECT kid, node_id, purpose, jwk::text AS jwk, key_event, revoked_event FROM node_key ORDER BY node_id, kid"
_COUNTS = "SELECT node_id, key_events FROM node ORDER BY node_id"
_WAITING = "SELECT entry FROM unsequenced WHERE kind IN ('key', 'revocation')"
_ENROLMENT = "lead-enrolment+jws"


class _Reader:
    def __init__(self, exchange: str, waiting: set[bytes]) -> None:
        self.book = KeyBook(exchange)
        self.events: dict[str, int] = {}
        self.revoked_by: dict[str, int] = {}
        self._waiting = waiting

    def take(self, row: Any) -> None:
        node, number, kid = row["node_id"], row["number"], row["kid"]
        key = f"{node} {number}"
        if number != self.events.get(node, 0) + 1:
            raise Lie("key_event", key, f"event {self.events.get(node, 0) + 1} of the node is missing")
        self.events[node] = number
        entry = key_entry(
            node=node,
            kid=kid,
            purpose=row["purpose"],
            event=row["event"],
            key_event=number,
            request_jws=row["jws"],
        )
        if leaf_hash(entry) != row["leaf_hash"]:
            raise Lie("key_event", key, "its leaf hash is not that of its own log entry")
        if row["log_index"] is None and entry not in self._waiting:
            raise Lie("key_event", key, "it is neither in the log nor waiting for it")
        if row["log_index"] is not None:
            self.book.logged.add(row["log_index"])
        try:
            document = self._verified(row)
        except (Problem, KeyError, TypeError, ValueError) as error:
            raise Lie("key_event", key, "the request does not verify under the key that it names") from error
        if row["event"] == "register":
            self._register(key, row, document)
        else:
            self._revoke(key, row, document)

    def _verified(self, row: Any) -> Any:
        """Return the body of a key request, verified under a key that was the node's then."""
        token, document = read(row["jws"]), strict_json.loads(row["body"])
        kid = token.header.kid
        if row["typ"] == _ENROLMENT:
            offered = {thumbprint(one["jwk"]): one["jwk"] for one in document["keys"] if one["purpose"] == "act"}
            jwk = offered[kid]
        else:
            fact = self.book.nodes[kid]
            if (fact.node, fact.purpose, fact.revoked) != (row["node_id"], "act", False):
                raise ValueError("not an act key of the node that was valid")
            jwk = dict(fact.jwk)
        key = load_public_jwk(jwk)
        verify_detached(token, row["body"], key, typ=row["typ"], aud=self.book.exchange, iss=row["node_id"])
        return document

    def _register(self, key: str, row: Any, document: Any) -> None:
        offered = {thumbprint(one["jwk"]): one for one in document["keys"]}
        one = offered.get(row["kid"])
        if one is None or one["purpose"] != row["purpose"] or row["kid"] in self.book.nodes:
            raise Lie("key_event", key, "the signed request does not register this key")
        self.book.nodes[row["kid"]] = KeyFact(
            row["node_id"], row["purpose"], one["jwk"], row["number"], row["log_index"]
        )

    def _revoke(self, key: str, row: Any, document: Any) -> None:
        fact = self.book.nodes.get(row["kid"])
        # An enrolment that replaces the keys of a node ends all that were valid before; it names none of them.
        named = row["typ"] == _ENROLMENT or document["kid"] == row["kid"]
        if fact is None or fact.node != row["node_id"] or fact.revoked or not named:
            raise Lie("key_event", key, "the signed request does not revoke this key")
        if row["log_index"] is not None and (fact.since is None or fact.since >= row["log_index"]):
            raise Lie("key_event", key, "it stands before the registration in the log")
        fact.revoked, fact.until = True, row["log_index"]
        self.revoked_by[row["kid"]] = row["number"]


async def read_keys(connection: "asyncpg.Connection[Any]", exchange: str) -> KeyBook:
    """Return whose keys were valid where; raise `Lie` for the first row that its signed request contradicts."""
    waiting = {row["entry"] for row in await connection.fetch(_WAITING)}
    reader = _Reader(exchange, waiting)
    for row in await connection.fetch(_EVENTS):
        reader.take(row)
    for row in await connection.fetch(_COUNTS):
        if row["key_events"] != reader.events.get(row["node_id"], 0):
            raise Lie("node", row["node_id"], f"{row['key_events']} key events counted, others are on record")
    for row in await connection.fetch(_KEYS):
        _require_key(row, reader)
    await read_own_keys(connection, reader.book, waiting)
    return reader.book


def _require_key(row: Any, reader: _Reader) -> None:
    fact = reader.book.nodes.get(row["kid"])
    stored = (row["node_id"], row["purpose"], row["key_event"], row["revoked_event"])
    if fact is None or stored != (fact.node, fact.purpose, fact.number, reader.revoked_by.get(row["kid"])):
        raise Lie("node_key", row["kid"], "no signed request on record made it what it is")
    if thumbprint(json.loads(row["jwk"])) != row["kid"]:
        raise Lie("node_key", row["kid"], "the key is not the one that its thumbprint names")
