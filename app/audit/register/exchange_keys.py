"""The exchange's own keys against the events by which one followed another: each is signed by both, and logged."""

import json
from dataclasses import replace
from typing import Any

import asyncpg

from app.audit.contradiction import Contradiction
from app.audit.register.key_book import ExchangeFact, KeyBook
from app.audit.register.key_queue import KeyQueue
from app.errors import Problem
from app.signing import strict_json, typ
from app.signing.jws import read, verify_detached
from app.signing.keys import load_public_jwk, thumbprint
from app.stored import StoredRow
from app.transparency.entries import key_entry

_OWN = "SELECT kid, purpose, jwk::text AS jwk FROM exchange_key ORDER BY created_at, kid"
_EVENTS = """
    SELECT e.number, e.kid, e.purpose, e.jws, e.body, e.leaf_hash, l.log_index
    FROM exchange_key_event e LEFT JOIN log_entry l ON l.leaf_hash = e.leaf_hash ORDER BY e.number
"""
_TYP = typ.KEY


async def read_own_keys(connection: "asyncpg.Connection[Any]", book: KeyBook, queue: KeyQueue) -> None:
    """Enter the exchange's keys in the book; raise `Contradiction` for a key that no event made follow the former."""
    for row in await connection.fetch(_OWN):
        jwk = json.loads(row["jwk"])
        if thumbprint(jwk) != row["kid"]:
            raise Contradiction("exchange_key", row["kid"], "the key is not the one that its thumbprint names")
        book.own[row["kid"]] = ExchangeFact(row["purpose"], jwk)
    followed: dict[str, str] = {}
    for number, row in enumerate(await connection.fetch(_EVENTS), 1):
        if row["number"] != number:
            raise Contradiction("exchange_key_event", number, "it is missing")
        try:
            former, at = _verified(book, row)
        except (Problem, KeyError, TypeError, ValueError) as error:
            raise Contradiction("exchange_key_event", number, "it does not verify under both keys") from error
        if former in followed:
            raise Contradiction("exchange_key_event", number, "the key that it follows was followed before")
        followed[former] = row["kid"]
        book.own[former] = replace(book.own[former], until=_place(book, row, queue), followed_at=at)
    _require_one_line(book, followed)


def _verified(book: KeyBook, row: StoredRow) -> tuple[str, int]:
    """Return the thumbprint of the key that was followed, and when it signed for that."""
    token, (offered,) = read(row["jws"]), strict_json.loads(row["body"])["keys"]
    former, own = book.own[token.header.kid], book.own[row["kid"]]
    if (thumbprint(offered["jwk"]), offered["purpose"], own.purpose) != (row["kid"], row["purpose"], former.purpose):
        raise ValueError("the request is about another key")
    parties = {"typ": _TYP, "aud": book.exchange, "iss": book.exchange}
    verify_detached(token, row["body"], load_public_jwk(former.jwk), **parties)
    proof = verify_detached(offered["proof"], token.header.kid.encode("ascii"), load_public_jwk(own.jwk), **parties)
    if proof.header.jti != token.header.jti:
        raise ValueError("the proof is of another request")
    return token.header.kid, token.header.iat


def _place(book: KeyBook, row: StoredRow, queue: KeyQueue) -> int:
    entry = key_entry(
        node=book.exchange,
        kid=row["kid"],
        purpose=row["purpose"],
        event="register",
        key_event=row["number"],
        request_jws=row["jws"],
    )
    return queue.place(book, row, "exchange_key_event", row["number"], entry, "key")


def _require_one_line(book: KeyBook, followed: dict[str, str]) -> None:
    """Demand that of each purpose one key alone is the first: a second one would sign a history of its own."""
    later, first = set(followed.values()), dict[str, str]()
    for kid, fact in book.own.items():
        if kid not in later and first.setdefault(fact.purpose, kid) != kid:
            raise Contradiction("exchange_key", kid, "nothing made it follow the key before it")
