"""A consultation as its parties read it, and what a coordination office reads from its supervision letter on."""

from typing import Any

import pytest

from app.casework.acts import CATALOGUE
from app.client import Agency, Refused, uuid7
from tests.agencies import World
from tests.views.steps import acts_seen, ask, hear, received

NODES = {name: f"{name}-990121" for name in ("police", "procuratorate", "regulator", "supervision", "office")}


def convened(world: World, lead_id: str, *asked: str, **content: Any) -> str:
    """Let the police ask these agencies; return the consultation's id."""
    agencies = [world.agency(name) for name in asked]
    talk_id, nodes = uuid7(), [agency.node_id for agency in agencies]
    body = {**CATALOGUE["consultation.convene"].example, "kind": "joint_meeting", "consultation_id": talk_id}
    police = world.agency("police")
    police.act("consultation.convene", lead_id, {**body, "participants": nodes, **content}, recipients=nodes)
    for agency in agencies:
        world.hear(agency, "consultation.convene", lead_id)
    return talk_id


def shown(agency: Agency, talk_id: str) -> dict[str, Any]:
    answer = ask(agency, f"/v1/consultations/{talk_id}")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def answer(agency: Agency, lead_id: str, talk_id: str, to: list[str], **content: Any) -> None:
    body = {"consultation_id": talk_id, "answer": "accept", "attendees": [], **content}
    agency.act("consultation.answer", lead_id, body, recipients=to)


def test_the_parties_see_who_was_asked_what_they_answered_and_where_it_stands(world: World) -> None:
    lead_id, _ = received(world)
    talk_id = convened(world, lead_id, "procuratorate", "regulator")
    police, procuratorate, regulator = (world.agency(one) for one in ("police", "procuratorate", "regulator"))
    answer(procuratorate, lead_id, talk_id, [NODES["police"], NODES["regulator"]])
    declined = {"answer": "decline", "reason": "不属职责范围"}
    answer(regulator, lead_id, talk_id, [NODES["police"], NODES["procuratorate"]], **declined)
    opinion = {"consultation_id": talk_id, "item_id": "k1", "opinion": "建议补充调取", "dissent": True}
    procuratorate.act("consultation.opinion", lead_id, opinion, recipients=[NODES["police"]])
    written = {**CATALOGUE["consultation.minutes"].example, "consultation_id": talk_id}
    minutes = police.act("consultation.minutes", lead_id, written, recipients=[NODES["procuratorate"]])
    signed = {"consultation_id": talk_id, "minutes_jws_sha256": minutes.act_jws_sha256, "agree": False}
    procuratorate.act("consultation.sign", lead_id, {**signed, "reservation": "保留"}, recipients=[NODES["police"]])
    seen = shown(procuratorate, talk_id)
    assert (seen["state"], seen["kind"], seen["convener"]) == ("actions_open", "joint_meeting", NODES["police"])
    assert [(one["node"], one["answer"]) for one in seen["participants"]] == [
        (NODES["procuratorate"], "accept"),
        (NODES["regulator"], "decline"),
    ]
    assert [(one["item_id"], one["dissent"]) for one in seen["opinions"]] == [("k1", True)]
    assert seen["minutes"]["minutes_jws_sha256"] == minutes.act_jws_sha256
    assert [(one["node"], one["agree"]) for one in seen["minutes"]["signatures"]] == [(NODES["procuratorate"], False)]
    assert [(one["owner"], one["due"], one["result"]) for one in seen["minutes"]["actions"]] == [
        (NODES["police"], "2026-04-03", None)
    ]
    assert seen == shown(police, talk_id)
    assert (shown(regulator, talk_id)["minutes"], shown(regulator, talk_id)["opinions"]) == (None, [])
    assert "consultation.minutes" not in acts_seen(regulator, lead_id)


def test_only_those_who_were_asked_know_of_it_and_a_side_matter_hides_its_main_one(world: World) -> None:
    lead_id, _ = received(world)
    main = convened(world, lead_id, "procuratorate")
    side = convened(world, lead_id, "supervision", **{"with": main})
    supervision = world.agency("supervision")
    assert shown(world.agency("police"), side)["with"] == main
    assert shown(supervision, side)["with"] is None
    for agency in (supervision, world.agency("township"), world.agency("regulator")):
        answered = ask(agency, f"/v1/consultations/{main}")
        assert (answered.status_code, answered.json()["type"]) == (404, "/problems/not-found")
    with pytest.raises(Refused) as refused:
        answer(supervision, lead_id, main, [NODES["police"]])
    assert refused.value.status == 404
    assert ask(world.agency("police"), f"/v1/consultations/{lead_id}").status_code == 404


def test_an_agency_that_is_asked_reads_the_request_and_nothing_earlier(world: World) -> None:
    lead_id, _ = received(world)
    convened(world, lead_id, "procuratorate")
    assert acts_seen(world.agency("procuratorate"), lead_id) == ["consultation.convene"]


def test_from_its_letter_on_the_office_reads_conclusions_which_reach_no_inbox_of_its_own(world: World) -> None:
    police, office, town = world.agency("police"), world.agency("office"), world.agency("township")
    lead_id, transfer_id = received(world)
    hear(office, lead_id)
    police.accept(transfer_id)
    police.send_feedback(transfer_id, "progress", "正在核查", feedback_id=uuid7())
    letter = {**CATALOGUE["supervision.letter"].example, "letter_id": uuid7(), "to": NODES["police"]}
    office.act("supervision.letter", lead_id, letter, recipients=[NODES["police"]])
    feedback_id = uuid7()
    police.send_feedback(transfer_id, "conclusion", "部分属实。", outcome="部分属实", feedback_id=feedback_id)
    world.hear(town, "feedback.send", lead_id)
    assert acts_seen(office, lead_id) == ["notice.listed", "supervision.letter", "feedback.send"]
    assert ask(office, f"/v1/feedback/{feedback_id}").status_code == 200
    assert {item["act"] for item in office.inbox() if item["lead_id"] == lead_id} == {"notice.listed"}
