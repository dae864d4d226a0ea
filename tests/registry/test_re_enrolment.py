"""A node that had keys enrols anew: a second registrar, 72 hours, and anybody who still has a key may stop it."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import text

from app.admin.people import add_person
from app.registry.taking_effect import settle_due
from app.signing import b64url
from app.signing.keys import generate_private
from tests.registry_app import PASSWORD, Node, Service

pytestmark = pytest.mark.anyio
NODE = "police-990121"


def slug(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


@pytest.fixture
async def old(service: Service) -> Node:
    await add_person(service.engine, "li", ["registrar"], PASSWORD, service.clock())
    await service.create_node("police-990100", level="city")
    node = Node(NODE, service.clock)
    assert (await service.create_node(NODE, parent="police-990100")).status_code == 201
    assert (await service.enrol(node, node.enrolment(await service.code(NODE)))).status_code == 201
    return node


async def asked(service: Service, **other: Any) -> tuple[Node, dict[str, Any]]:
    new = Node(NODE, service.clock)
    answer = await service.enrol(new, new.enrolment(await service.code(NODE)) | other)
    assert answer.status_code == 202, answer.text
    return new, answer.json()


async def end(service: Service, enrolment_id: str, by: str, what: str = "confirmation") -> Any:
    token = (await service.log_in(by)).json()["access_token"]
    path = f"/v1/admin/enrolments/{enrolment_id}/{what}"
    return await service.http.post(path, headers={"Authorization": f"Bearer {token}"})


async def cancel(service: Service, node: Node, enrolment_id: str, **other: Any) -> Any:
    body = json.dumps({"enrolment_id": enrolment_id} | other).encode()
    path = f"/v1/nodes/{NODE}/enrolments/{enrolment_id}/cancellation"
    return await service.post(path, body, node.sign(body, node.act, "lead-key+jws"))


async def settle(service: Service) -> int:
    settled = await settle_due(service.engine, service.voice, service.clock())
    await service.directory.refresh()
    return settled


async def told(service: Service) -> list[tuple[str, str, str]]:
    """Who was told which event, in the order of the queue for the log; each notice checked against its row."""
    async with service.engine.connect() as connection:
        rows = await connection.execute(
            text(
                "SELECT n.node_id, n.body, u.addressed, u.lead_id, u.act FROM key_notice n "
                "JOIN unsequenced u ON u.act_id = n.notice_id ORDER BY ordinal"
            )
        )
    found = []
    for row in rows:
        document = json.loads(row.body)
        assert (row.addressed, row.lead_id, row.act) == ([row.node_id], None, "notice.key")
        assert (document["recipients"], document["lead_id"], document["content"]["node"]) == ([row.node_id], None, NODE)
        assert document["content"].keys() == {"node", "kid", "purpose", "event"}
        found.append((row.node_id, document["content"]["event"], document["content"]["purpose"]))
    return found


async def valid(service: Service, node: Node) -> bool:
    body = node.assertion()
    return (await service.token(body)).status_code == 200


async def test_the_new_keys_are_valid_after_72_hours_and_a_second_registrar_and_the_old_ones_no_more(
    service: Service, old: Node
) -> None:
    new, pending = await asked(service)
    assert (pending["state"], pending["issued_by"], pending["confirmed_by"]) == ("pending", "zhang", None)
    assert [(key["kid"], key["purpose"]) for key in pending["keys"]] == [(new.act.kid, "act"), (new.auth.kid, "auth")]
    assert (await end(service, pending["enrolment_id"], "li")).json()["confirmed_by"] == "li"
    service.clock.forward(hours=71, minutes=59)
    assert await settle(service) == 0
    assert await valid(service, old)
    assert not await valid(service, new)
    service.clock.forward(minutes=2)
    assert await settle(service) == 1
    assert await settle(service) == 0
    assert await valid(service, new)
    assert not await valid(service, old)
    shown = (await service.http.get(f"/v1/nodes/{NODE}", headers=await service.bearer(new))).json()
    assert shown["enrolment"] is None
    assert [key["kid"] for key in shown["keys"]] == [new.act.kid, new.auth.kid]
    keys = await keys_of(service, new)
    assert [keys[key.kid]["key_event"] for key in (old.act, old.auth, new.act, new.auth)] == [1, 2, 3, 4]
    assert {keys[key.kid]["revoked"]["key_event"] for key in (old.act, old.auth)} == {5, 6}
    assert keys[old.act.kid]["revoked"]["request"]["jws"] == keys[new.act.kid]["registration"]["jws"]


async def keys_of(service: Service, reader: Node) -> dict[str, dict[str, Any]]:
    """Return every key of the node with its papers, by thumbprint, as its own system reads them."""
    path, headers = f"/v1/nodes/{NODE}/keys", await service.bearer(reader)
    listed = (await service.http.get(path, headers=headers)).json()["items"]
    return {key["kid"]: (await service.http.get(f"{path}/{key['kid']}", headers=headers)).json() for key in listed}


@pytest.mark.usefixtures("old")
async def test_the_registrations_of_a_replacement_are_logged_before_its_revocations(service: Service) -> None:
    _, pending = await asked(service)
    await end(service, pending["enrolment_id"], "li")
    service.clock.forward(hours=72)
    await settle(service)
    async with service.engine.connect() as connection:
        rows = await connection.execute(text("SELECT kind FROM unsequenced WHERE kind <> 'notice' ORDER BY ordinal"))
    assert [row.kind for row in rows] == ["key", "key", "key", "key", "revocation", "revocation"]


async def test_without_a_second_registrar_nothing_happens_and_after_seven_days_it_is_over(
    service: Service, old: Node
) -> None:
    _, pending = await asked(service)
    refused = await end(service, pending["enrolment_id"], "zhang")
    assert slug(refused) == (403, "forbidden-act")
    service.clock.forward(hours=100)
    assert await settle(service) == 0
    service.clock.forward(hours=68)
    assert slug(await end(service, pending["enrolment_id"], "li")) == (409, "wrong-state")
    assert await settle(service) == 1
    assert await valid(service, old)
    assert (NODE, "enrolment_expired", "act") in await told(service)
    assert slug(await end(service, pending["enrolment_id"], "li")) == (409, "wrong-state")


async def test_confirmation_after_72_hours_takes_effect_at_once(service: Service, old: Node) -> None:
    new, pending = await asked(service)
    service.clock.forward(hours=80)
    assert (await end(service, pending["enrolment_id"], "li")).status_code == 201
    assert slug(await end(service, pending["enrolment_id"], "li")) == (409, "wrong-state")
    assert await settle(service) == 1
    assert await valid(service, new)
    assert not await valid(service, old)


async def test_any_act_key_of_the_node_that_is_still_valid_cancels_and_nobody_else(service: Service, old: Node) -> None:
    new, pending = await asked(service)
    enrolment_id = pending["enrolment_id"]
    await end(service, enrolment_id, "li")
    court = await service.enrolled("court-990121")
    assert slug(await cancel(service, new, enrolment_id)) == (401, "bad-signature")
    assert slug(await cancel(service, court, enrolment_id)) == (403, "forbidden-act")
    assert slug(await cancel(service, old, str(uuid4()))) == (404, "not-found")
    shown = (await service.http.get(f"/v1/nodes/{NODE}", headers=await service.bearer(old))).json()
    assert shown["enrolment"]["enrolment_id"] == enrolment_id
    done = await cancel(service, old, enrolment_id, reason="无人申请")
    assert (done.status_code, done.json()["state"]) == (201, "cancelled")
    assert slug(await cancel(service, old, enrolment_id)) == (409, "wrong-state")
    service.clock.forward(hours=200)
    assert await settle(service) == 0
    assert await valid(service, old)
    assert not await valid(service, new)


async def test_a_path_and_a_body_that_differ_are_refused(service: Service, old: Node) -> None:
    _, pending = await asked(service)
    body = json.dumps({"enrolment_id": str(uuid4())}).encode()
    path = f"/v1/nodes/{NODE}/enrolments/{pending['enrolment_id']}/cancellation"
    answer = await service.post(path, body, old.sign(body, old.act, "lead-key+jws"))
    assert slug(answer) == (422, "wrong-endpoint")
    assert slug(await end(service, "no-uuid", "li")) == (404, "not-found")
    assert slug(await end(service, str(uuid4()), "li", "rejection")) == (404, "not-found")


async def test_a_registrar_rejects_even_what_was_confirmed(service: Service, old: Node) -> None:
    _, pending = await asked(service)
    await end(service, pending["enrolment_id"], "li")
    assert (await end(service, pending["enrolment_id"], "zhang", "rejection")).json()["state"] == "rejected"
    service.clock.forward(hours=72)
    assert await settle(service) == 0
    assert await valid(service, old)
    assert (NODE, "enrolment_rejected", "act") in await told(service)


async def test_one_enrolment_waits_at_a_time_and_registrars_see_it(service: Service, old: Node) -> None:
    _, pending = await asked(service)
    other = Node(NODE, service.clock)
    code = await service.code(NODE)
    assert slug(await service.enrol(other, other.enrolment(code))) == (409, "wrong-state")
    listed = (await service.http.get("/v1/admin/enrolments", headers=service.registrar)).json()
    assert [one["enrolment_id"] for one in listed["items"]] == [pending["enrolment_id"]]
    await cancel(service, old, pending["enrolment_id"])
    assert (await service.http.get("/v1/admin/enrolments", headers=service.registrar)).json()["items"] == []
    # The refusal left the code as it was.
    assert (await service.enrol(other, other.enrolment(code))).status_code == 202


async def test_codes_are_spent_and_old_keys_do_not_come_back(service: Service, old: Node) -> None:
    code = await service.code(NODE)
    assert slug(await service.enrol(old, old.enrolment(code))) == (409, "id-taken")
    new = Node(NODE, service.clock)
    assert (await service.enrol(new, new.enrolment(code))).status_code == 202
    assert slug(await service.enrol(new, new.enrolment(code))) == (403, "enrolment-refused")


async def test_a_node_that_gave_up_all_its_keys_waits_too(service: Service, old: Node) -> None:
    body = json.dumps({"kid": old.act.kid, "reason": "lost"}).encode()
    path = f"/v1/nodes/{NODE}/keys/{old.act.kid}/revocation"
    assert (await service.post(path, body, old.sign(body, old.act, "lead-key+jws"))).status_code == 201
    new, pending = await asked(service)
    assert slug(await cancel(service, old, pending["enrolment_id"])) == (401, "revoked-key")
    await end(service, pending["enrolment_id"], "li")
    service.clock.forward(hours=72)
    assert await settle(service) == 1
    assert await valid(service, new)
    assert not await valid(service, old)


async def test_a_key_that_was_registered_elsewhere_meanwhile_ends_the_enrolment_without_effect(
    service: Service, old: Node
) -> None:
    new, pending = await asked(service)
    await service.create_node("court-990121", kind="court")
    thief = Node("court-990121", service.clock, act=new.act)
    assert (await service.enrol(thief, thief.enrolment(await service.code("court-990121")))).status_code == 201
    await end(service, pending["enrolment_id"], "li")
    service.clock.forward(hours=72)
    assert await settle(service) == 1
    assert await valid(service, old)
    assert not await valid(service, new)


@pytest.mark.usefixtures("old")
async def test_two_loops_at_once_make_it_take_effect_once(service: Service) -> None:
    _, pending = await asked(service)
    await end(service, pending["enrolment_id"], "li")
    service.clock.forward(hours=72)
    await asyncio.gather(*(settle_due(service.engine, service.voice, service.clock()) for _ in range(4)))
    async with service.engine.connect() as connection:
        events = await connection.scalar(text("SELECT count(*) FROM key_event WHERE node_id = :node"), {"node": NODE})
    assert events == 6
    assert len([one for one in await told(service) if one[1] == "enrolment_effective"]) == 2


async def test_node_and_parent_are_told_of_each_event_and_strangers_of_none(service: Service, old: Node) -> None:
    await service.enrolled("court-990121")
    _, pending = await asked(service)
    key, jti = generate_private("Ed25519"), str(uuid4())
    body = json.dumps({"keys": [old.offered("auth", key, jti, "lead-key+jws")]}).encode()
    path = f"/v1/nodes/{NODE}/keys"
    assert (await service.post(path, body, old.sign(body, old.act, "lead-key+jws", jti=jti))).status_code == 201
    body = json.dumps({"kid": key.kid, "reason": "compromised"}).encode()
    answer = await service.post(f"{path}/{key.kid}/revocation", body, old.sign(body, old.act, "lead-key+jws"))
    assert answer.status_code == 201
    await cancel(service, old, pending["enrolment_id"])
    events = [
        ("enrolment_pending", "act"),
        ("register", "auth"),
        ("compromise", "auth"),
        ("enrolment_cancelled", "act"),
    ]
    assert await told(service) == [(to, *event) for event in events for to in (NODE, "police-990100")]


async def test_nobody_else_takes_a_key_that_waits_and_so_ends_the_enrolment(service: Service, old: Node) -> None:
    """Everybody reads what waits, and a seal key needs no proof."""
    thief = await service.enrolled("police-990122")
    public = X25519PrivateKey.generate().public_key().public_bytes_raw()
    seal = {"purpose": "seal", "jwk": {"kty": "OKP", "crv": "X25519", "x": b64url.encode(public)}}
    new = Node(NODE, service.clock)
    wanted = new.enrolment(await service.code(NODE))
    answer = await service.enrol(new, wanted | {"keys": [*wanted["keys"], seal]})
    assert answer.status_code == 202, answer.text
    for node in (thief, old):
        body = json.dumps({"keys": [seal]}).encode()
        taken = await service.post(f"/v1/nodes/{node.node_id}/keys", body, node.sign(body, node.act, "lead-key+jws"))
        assert slug(taken) == (409, "id-taken")
    late = Node("police-990123", service.clock)
    await service.create_node(late.node_id)
    wanted = late.enrolment(await service.code(late.node_id))
    assert slug(await service.enrol(late, wanted | {"keys": [*wanted["keys"], seal]})) == (409, "id-taken")
    await end(service, answer.json()["enrolment_id"], "li")
    service.clock.forward(hours=72)
    assert await settle(service) == 1
    assert await valid(service, new)
