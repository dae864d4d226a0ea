"""Enrolling a node: what opens the door, what does not, and that nothing happens when it stays shut."""

import asyncio
import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from app.registry.enrolment import TYP
from app.signing.keys import generate_private
from tests.registry_app import Node, Service

pytestmark = pytest.mark.anyio
LOW_ORDER = {"kty": "OKP", "crv": "Ed25519", "x": "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}


@pytest.fixture
async def node(service: Service) -> Node:
    await service.create_node("police-990121")
    return Node("police-990121", service.clock)


def seal_jwk() -> dict[str, str]:
    raw = X25519PrivateKey.generate().public_key().public_bytes_raw()
    return {"kty": "OKP", "crv": "X25519", "x": base64.urlsafe_b64encode(raw).rstrip(b"=").decode()}


def slug(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


async def test_a_node_enrols_and_pins_the_exchange(service: Service, node: Node) -> None:
    body = node.enrolment(await service.code(node.node_id))
    body["keys"].append({"purpose": "seal", "jwk": seal_jwk()})
    answer = await service.enrol(node, body)
    assert answer.status_code == 201
    enrolled = answer.json()
    assert enrolled["node"]["division_code"] == "990121"
    assert [(key["purpose"], key["key_event"]) for key in enrolled["keys"]] == [
        ("act", 1),
        ("auth", 2),
        ("seal", 3),
    ]
    assert enrolled["keys"][0]["kid"] == node.act.kid
    assert enrolled["jwks"] == (await service.http.get("/.well-known/jwks.json")).json()


async def test_a_p256_key_enrols_too(service: Service, node: Node) -> None:
    node.act = generate_private("ES256")
    assert (await service.enrol(node, node.enrolment(await service.code(node.node_id)))).status_code == 201


async def test_a_code_works_once(service: Service, node: Node) -> None:
    code = await service.code(node.node_id)
    assert (await service.enrol(node, node.enrolment(code))).status_code == 201
    other = Node(node.node_id, service.clock)
    assert slug(await service.enrol(other, other.enrolment(code))) == (403, "enrolment-refused")


async def test_a_code_used_twice_at_once_works_once(service: Service, node: Node) -> None:
    code = await service.code(node.node_id)
    others = [Node(node.node_id, service.clock) for _ in range(3)]
    answers = await asyncio.gather(*(service.enrol(other, other.enrolment(code)) for other in others))
    assert sorted(answer.status_code for answer in answers) == [201, 403, 403]


async def test_a_code_ends_after_72_hours(service: Service, node: Node) -> None:
    code = await service.code(node.node_id)
    service.clock.forward(hours=72)
    assert slug(await service.enrol(node, node.enrolment(code))) == (403, "enrolment-refused")


async def test_a_wrong_code_and_another_nodes_code_are_refused_alike(service: Service, node: Node) -> None:
    await service.create_node("court-990121", kind="court")
    foreign = await service.enrol(node, node.enrolment(await service.code("court-990121")))
    wrong = await service.enrol(node, node.enrolment("no-such-code"))
    assert slug(foreign) == slug(wrong) == (403, "enrolment-refused")
    assert foreign.json()["detail"] == wrong.json()["detail"]


async def test_the_signer_must_be_the_node_of_the_body(service: Service, node: Node) -> None:
    body = node.enrolment(await service.code(node.node_id))
    assert slug(await service.enrol(node, body, iss="court-990121")) == (403, "enrolment-refused")


async def test_a_key_that_is_not_possessed_is_refused_and_the_code_stays_good(service: Service, node: Node) -> None:
    code = await service.code(node.node_id)
    body = node.enrolment(code)
    body["keys"][1]["proof"] = node.sign(b"another code", node.auth, TYP)
    assert slug(await service.enrol(node, body)) == (401, "bad-signature")
    assert (await service.enrol(node, node.enrolment(code))).status_code == 201


@pytest.mark.parametrize("other", [{"typ": "lead-act+jws"}, {"aud": "exchange-990001"}, {"key": "auth"}])
async def test_a_signature_for_another_use_is_bad(service: Service, node: Node, other: dict[str, str]) -> None:
    raw = json.dumps(node.enrolment(await service.code(node.node_id))).encode()
    key = node.auth if "key" in other else node.act
    jws = node.sign(raw, key, other.get("typ", TYP), aud=other.get("aud", "exchange-990000"))
    assert slug(await service.post("/v1/enrolments", raw, jws)) == (401, "bad-signature")


async def test_no_signature_and_two_are_bad(service: Service, node: Node) -> None:
    raw = json.dumps(node.enrolment(await service.code(node.node_id))).encode()
    jws = node.sign(raw, node.act, TYP)
    assert slug(await service.post("/v1/enrolments", raw, None)) == (401, "bad-signature")
    headers = [("X-JWS-Signature", jws), ("X-JWS-Signature", jws), ("Content-Type", "application/json")]
    assert slug(await service.http.post("/v1/enrolments", content=raw, headers=headers)) == (
        401,
        "bad-signature",
    )


async def test_a_changed_byte_is_a_bad_signature(service: Service, node: Node) -> None:
    raw = json.dumps(node.enrolment(await service.code(node.node_id))).encode()
    jws = node.sign(raw, node.act, TYP)
    assert slug(await service.post("/v1/enrolments", raw + b" ", jws)) == (401, "bad-signature")


@pytest.mark.parametrize("seconds", [-301, 301])
async def test_a_stale_signature_is_told_the_time(service: Service, node: Node, seconds: int) -> None:
    body = node.enrolment(await service.code(node.node_id))
    refused = await service.enrol(node, body, iat=int(service.clock().timestamp()) + seconds)
    assert slug(refused) == (401, "stale-iat")
    assert refused.json()["exchange_time"] == service.clock().isoformat()


async def test_weak_keys_are_refused(service: Service, node: Node) -> None:
    for purpose, jwk in (("auth", LOW_ORDER), ("auth", {"kty": "oct", "k": "AAAA"}), ("seal", LOW_ORDER)):
        body = node.enrolment(await service.code(node.node_id))
        proof = {} if purpose == "seal" else {"proof": "a..b"}
        body["keys"].append({"purpose": purpose, "jwk": jwk} | proof)
        assert slug(await service.enrol(node, body)) == (422, "weak-key")


async def test_a_thumbprint_belongs_to_one_node_and_one_purpose(service: Service, node: Node) -> None:
    node.auth = node.act
    code = await service.code(node.node_id)
    assert slug(await service.enrol(node, node.enrolment(code))) == (409, "id-taken")
    other = await service.enrolled("court-990121")
    node.act, node.auth = generate_private("Ed25519"), other.act
    assert slug(await service.enrol(node, node.enrolment(code))) == (409, "id-taken")


@pytest.mark.parametrize(
    "change",
    [
        {"keys": []},
        {"more": 1},
        {"node_id": "Police"},
        {"code": None},
        {"keys": [{"purpose": "act", "jwk": {}}]},
    ],
)
async def test_a_document_that_does_not_fit_is_invalid(service: Service, node: Node, change: dict[str, Any]) -> None:
    assert slug(await service.enrol(node, node.enrolment("code") | change)) == (422, "invalid-document")


async def test_an_auth_key_is_needed(service: Service, node: Node) -> None:
    body = node.enrolment(await service.code(node.node_id))
    del body["keys"][1]
    assert slug(await service.enrol(node, body)) == (422, "invalid-document")


async def test_size_media_type_and_json_are_judged(service: Service, node: Node) -> None:
    large, twice = b" " * (256 * 1024 + 1), b'{"code":1,"code":2}'
    path, jws = "/v1/enrolments", node.sign(twice, node.act, TYP)
    assert slug(await service.post(path, large, jws)) == (413, "payload-too-large")
    plain = {"Content-Type": "text/plain"}
    assert slug(await service.post(path, twice, jws, **plain)) == (415, "unsupported-media-type")
    packed = {"Content-Encoding": "gzip"}
    assert slug(await service.post(path, twice, jws, **packed)) == (415, "unsupported-media-type")
    assert slug(await service.post(path, twice, jws)) == (400, "malformed-json")
