"""Rechecking an answer: who may, what a return takes back, and how often."""

from typing import Any

import pytest

from app.casework.case import LeadState
from app.casework.open_matters import STANDS_OPEN
from app.casework.records.recheck import recheck_done
from app.errors import ForbiddenAct, InvalidDocument, NotFound, RuleViolated, WrongState
from tests.casework.stage import Stage

RETURN = {"decision": "return", "findings": "缺少处理结果", "items": ["补充处理结果"]}
UPHOLD = {"decision": "uphold", "findings": "结论成立", "items": []}


def answered(*, supervised: bool = False) -> tuple[Stage, str, str]:
    """A lead that the police answered; the leg that it came by and the conclusion."""
    stage = Stage()
    if supervised:
        stage.register("office-county")
        stage.screen("office-county")
        leg = stage.offer("office-county", "police-one", "assign_supervised")
        stage.sign(leg, "police-one")
    else:
        leg = stage.with_police()
    stage.on_leg("transfer.accept", leg, "police-one")
    return stage, leg, conclude(stage, leg)


def conclude(stage: Stage, leg: str) -> str:
    return stage.feedback(leg, "police-one", "conclusion", outcome="部分属实")


def recheck(stage: Stage, body: dict[str, Any], who: str = "office-county", to: str = "police-one") -> None:
    stage.act("lead.recheck", who, body, (to,))


def open_rules(stage: Stage) -> dict[str, str]:
    return {deadline.rule: deadline.node for deadline in stage.case.open_deadlines(stage.lead_id)}


def matters(stage: Stage) -> list[str]:
    return [one.kind for found in STANDS_OPEN for one in found(stage.case, stage.lead)]


def test_a_returned_answer_is_verified_again_and_answered_anew_within_two_working_days() -> None:
    stage, leg, conclusion = answered()
    recheck(stage, RETURN)
    assert (stage.lead.state, stage.lead.outcome) == (LeadState.VERIFYING, None)
    assert open_rules(stage) == {"D17": "police-one"}
    with pytest.raises(WrongState):
        stage.respond(conclusion, "town-one", "confirm")
    again = conclude(stage, leg)
    assert (stage.lead.state, stage.lead.outcome) == (LeadState.REPLIED, "部分属实")
    assert open_rules(stage) == {"D15": "town-one"}
    recheck(stage, UPHOLD)
    assert stage.lead.state is LeadState.REPLIED
    stage.respond(again, "town-one", "confirm")
    assert stage.lead.state is LeadState.CONFIRMED


def test_a_confirmed_answer_may_be_returned_too() -> None:
    stage, leg, conclusion = answered()
    stage.respond(conclusion, "town-one", "confirm")
    recheck(stage, RETURN)
    conclude(stage, leg)
    assert stage.lead.state is LeadState.REPLIED


def test_an_answer_is_returned_twice_and_then_a_meeting_is_needed() -> None:
    stage, leg, _ = answered()
    for _ in range(2):
        recheck(stage, RETURN)
        conclude(stage, leg)
    with pytest.raises(RuleViolated) as refused:
        recheck(stage, RETURN)
    assert refused.value.rule == "R-RECHECK-TWICE"
    recheck(stage, UPHOLD)


def test_a_contested_answer_is_rechecked_and_when_upheld_fed_back_again() -> None:
    stage, leg, conclusion = answered()
    stage.respond(conclusion, "town-one", "contest", reason="缺少处理结果")
    assert open_rules(stage) == {"D16": "office-county"}
    recheck(stage, UPHOLD)
    assert stage.lead.state is LeadState.CONCLUDED
    assert open_rules(stage) == {"D14": "police-one"}
    again = conclude(stage, leg)
    assert open_rules(stage) == {"D15": "town-one"}
    stage.respond(again, "town-one", "confirm")
    assert stage.lead.state is LeadState.CONFIRMED


def test_a_contest_far_upstream_that_was_overruled_is_relayed_once_more() -> None:
    stage = Stage()
    leg = stage.with_police()
    onward = stage.forward(leg, "police-one", "regulator-one")
    stage.sign(onward, "regulator-one")
    stage.on_leg("transfer.accept", onward, "regulator-one")
    near = stage.feedback(onward, "regulator-one", "conclusion", outcome="属实")
    stage.respond(near, "police-one", "confirm")
    far = conclude(stage, leg)
    stage.respond(far, "town-one", "contest", reason="不符")
    recheck(stage, UPHOLD, to="regulator-one")
    assert not open_rules(stage)
    relayed = conclude(stage, leg)
    stage.respond(relayed, "town-one", "confirm")
    assert stage.lead.state is LeadState.CONFIRMED


def test_a_supervised_lead_waits_for_its_recheck() -> None:
    stage, leg, _ = answered(supervised=True)
    assert open_rules(stage) == {"D15": "office-county", "D16": "office-county"}
    assert not recheck_done(stage.lead)
    assert "recheck" in matters(stage)
    recheck(stage, UPHOLD)
    assert recheck_done(stage.lead)
    assert "recheck" not in matters(stage)
    assert "D16" not in open_rules(stage)
    recheck(stage, RETURN)
    assert not recheck_done(stage.lead)
    conclude(stage, leg)
    assert open_rules(stage)["D16"] == "office-county"


def test_a_superior_that_knows_the_lead_rechecks_it() -> None:
    stage = Stage()
    stage.register("police-city")
    stage.screen("police-city")
    leg = stage.offer("police-city", "police-one", "assign_down")
    stage.sign(leg, "police-one")
    stage.on_leg("transfer.accept", leg, "police-one")
    conclude(stage, leg)
    recheck(stage, RETURN, "police-city")
    assert stage.lead.state is LeadState.VERIFYING


def test_who_is_no_superior_does_not_recheck_and_who_does_not_know_the_lead_finds_nothing() -> None:
    stage, _, _ = answered()
    with pytest.raises(ForbiddenAct):
        recheck(stage, UPHOLD, "town-one")
    with pytest.raises(ForbiddenAct):
        recheck(stage, UPHOLD, "police-one")
    for stranger in ("police-city", "office-city", "supervision-one"):
        with pytest.raises(NotFound):
            recheck(stage, UPHOLD, stranger)


def test_a_recheck_is_addressed_to_the_holder() -> None:
    stage, _, _ = answered()
    with pytest.raises(InvalidDocument):
        recheck(stage, UPHOLD, to="town-one")


def test_there_is_nothing_to_recheck_before_an_answer() -> None:
    stage = Stage()
    stage.with_police()
    with pytest.raises(WrongState):
        recheck(stage, RETURN)


def test_a_coordination_office_does_not_recheck_supervision() -> None:
    stage = Stage()
    stage.register()
    stage.screen()
    leg = stage.offer("town-one", "supervision-one", "report_up")
    stage.sign(leg, "supervision-one")
    stage.on_leg("transfer.accept", leg, "supervision-one")
    message = stage.feedback(leg, "supervision-one", "conclusion", outcome="已了结")
    stage.respond(message, "town-one", "contest", reason="不符")
    assert not open_rules(stage)
    with pytest.raises(RuleViolated) as refused:
        recheck(stage, RETURN, to="supervision-one")
    assert refused.value.rule == "R-RECHECK-INDEPENDENT"


def test_where_nobody_may_recheck_a_supervised_lead_does_not_wait_for_it() -> None:
    stage = Stage()
    stage.register("office-county")
    stage.screen("office-county")
    leg = stage.offer("office-county", "procuratorate-one", "assign_supervised")
    stage.sign(leg, "procuratorate-one")
    stage.on_leg("transfer.accept", leg, "procuratorate-one")
    assert not recheck_done(stage.lead)
    stage.feedback(leg, "procuratorate-one", "conclusion", outcome="已答复")
    assert recheck_done(stage.lead)
    assert "D16" not in open_rules(stage)
