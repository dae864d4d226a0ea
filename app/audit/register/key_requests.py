"""A signed request about keys, verified again as when it came: who signed, who has the keys that it offers. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from app.audit.register.key_book import KeyBook
from app.bodies import document
from app.registry.key_events import CandidateKey, candidate, verify_possession
from app.registry.schemas import Enrolment, MoreKeys, Revocation
from app.signing import typ
from app.signing.jws import Unverified, read, verify_detached
from app.signing.keys import PublicKey, load_public_jwk
from app.stored import StoredRow

ENROLMENT: Final = typ.ENROLMENT


@dataclass(frozen=True, slots=True)
class SignedKeyRequest:
    """A signed request: the keys that it offers, by thumbprint, and the message of their proofs; or a revocation."""

    typ: str
    node: str
    exchange: str
    keys: Mapping[str, CandidateKey] = field(default_factory=dict)
    message: bytes = b""
    revocation: Revocation | None = None

    def possessed(self, kid: str) -> CandidateKey:
        """Return an offered key whose proof of possession verifies; raise `BadSignature`, or KeyError for no such key.

        A seal key has no proof, and the request no place for one.
        """
        return verify_possession(
            self.keys[kid], self.message, typ=self.typ, node_id=self.node, exchange_id=self.exchange
        )


def verify_request(book: KeyBook, row: StoredRow, place: int) -> SignedKeyRequest:
    """Return the request of a key event at a place, verified under a key that was the node's then.

    Raises `Problem`, KeyError or ValueError.
    """
    token = read(row["jws"])
    if row["request_node"] != row["node_id"]:
        raise ValueError("the request is another node's")
    request = _enrolment(book, row) if row["typ"] == ENROLMENT else _later(book, row, token)
    signer = _offered(request, token.header.kid) if row["typ"] == ENROLMENT else _registered(book, row, token, place)
    verify_detached(token, row["body"], signer, typ=row["typ"], aud=book.exchange, iss=row["node_id"])
    return request


def _enrolment(book: KeyBook, row: StoredRow) -> SignedKeyRequest:
    enrolment = document(row["body"], Enrolment)
    if enrolment.node_id != row["node_id"]:
        raise ValueError("the enrolment is another node's")
    keys = {key.kid: key for key in map(candidate, enrolment.keys)}
    return SignedKeyRequest(row["typ"], row["node_id"], book.exchange, keys, enrolment.code.encode("ascii"))


def _later(book: KeyBook, row: StoredRow, token: Unverified) -> SignedKeyRequest:
    if row["event"] == "revoke":
        revocation = document(row["body"], Revocation)
        return SignedKeyRequest(row["typ"], row["node_id"], book.exchange, revocation=revocation)
    keys = {key.kid: key for key in map(candidate, document(row["body"], MoreKeys).keys)}
    return SignedKeyRequest(row["typ"], row["node_id"], book.exchange, keys, token.header.jti.encode("ascii"))


def _offered(request: SignedKeyRequest, kid: str) -> PublicKey:
    key = request.keys[kid]
    if key.purpose != "act" or key.public is None:
        raise ValueError("an enrolment is signed by one of its own act keys")
    return key.public


def _registered(book: KeyBook, row: StoredRow, token: Unverified, place: int) -> PublicKey:
    fact = book.nodes[token.header.kid]
    if (fact.node, fact.purpose, fact.until) != (row["node_id"], "act", None) or fact.since >= place:
        raise ValueError("not an act key of the node that was valid")
    # By the order of the log, whatever the numbers say: the end of the key may not stand before this.
    fact.signed = max(fact.signed, place)
    return load_public_jwk(fact.jwk)
