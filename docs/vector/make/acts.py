"""The acts of the story, examined, decided and answered by the service's own functions, as its write path does."""

import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from make.keys import EXCHANGE, WITNESS, Files
from make.story import LEAD, LEAD_NO, NODES, STORY, TRANSFER, ZONE, Planned

from app.casework.acts import CATALOGUE, decide
from app.casework.case import Case, on_record
from app.casework.decision import evolve
from app.casework.scene import Given
from app.docket.record import act_ref
from app.intake.receive import examine
from app.registry.directory import KeyRecord, SignedByNode
from app.registry.exchange_keys import ExchangeKeys, KeyRing
from app.registry.voice import Voice
from app.signing import b64url, strict_json
from app.signing.jws import sign_detached, verify_detached
from app.signing.keys import SigningKey
from app.transparency.entries import act_entry


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """The part of a key ring that signing receipts needs, without the database under it."""

    keys: ExchangeKeys


@dataclass(frozen=True, slots=True)
class Taken:
    """An act as it was sent and answered, with its entry of the log."""

    folder: str
    body: bytes
    jws: str
    receipt: bytes
    receipt_jws: str
    entry: bytes


def voice(keys: dict[str, SigningKey]) -> Voice:
    """Return the exchange of the vector as a signer of receipts."""
    own = ExchangeKeys(
        signing=keys[f"{EXCHANGE}.signing"],
        log=keys[f"{EXCHANGE}.log"],
        witness=keys[f"{WITNESS}.witness"],
        jwks={},
        public=(),
        former={},
    )
    return Voice(EXCHANGE, cast("KeyRing", OwnKeys(own)), ZONE)


def document(act: Planned, prev: str | None) -> bytes:
    """Return the body; each sender lays its JSON out as it likes, and signs what it sends."""
    members = {
        "act": act.name,
        "lead_id": LEAD,
        "sender": act.sender,
        "recipients": list(act.recipients),
        "issued_at": act.at.astimezone(ZONE).isoformat(timespec="seconds"),
        "classification": "none",
        "signatory": {"name": "何某某", "title": "负责人"},
        "handler": {"name": "许某某", "phone": "0990-5550101"},
        "prev": prev,
        "nonce": b64url.encode(hashlib.sha256(f"nonce {act.act_id}".encode()).digest()[:16]),
        "content": act.content,
    }
    return strict_json.dumps(members) if act.compact else json.dumps(members, ensure_ascii=False, indent=1).encode()


def sign(act: Planned, body: bytes, key: SigningKey) -> str:
    """Return the act's `X-JWS-Signature`."""
    iat = int(act.at.timestamp())
    return sign_detached(body, key, typ="lead-act+jws", iss=act.sender, aud=EXCHANGE, iat=iat, jti=act.act_id)


def tell(keys: dict[str, SigningKey]) -> list[Taken]:
    """Return the acts of the story, each decided on what the ones before it left; raise what the service would."""
    exchange, case, told, prev = voice(keys), Case(root_id=LEAD), [], None
    for number, act in enumerate(STORY, 1):
        kind, now, body = CATALOGUE[act.name], act.at + timedelta(milliseconds=250), document(act, prev)
        key = keys[f"{act.sender}.act"]
        verified = verify_detached(sign(act, body, key), body, key.public, aud=EXCHANGE)
        record = KeyRecord(key.kid, act.sender, "act", key.public, 1, None)
        path = {name: {"lead_id": LEAD, "transfer_id": TRANSFER}[name] for name in kind.path_ids}
        taken = examine(SignedByNode(verified, hashlib.sha256(body).digest(), record), kind, path, ZONE, now)
        lead_nos = (LEAD_NO,) * kind.lead_numbers(taken.act.content)
        decision = decide(case, taken.act, Given(now, NODES, ZONE, lead_nos=lead_nos))
        case = on_record(
            evolve(case, decision, now), act_ref(taken.act, taken.signed.body_sha256, len(case.acts) + 1, decision)
        )
        issued = exchange.receipt(taken.act, taken.signed, decision.leads[0], decision.deadlines, now)
        entry = act_entry(jws=verified.token, body=body, receipt=issued.body, receipt_jws=issued.jws)
        told.append(Taken(f"acts/{number}-{act.name}", body, verified.token, issued.body, issued.jws, entry))
        prev = verified.sha256
    return told


def token_files(stem: str, token: str, body: bytes) -> Files:
    """Return a detached JWS with the steps that lead to it: protected header, signing input, and its SHA-256."""
    protected = token.partition(".")[0]
    return {
        f"{stem}.protected.json": b64url.decode(protected),
        f"{stem}.signing-input": protected.encode() + b"." + body,
        f"{stem}.jws": token.encode(),
        f"{stem}.jws.sha256": hashlib.sha256(token.encode()).hexdigest().encode(),
    }


def act_files(told: list[Taken]) -> Files:
    """Return the files of all acts but their proofs, which need the whole log."""
    files: Files = {}
    for one in told:
        files |= {f"{one.folder}/act.body": one.body, f"{one.folder}/receipt.json": one.receipt}
        files |= token_files(f"{one.folder}/act", one.jws, one.body)
        files |= token_files(f"{one.folder}/receipt", one.receipt_jws, one.receipt)
        files[f"{one.folder}/entry.bin"] = one.entry
    return files
