"""Feedback runs both ways, and a conclusion is confirmed or contested by the side that wants it."""

from uuid import uuid4

import pytest

from app.casework.case import LeadState
from app.errors import ForbiddenAct, InvalidDocument, NotFound, RuleViolated, WrongState
from tests.casework.stage import Stage


def accepted(category: str = "general") -> tuple[Stage, str]:
    stage = Stage()
    leg = stage.with_police(category)
    stage.on_leg("transfer.accept", leg, "police-one")
    return stage, leg


def test_either_side_of_a_transfer_may_speak_and_the_lead_stays_where_it_is() -> None:
    stage, leg = accepted()
    stage.feedback(leg, "police-one", "progress")
    question = stage.feedback(leg, "town-one", "question")
    stage.respond(question, "police-one", "answer", text="答复")
    assert stage.lead.state is LeadState.ACCEPTED


def test_only_the_receiving_side_concludes() -> None:
    stage, leg = accepted()
    with pytest.raises(ForbiddenAct):
        stage.feedback(leg, "town-one", "conclusion", outcome="属实")


@pytest.mark.parametrize(("response", "state"), [("confirm", LeadState.CONFIRMED), ("contest", LeadState.CONTESTED)])
def test_a_conclusion_is_confirmed_or_contested_once(response: str, state: LeadState) -> None:
    stage, leg = accepted()
    message = stage.feedback(leg, "police-one", "conclusion", outcome="部分属实")
    assert (stage.lead.state, stage.lead.outcome) == (LeadState.REPLIED, "部分属实")
    assert [deadline.rule for deadline in stage.case.open_deadlines(stage.lead_id)] == ["D15"]
    stage.respond(message, "town-one", response, reason="理由")
    assert stage.lead.state is state
    # What was contested is rechecked: the office's time for that begins (D3, row 15).
    left = [deadline.rule for deadline in stage.case.open_deadlines(stage.lead_id)]
    assert left == (["D16"] if response == "contest" else [])
    with pytest.raises(WrongState):
        stage.respond(message, "town-one", "confirm")


def test_contesting_needs_a_reason_and_a_question_is_not_confirmed() -> None:
    stage, leg = accepted()
    with pytest.raises(ValueError, match="reason"):
        stage.respond(stage.feedback(leg, "police-one", "conclusion"), "town-one", "contest")
    question = stage.feedback(leg, "police-one", "question")
    with pytest.raises(InvalidDocument):
        stage.respond(question, "town-one", "confirm")


def test_organised_crime_held_by_the_police_is_not_concluded_without_report_and_sign_off() -> None:
    stage, leg = accepted("evil_force")
    with pytest.raises(RuleViolated) as refused:
        stage.feedback(leg, "police-one", "conclusion", outcome="属实")
    assert refused.value.rule == "R-REPORT-FIRST"


def test_everyone_upstream_learns_the_outcome_but_not_the_text() -> None:
    stage = Stage()
    leg = stage.with_police()
    onward = stage.forward(leg, "police-one", "regulator-one")
    stage.sign(onward, "regulator-one")
    stage.on_leg("transfer.accept", onward, "regulator-one")
    stage.feedback(onward, "regulator-one", "conclusion", outcome="已责令整改")
    notice = stage.decisions[-1].notices[0]
    assert (notice.notice, notice.to) == ("notice.outcome", "town-one")
    assert notice.content == {"state": "replied", "conclusion": "已责令整改"}


def test_an_agency_that_passed_the_lead_on_relays_the_conclusion_only_when_there_is_one() -> None:
    stage = Stage()
    leg = stage.with_police()
    onward = stage.forward(leg, "police-one", "regulator-one")
    stage.sign(onward, "regulator-one")
    stage.on_leg("transfer.accept", onward, "regulator-one")
    with pytest.raises(WrongState):
        stage.feedback(leg, "police-one", "conclusion")
    first = stage.feedback(onward, "regulator-one", "conclusion", outcome="已责令整改")
    stage.respond(first, "police-one", "confirm")
    relayed = stage.feedback(leg, "police-one", "conclusion", outcome="已责令整改")
    assert stage.lead.state is LeadState.REPLIED
    stage.respond(relayed, "town-one", "confirm")
    assert stage.lead.state is LeadState.CONFIRMED


def test_a_coordination_office_is_told_once_that_there_is_a_lead_in_its_area() -> None:
    stage = Stage()
    stage.register()
    told = stage.screen().notices
    assert [(one.notice, one.to) for one in told] == [("notice.listed", "office-county")]
    assert stage.screen().notices == ()


def test_an_office_that_the_lead_concerns_is_passed_over_for_the_one_above() -> None:
    stage = Stage()
    stage.register(concerns_nodes=["office-county"])
    assert [one.to for one in stage.screen().notices] == ["office-city"]


def test_leads_of_a_supervision_organ_are_listed_to_nobody() -> None:
    stage = Stage()
    stage.register("supervision-one")
    assert stage.screen("supervision-one").notices == ()


def test_an_agency_upstream_that_was_told_of_a_feedback_may_not_answer_it_and_others_find_nothing() -> None:
    stage = Stage()
    near = stage.with_police()
    far = stage.forward(near, "police-one", "regulator-one")
    stage.sign(far, "regulator-one")
    onward = stage.forward(far, "regulator-one", "supervision-one")
    stage.sign(onward, "supervision-one")
    told, untold = str(uuid4()), str(uuid4())
    for feedback_id, to in ((told, ("regulator-one", "town-one")), (untold, ("regulator-one",))):
        body = {"feedback_id": feedback_id, "transfer_id": onward, "kind": "question", "text": "内容"}
        stage.act("feedback.send", "supervision-one", body, to)
    answer = {"response": "answer", "text": "答复"}
    with pytest.raises(ForbiddenAct):
        stage.act("feedback.respond", "town-one", {"feedback_id": told, **answer}, ("supervision-one",))
    with pytest.raises(NotFound):
        stage.act("feedback.respond", "town-one", {"feedback_id": untold, **answer}, ("supervision-one",))
    stage.respond(told, "regulator-one", "answer", text="答复")
