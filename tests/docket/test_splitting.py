"""A split lead over HTTP: its parts go their own ways, and a hidden one does not exist for those upstream."""

from typing import Any

import pytest

from app.client import Agency, Event, Person, Refused, uuid7
from app.client.transfers import OfferLetter
from tests.agencies import Raw, World

PERSONS: list[Person] = [{"token": "p1", "role": "reported"}, {"token": "p2", "role": "reported"}]
EVENTS: list[Event] = [{"token": "e1", "summary": "堵截车辆"}, {"token": "e2", "summary": "提前告知检查时间"}]
RECEIVED_AT = "2026-03-02T16:20:00+08:00"
LETTER: OfferLetter = {
    "route": "peer",
    "basis": "监察法第三十七条",
    "competence_reason": "职务违法",
    "known_facts": "未经核实",
}


def received(world: World) -> tuple[str, str]:
    """A lead of the township about two persons, signed for by the police; return the ids of lead and transfer."""
    town, police, lead_id, transfer_id = world.agency("township"), world.agency("police"), uuid7(), uuid7()
    world.agency("office")
    town.register_lead(
        lead_id=lead_id,
        source={"type": "public_report", "channel": "visit", "received_at": "2026-03-02T08:40:00+08:00"},
        place_code="990121101",
        allegation="群众反映",
        persons=PERSONS,
        events=EVENTS,
    )
    town.screen(lead_id, category="general", opinion="有具体事件", basis="依职责")
    town.offer(lead_id, police.node_id, transfer_id=transfer_id, letter={**LETTER, "route": "report_up"})
    world.hear(police, "transfer.offer", lead_id)
    police.sign_receipt(transfer_id, attachments_received=0)
    return lead_id, transfer_id


def part(number: int, *, category: str, leg: bool = True) -> dict[str, Any]:
    carried = {"transfer_id": uuid7()} if leg else {}
    tokens = {"persons": [f"p{number}"], "events": [f"e{number}"]}
    return {"lead_id": uuid7(), **carried, "title": "部分", **tokens, "category": category}


def split(world: World) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Split a received lead; return its id, the part that upstream sees, and the one that it does not."""
    lead_id, _ = received(world)
    seen, unseen = part(1, category="disorder"), part(2, category="official_misconduct", leg=False)
    receipt = world.agency("police").act("lead.split", lead_id, {"parts": [unseen, seen]})
    assert receipt.lead_state == "split"
    return lead_id, seen, unseen


def status(agency: Agency, path: str) -> int:
    return agency.http.get(path, headers={"Authorization": f"Bearer {agency.token()}"}).status_code


def test_the_visible_part_goes_on_along_its_transfer(exchange: World) -> None:
    lead_id, seen, _ = split(exchange)
    town, police = exchange.agency("township"), exchange.agency("police")
    shown = town.lead(lead_id)
    assert (shown["state"], shown["parts"]) == ("split", [seen["lead_id"]])
    shown = town.lead(seen["lead_id"])
    assert (shown["state"], shown["origin"], shown["holder"]) == ("received", town.node_id, police.node_id)
    assert (shown["root_id"], shown["transfer_id"]) == (lead_id, seen["transfer_id"])
    assert [(one["rule"], one["node"]) for one in shown["deadlines"]] == [
        ("D05", police.node_id),
        ("D07", police.node_id),
    ]
    assert town.get(f"/v1/transfers/{seen['transfer_id']}")["state"] == "receipted"
    police.accept(seen["transfer_id"])
    police.send_feedback(
        seen["transfer_id"], "conclusion", "已处理", outcome="部分属实", feedback_id=(found := uuid7())
    )
    town.respond(found, "confirm")
    assert town.lead(seen["lead_id"])["state"] == "confirmed"
    assert town.lead(seen["lead_id"])["outcome"] == "部分属实"


def test_upstream_speaks_about_a_part_on_which_it_has_read_nothing_yet(exchange: World) -> None:
    _, seen, _ = split(exchange)
    town = exchange.agency("township")
    assert town.send_feedback(seen["transfer_id"], "question", "进展如何").lead_state == "received"


def test_for_upstream_a_hidden_part_does_not_exist_on_any_path(exchange: World) -> None:
    lead_id, seen, unseen = split(exchange)
    town, police, office = (exchange.agency(name) for name in ("township", "police", "office"))
    supervision, transfer_id, feedback_id = exchange.agency("supervision"), uuid7(), uuid7()
    inbox_before = len(town.inbox(limit=200))
    police.offer(unseen["lead_id"], supervision.node_id, transfer_id=transfer_id, letter={**LETTER})
    exchange.hear(supervision, "transfer.offer", unseen["lead_id"])
    supervision.sign_receipt(transfer_id, attachments_received=0)
    supervision.accept(transfer_id)
    supervision.send_feedback(transfer_id, "conclusion", "已立案", outcome="立案审查", feedback_id=feedback_id)
    police.respond(feedback_id, "confirm")
    assert police.lead(unseen["lead_id"])["outcome"] == "立案审查"
    act_ids = [item["act_id"] for item in police.timeline(unseen["lead_id"])]
    paths = [
        f"/v1/leads/{unseen['lead_id']}",
        f"/v1/leads/{unseen['lead_id']}/timeline",
        f"/v1/transfers/{transfer_id}",
        f"/v1/feedback/{feedback_id}",
        *(f"/v1/acts/{act_id}" for act_id in act_ids),
    ]
    assert len(act_ids) == 5
    assert {status(town, path) for path in paths} == {404}
    assert {status(supervision, path) for path in paths} == {200}
    assert unseen["lead_id"] not in {one["lead_id"] for one in town.leads()}
    assert unseen["lead_id"] not in {one["lead_id"] for one in town.deadlines()}
    assert len(town.inbox(limit=200)) == inbox_before
    assert town.lead(lead_id)["parts"] == [seen["lead_id"]]
    assert office.lead(unseen["lead_id"])["outcome"] == "立案审查"
    for act, content in (
        ("transfer.receipt", {"transfer_id": transfer_id, "received_at": RECEIVED_AT, "attachments_received": 0}),
        ("feedback.respond", {"feedback_id": feedback_id, "response": "confirm"}),
        ("lead.screen", {"category": "general", "opinion": "x", "basis": "x"}),
    ):
        with pytest.raises(Refused) as refused:
            town.act(act, unseen["lead_id"], content, prev="0" * 64)
        assert (refused.value.slug, refused.value.status) == ("not-found", 404)


def test_the_receiver_of_a_part_learns_nothing_of_the_rest(exchange: World) -> None:
    lead_id, seen, unseen = split(exchange)
    police, supervision, transfer_id = exchange.agency("police"), exchange.agency("supervision"), uuid7()
    police.offer(unseen["lead_id"], supervision.node_id, transfer_id=transfer_id, letter={**LETTER})
    exchange.hear(supervision, "transfer.offer", unseen["lead_id"])
    supervision.sign_receipt(transfer_id, attachments_received=0)
    assert [item["act"] for item in supervision.timeline(unseen["lead_id"])] == ["transfer.offer", "transfer.receipt"]
    for path in (f"/v1/leads/{lead_id}", f"/v1/leads/{seen['lead_id']}", f"/v1/transfers/{seen['transfer_id']}"):
        assert status(supervision, path) == 404


def test_the_office_is_told_of_the_visible_part(exchange: World) -> None:
    _, seen, unseen = split(exchange)
    office = exchange.agency("office")
    notice = exchange.hear(office, "notice.listed", seen["lead_id"])
    assert notice.content["category"] == "disorder"
    assert status(office, f"/v1/leads/{unseen['lead_id']}") == 404


def test_the_numbers_of_the_parts_are_found_by_those_who_may_know_them(exchange: World) -> None:
    _, seen, unseen = split(exchange)
    town, police = exchange.agency("township"), exchange.agency("police")
    numbers = {body["lead_id"]: police.lead(body["lead_id"])["lead_no"] for body in (seen, unseen)}
    assert [one["lead_id"] for one in town.leads(q=numbers[seen["lead_id"]])] == [seen["lead_id"]]
    assert not list(town.leads(q=numbers[unseen["lead_id"]]))
    assert [one["lead_id"] for one in police.leads(q=numbers[unseen["lead_id"]])] == [unseen["lead_id"]]


def test_an_id_that_is_taken_is_not_given_to_a_part(exchange: World) -> None:
    lead_id, transfer_id = received(exchange)
    raw = Raw(exchange.agency("police"))
    for taken in ({"lead_id": lead_id}, {"transfer_id": transfer_id}):
        body = {**part(1, category="disorder"), "persons": ["p1", "p2"], "events": ["e1", "e2"], **taken}
        prev = raw.agency.newest_seen(lead_id)
        document = raw.document("lead.split", lead_id=lead_id, prev=prev, content={"parts": [body]})
        answer = raw.post(document, f"/v1/leads/{lead_id}/splits")
        assert answer.json()["type"] == "/problems/id-taken"


def test_a_duplicate_is_merged_and_the_other_lead_is_named_only_to_those_who_know_it(exchange: World) -> None:
    town, police = exchange.agency("township"), exchange.agency("police")
    own = exchange.register("police")
    known, _ = received(exchange)
    first, _ = received(exchange)
    second, _ = received(exchange)
    assert police.act("lead.merge", first, {"into": known, "reason": "同一事件"}).lead_state == "merged"
    police.act("lead.merge", second, {"into": own, "reason": "同一事件"})
    assert (town.lead(first)["state"], town.lead(first)["merged_into"]) == ("merged", known)
    assert (police.lead(second)["merged_into"], town.lead(second)["merged_into"]) == (own, None)
    assert {one["lead_id"]: one["merged_into"] for one in town.leads()}[second] is None
    for into, slug in ((uuid7(), "not-found"), (first, "wrong-state"), (known, "invalid-document")):
        with pytest.raises(Refused) as refused:
            police.act("lead.merge", known, {"into": into, "reason": "同一事件"})
        assert refused.value.slug == slug
