"""An unfounded lead is sealed: no number finds it, and only its origin and its holder list it."""

from typing import Any

import pytest

from app.casework.acts import CATALOGUE
from app.client import Agency, Refused, uuid7
from tests.agencies import World
from tests.views.steps import ask, hear, received


def ids(agency: Agency, **filters: Any) -> list[str]:
    return [one["lead_id"] for one in agency.leads(**filters)]


def answered(world: World, outcome: str) -> str:
    """A lead of the township, listed to the office, that the police answered to its satisfaction."""
    world.agency("office")
    lead_id, transfer_id = received(world)
    town, police, feedback_id = world.agency("township"), world.agency("police"), uuid7()
    police.act("transfer.accept", lead_id, {"transfer_id": transfer_id}, recipients=[town.node_id])
    police.send_feedback(transfer_id, "conclusion", "经核查", outcome=outcome, feedback_id=feedback_id)
    hear(town, lead_id)
    town.respond(feedback_id, "confirm")
    hear(police, lead_id)
    return lead_id


def test_a_sealed_lead_is_out_of_search_and_out_of_the_lists_of_others(world: World) -> None:
    lead_id = answered(world, "查否")
    town, police, office = world.agency("township"), world.agency("police"), world.agency("office")
    lead_no = town.lead(lead_id)["lead_no"]
    police.act("clarification.issue", lead_id, CATALOGUE["clarification.issue"].example)
    assert ids(office, q=lead_no) == [lead_id]
    police.act("lead.clear", lead_id, {"note": "查否，已澄清"})
    for agency in (town, police, office):
        assert ids(agency, q=lead_no) == []
    for filters in ({}, {"state": "cleared"}, {"category": "general"}, {"role": "participant"}):
        assert lead_id not in ids(office, **filters)
    for agency in (town, police):
        assert lead_id in ids(agency, state="cleared")
        assert agency.lead(lead_id)["sealed"]
    police.act("lead.reopen", lead_id, {"new_facts": "另有两人反映"})
    assert ids(office, q=lead_no) == [lead_id]


def test_a_volume_is_checked_against_the_bytes_on_record_and_then_closed(world: World) -> None:
    lead_id = answered(world, "部分属实")
    police = world.agency("police")
    cleared = police.act("lead.clear", lead_id, {"note": "各环节已办结"})
    assert [one["rule"] for one in cleared.deadlines] == ["D18"]
    item = {"no": 1, "title": "办结单", "document_no": "", "pages": 1}
    volume = {"volume_no": "2026-0001", "retention": "长期"}
    with pytest.raises(Refused) as refused:
        police.act("lead.archive", lead_id, {**volume, "items": [{**item, "sha256": "0" * 64}]})
    assert refused.value.problem["rule"] == "R-VOLUME-KNOWN"
    items = [
        {**item, "sha256": cleared.document["body_sha256"]},
        {**item, "no": "2", "sha256": cleared.act_jws_sha256},
    ]
    assert police.act("lead.archive", lead_id, {**volume, "items": items}).lead_state == "archived"
    with pytest.raises(Refused) as late:
        police.act("interference.record", lead_id, CATALOGUE["interference.record"].example)
    assert late.value.problem["type"] == "/problems/wrong-state"
    police.act("correction.note", lead_id, {"of_act": cleared.act_id, "text": "日期有误"})


def test_what_keeps_a_lead_from_being_cleared_is_named_in_the_callers_language(world: World) -> None:
    lead_id = answered(world, "部分属实")
    town, police, protection_id = world.agency("township"), world.agency("police"), uuid7()
    threat = {"protection_id": protection_id, "threat": "举报人受到威胁", "urgency": "urgent"}
    town.act("protection.request", lead_id, threat, recipients=[police.node_id])
    hear(police, lead_id)
    with pytest.raises(Refused) as refused:
        police.act("lead.clear", lead_id, {"note": "各环节已办结"})
    (matter,) = refused.value.problem["errors"]
    assert (matter["code"], matter["subject"]) == ("protection", protection_id)
    assert matter["detail"].isascii()
    answer = {"protection_id": protection_id, "measures": "已安排走访"}
    with pytest.raises(Refused):
        police.act("protection.answer", lead_id, answer)
    police.act("protection.answer", lead_id, answer, recipients=[town.node_id])
    assert police.act("lead.clear", lead_id, {"note": "各环节已办结"}).lead_state == "cleared"
    assert ask(town, f"/v1/leads/{lead_id}").json()["state"] == "cleared"
