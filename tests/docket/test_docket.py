"""The write path: durable before answered, once however often it is sent, and rivals settled by the database."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from app.client import Refused, uuid7
from tests.agencies import Raw, World


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).removeprefix("/problems/")


@pytest.fixture(scope="module")
def town(exchange: World) -> Raw:
    return Raw(exchange.agency("township"))


def test_the_same_act_again_gets_the_same_receipt_bytes(town: Raw) -> None:
    body = json.dumps(town.document()).encode()
    token = town.sign(body)
    first, again = town.post(body, token=token), town.post(body, token=token)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.content == first.content
    assert again.headers["x-jws-signature"] == first.headers["x-jws-signature"]
    assert again.headers["idempotent-replayed"] == "true"


def test_a_replay_is_recognised_before_the_age_of_its_signature_is_judged(town: Raw) -> None:
    body, act_id = json.dumps(town.document()).encode(), str(uuid4())
    first = town.post(body, token=town.sign(body, jti=act_id))
    old = town.post(body, token=town.sign(body, jti=act_id, iat=1_000_000_000))
    assert (old.status_code, old.content) == (200, first.content)


def test_an_act_id_is_good_for_one_document(town: Raw) -> None:
    act_id = str(uuid4())
    one, other = (json.dumps(town.document()).encode() for _ in range(2))
    assert town.post(one, token=town.sign(one, jti=act_id)).status_code == 201
    for body in (other, b"{}", b"not json"):
        assert slug(town.post(body, token=town.sign(body, jti=act_id))) == "act-id-reused"


def test_a_refusal_consumes_no_act_id(town: Raw) -> None:
    act_id, document = str(uuid4()), town.document()
    bad = json.dumps({**document, "surprise": 1}).encode()
    good = json.dumps(document).encode()
    assert slug(town.post(bad, token=town.sign(bad, jti=act_id))) == "invalid-document"
    assert town.post(good, token=town.sign(good, jti=act_id)).status_code == 201


def test_a_lead_id_is_taken_once(town: Raw) -> None:
    document = town.document()
    assert town.post(document).status_code == 201
    assert slug(town.post({**document, "nonce": "B" * 22})) == "id-taken"


def test_the_same_act_sent_by_many_at_once_is_taken_once(exchange: World, town: Raw) -> None:
    body = json.dumps(town.document()).encode()
    token = town.sign(body)
    answers = at_once(16, lambda: send(exchange.url, body, token))
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201], [a.text for a in answers]
    assert len({answer.content for answer in answers}) == 1


def test_of_rival_offers_of_one_lead_exactly_one_is_taken(exchange: World) -> None:
    town, police = exchange.agency("township"), exchange.agency("police")
    lead_id = exchange.register()
    town.screen(lead_id, category="general", opinion="有具体事件", basis="依职责")
    raw, prev = Raw(town), town.newest_seen(lead_id)
    letter = {"route": "report_up", "basis": "x", "competence_reason": "x", "known_facts": "x"}
    bodies = [
        json.dumps(
            raw.document(
                "transfer.offer",
                lead_id=lead_id,
                prev=prev,
                recipients=[police.node_id],
                content={"transfer_id": uuid7(), "to": police.node_id, "disclosure": "full", **letter},
            )
        ).encode()
        for _ in range(8)
    ]
    path = f"/v1/leads/{lead_id}/transfers"
    answers = at_once(8, lambda: send(exchange.url, body := bodies.pop(), raw.sign(body), path))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7


def test_a_refused_neighbour_does_not_disturb_a_batch(exchange: World, town: Raw) -> None:
    good = [json.dumps(town.document()).encode() for _ in range(12)]
    bad = [json.dumps(town.document(recipients=["police-990121"])).encode() for _ in range(12)]
    bodies = good + bad
    answers = at_once(24, lambda: send(exchange.url, body := bodies.pop(), town.sign(body)))
    assert sorted(answer.status_code for answer in answers) == [201] * 12 + [422] * 12


def test_rivals_for_one_lead_id_in_different_batches_are_settled_by_the_database(exchange: World, town: Raw) -> None:
    document = town.document()
    bodies = [json.dumps({**document, "title": str(number)}).encode() for number in range(12)]
    answers = at_once(12, lambda: send(exchange.url, body := bodies.pop(), town.sign(body)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 11


@pytest.mark.parametrize("table", ["act", "log_entry", "key_event", "key_request"])
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_database_itself_keeps_evidence(exchange: World, table: str, change: str) -> None:
    column = {"act": "sender", "log_entry": "entry", "key_event": "purpose", "key_request": "jws"}[table]
    with pytest.raises(DBAPIError) as refused:
        exchange.rows(change.format(table, column, column))
    assert getattr(refused.value.orig, "sqlstate", "") == asyncpg.InsufficientPrivilegeError.sqlstate


def test_bodies_and_cases_are_unreadable_in_the_database(exchange: World) -> None:
    secret = "河湾料场旁的第三间平房"
    exchange.register(allegation=f"群众反映：{secret}")
    for query in ("SELECT body FROM act", 'SELECT snapshot FROM "case"'):
        assert not any(secret.encode() in bytes(row[0]) for row in exchange.rows(query))


def test_lead_numbers_never_repeat(exchange: World) -> None:
    town = Raw(exchange.agency("township"))
    bodies = [json.dumps(town.document()).encode() for _ in range(30)]
    answers = at_once(10, lambda: send(exchange.url, body := bodies.pop(), town.sign(body)), times=30)
    numbers = [answer.json()["result"]["lead_no"] for answer in answers]
    assert len(set(numbers)) == 30


def test_a_revoked_key_signs_nothing_new_and_its_old_acts_stay(exchange: World) -> None:
    regulator = exchange.agency("regulator")
    raw = Raw(regulator)
    body = json.dumps(raw.document()).encode()
    token = raw.sign(body)
    taken = raw.post(body, token=token)
    revocation = json.dumps({"kid": regulator.keys.act.kid, "reason": "superseded"}).encode()
    path = f"/v1/nodes/{regulator.node_id}/keys/{regulator.keys.act.kid}/revocation"
    revoked = raw.post(revocation, path=path, token=raw.sign(revocation, typ="lead-key+jws"))
    assert revoked.status_code == 201
    assert slug(raw.post(raw.document())) == "revoked-key"
    again = raw.post(body, token=token)
    assert (again.status_code, again.content) == (200, taken.content)
    assert regulator.get_act(taken.json()["act_id"]).body == body


def at_once(threads: int, send_one: Any, times: int | None = None) -> list[httpx.Response]:
    """Run a call in many threads that start together."""
    gate = threading.Barrier(threads)

    def run(number: int) -> httpx.Response:
        if number < threads:
            gate.wait(30)
        answer: httpx.Response = send_one()
        return answer

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(times or threads)))


def send(url: str, body: bytes, token: str, path: str = "/v1/leads") -> httpx.Response:
    headers = {"Content-Type": "application/json", "X-JWS-Signature": token}
    return httpx.post(url + path, content=body, headers=headers, timeout=30)


def test_a_refused_act_leaves_the_case_as_it_was(exchange: World) -> None:
    town = exchange.agency("township")
    lead_id = exchange.register()
    before = exchange.rows('SELECT snapshot, last_seq FROM "case" WHERE root_id = :id', id=lead_id)
    with pytest.raises(Refused):
        town.screen(lead_id, category="general", opinion="x", basis="x", concerns_nodes=[town.node_id])
    assert exchange.rows('SELECT snapshot, last_seq FROM "case" WHERE root_id = :id', id=lead_id) == before


def test_an_act_id_of_another_agency_is_taken_but_never_answered_as_a_replay(exchange: World, town: Raw) -> None:
    body, act_id = json.dumps(town.document()).encode(), str(uuid4())
    assert town.post(body, token=town.sign(body, jti=act_id)).status_code == 201
    police = Raw(exchange.agency("police"))
    own = json.dumps(police.document()).encode()
    assert slug(police.post(own, token=police.sign(own, jti=act_id))) == "id-taken"
    unknown = json.dumps(police.document("lead.screen", prev="0" * 64))
    path = f"/v1/leads/{json.loads(unknown)['lead_id']}/screenings"
    assert slug(police.post(unknown.encode(), path, police.sign(unknown.encode(), jti=act_id))) == "not-found"
