"""A lead that is not one's own goes on in time: to object (D07), to decide and send (D02, D03), to forward (D08)."""

import pytest

from app.casework.deadlines import due, due_event
from app.casework.limits import LIMITS
from tests.casework.stage import ZONE, Stage
from tests.casework.test_lapses import PLAIN, carry_out, deadline_of

ENCLOSURES = {
    name: {"not_applicable": "无"}
    for name in ("transfer_letter", "investigation_report", "item_list", "appraisal", "other")
}


def running(stage: Stage, *but: str) -> list[tuple[str, str]]:
    return sorted((one.rule, one.node) for one in stage.case.open_deadlines(stage.lead_id) if one.rule not in but)


def said(stage: Stage, rule: str) -> dict[str, str]:
    """Let time have its say about a deadline; return who is told of which event."""
    decision = carry_out(stage, rule)
    return {one.to: one.content["event"] for one in decision.notices} if decision else {}


def own(holder: str) -> Stage:
    stage = Stage()
    stage.register(holder)
    return stage


def crime_case(stage: Stage, to: str = "police-one") -> str:
    return stage.offer("regulator-one", to, "crime_case", enclosures=ENCLOSURES)


@pytest.mark.parametrize(("sender", "rule"), [("town-one", "D07"), ("petition-one", "D07-petition")])
def test_a_receiver_has_five_working_days_to_object(sender: str, rule: str) -> None:
    stage = own(sender)
    stage.screen(sender)
    leg = stage.offer(sender, "police-one", "report_up" if sender == "town-one" else "peer")
    stage.sign(leg, "police-one")
    deadline = deadline_of(stage, rule)
    assert (deadline.node, deadline.subject) == ("police-one", leg)
    assert deadline.due == due(LIMITS[rule], stage.now, ZONE, PLAIN)
    assert deadline.source == ("law" if rule == "D07-petition" else "default")


@pytest.mark.parametrize("step", ["accept", "return", "forward"])
def test_the_time_to_object_ends_with_taking_up_returning_or_passing_on(step: str) -> None:
    stage = Stage()
    leg = stage.with_police()
    if step == "accept":
        stage.on_leg("transfer.accept", leg, "police-one")
    elif step == "return":
        stage.give_back(leg, "police-one")
    else:
        stage.forward(leg, "police-one", "regulator-one")
    assert "D07" not in {rule for rule, _ in running(stage)}


def test_not_to_object_is_no_breach() -> None:
    stage = Stage()
    stage.with_police()
    stage.later(days=10)
    assert said(stage, "D07") == {"police-one": "expired", "town-one": "expired", "office-county": "expired"}
    deadline = next(one for one in stage.case.deadlines if one.rule == "D07")
    assert (deadline.breached, deadline.stopped) == (None, stage.now)


def test_the_time_to_object_stands_still_while_a_supplement_is_out_and_begins_again_with_a_leg_that_came_back() -> None:
    stage = Stage()
    leg = stage.with_police()
    stage.on_leg("supplement.request", leg, "police-one", items=[{"item": "日期", "why": "核对"}])
    assert deadline_of(stage, "D07").stands_still
    stage.on_leg("supplement.answer", leg, "town-one", items=[{"item": "日期", "answer": "三日"}])
    onward = stage.forward(leg, "police-one", "regulator-one")
    stage.sign(onward, "regulator-one")
    assert running(stage, "D05") == [("D07", "regulator-one")]
    stage.give_back(onward, "regulator-one")
    assert running(stage, "D05") == [("D07", "police-one")]


@pytest.mark.parametrize(
    ("holder", "competent", "category", "rules"),
    [
        ("police-one", "regulator-one", "general", ["D03-police"]),
        ("police-one", "supervision-one", "general", ["D03-supervision"]),
        ("police-one", None, "official_misconduct", ["D03-supervision"]),
        ("town-one", None, "official_misconduct", ["D03-supervision"]),
        ("supervision-one", "police-one", "general", ["D03-supervision"]),
        ("regulator-one", "police-one", "disorder", ["D02", "D03"]),
        ("regulator-one", "police-one", "not_within_remit", []),
        ("regulator-one", "regulator-one", "disorder", []),
        ("police-one", "police-one", "evil_force", []),
        ("supervision-one", None, "official_misconduct", []),
        ("town-one", "police-one", "evil_force", []),
        ("police-one", "nobody-knows", "general", []),
    ],
)
def test_finding_that_another_is_competent_starts_the_limit_that_binds_the_finder(
    holder: str, competent: str | None, category: str, rules: list[str]
) -> None:
    stage = own(holder)
    stage.screen(holder, category, competent_node=competent)
    assert running(stage) == [(rule, holder) for rule in rules]


def test_a_regulator_sends_the_crime_case_within_a_day_after_the_three_days_to_decide() -> None:
    stage = own("regulator-one")
    stage.screen("regulator-one", "disorder", competent_node="police-one")
    decided, sent = deadline_of(stage, "D02"), deadline_of(stage, "D03")
    assert decided.due == due(LIMITS["D02"], stage.now, ZONE, PLAIN)
    assert sent.started == decided.due
    assert (sent.due - decided.due).total_seconds() == 24 * 3600
    stage.now = decided.due
    stage.later(hours=1)
    assert said(stage, "D02") == {"regulator-one": "expired", "office-county": "expired"}
    crime_case(stage)
    assert running(stage) == [("D04", "police-one")]
    assert due_event(sent.model_copy(update={"stopped": stage.now}), stage.now, PLAIN, ZONE) is None


def test_screening_again_gives_no_more_time_and_another_finding_ends_it() -> None:
    stage = own("police-one")
    stage.screen("police-one", competent_node="regulator-one")
    first = deadline_of(stage, "D03-police")
    stage.later(hours=5)
    stage.screen("police-one", competent_node="regulator-one")
    assert deadline_of(stage, "D03-police") == first
    stage.screen("police-one", competent_node="police-one")
    assert running(stage) == []


def test_police_forward_a_crime_case_that_is_not_theirs_in_a_day() -> None:
    stage = own("regulator-one")
    stage.screen("regulator-one")
    leg = crime_case(stage)
    stage.sign(leg, "police-one")
    stage.screen("police-one", competent_node="police-city")
    assert ("D08", "police-one") in running(stage)
    assert deadline_of(stage, "D08").source == "law"
    stage.forward(leg, "police-one", "supervision-one")
    assert running(stage) == [("D04", "supervision-one")]


def test_supervision_passes_a_lead_that_it_received_on_in_five_working_days() -> None:
    stage = Stage()
    leg = stage.with_police()
    stage.on_leg("transfer.accept", leg, "police-one")
    stage.sign(stage.offer("police-one", "supervision-one"), "supervision-one")
    stage.screen("supervision-one", competent_node="regulator-one")
    assert ("D08-supervision", "supervision-one") in running(stage)


def test_whoever_verifies_has_nothing_to_hand_on() -> None:
    stage = own("regulator-one")
    stage.screen("regulator-one", competent_node="police-one")
    task = {"handlers": ["孙某某"], "supervising_leader": "周某某", "responsibility": "查清", "consequence": "通报"}
    stage.act("verification.assign", "regulator-one", task)
    assert running(stage) == [("D10-regulator", "regulator-one")]


def test_to_offer_and_withdraw_wins_no_time() -> None:
    stage = own("police-one")
    stage.screen("police-one", competent_node="regulator-one")
    before = deadline_of(stage, "D03-police")
    stage.later(hours=20)
    leg = stage.offer("police-one", "regulator-one")
    assert running(stage) == [("D04", "regulator-one")]
    stage.later(hours=3)
    stage.on_leg("transfer.withdraw", leg, "police-one", reason="有误")
    again = deadline_of(stage, "D03-police")
    assert (again.started, again.due) == (before.started, before.due)


def test_a_petition_office_that_withdraws_its_offer_still_has_to_divert() -> None:
    stage = own("petition-one")
    first = deadline_of(stage, "D01")
    stage.screen("petition-one")
    leg = stage.offer("petition-one", "police-one")
    stage.on_leg("transfer.withdraw", leg, "petition-one", reason="有误")
    assert (running(stage), deadline_of(stage, "D01").due) == ([("D01", "petition-one")], first.due)


def test_what_is_offered_and_withdrawn_twice_in_one_instant_brings_its_limit_back_once() -> None:
    stage = own("petition-one")
    first = deadline_of(stage, "D01")
    stage.screen("petition-one")
    for _ in range(2):
        leg = stage.offer("petition-one", "police-one")
        stage.on_leg("transfer.withdraw", leg, "petition-one", reason="有误")
    assert (running(stage), deadline_of(stage, "D01").due) == ([("D01", "petition-one")], first.due)
    assert len({deadline.deadline_id for deadline in stage.case.deadlines}) == len(stage.case.deadlines)
