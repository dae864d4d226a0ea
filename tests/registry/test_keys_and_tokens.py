"""Later keys, revocation, the register as others see it, and tokens for reading."""

import asyncio
import base64
import hashlib
import json
import re
import uuid
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OKPKey
from sqlalchemy import text

from app.registry.keys import TYP
from app.signing.jws import verify_detached
from app.signing.keys import PrivateKey, generate_private, private_jwk
from app.signing.sealing import generate_sealing
from tests.registry_app import EXCHANGE, Node, Service

pytestmark = pytest.mark.anyio


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


async def send(
    service: Service,
    node: Node,
    path: str,
    body: dict[str, Any],
    *,
    key: PrivateKey | None = None,
    **header: Any,
) -> httpx.Response:
    raw = json.dumps(body).encode()
    return await service.post(path, raw, node.sign(raw, key or node.act, TYP, **header))


async def add(service: Service, node: Node, new: PrivateKey, *, jti: str = "", **header: Any) -> httpx.Response:
    jti = jti or str(uuid.uuid4())
    body = {"keys": [node.offered("act", new, jti, TYP)]}
    return await send(service, node, f"/v1/nodes/{node.node_id}/keys", body, jti=jti, **header)


async def revoke(service: Service, node: Node, kid: str, reason: str = "superseded", **other: Any) -> httpx.Response:
    path = f"/v1/nodes/{node.node_id}/keys/{kid}/revocation"
    return await send(service, node, path, {"kid": kid, "reason": reason}, **other)


async def test_a_later_key_is_numbered_after_the_first(service: Service) -> None:
    node, new = await service.enrolled(), generate_private("ES256")
    answer = await add(service, node, new)
    assert answer.status_code == 201
    assert answer.json()["keys"] == [{"kid": new.kid, "purpose": "act", "key_event": 3}]
    assert (await add(service, node, generate_private("Ed25519"), key=new)).status_code == 201


async def test_a_proof_is_bound_to_its_own_request(service: Service) -> None:
    node, new = await service.enrolled(), generate_private("Ed25519")
    body = {"keys": [node.offered("act", new, str(uuid.uuid4()), TYP)]}
    answer = await send(service, node, f"/v1/nodes/{node.node_id}/keys", body)
    assert slug(answer) == (401, "bad-signature")


async def test_a_request_is_taken_once(service: Service) -> None:
    node, jti = await service.enrolled(), str(uuid.uuid4())
    assert (await add(service, node, generate_private("Ed25519"), jti=jti)).status_code == 201
    assert slug(await add(service, node, generate_private("Ed25519"), jti=jti)) == (409, "act-id-reused")


async def test_a_refusal_consumes_no_jti(service: Service) -> None:
    node, jti = await service.enrolled(), str(uuid.uuid4())
    assert slug(await add(service, node, node.act, jti=jti)) == (409, "id-taken")
    assert (await add(service, node, generate_private("Ed25519"), jti=jti)).status_code == 201


async def test_a_node_changes_only_its_own_keys(service: Service) -> None:
    node, other = await service.enrolled(), await service.enrolled("court-990121")
    body = {"kid": other.auth.kid, "reason": "superseded"}
    path = f"/v1/nodes/{other.node_id}/keys/{other.auth.kid}/revocation"
    assert slug(await send(service, node, path, body)) == (403, "forbidden-act")
    assert slug(await revoke(service, node, other.auth.kid)) == (404, "not-found")


async def test_an_auth_key_signs_no_key_request(service: Service) -> None:
    node = await service.enrolled()
    assert slug(await revoke(service, node, node.act.kid, key=node.auth)) == (401, "bad-signature")


async def test_a_revoked_key_signs_nothing(service: Service) -> None:
    node = await service.enrolled()
    answer = await revoke(service, node, node.act.kid, "lost")
    assert answer.status_code == 201
    assert answer.json()["key_event"] == 3
    refused = await add(service, node, generate_private("Ed25519"))
    assert slug(refused) == (401, "revoked-key")
    assert refused.json()["exchange_time"] == service.clock().isoformat()


async def test_a_key_is_revoked_once_and_by_its_own_path(service: Service) -> None:
    node = await service.enrolled()
    path = f"/v1/nodes/{node.node_id}/keys/{node.auth.kid}/revocation"
    differing = {"kid": node.act.kid, "reason": "superseded"}
    assert slug(await send(service, node, path, differing)) == (422, "wrong-endpoint")
    assert (await revoke(service, node, node.auth.kid)).status_code == 201
    assert slug(await revoke(service, node, node.auth.kid)) == (409, "wrong-state")


async def test_a_revoked_thumbprint_never_comes_back(service: Service) -> None:
    node = await service.enrolled()
    await revoke(service, node, node.auth.kid)
    assert slug(await add(service, node, node.auth)) == (409, "id-taken")


@pytest.mark.parametrize("since", ["2999-01-01T00:00:00Z", "yesterday", 5])
async def test_compromise_began_in_the_past(service: Service, since: object) -> None:
    node = await service.enrolled()
    path = f"/v1/nodes/{node.node_id}/keys/{node.auth.kid}/revocation"
    body = {"kid": node.auth.kid, "reason": "compromised", "compromised_from": since}
    assert slug(await send(service, node, path, body)) == (422, "invalid-document")


async def test_every_key_event_waits_for_the_log(service: Service) -> None:
    node = await service.enrolled()
    await revoke(service, node, node.auth.kid)
    async with service.engine.connect() as connection:
        rows = (
            await connection.execute(
                text("SELECT kind, entry FROM unsequenced WHERE kind <> 'notice' ORDER BY ordinal")
            )
        ).all()
        kept = (await connection.execute(text("SELECT leaf_hash FROM key_event ORDER BY number"))).scalars().all()
    assert [row.kind for row in rows] == ["key", "key", "revocation"]
    assert [hashlib.sha256(b"\0" + row.entry).digest() for row in rows] == kept
    start, line, end = rows[2].entry.split(b"\n")
    entry = json.loads(line)
    assert (start, end) == (b"leadbridge/entry/v1", b"")
    assert list(entry) == ["t", "node", "kid", "purpose", "event", "key_event", "request_jws_sha256"]
    assert (entry["kid"], entry["event"], entry["key_event"]) == (node.auth.kid, "revoke", 3)


async def test_a_key_is_shown_with_who_signed_for_it_and_who_ended_it(service: Service) -> None:
    node, reader = await service.enrolled(), await service.enrolled("court-990121")
    await revoke(service, node, node.auth.kid)
    path, headers = f"/v1/nodes/{node.node_id}", await service.bearer(reader)
    assert [key["kid"] for key in (await service.http.get(path, headers=headers)).json()["keys"]] == [node.act.kid]
    shown = (await service.http.get(f"{path}/keys/{node.auth.kid}", headers=headers)).json()
    body = base64.urlsafe_b64decode(shown["registration"]["body"] + "==")
    signer = (await service.http.get(f"{path}/keys/{node.act.kid}", headers=headers)).json()
    assert verify_detached(shown["registration"]["jws"], body, signer["jwk"]).header.iss == node.node_id
    assert shown["registration"]["log_index"] is None
    assert (signer["revoked"], shown["revoked"]["reason"]) == (None, "superseded")
    ended = base64.urlsafe_b64decode(shown["revoked"]["request"]["body"] + "==")
    assert verify_detached(shown["revoked"]["request"]["jws"], ended, signer["jwk"]).header.typ == TYP


async def test_a_key_is_shown_with_its_place_in_the_log(service: Service) -> None:
    node = await service.enrolled()
    async with service.engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO log_entry (log_index, entry, leaf_hash, logged_at) "
                "SELECT 7, '', leaf_hash, now() FROM key_event WHERE number = 2"
            )
        )
    path, headers = f"/v1/nodes/{node.node_id}/keys", await service.bearer(node)
    shown = [(await service.http.get(f"{path}/{key.kid}", headers=headers)).json() for key in (node.act, node.auth)]
    assert [key["registration"]["log_index"] for key in shown] == [None, 7]


async def test_all_keys_of_a_node_come_in_pages_by_their_events(service: Service) -> None:
    node = await service.enrolled()
    await revoke(service, node, node.auth.kid)
    headers, path = await service.bearer(await service.enrolled("court-990121")), f"/v1/nodes/{node.node_id}/keys"
    first = (await service.http.get(path, params={"limit": 1}, headers=headers)).json()
    last = (await service.http.get(path, params={"limit": 1, "cursor": first["next"]}, headers=headers)).json()
    assert [key["kid"] for page in (first, last) for key in page["items"]] == [node.act.kid, node.auth.kid]
    assert (last["items"][0]["revoked"]["key_event"], last["next"]) == (3, None)


@pytest.mark.parametrize(
    "path", ["court-990121", "court-990121/keys", "%00/keys", "police-990121/keys/x", "%00/keys/%00"]
)
async def test_what_the_register_does_not_have_is_not_found(service: Service, path: str) -> None:
    headers = await service.bearer(await service.enrolled())
    assert slug(await service.http.get(f"/v1/nodes/{path}", headers=headers)) == (404, "not-found")


async def test_padded_requests_make_no_page_of_the_register_long(service: Service) -> None:
    """Thirty of them, twenty seal keys each and padded to 255 KiB, made `limit=1` an answer of 199 MiB."""
    node = await service.enrolled()
    path = f"/v1/nodes/{node.node_id}/keys"

    def padded(keys: int, size: int) -> bytes:
        raw = json.dumps(
            {"keys": [{"purpose": "seal", "jwk": generate_sealing().public_jwk} for _ in range(keys)]}
        ).encode()
        return raw + b" " * (size - len(raw))

    async def sent(raw: bytes) -> httpx.Response:
        return await service.post(path, raw, node.sign(raw, node.act, TYP))

    assert slug(await sent(padded(1, 64 * 1024 + 1))) == (413, "payload-too-large")
    assert (await sent(padded(15, 64 * 1024))).status_code == 201
    refused = await sent(padded(2, 64 * 1024))
    assert slug(refused) == (409, "quota-exceeded")
    assert (await sent(padded(1, 64 * 1024))).status_code == 201
    headers = await service.bearer(node)
    answers = [
        await service.http.get(f"/v1/nodes{page}", headers=headers)
        for page in ("", f"/{node.node_id}", f"/{node.node_id}/keys", f"/{node.node_id}/keys/{node.act.kid}")
    ]
    sizes = [len(answer.content) for answer in answers]
    assert all(size < bound for size, bound in zip(sizes, (1000, 10_000, 10_000, 200_000), strict=True)), sizes


async def test_a_revoked_key_makes_room_for_another(service: Service) -> None:
    node, new = await service.enrolled(), generate_private("Ed25519")
    later = [generate_private("Ed25519") for _ in range(15)]
    for key in later:
        assert (await add(service, node, key)).status_code == 201
    assert slug(await add(service, node, new)) == (409, "quota-exceeded")
    assert (await revoke(service, node, node.act.kid)).status_code == 201
    assert (await add(service, node, new, key=later[0])).status_code == 201


async def test_the_register_comes_in_pages(service: Service) -> None:
    node = await service.enrolled()
    for number in range(3):
        await service.create_node(f"township-99012110{number}", kind="township", level="township", parent=node.node_id)
    headers, seen = await service.bearer(node), []
    cursor: str | None = ""
    while cursor is not None:
        page = (await service.http.get(f"/v1/nodes?limit=2{cursor}", headers=headers)).json()
        seen += [item["node_id"] for item in page["items"]]
        cursor = f"&cursor={page['next']}" if page["next"] else None
    assert seen == ["police-990121", *(f"township-99012110{number}" for number in range(3))]


@pytest.mark.parametrize("header", [None, "Bearer x", "Bearer a.b.c", "Basic eA=="])
async def test_reading_needs_a_token(service: Service, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    answer = await service.http.get("/v1/nodes", headers=headers)
    assert slug(answer) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_token_lives_five_minutes(service: Service) -> None:
    node = await service.enrolled()
    answer = await service.token(node.assertion())
    assert {"token_type": "Bearer", "expires_in": 300}.items() <= answer.json().items()
    assert answer.headers["cache-control"] == "no-store"
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    service.clock.forward(seconds=298)
    assert (await service.http.get("/v1/nodes", headers=headers)).status_code == 200
    service.clock.forward(seconds=2)
    assert slug(await service.http.get("/v1/nodes", headers=headers)) == (401, "unauthenticated")


async def test_a_token_ends_with_the_key_that_earned_it(service: Service) -> None:
    node = await service.enrolled()
    headers = await service.bearer(node)
    await revoke(service, node, node.auth.kid)
    assert slug(await service.http.get("/v1/nodes", headers=headers)) == (401, "unauthenticated")
    assert told(await service.token(node.assertion())) == (401, "invalid_client")


async def test_a_persons_token_reads_nothing_of_the_nodes(service: Service) -> None:
    assert slug(await service.http.get("/v1/nodes", headers=service.registrar)) == (401, "unauthenticated")


async def test_another_library_reads_our_tokens_and_writes_assertions(service: Service) -> None:
    node = await service.enrolled()
    header = {"alg": "Ed25519", "typ": "client-authentication+jwt", "kid": node.auth.kid}
    claims: dict[str, Any] = {"iss": node.node_id, "sub": node.node_id, "aud": EXCHANGE, "jti": "1"}
    claims |= {"exp": int(service.clock().timestamp()) + 60}
    key = OKPKey.import_key({**private_jwk(node.auth)})
    answer = await service.token(jwt.encode(header, claims, key, algorithms=["Ed25519"]))
    jwks = KeySet.import_key_set((await service.http.get("/.well-known/jwks.json")).json())
    read = jwt.decode(answer.json()["access_token"], jwks, algorithms=["Ed25519"])
    assert (read.header["typ"], read.claims["sub"], read.claims["scope"]) == ("at+jwt", node.node_id, "node")


async def test_the_older_name_of_the_algorithm_and_a_missing_kid_are_taken(service: Service) -> None:
    node = await service.enrolled()
    for other in ({"alg": "EdDSA"}, {"kid": None}):
        assert (await service.token(node.assertion(**other))).status_code == 200


async def test_what_was_used_is_forgotten_when_it_would_be_stale_anyway(service: Service) -> None:
    node = await service.enrolled()
    for _ in range(3):
        await service.token(node.assertion())
    service.clock.forward(seconds=362)
    await service.token(node.assertion())
    async with service.engine.connect() as connection:
        assert (await connection.execute(text("SELECT count(*) FROM used_jti"))).scalar_one() == 1


@pytest.mark.parametrize("off", [-299, -120, 0, 120, 299])
@pytest.mark.parametrize("dated", [True, False])
async def test_a_client_whose_clock_is_five_minutes_off_gets_its_token(
    service: Service, off: int, *, dated: bool
) -> None:
    node, there = await service.enrolled(), int(service.clock().timestamp()) + off
    times = {"exp": there + 60} | ({"iat": there, "nbf": there} if dated else {})
    assert (await service.token(node.assertion(**times))).status_code == 200


@pytest.mark.parametrize(
    "times",
    [
        {"exp": 61, "iat": 0},
        {"exp": -239, "iat": -302},
        {"exp": 359, "iat": 302},
        {"exp": -301},
        {"exp": 363},
        {"exp": 60, "nbf": 302},
    ],
)
async def test_beyond_five_minutes_or_good_for_more_than_one_it_gets_none(
    service: Service, times: dict[str, int]
) -> None:
    node, here = await service.enrolled(), int(service.clock().timestamp())
    assertion = node.assertion(**{name: here + seconds for name, seconds in times.items()})
    assert told(await service.token(assertion)) == (401, "invalid_client")


@pytest.mark.parametrize("off", [-290, 0, 290])
async def test_an_assertion_is_not_taken_again_within_the_leeway(service: Service, off: int) -> None:
    node, there = await service.enrolled(), int(service.clock().timestamp()) + off
    assertion = node.assertion(exp=there + 60)
    assert (await service.token(assertion)).status_code == 200
    for _ in range(20):
        service.clock.forward(seconds=40)
        assert (await service.token(node.assertion())).status_code == 200  # and with it what is stale is forgotten
        assert told(await service.token(assertion)) == (401, "invalid_client")


async def test_a_refused_token_tells_the_time_of_the_exchange_in_both_languages(service: Service) -> None:
    node = await service.enrolled()
    for answer in (await service.token(node.assertion(exp=0)), await service.token("", grant_type="x")):
        said = answer.json()
        assert said["exchange_time"] == service.clock().isoformat()
        assert re.fullmatch(r"[\x20\x21\x23-\x5b\x5d-\x7e]+", said["error_description"])  # RFC 6749, section 5.2
        assert any("\u4e00" <= one <= "\u9fff" for one in said["error_description_zh"])


async def test_requests_at_once_are_numbered_without_a_gap(service: Service) -> None:
    node = await service.enrolled()
    answers = await asyncio.gather(*(add(service, node, generate_private("Ed25519")) for _ in range(4)))
    assert sorted(answer.json()["keys"][0]["key_event"] for answer in answers) == [3, 4, 5, 6]


async def test_an_assertion_is_taken_once(service: Service) -> None:
    assertion = (await service.enrolled()).assertion()
    assert (await service.token(assertion)).status_code == 200
    assert told(await service.token(assertion)) == (401, "invalid_client")


@pytest.mark.parametrize(
    "other",
    [
        {"aud": "exchange-990001"},
        {"aud": ["exchange-990000"]},
        {"iss": "court-990121"},
        {"iss": ["police-990121"]},
        {"sub": "court-990121"},
        {"jti": None},
        {"jti": "a\u0000b"},
        {"exp": 0},
        {"exp": "soon"},
        {"exp": 99_999_999_999},
        {"nbf": 99_999_999_999},
        {"typ": "JWT"},
        {"kid": "A" * 43},
        {"kid": 7},
        {"alg": ["Ed25519"]},
        {"alg": "none"},
    ],
)
async def test_an_assertion_for_anything_else_is_refused(service: Service, other: dict[str, Any]) -> None:
    node = await service.enrolled()
    assert told(await service.token(node.assertion(**other))) == (401, "invalid_client")


async def test_an_act_key_gets_no_token(service: Service) -> None:
    node = await service.enrolled()
    assert told(await service.token(node.assertion(key=node.act, kid=node.act.kid))) == (401, "invalid_client")


async def test_a_request_that_is_no_grant_is_told_so(service: Service) -> None:
    assert told(await service.token("x", grant_type="password")) == (400, "unsupported_grant_type")
    for answer in (
        await service.http.post("/v1/oauth/token", json={}),
        await service.http.post("/v1/oauth/token", data={"grant_type": ["client_credentials"] * 2}),
        await service.token("", client_assertion_type="other"),
    ):
        assert told(answer) == (400, "invalid_request")
