"""Who may know of a lead, its acts, its transfers and its feedback; everybody else is answered 404."""

import pytest

from app.casework.acts import CATALOGUE
from app.client import Refused, uuid7
from tests.agencies import World
from tests.views.steps import act_ids, acts_seen, ask, forwarded, hear, offered, received, screened

LINK = CATALOGUE["case.link"].example
PATHS = ("/v1/leads/{}", "/v1/leads/{}/timeline", "/v1/acts/{}", "/v1/transfers/{}", "/v1/feedback/{}")


def test_a_stranger_is_told_of_nothing_on_any_path(world: World) -> None:
    lead_id, transfer_id = received(world)
    police, stranger = world.agency("police"), world.agency("supervision")
    feedback_id = uuid7()
    police.send_feedback(transfer_id, "progress", "正在核查", feedback_id=feedback_id)
    act_id = act_ids(police, lead_id)["transfer.offer"]
    for path, ident in zip(PATHS, (lead_id, lead_id, act_id, transfer_id, feedback_id), strict=True):
        assert ask(police, path.format(ident)).status_code == 200
        answer = ask(stranger, path.format(ident))
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
        assert answer.json()["detail"] == ask(stranger, path.format(uuid7())).json()["detail"]
    assert not [one for one in stranger.leads() if one["lead_id"] == lead_id]


@pytest.mark.parametrize("path", PATHS)
def test_an_id_that_is_no_uuid_is_not_found(world: World, path: str) -> None:
    for ident in ("1", uuid7().upper(), "00000000-0000-0000-0000-000000000000"):
        assert ask(world.agency("police"), path.format(ident)).status_code == 404


@pytest.mark.parametrize("path", [*PATHS, "/v1/leads", "/v1/inbox", "/v1/deadlines"])
def test_without_a_token_nothing_is_read(world: World, path: str) -> None:
    answer = world.agency("police").http.get(path.format(uuid7()))
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthenticated")


def test_answers_are_kept_in_no_cache(world: World) -> None:
    assert ask(world.agency("police"), "/v1/leads").headers["cache-control"] == "no-store"


def test_upstream_sees_where_the_lead_stands_after_it_was_passed_on(world: World) -> None:
    lead_id, first, second = forwarded(world)
    town, police, regulator = (world.agency(name) for name in ("township", "police", "regulator"))
    seen = town.lead(lead_id)
    assert (seen["state"], seen["holder"], seen["transfer_id"]) == ("received", regulator.node_id, first)
    assert police.lead(lead_id)["transfer_id"] == first
    assert regulator.lead(lead_id)["transfer_id"] == second
    assert town.get(f"/v1/transfers/{second}")["came_by"] == first
    assert police.get(f"/v1/transfers/{second}")["state"] == "receipted"


def test_the_last_receiver_does_not_learn_by_which_transfer_the_lead_came(world: World) -> None:
    _, first, second = forwarded(world)
    regulator = world.agency("regulator")
    assert regulator.get(f"/v1/transfers/{second}")["came_by"] is None
    assert ask(regulator, f"/v1/transfers/{first}").status_code == 404


def test_who_was_told_of_a_feedback_is_shown_no_transfer_that_it_may_not_know_and_does_not_answer(world: World) -> None:
    lead_id, _, second = forwarded(world)
    town, regulator, last = (world.agency(name) for name in ("township", "regulator", "supervision"))
    third, feedback_id = uuid7(), uuid7()
    regulator.forward(second, last.node_id, new_transfer_id=third, basis="依职责", competence_reason="公职人员")
    hear(last, lead_id)
    last.sign_receipt(third, attachments_received=0)
    content = {"feedback_id": feedback_id, "transfer_id": third, "kind": "question", "text": "是否另有材料"}
    last.act("feedback.send", lead_id, content, recipients=[regulator.node_id, town.node_id])
    assert regulator.get(f"/v1/feedback/{feedback_id}")["transfer_id"] == third
    assert town.get(f"/v1/feedback/{feedback_id}")["transfer_id"] is None
    assert ask(town, f"/v1/transfers/{third}").status_code == 404
    hear(town, lead_id)
    answer = {"feedback_id": feedback_id, "response": "answer", "text": "没有"}
    with pytest.raises(Refused) as refused:
        town.act("feedback.respond", lead_id, answer, recipients=[last.node_id])
    assert refused.value.slug == "forbidden-act"


def test_deadlines_of_others_are_shown_to_origin_and_holder_only(world: World) -> None:
    lead_id, _, _ = forwarded(world)
    running = {
        name: [(one["rule"], one["node"]) for one in world.agency(name).lead(lead_id)["deadlines"]]
        for name in ("township", "police", "regulator")
    }
    taking_up = [(rule, world.agency("regulator").node_id) for rule in ("D05", "D07")]
    assert running == {"township": taking_up, "police": [], "regulator": taking_up}
    deadline, _ = world.agency("regulator").lead(lead_id)["deadlines"]
    assert deadline["source"] == "default"
    assert deadline["due"].endswith("23:59:59.999+08:00")


def test_the_offer_is_read_at_once_and_with_full_disclosure_the_rest_from_the_receipt_on(world: World) -> None:
    lead_id, transfer_id = offered(world)
    police = world.agency("police")
    assert acts_seen(police, lead_id) == ["transfer.offer"]
    police.sign_receipt(transfer_id, attachments_received=0)
    assert acts_seen(police, lead_id) == ["lead.register", "lead.screen", "transfer.offer", "transfer.receipt"]


def test_with_summary_disclosure_nothing_earlier_is_ever_read(world: World) -> None:
    lead_id, transfer_id = received(world, disclosure="summary")
    police, town = world.agency("police"), world.agency("township")
    assert acts_seen(police, lead_id) == ["transfer.offer", "transfer.receipt"]
    assert ask(police, f"/v1/acts/{act_ids(town, lead_id)['lead.register']}").status_code == 404
    assert police.get(f"/v1/transfers/{transfer_id}")["disclosure"] == "summary"


def test_an_agency_whose_offer_was_withdrawn_reads_the_offer_and_nothing_else(world: World) -> None:
    lead_id, transfer_id = offered(world)
    town, police = world.agency("township"), world.agency("police")
    town.withdraw(transfer_id, reason="移送对象有误")
    assert police.get(f"/v1/transfers/{transfer_id}")["state"] == "withdrawn"
    assert acts_seen(police, lead_id) == ["transfer.offer", "transfer.withdraw"]
    assert police.lead(lead_id)["holder"] == town.node_id


def test_an_agency_whose_offer_was_withdrawn_sees_how_the_lead_stood_and_nothing_later(world: World) -> None:
    lead_id, transfer_id = offered(world)
    town, police = world.agency("township"), world.agency("police")
    town.withdraw(transfer_id, reason="移送对象有误")
    stood = police.lead(lead_id)
    assert (stood["state"], stood["holder"], stood["outcome"]) == ("screened", town.node_id, None)
    town.act("lead.merge", lead_id, {"into": screened(world), "reason": "重复"}, recipients=[])
    assert (town.lead(lead_id)["state"], police.lead(lead_id)) == ("merged", stood)
    assert lead_id in {one["lead_id"] for one in police.leads(state="screened")}
    assert lead_id not in {one["lead_id"] for one in police.leads(state="merged")}
    (row,) = [one for one in police.get("/v1/ledger", limit=200)["items"] if one["lead_id"] == lead_id]
    assert (row["state"], row["holder"], row["category"]) == ("screened", town.node_id, None)
    own = police.act("interference.record", lead_id, CATALOGUE["interference.record"].example, recipients=[])
    noted = police.act("correction.note", lead_id, {"of_act": own.act_id, "text": "日期有误"}, recipients=[])
    assert noted.lead_state == "screened"


def test_an_agency_that_gave_the_lead_back_does_nothing_on_it(world: World) -> None:
    lead_id, transfer_id = received(world)
    police = world.agency("police")
    police.return_(transfer_id, reason_code="conflict_of_interest", basis="需要回避")
    with pytest.raises(Refused) as refused:
        police.act("case.link", lead_id, {**LINK, "filed_at": "2026-01-05T09:00:00+08:00"}, recipients=[])
    assert (refused.value.slug, refused.value.signed) == ("forbidden-act", True)


def test_an_agency_that_the_lead_turns_out_to_concern_reads_nothing_of_it_any_more(world: World) -> None:
    lead_id, transfer_id = offered(world)
    town, police = world.agency("township"), world.agency("police")
    act_id = act_ids(police, lead_id)["transfer.offer"]
    town.withdraw(transfer_id, reason="需回避")
    town.screen(
        lead_id,
        category="general",
        opinion="涉及该局人员",
        basis="回避",
        concerns_nodes=[police.node_id],
    )
    for path, ident in zip(PATHS[:4], (lead_id, lead_id, act_id, transfer_id), strict=True):
        assert ask(police, path.format(ident)).status_code == 404
    assert lead_id not in {one["lead_id"] for one in police.leads()}
    assert lead_id not in {one["lead_id"] for one in police.deadlines()}


def test_feedback_is_seen_by_both_sides_and_its_answer_by_no_one_else(world: World) -> None:
    lead_id, _, second = forwarded(world)
    town, police, regulator = (world.agency(name) for name in ("township", "police", "regulator"))
    told, untold = uuid7(), uuid7()
    recipients = [police.node_id, town.node_id]
    content = {"transfer_id": second, "kind": "question", "text": "请补充计量检定情况"}
    regulator.act("feedback.send", lead_id, {**content, "feedback_id": told}, recipients=recipients)
    regulator.send_feedback(second, "progress", "正在核查", feedback_id=untold)
    police.respond(told, "answer", text="无检定标识")
    assert police.get(f"/v1/feedback/{told}")["response"] == "answer"
    assert regulator.get(f"/v1/feedback/{told}")["response"] == "answer"
    assert town.get(f"/v1/feedback/{told}")["response"] is None
    assert ask(town, f"/v1/feedback/{untold}").status_code == 404
    act_id = town.get(f"/v1/feedback/{told}")["act_id"]
    assert town.get_act(act_id).content["text"] == content["text"]


def test_an_act_is_given_back_byte_for_byte_with_its_receipt(world: World) -> None:
    lead_id = screened(world)
    town = world.agency("township")
    stored = town.get_act(act_ids(town, lead_id)["lead.register"])
    assert stored.receipt is not None
    assert stored.receipt.lead_id == lead_id


def test_a_notice_has_no_receipt(world: World) -> None:
    office = world.agency("office")
    lead_id = screened(world)
    notice = office.get_act(act_ids(office, lead_id)["notice.listed"])
    assert notice.receipt is None
    assert notice.act == "notice.listed"
    assert office.lead(lead_id)["transfer_id"] is None


@pytest.mark.parametrize("name", ["X-Acting-Person", "X-Purpose"])
def test_who_reads_and_why_may_be_said_in_percent_encoded_utf8_only(world: World, name: str) -> None:
    lead_id = screened(world)
    town = world.agency("township")
    path = f"/v1/acts/{act_ids(town, lead_id)['lead.screen']}"
    for good in ("%E5%BC%A0%E6%9F%90%E6%9F%90", "officer-7", "%E7%94%B2" * 66):
        assert ask(town, path, {name: good}).status_code == 200
    for bad in ("%E5%BC", "%ZZ", "100%", "a b", "%0A", "%20", "", "%E7%94%B2" * 67):
        answer = ask(town, path, {name: bad})
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-document"), bad
