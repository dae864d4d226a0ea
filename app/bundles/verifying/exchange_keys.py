"""Steps 3 and 5 of a verification, the keys of the exchange that followed each other.

Each event is signed by both keys, so trust in one is trust in either: for pins of the exchange, and for the log of a
policy, whose checkpoints may bear the signature of a later key only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from app.bundles.verifying.files import BundleRefused, Files
from app.bundles.verifying.log_proofs import PROOF, LogProofs
from app.bundles.verifying.trust import Trust
from app.errors import Problem
from app.signing import b64url, strict_json, typ
from app.signing.jws import read_header, verify_detached
from app.signing.keys import PublicKey, thumbprint
from app.transparency.entries import key_entry
from app.transparency.note import ED25519, Verifier

TYP = typ.KEY


@dataclass(frozen=True, slots=True)
class Followed:
    """The key `kid` follows `former` for one purpose. `token` is the request that `former` signed."""

    folder: str
    number: int
    purpose: str
    former: str
    kid: str
    jwks: tuple[dict[str, str], dict[str, str]]
    token: str


def read_followed(files: Files, keys: dict[str, PublicKey], exchange: str) -> list[Followed]:
    """Return the events of an exchange in order, both signatures of each verified; raise `BundleRefused`."""
    numbers = {
        name.split("/")[1].removeprefix(f"{exchange}-")
        for name in files.names
        if name.startswith(f"key-events/{exchange}-")
    }
    # A node's id may begin with the exchange's: what is left of its folder's name then holds more than digits.
    count = sum(number.isdecimal() for number in numbers)
    events = []
    for number in range(1, count + 1):
        folder = f"key-events/{exchange}-{number:03d}/"
        try:
            events.append(_followed(files, keys, exchange, number, folder))
        except (Problem, KeyError, TypeError, ValueError, IndexError) as error:
            raise BundleRefused(f"{folder}: {error}") from error
    return events


def _followed(files: Files, keys: dict[str, PublicKey], exchange: str, number: int, folder: str) -> Followed:
    token, body = files.read(folder + "request.jws").decode("ascii"), files.read(folder + "request.body")
    (offered,) = strict_json.loads(body)["keys"]
    former, kid, purpose = read_header(token).kid, thumbprint(offered["jwk"]), offered["purpose"]
    if former not in keys or kid not in keys or former == kid:
        raise BundleRefused(f"{folder}: one of the two keys is missing")
    if purpose == "log" and (keys[former].alg, keys[kid].alg) != ("Ed25519", "Ed25519"):
        raise BundleRefused(f"{folder}: a log's key is on Ed25519")
    signed = verify_detached(token, body, keys[former], typ=TYP, aud=exchange, iss=exchange)
    proof = verify_detached(offered["proof"], former.encode("ascii"), keys[kid], typ=TYP, aud=exchange, iss=exchange)
    if proof.header.jti != signed.header.jti:
        raise BundleRefused(f"{folder}: the proof is of another request")
    return Followed(folder, number, purpose, former, kid, (keys[former].jwk, keys[kid].jwk), token)


def trusting(trust: Trust, exchange: str, events: Sequence[Followed]) -> Trust:
    """Return `trust` with the keys of the exchange that lead, forwards or back, to one that it pins."""
    signing = set(trust.exchanges.get(exchange, ()))
    logs = {_kid(log): log for log in trust.policy.logs if log.name == f"{exchange}/log"}
    others = tuple(log for log in trust.policy.logs if _kid(log) not in logs)
    # Each pass reaches one key further at least, in whichever direction it lies.
    for _ in events:
        for event in events:
            ends = ((event.former, event.kid, event.jwks[1]), (event.kid, event.former, event.jwks[0]))
            for known, other, jwk in ends:
                if event.purpose == "signing" and known in signing:
                    signing.add(other)
                if event.purpose == "log" and known in logs and other not in logs:
                    logs[other] = Verifier(logs[known].name, ED25519, b64url.decode(jwk["x"]))
    exchanges = {**trust.exchanges, exchange: frozenset(signing)} if signing else trust.exchanges
    return replace(trust, exchanges=exchanges, policy=replace(trust.policy, logs=(*others, *logs.values())))


def require_logged(files: Files, proofs: LogProofs, exchange: str, events: Sequence[Followed]) -> None:
    """Raise `BundleRefused` unless each event is in the log, in the order of its numbers."""
    newest = -1
    for event in events:
        entry = files.read(event.folder + "entry.bin")
        meant = key_entry(
            node=exchange,
            kid=event.kid,
            purpose=event.purpose,
            event="register",
            key_event=event.number,
            request_jws=event.token,
        )
        if entry != meant:
            raise BundleRefused(f"{event.folder}: the log entry is not that of this event")
        place = proofs.place_of(entry, files.read(event.folder + PROOF))
        if place <= newest:
            raise BundleRefused(f"{event.folder}: the events are not in the order of the log")
        newest = place


def _kid(log: Verifier) -> str:
    jwk: dict[str, Any] = {"crv": "Ed25519", "kty": "OKP", "x": b64url.encode(log.public)}
    return thumbprint(jwk)
