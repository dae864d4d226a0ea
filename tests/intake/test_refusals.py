"""What intake refuses, in which order, and how each refusal can be proven."""

import json
import time
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.casework.acts import CATALOGUE
from app.client import Refused, uuid7
from tests.agencies import Raw, World, sha256
from tests.views.steps import LETTER
from tests.waiting import until


def slug(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).removeprefix("/problems/")


def other_signature(token: str) -> str:
    return token[:-40] + ("B" if token[-40] == "A" else "A") + token[-39:]


@pytest.fixture(scope="module")
def town(exchange: World) -> Raw:
    return Raw(exchange.agency("township"))


def test_an_act_is_answered_with_a_signed_receipt_over_its_exact_bytes(town: Raw) -> None:
    body = json.dumps(town.document(), ensure_ascii=False, indent=3).encode()
    token = town.sign(body)
    answer = town.post(body, token=token)
    assert answer.status_code == 201
    receipt = town.agency.exchange.verify_receipt(
        answer.content, answer.headers["x-jws-signature"], act_jws=token, act_body=body
    )
    assert receipt.lead_state == "registered"
    stored = town.agency.get_act(receipt.act_id)
    assert (stored.body, stored.jws) == (body, token)


@pytest.mark.parametrize(
    "header",
    [
        {"aud": "exchange-other"},
        {"iss": "police-990121"},
        {"typ": "lead-key+jws"},
    ],
)
def test_a_signature_for_another_purpose_or_party_gets_the_one_answer(town: Raw, header: dict[str, str]) -> None:
    body = json.dumps(town.document()).encode()
    answer = town.post(body, token=town.sign(body, **header))
    assert (answer.status_code, slug(answer)) == (401, "bad-signature")
    assert "x-jws-signature" not in answer.headers


def test_a_missing_malformed_or_foreign_signature_gets_the_same_answer(town: Raw) -> None:
    body = json.dumps(town.document()).encode()
    for token in ("x", town.sign(body + b" "), other_signature(town.sign(body))):
        assert slug(town.post(body, token=token)) == "bad-signature"
    bare = town.http.post("/v1/leads", content=body, headers={"Content-Type": "application/json"})
    assert slug(bare) == "bad-signature"


def test_size_and_media_type_are_judged_before_the_signature(town: Raw) -> None:
    assert slug(town.post(b"x" * (256 * 1024 + 1), token="x")) == "payload-too-large"
    assert slug(town.post(b"{}", token="x", **{"Content-Type": "text/plain"})) == "unsupported-media-type"
    assert slug(town.post(b"{}", token="x", **{"Content-Encoding": "gzip"})) == "unsupported-media-type"


def test_media_type_parameters_are_ignored(town: Raw) -> None:
    answer = town.post(town.document(), **{"Content-Type": "application/json; charset=utf-8"})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b'{"act":"lead.register","act":"lead.register"}',
        b"\xef\xbb\xbf{}",
        b'{"a":NaN}',
        b'{"a":"\\ud800"}',
        b"[" * 40 + b"]" * 40,
        b'{"a":9007199254740992}',
        b"\xff",
        b"",
    ],
)
def test_json_that_two_readers_could_read_differently_is_malformed(town: Raw, body: bytes) -> None:
    answer = town.post(body)
    assert (answer.status_code, slug(answer)) == (400, "malformed-json")
    assert "x-jws-signature" in answer.headers


def test_a_refusal_whose_act_was_well_signed_can_be_proven(town: Raw) -> None:
    body = json.dumps(town.document(surprise=1)).encode()
    token = town.sign(body)
    answer = town.post(body, token=token)
    problem = town.agency.exchange.verify_refusal(answer.content, answer.headers["x-jws-signature"], act_jws=token)
    assert problem["act_jws_sha256"] == sha256(token.encode())
    assert problem["errors"][0]["pointer"] == "/surprise"


def test_a_wrong_resident_id_is_refused_with_the_reason_and_not_repeated(town: Raw) -> None:
    wrong = {"token": "p1", "role": "reported", "id_no": "990121199001010019"}
    good = town.document()
    document = good | {"content": good["content"] | {"persons": [wrong]}}
    for language, word in (("en", "check digit"), ("zh-CN", "校验码")):
        answer = town.post(document, **{"Accept-Language": language})
        (row,) = answer.json()["errors"]
        assert (row["pointer"], row["code"]) == ("/content/persons/0/id_no", "resident_id_check_digit")
        assert word in row["detail"]
        assert wrong["id_no"] not in answer.text


def test_refusals_speak_the_language_that_is_asked_for(town: Raw) -> None:
    english = town.post(town.document(surprise=1)).json()
    chinese = town.post(town.document(surprise=1), **{"Accept-Language": "zh-CN"}).json()
    assert english["title"] == "Invalid document"
    assert chinese["title"] == "文书内容不合规"


@pytest.mark.parametrize(
    ("change", "status", "wanted"),
    [
        ({"classification": "机密"}, 422, "classified-material"),
        ({"classification": "internal"}, 422, "invalid-document"),
        ({"title": "关于某事的报告 机密★1年"}, 422, "classified-material"),
        ({"sender": "police-990121"}, 403, "forbidden-act"),
        ({"prev": "0" * 64}, 422, "invalid-document"),
        ({"recipients": ["police-990121"]}, 422, "invalid-document"),
        ({"lead_id": "not-a-uuid"}, 422, "invalid-document"),
        ({"issued_at": "2026-03-02 10:00"}, 422, "invalid-document"),
        ({"document_no": "甲政移2026-1"}, 422, "invalid-document"),
        (
            {"attachments": [{"sha256": "0" * 64, "size": 1, "media_type": "text/plain", "name": "a.txt"}]},
            422,
            "missing-attachment",
        ),
    ],
)
def test_each_flaw_has_its_own_slug(town: Raw, change: dict[str, Any], status: int, wanted: str) -> None:
    answer = town.post(town.document(**change))
    assert (answer.status_code, slug(answer)) == (status, wanted)


def test_classified_material_leaves_no_body_but_an_entry_in_the_log(exchange: World, town: Raw) -> None:
    before = exchange.rows("SELECT count(*) FROM act")[0][0]
    body = json.dumps(town.document(title="附件一 机密★1年"), ensure_ascii=False).encode()
    token = town.sign(body)
    assert slug(town.post(body, token=token)) == "classified-material"
    assert exchange.rows("SELECT count(*) FROM act")[0][0] == before

    def logged() -> bool:
        entries = [bytes(row[0]) for row in exchange.rows("SELECT entry FROM log_entry")]
        return any(b"refused-classified" in entry and sha256(token.encode()).encode() in entry for entry in entries)

    until("the refusal is in the log", logged)


def test_an_old_signature_is_stale_and_told_the_time(town: Raw) -> None:
    body = json.dumps(town.document()).encode()
    answer = town.post(body, token=town.sign(body, iat=int(time.time()) - 301))
    assert slug(answer) == "stale-iat"
    assert "exchange_time" in answer.json()


def test_a_path_that_is_no_uuid_and_a_lead_that_nobody_knows_are_both_not_found(town: Raw) -> None:
    document = town.document("lead.screen", prev="0" * 64)
    for ident in ("x", document["lead_id"], "%E7%BA%BF%22%0A", ""):
        answer = town.post(document, path=f"/v1/leads/{ident}/screenings")
        assert slug(answer) == "not-found"
        assert answer.json()["instance"] == f"/v1/leads/{ident}/screenings"
        assert "x-jws-signature" in answer.headers
    body = json.dumps(document).encode()
    unsigned = town.post(body, path="/v1/leads/x/screenings", token=other_signature(town.sign(body)))
    assert (slug(unsigned), "x-jws-signature" in unsigned.headers) == ("bad-signature", False)
    stale = town.post(body, path="/v1/leads/x/screenings", token=town.sign(body, iat=int(time.time()) - 301))
    assert slug(stale) == "stale-iat"


def test_a_good_document_at_another_act_s_endpoint_is_told_so(town: Raw) -> None:
    assert slug(town.post(town.document("lead.screen", prev="0" * 64))) == "wrong-endpoint"
    assert slug(town.post({**town.document(), "act": "lead.unheard-of"})) == "wrong-endpoint"


def test_ids_in_path_and_body_must_agree(town: Raw) -> None:
    document = town.document("lead.screen", prev="0" * 64)
    assert slug(town.post(document, path=f"/v1/leads/{uuid4()}/screenings")) == "wrong-endpoint"


def test_what_an_agency_may_not_know_of_is_not_found_before_its_kind_is_judged(exchange: World) -> None:
    lead_id, transfer_id = exchange.offered()
    stranger = Raw(exchange.agency("supervision"))
    content = {"transfer_id": transfer_id}
    document = stranger.document("transfer.accept", content=content, prev="0" * 64)
    document["lead_id"] = lead_id
    answer = stranger.post(document, path=f"/v1/transfers/{transfer_id}/acceptances")
    assert slug(answer) == "not-found"


def test_an_id_of_another_lead_is_told_only_to_who_knows_both(exchange: World) -> None:
    police = Raw(exchange.agency("police"))
    _, transfer_id = exchange.offered()
    other_lead, _ = exchange.offered()
    content = {"transfer_id": transfer_id, "received_at": "2026-03-02T10:00:00+08:00", "attachments_received": 0}
    document = police.document("transfer.receipt", lead_id=other_lead, content=content, prev="0" * 64)
    answer = police.post(document, path=f"/v1/transfers/{transfer_id}/receipts")
    assert slug(answer) == "invalid-document"
    stranger = Raw(exchange.agency("regulator"))
    document["sender"] = stranger.agency.node_id
    assert slug(stranger.post(document, path=f"/v1/transfers/{transfer_id}/receipts")) == "not-found"


@pytest.mark.parametrize("act", ["protection.answer", "correction.note", "consultation.convene"])
def test_an_id_of_another_lead_in_the_content_is_told_too(exchange: World, act: str) -> None:
    """Told to who knows both leads; an id that nobody knows stays not found."""
    police, (lead_id, leg), (other, other_leg) = Raw(exchange.agency("police")), exchange.offered(), exchange.offered()
    for one in (leg, other_leg):
        police.agency.sign_receipt(one, attachments_received=0)
    ident, town = uuid7(), exchange.agency("township").node_id
    example = CATALOGUE[act].example
    match act:
        case "protection.answer":
            asked: dict[str, Any] = {"protection_id": ident, "threat": "威胁", "urgency": "urgent"}
            police.agency.act("protection.request", lead_id, asked)
            content = {**example, "protection_id": ident}
        case "correction.note":
            ident = police.agency.timeline(lead_id)[0]["act_id"]
            content = {**example, "of_act": ident}
        case _:
            asked = {**CATALOGUE[act].example, "participants": [town], "kind": "joint_meeting"}
            police.agency.act(act, lead_id, {**asked, "consultation_id": ident}, recipients=[town])
            content = {**asked, "consultation_id": uuid7(), "with": ident}
    path = CATALOGUE[act].path.format(lead_id=other)
    document = police.document(act, lead_id=other, content=content, prev="0" * 64, recipients=[town])
    assert slug(police.post(document, path=path)) == "invalid-document"
    unknown = json.loads(json.dumps(document).replace(ident, uuid7()))
    assert slug(police.post(unknown, path=path)) == "not-found"


def test_a_conflict_of_interest_names_its_rule_and_source(exchange: World) -> None:
    police = exchange.agency("police")
    lead_id = exchange.register(concerns_nodes=[police.node_id])
    town = exchange.agency("township")
    town.screen(lead_id, category="official_misconduct", opinion="反映单位负责人", basis="依职责")
    with pytest.raises(Refused) as refused:
        town.offer(lead_id, police.node_id, letter=LETTER)
    assert refused.value.slug == "rule-violated"
    assert refused.value.signed
    assert refused.value.problem["rule"] == "R-SELF-INTEREST"
    assert refused.value.problem["source"] == "default"
