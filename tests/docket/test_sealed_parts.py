"""Sealed parts: taken only whole and for the right key, and read back by nobody."""

import hashlib
import json
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from app.client import uuid7
from app.signing import b64url
from app.signing.keys import load_seal_jwk
from tests.agencies import Raw, World

JWE = b"eyJhbGciOiJFQ0RILUVTK0EyNTZLVyJ9.fictional.compact.jwe.value"


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).removeprefix("/problems/")


@pytest.fixture(scope="module")
def seal_kid(exchange: World) -> str:
    """A seal key of the police, registered like any later key."""
    police = exchange.agency("police")
    raw = Raw(police)
    public = X25519PrivateKey.generate().public_key().public_bytes_raw()
    jwk = {"kty": "OKP", "crv": "X25519", "x": b64url.encode(public)}
    body = json.dumps({"keys": [{"purpose": "seal", "jwk": jwk}]}).encode()
    path = f"/v1/nodes/{police.node_id}/keys"
    answer = raw.post(body, path=path, token=raw.sign(body, typ="lead-key+jws", jti=uuid7()))
    assert answer.status_code == 201, answer.text
    return load_seal_jwk(jwk).kid


def sealed(kid: str, content: bytes = JWE, recipient: str = "police-990121") -> dict[str, Any]:
    part = {"recipient": recipient, "kid": kid, "sha256": hashlib.sha256(content).hexdigest()}
    return {"sealed": [part], "sealed_commitment": "0" * 64}


def test_a_sealed_part_is_taken_and_read_back_by_nobody(exchange: World, seal_kid: str) -> None:
    town, police = exchange.agency("township"), exchange.agency("police")
    raw = Raw(town)
    town.upload(JWE, name="sealed.jwe", media_type="application/jose")
    digest = hashlib.sha256(JWE).hexdigest()
    assert raw.post(raw.document(**sealed(seal_kid))).status_code == 201
    for agency in (town, police):
        headers = {"Authorization": f"Bearer {agency.token()}"}
        assert agency.http.get(f"/v1/attachments/{digest}", headers=headers).status_code == 404


def test_a_sealed_part_needs_its_upload_its_commitment_and_a_seal_key_of_its_recipient(
    exchange: World, seal_kid: str
) -> None:
    town = exchange.agency("township")
    raw, other = Raw(town), b"never uploaded"
    assert slug(raw.post(raw.document(**sealed(seal_kid, other)))) == "missing-attachment"
    whole = sealed(seal_kid)
    assert slug(raw.post(raw.document(sealed=whole["sealed"]))) == "invalid-document"
    assert slug(raw.post(raw.document(sealed_commitment="0" * 64))) == "invalid-document"
    assert slug(raw.post(raw.document(**sealed(exchange.agency("police").keys.act.kid)))) == "invalid-document"
    assert slug(raw.post(raw.document(**sealed(seal_kid, recipient="regulator-990121")))) == "invalid-document"


def test_nothing_is_sealed_to_a_node_that_the_lead_concerns(exchange: World, seal_kid: str) -> None:
    raw = Raw(exchange.agency("township"))
    document = raw.document(**sealed(seal_kid))
    document["content"] = {**document["content"], "concerns_nodes": ["police-990121"]}
    assert slug(raw.post(document)) == "rule-violated"
