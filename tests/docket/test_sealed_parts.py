"""Sealed parts: taken only whole, as a JWE for the right key, and read back by nobody."""

import base64
import hashlib
import json
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from app.client import uuid7
from app.signing import b64url
from app.signing.keys import SealKey, load_seal_jwk
from app.signing.sealing import Context, salted, seal
from tests.agencies import Raw, World

POLICE = "police-990121"
IDENTITY = {"name": "马某某", "phone": "0990-5550199"}


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).removeprefix("/problems/")


@pytest.fixture(scope="module")
def key(exchange: World) -> SealKey:
    """A seal key of the police, registered like any later key."""
    police = exchange.agency("police")
    raw = Raw(police)
    public = X25519PrivateKey.generate().public_key().public_bytes_raw()
    jwk = {"kty": "OKP", "crv": "X25519", "x": b64url.encode(public)}
    body = json.dumps({"keys": [{"purpose": "seal", "jwk": jwk}]}).encode()
    path = f"/v1/nodes/{police.node_id}/keys"
    answer = raw.post(body, path=path, token=raw.sign(body, typ="lead-key+jws", jti=uuid7()))
    assert answer.status_code == 201, answer.text
    return load_seal_jwk(jwk)


def part(exchange: World, key: SealKey, lead_id: str, **other: str) -> bytes:
    context = {"iss": exchange.agency("township").node_id, "aud": POLICE, "lead_id": lead_id, **other}
    return seal(salted(IDENTITY), key, Context(**context))


def sealed(kid: str, content: bytes, recipient: str = POLICE) -> dict[str, Any]:
    named = {"recipient": recipient, "kid": kid, "sha256": hashlib.sha256(content).hexdigest()}
    return {"sealed": [named], "sealed_commitment": "0" * 64}


def upload(exchange: World, content: bytes) -> None:
    exchange.agency("township").upload(content, name="sealed.jwe", media_type="application/jose")


def test_a_sealed_part_is_taken_and_read_back_by_nobody(exchange: World, key: SealKey) -> None:
    town, police = exchange.agency("township"), exchange.agency("police")
    raw = Raw(town)
    document = raw.document()
    content = part(exchange, key, document["lead_id"])
    upload(exchange, content)
    assert raw.post(document | sealed(key.kid, content)).status_code == 201
    for agency in (town, police):
        headers = {"Authorization": f"Bearer {agency.token()}"}
        path = f"/v1/attachments/{hashlib.sha256(content).hexdigest()}"
        assert agency.http.get(path, headers=headers).status_code == 404


def test_a_sealed_part_needs_its_upload_its_commitment_and_a_seal_key_of_its_recipient(
    exchange: World, key: SealKey
) -> None:
    town = exchange.agency("township")
    raw = Raw(town)
    document = raw.document()
    content = part(exchange, key, document["lead_id"])
    assert slug(raw.post(document | sealed(key.kid, content))) == "missing-attachment"
    upload(exchange, content)
    whole = sealed(key.kid, content)
    assert slug(raw.post(document | {"sealed": whole["sealed"]})) == "invalid-document"
    assert slug(raw.post(document | {"sealed_commitment": "0" * 64})) == "invalid-document"
    assert slug(raw.post(document | sealed(exchange.agency("police").keys.act.kid, content))) == "invalid-document"
    assert slug(raw.post(document | sealed(key.kid, content, recipient="regulator-990121"))) == "invalid-document"


def test_what_is_not_sealed_or_sealed_otherwise_is_refused_and_can_be_deleted(exchange: World, key: SealKey) -> None:
    """A client that forgets to seal must hear of it at once, not the recipient when protection is wanted."""
    raw = Raw(exchange.agency("township"))
    document = raw.document()
    lead_id = document["lead_id"]
    good = part(exchange, key, lead_id)
    head, rest = good.split(b".", 1)
    header = json.loads(base64.urlsafe_b64decode(head + b"=="))

    def headed(**other: str) -> bytes:
        return b64url.encode(json.dumps(header | other).encode()).encode() + b"." + rest

    wrong = {
        "in the clear": json.dumps(IDENTITY).encode(),
        "not encrypted": head + b".." + b64url.encode(json.dumps(IDENTITY).encode()).encode() + b"..",
        "a part cut short": good.rpartition(b".")[0],
        "another lead": part(exchange, key, uuid7()),
        "another sender": part(exchange, key, lead_id, iss=POLICE),
        "another recipient": part(exchange, key, lead_id, aud="regulator-990121"),
        "another key": headed(kid="A" * 43),
        "another algorithm": headed(alg="RSA1_5"),
        "compressed": headed(zip="DEF"),
    }
    for what, content in wrong.items():
        upload(exchange, content)
        assert slug(raw.post(document | sealed(key.kid, content))) == "invalid-document", what
        town = exchange.agency("township")
        gone = town.http.delete(
            f"/v1/attachments/{hashlib.sha256(content).hexdigest()}",
            headers={"Authorization": f"Bearer {town.token()}"},
        )
        assert gone.status_code == 204, what


def test_nothing_is_sealed_to_a_node_that_the_lead_concerns(exchange: World, key: SealKey) -> None:
    raw = Raw(exchange.agency("township"))
    document = raw.document()
    content = part(exchange, key, document["lead_id"])
    upload(exchange, content)
    document |= sealed(key.kid, content)
    document["content"] = {**document["content"], "concerns_nodes": [POLICE]}
    assert slug(raw.post(document)) == "rule-violated"
