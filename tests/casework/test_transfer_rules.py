"""The way of a lead from hand to hand: who may, in which state, and what follows."""

import pytest

from app.casework.case import LeadState, TransferState
from app.errors import ForbiddenAct, InvalidDocument, NotFound, RuleViolated, UnknownPrev, WrongState
from tests.casework.stage import CAST, Stage


def test_responsibility_stays_with_the_holder_until_the_receipt_is_signed() -> None:
    stage = Stage()
    stage.register()
    stage.screen()
    transfer_id = stage.offer("town-one", "police-one", "report_up")
    assert (stage.lead.state, stage.lead.holder) == (LeadState.IN_TRANSFER, "town-one")
    stage.sign(transfer_id, "police-one")
    assert (stage.lead.state, stage.lead.holder) == (LeadState.RECEIVED, "police-one")


def test_a_supplement_goes_out_once_and_comes_back() -> None:
    stage = Stage()
    leg = stage.with_police()
    stage.on_leg("supplement.request", leg, "police-one", items=[{"item": "日期", "why": "核对"}])
    assert stage.lead.state is LeadState.SUPPLEMENT_WANTED
    stage.on_leg("supplement.answer", leg, "town-one", items=[{"item": "日期", "answer": "三日"}])
    assert stage.lead.state is LeadState.RECEIVED
    with pytest.raises(RuleViolated) as refused:
        stage.on_leg("supplement.request", leg, "police-one", items=[{"item": "地点", "why": "核对"}])
    assert refused.value.rule == "R-SUPPLEMENT-ONCE"


def test_a_returned_lead_is_held_by_the_sender_again_who_may_offer_it_elsewhere() -> None:
    stage = Stage()
    leg = stage.with_police()
    stage.give_back(leg, "police-one")
    assert (stage.lead.state, stage.lead.holder) == (LeadState.RETURNED, "town-one")
    stage.offer("town-one", "regulator-one", "report_up")
    assert stage.lead.state is LeadState.IN_TRANSFER


def test_a_withdrawn_offer_leaves_the_lead_as_it_stood() -> None:
    stage = Stage()
    stage.register()
    stage.screen()
    leg = stage.offer("town-one", "police-one", "report_up")
    stage.on_leg("transfer.withdraw", leg, "town-one", reason="有误")
    assert stage.lead.state is LeadState.SCREENED
    with pytest.raises(WrongState):
        stage.sign(leg, "police-one")


def test_nothing_is_withdrawn_after_the_receipt() -> None:
    stage = Stage()
    leg = stage.with_police()
    with pytest.raises(WrongState):
        stage.on_leg("transfer.withdraw", leg, "town-one", reason="有误")


def test_a_forward_tells_the_original_sender_and_a_return_reopens_the_leg_it_came_by() -> None:
    stage = Stage()
    leg = stage.with_police()
    onward = stage.forward(leg, "police-one", "regulator-one")
    assert stage.case.acts[-1].readers == ("police-one", "regulator-one", "town-one")
    assert stage.lead.holder == "police-one"
    stage.sign(onward, "regulator-one")
    assert stage.lead.holder == "regulator-one"
    stage.give_back(onward, "regulator-one")
    assert (stage.lead.state, stage.lead.holder) == (LeadState.RETURNED, "police-one")
    stage.on_leg("transfer.accept", leg, "police-one")
    assert (stage.lead.state, stage.lead.holder) == (LeadState.ACCEPTED, "police-one")


def test_a_forward_goes_on_through_many_hands_and_the_origin_still_knows_the_lead() -> None:
    stage = Stage()
    leg = stage.with_police()
    onward = stage.forward(leg, "police-one", "regulator-one")
    stage.sign(onward, "regulator-one")
    last = stage.forward(onward, "regulator-one", "supervision-one")
    stage.sign(last, "supervision-one")
    assert stage.lead.upstream("supervision-one") == ("regulator-one", "police-one", "town-one")
    assert "town-one" in stage.lead.parties


def test_a_lead_that_names_a_node_never_reaches_it() -> None:
    stage = Stage()
    stage.register(concerns_nodes=["police-one"])
    stage.screen()
    with pytest.raises(RuleViolated) as refused:
        stage.offer("town-one", "police-one", "report_up")
    assert refused.value.rule == "R-SELF-INTEREST"
    assert "police-one" not in stage.lead.parties


def test_a_node_cannot_register_a_lead_about_itself() -> None:
    with pytest.raises(RuleViolated):
        Stage().register(concerns_nodes=["town-one"])


def test_a_party_found_to_be_concerned_loses_sight_of_the_lead() -> None:
    stage = Stage()
    leg = stage.with_police()
    stage.give_back(leg, "police-one")
    decision = stage.screen(category="official_misconduct", concerns_nodes=["police-one"])
    assert decision.barred == {"police-one"}
    assert not any("police-one" in ref.readers for ref in stage.case.acts)
    with pytest.raises(NotFound):
        stage.on_leg("feedback.send", leg, "police-one", feedback_id=stage.lead_id, kind="information", text="x")


def test_a_node_that_is_no_party_gets_not_found_whatever_its_kind() -> None:
    stage = Stage()
    leg = stage.with_police()
    for stranger in ("regulator-one", "organization-one", "town-one-b" if "town-one-b" in CAST else "petition-one"):
        with pytest.raises(NotFound):
            stage.act("transfer.accept", stranger, {"transfer_id": leg}, ("town-one",))


def test_only_the_receiver_signs_and_only_the_holder_offers() -> None:
    stage = Stage()
    stage.register()
    stage.screen()
    leg = stage.offer("town-one", "police-one", "report_up")
    with pytest.raises(ForbiddenAct):
        stage.sign(leg, "town-one")
    stage.sign(leg, "police-one")
    with pytest.raises(ForbiddenAct):
        stage.offer("town-one", "regulator-one", "report_up")


@pytest.mark.parametrize("recipients", [(), ("police-one", "regulator-one"), ("regulator-one",)])
def test_the_recipients_are_exactly_those_that_the_act_implies(recipients: tuple[str, ...]) -> None:
    stage = Stage()
    stage.register()
    stage.screen()
    body = {"transfer_id": stage.lead_id, "to": "police-one", "route": "report_up", "disclosure": "full"}
    body |= {"basis": "x", "competence_reason": "x", "known_facts": "x"}
    with pytest.raises(InvalidDocument):
        stage.act("transfer.offer", "town-one", body, recipients)


def test_prev_must_name_what_the_sender_has_seen() -> None:
    stage = Stage()
    leg = stage.with_police()
    unseen = "0" * 64
    with pytest.raises(UnknownPrev):
        stage.act("transfer.accept", "police-one", {"transfer_id": leg}, ("town-one",), prev=unseen)


def test_full_disclosure_opens_the_earlier_acts_at_the_receipt_and_summary_opens_none() -> None:
    for disclosure, opened in (("full", True), ("summary", False)):
        stage = Stage()
        stage.register()
        stage.screen()
        leg = stage.offer("town-one", "police-one", "report_up", disclosure)
        assert "police-one" not in stage.case.acts[0].readers
        stage.sign(leg, "police-one")
        assert ("police-one" in stage.case.acts[0].readers) is opened


@pytest.mark.parametrize(
    ("sender", "to", "route", "rule"),
    [
        ("town-one", "police-one", "peer", "R-ROUTE-LEVEL"),
        ("town-one", "police-one", "assign_down", "R-ROUTE-LEVEL"),
        ("police-one", "police-city", "peer", "R-ROUTE-LEVEL"),
        ("regulator-one", "police-city", "report_up", "R-ROUTE-LEVEL"),
        ("police-one", "regulator-one", "assign_supervised", "R-ASSIGN-SUPERVISED"),
        ("police-one", "regulator-one", "crime_case", "R-CRIME-CASE"),
        ("regulator-one", "police-one", "crime_case", "R-CRIME-CASE"),
        ("police-one", "town-one", "assign_down", "R-COMPETENT-KIND"),
    ],
)
def test_a_route_that_does_not_fit_is_refused_with_its_rule(sender: str, to: str, route: str, rule: str) -> None:
    stage = Stage()
    stage.register(sender)
    stage.screen(sender)
    with pytest.raises(RuleViolated) as refused:
        stage.offer(sender, to, route)
    assert refused.value.rule == rule
    assert refused.value.source is not None


@pytest.mark.parametrize(
    ("sender", "to", "route"),
    [
        ("town-one", "police-one", "report_up"),
        ("police-one", "regulator-one", "peer"),
        ("police-one", "police-city", "report_up"),
        ("police-city", "police-one", "assign_down"),
        ("police-city", "police-one", "assign_supervised"),
        ("office-county", "police-one", "assign_supervised"),
        ("office-city", "regulator-one", "assign_down"),
        ("regulator-one", "office-city", "report_up"),
    ],
)
def test_routes_inside_one_line_or_through_a_coordination_office_are_open(sender: str, to: str, route: str) -> None:
    stage = Stage()
    stage.register(sender)
    stage.screen(sender)
    stage.offer(sender, to, route)
    assert stage.lead.supervised is (route == "assign_supervised")


def test_a_crime_case_needs_each_of_the_five_enclosures_or_its_reason() -> None:
    stage = Stage()
    stage.register("regulator-one")
    stage.screen("regulator-one")
    names = ("transfer_letter", "investigation_report", "item_list", "appraisal", "other")
    enclosures = {name: {"not_applicable": "无"} for name in names}
    with pytest.raises(InvalidDocument):
        stage.offer("regulator-one", "police-one", "crime_case", enclosures={**enclosures, "other": {}})
    leg = stage.offer("regulator-one", "police-one", "crime_case", enclosures=enclosures)
    started = stage.sign(leg, "police-one").starts
    assert [deadline.rule for deadline in started] == ["D05", "D07", "D09"]


def test_a_kind_without_screening_offers_a_lead_as_it_was_registered() -> None:
    stage = Stage()
    stage.register("procuratorate-one")
    stage.offer("procuratorate-one", "police-one")
    assert stage.lead.transfers[0].state is TransferState.OFFERED


def test_nobody_sends_a_lead_to_itself() -> None:
    stage = Stage()
    stage.register("police-one")
    stage.screen("police-one")
    with pytest.raises(InvalidDocument):
        stage.offer("police-one", "police-one")


def test_a_lead_goes_on_when_its_sender_turns_out_to_be_concerned() -> None:
    stage = Stage()
    leg = stage.with_police()
    stage.screen("police-one", concerns_nodes=["town-one"])
    for act in ("transfer.return", "transfer.accept"):
        with pytest.raises(RuleViolated) as why:
            stage.give_back(leg, "police-one") if act == "transfer.return" else stage.on_leg(act, leg, "police-one")
        assert why.value.rule == "R-SELF-INTEREST"
    stage.act("transfer.accept", "police-one", {"transfer_id": leg})
    body = {"transfer_id": leg, "feedback_id": stage.lead_id, "kind": "conclusion", "text": "已核查", "outcome": "属实"}
    stage.act("feedback.send", "police-one", body)
    assert stage.lead.state is LeadState.CONFIRMED
    assert not any(deadline.node == "town-one" for deadline in stage.case.open_deadlines(stage.lead_id))
    assert not any("town-one" in ref.readers for ref in stage.case.acts)
