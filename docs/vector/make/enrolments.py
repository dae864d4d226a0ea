"""How both agencies joined: a code, keys with proofs of possession, a signed request; and how one of them logs in."""

import hashlib
from dataclasses import dataclass

from make.acts import token_files
from make.keys import CIVIL, EXCHANGE, POLICE, Files
from make.story import START

from app.bodies import document
from app.registry.enrolment import TYP
from app.registry.schemas import Enrolment
from app.registry.tokens import ASSERTION_TYP, LONGEST_ASSERTION
from app.signing import b64url, jwt, strict_json
from app.signing.jws import sign_detached
from app.signing.keys import SigningKey
from app.transparency.entries import key_entry

PURPOSES = ("act", "auth")


@dataclass(frozen=True, slots=True)
class Joined:
    """An enrolment as it was sent, with the entries of the log for its key events 1 and 2."""

    node: str
    code: str
    proofs: dict[str, str]
    body: bytes
    jws: str
    entries: list[bytes]


def enrol(node: str, keys: dict[str, SigningKey]) -> Joined:
    """Return the enrolment of a node with an `act` and an `auth` key."""
    code = b64url.encode(hashlib.sha256(f"enrolment code {node}".encode()).digest()[:16])
    own = {purpose: keys[f"{node}.{purpose}"] for purpose in PURPOSES}
    proofs = {purpose: sign(code.encode(), own[purpose], node, purpose) for purpose in PURPOSES}
    offered = [{"purpose": one, "jwk": own[one].public_jwk, "proof": proofs[one]} for one in PURPOSES]
    body = strict_json.dumps({"code": code, "node_id": node, "keys": offered})
    document(body, Enrolment)
    jws = sign(body, own["act"], node, "request")
    entries = [
        key_entry(node=node, kid=own[one].kid, purpose=one, event="register", key_event=number, request_jws=jws)
        for number, one in enumerate(PURPOSES, 1)
    ]
    return Joined(node, code, proofs, body, jws, entries)


def sign(body: bytes, key: SigningKey, node: str, what: str) -> str:
    """Return the detached JWS of one part of an enrolment; each has a `jti` of its own."""
    raw = bytearray(hashlib.sha256(f"jti {node} {what}".encode()).digest()[:16])
    raw[6], raw[8] = 0x40 | raw[6] & 0x0F, 0x80 | raw[8] & 0x3F
    jti = "-".join(raw[start:end].hex() for start, end in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 16)))
    return sign_detached(body, key, typ=TYP, iss=node, aud=EXCHANGE, iat=int(START.timestamp()), jti=jti)


def enrol_all(keys: dict[str, SigningKey]) -> list[Joined]:
    """Return both enrolments, in the order in which the log has them."""
    return [enrol(node, keys) for node in (CIVIL, POLICE)]


def enrolment_files(joined: list[Joined]) -> Files:
    """Return the files of all enrolments."""
    files: Files = {}
    for one in joined:
        folder = f"enrolments/{one.node}"
        files |= {f"{folder}/code": one.code.encode(), f"{folder}/request.body": one.body}
        files |= token_files(f"{folder}/request", one.jws, one.body)
        files |= {f"{folder}/{purpose}.proof.jws": proof.encode() for purpose, proof in one.proofs.items()}
    return files


def assertion(key: SigningKey, **changed: str) -> str:
    """Return a client assertion of the civil affairs bureau; `changed` claims and `typ` are for what must fail."""
    typ = changed.pop("typ", ASSERTION_TYP)
    claims = {"iss": CIVIL, "sub": CIVIL, "aud": EXCHANGE, "jti": "019ccd10-0000-7000-8000-00000000000d"}
    return jwt.sign({**claims, "exp": int(START.timestamp()) + LONGEST_ASSERTION, **changed}, key, typ=typ)


def token_request_files(keys: dict[str, SigningKey]) -> Files:
    """Return the client assertion for `POST /v1/oauth/token` and its parts."""
    made = assertion(keys[f"{CIVIL}.auth"])
    header, claims, _ = made.split(".")
    return {
        "token/assertion.header.json": b64url.decode(header),
        "token/assertion.claims.json": b64url.decode(claims),
        "token/assertion.signing-input": f"{header}.{claims}".encode(),
        "token/assertion.jwt": made.encode(),
    }
