"""Whom to seal for: the register is the exchange's word, so a seal key counts only under a pinned `act` key."""

import base64
from collections.abc import Collection, Mapping
from typing import Any

from app.client.errors import Unproven
from app.errors import Problem
from app.signing import strict_json, typ
from app.signing.jws import read_header, verify_detached
from app.signing.keys import PublicKey, SealKey, load_public_jwk, load_seal_jwk

REGISTRATIONS = (typ.ENROLMENT, typ.KEY)


def newest_seal_key(shown: Mapping[str, Any]) -> str:
    """Return the thumbprint of the newest valid seal key in the register's entry of a node; raise Unproven for none."""
    sealing = [key for key in shown["keys"] if key["purpose"] == "seal" and key["revoked"] is None]
    if not sealing:
        raise Unproven(f"{shown['node_id']} has no seal key")
    return str(max(sealing, key=lambda key: int(key["key_event"]))["kid"])


def signer_of(shown: Mapping[str, Any]) -> str:
    """Return the thumbprint of the `act` key that signed the registration of a key; raise Unproven for none."""
    try:
        return read_header(shown["registration"]["jws"]).kid
    except (Problem, KeyError, TypeError, ValueError) as wrong:
        raise Unproven("a registration without a signature") from wrong


def verified_seal_key(
    shown: Mapping[str, Any], signer: Mapping[str, Any] | None, node_id: str, kids: Collection[str], exchange_id: str
) -> SealKey:
    """Return a seal key of a node as the register shows it; raise Unproven for any doubt.

    `signer` is the register's entry of the `act` key that signed for it; `kids` are the thumbprints of the node's
    `act` keys that the caller pinned. The key must stand, as a seal key, in a registration that one of them signed for
    this node at this exchange. An exchange that lies can hide a newer key or a revocation; it cannot put a key of its
    own in their place.
    """
    acting = [] if signer is None or signer["purpose"] != "act" else [signer["jwk"]]
    try:
        key = load_seal_jwk(shown["jwk"])
        signers = {pinned.kid: pinned for pinned in map(load_public_jwk, acting) if pinned.kid in kids}
        document = _registration(shown["registration"], signers, node_id, exchange_id)
        named = [load_seal_jwk(key["jwk"]) for key in document["keys"] if key["purpose"] == "seal"]
    except (Problem, KeyError, TypeError, ValueError) as wrong:
        raise Unproven(f"no pinned act key of {node_id} signed for its seal key") from wrong
    if key not in named or document.get("node_id", node_id) != node_id:
        raise Unproven(f"the registration that {node_id} signed is of another seal key")
    return key


def _registration(
    request: Mapping[str, Any], signers: Mapping[str, PublicKey], node_id: str, exchange_id: str
) -> Mapping[str, Any]:
    body = base64.urlsafe_b64decode(request["body"] + "=" * (-len(request["body"]) % 4))
    header = read_header(request["jws"])
    if header.typ not in REGISTRATIONS:
        raise ValueError("a request of another kind")
    verify_detached(request["jws"], body, signers[header.kid], typ=header.typ, iss=node_id, aud=exchange_id)
    document: Mapping[str, Any] = strict_json.loads(body)
    return document
