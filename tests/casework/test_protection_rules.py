"""Protection, the three checks, interference, clarification and correction: who may, to whom, and when."""

from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from app.casework.acts import CATALOGUE
from app.casework.case import LeadState
from app.casework.decision import Decision
from app.casework.records.checks import Checks
from app.casework.records.protection import Protections
from app.errors import ForbiddenAct, InvalidDocument, NotFound, RuleViolated, UnknownPrev, WrongState
from tests.casework.stage import Stage

INTERFERENCE = CATALOGUE["interference.record"].example
CLARIFY = CATALOGUE["clarification.issue"].example


def with_police() -> Stage:
    stage = Stage()
    stage.on_leg("transfer.accept", stage.with_police(), "police-one")
    return stage


def ask(stage: Stage, sender: str = "town-one", to: tuple[str, ...] = ("police-one",), **how: Any) -> str:
    protection_id = str(uuid4())
    body = {"protection_id": protection_id, "threat": "举报人受到威胁", "urgency": "urgent"}
    stage.act("protection.request", sender, body, to, **how)
    return protection_id


def answer(
    stage: Stage, protection_id: str, sender: str = "police-one", to: tuple[str, ...] = ("town-one",)
) -> Decision:
    return stage.act("protection.answer", sender, {"protection_id": protection_id, "measures": "已安排走访"}, to)


def check(stage: Stage, sender: str = "police-one", answer: str = "none_found", **more: Any) -> Decision:
    body = {"check": "crime", "answer": answer, "text": "未发现", **more}
    return stage.act("check.answer", sender, body)


def correct(stage: Stage, sender: str, of_act: str, **how: Any) -> Decision:
    return stage.act("correction.note", sender, {"of_act": of_act, "text": "日期有误"}, **how)


def running(stage: Stage) -> list[tuple[str, str]]:
    return sorted((deadline.rule, deadline.node) for deadline in stage.case.open_deadlines(stage.lead_id))


def test_a_protection_request_gives_the_holder_a_day() -> None:
    stage = with_police()
    decision_before = len(stage.decisions)
    protection_id = ask(stage)
    (deadline,) = stage.decisions[decision_before].starts
    assert (deadline.rule, deadline.node, deadline.subject) == ("D25", "police-one", protection_id)
    assert (deadline.due - deadline.started).total_seconds() == 24 * 3600
    answer(stage, protection_id)
    assert "D25" not in {rule for rule, _ in running(stage)}
    with pytest.raises(WrongState):
        answer(stage, protection_id)


def test_only_the_two_know_of_a_request_and_only_the_holder_answers() -> None:
    stage = with_police()
    protection_id = ask(stage)
    (office,) = stage.lead.listed_to
    with pytest.raises(NotFound):
        answer(stage, protection_id, office)
    with pytest.raises(NotFound):
        answer(stage, str(uuid4()))
    with pytest.raises(ForbiddenAct):
        answer(stage, protection_id, "town-one", ())


def test_a_request_goes_to_the_holder_and_its_answer_to_whoever_asked() -> None:
    stage = with_police()
    for to in ((), ("office-county",), ("police-one", "office-county")):
        with pytest.raises(InvalidDocument):
            ask(stage, to=to)
    with pytest.raises(UnknownPrev):
        ask(stage, prev="0" * 64)
    with pytest.raises(NotFound):
        ask(stage, "regulator-one")
    with pytest.raises(InvalidDocument):
        answer(stage, ask(stage), to=())


def test_a_holder_that_asks_answers_itself() -> None:
    stage = with_police()
    protection_id = ask(stage, "police-one", ())
    assert ("D25", "police-one") in running(stage)
    answer(stage, protection_id, to=())
    assert ("D25", "police-one") not in running(stage)


def test_the_next_holder_answers_what_it_may_read() -> None:
    stage = with_police()
    protection_id = ask(stage)
    onward = stage.offer("police-one", "police-city", "report_up")
    stage.case = stage.case.but(
        leads={stage.lead_id: stage.lead.but(holder="police-city")},
    )
    with pytest.raises(NotFound):
        answer(stage, protection_id, "police-city")
    asked = stage.lead.chapter(Protections).requests[0].act_id
    acts = tuple(
        ref.but(readers=(*ref.readers, "police-city")) if ref.act_id == asked else ref for ref in stage.case.acts
    )
    stage.case = stage.case.but(acts=acts)
    assert stage.lead.transfer(onward) is not None
    answer(stage, protection_id, "police-city")
    assert stage.lead.chapter(Protections).requests[0].answered


def test_a_lead_that_was_split_still_takes_what_cannot_wait() -> None:
    stage = with_police()
    stage.case = stage.case.but(leads={stage.lead_id: stage.lead.but(state=LeadState.SPLIT)})
    answer(stage, ask(stage))
    stage.act("interference.record", "police-one", INTERFERENCE)
    stage.act("clarification.issue", "police-one", CLARIFY)
    correct(stage, "town-one", stage.case.acts[0].act_id)
    with pytest.raises(WrongState):
        check(stage)


def test_a_check_names_to_whom_it_was_transferred_and_only_then() -> None:
    stage = with_police()
    check(stage, answer="transferred", transferred_to="supervision-one")
    assert stage.lead.chapter(Checks).missing == ("official_protection", "supervisory_duty")
    check(stage)
    (newest,) = stage.lead.chapter(Checks).answers
    assert (newest.answer, newest.transferred_to) == ("none_found", None)
    with pytest.raises(ValidationError):
        check(stage, answer="transferred")
    with pytest.raises(ValidationError):
        check(stage, transferred_to="supervision-one")
    with pytest.raises(InvalidDocument):
        check(stage, answer="transferred", transferred_to="nobody-knows")


def test_a_check_is_not_transferred_to_those_whom_the_lead_concerns() -> None:
    stage = Stage()
    stage.register("police-one", concerns_nodes=["supervision-one"])
    with pytest.raises(RuleViolated) as refused:
        check(stage, answer="transferred", transferred_to="supervision-one")
    assert refused.value.rule == "R-SELF-INTEREST"


def test_checks_are_the_holders_and_go_to_nobody() -> None:
    stage = with_police()
    with pytest.raises(ForbiddenAct):
        check(stage, "town-one")
    body = {"check": "crime", "answer": "none_found", "text": "未发现"}
    with pytest.raises(InvalidDocument):
        stage.act("check.answer", "police-one", body, ("town-one",))
    with pytest.raises(UnknownPrev):
        stage.act("check.answer", "police-one", body, prev="0" * 64)


@pytest.mark.parametrize("sender", ["town-one", "police-one", "office-county"])
def test_any_party_records_an_interference_for_itself(sender: str) -> None:
    stage = with_police()
    stage.act("interference.record", sender, INTERFERENCE)
    assert stage.case.acts[-1].readers == (sender,)
    with pytest.raises(InvalidDocument):
        stage.act("interference.record", sender, INTERFERENCE, ("petition-one",))
    with pytest.raises(UnknownPrev):
        stage.act("interference.record", sender, INTERFERENCE, prev="0" * 64)
    with pytest.raises(NotFound):
        stage.act("interference.record", "petition-one", INTERFERENCE)


def test_nothing_is_clarified_before_it_is_known() -> None:
    stage = with_police()
    with pytest.raises(WrongState):
        stage.act("clarification.issue", "police-one", CLARIFY)
    with pytest.raises(ForbiddenAct):
        stage.act("clarification.issue", "town-one", CLARIFY)
    with pytest.raises(InvalidDocument):
        stage.act("clarification.issue", "police-one", CLARIFY, ("town-one",))
    with pytest.raises(UnknownPrev):
        stage.act("clarification.issue", "police-one", CLARIFY, prev="0" * 64)
    with pytest.raises(ValidationError):
        stage.act("clarification.issue", "police-one", {**CLARIFY, "approver": {"name": "周某某"}})


@pytest.mark.parametrize("conclusion", ["substantiated", "partly_substantiated", "unsubstantiated", "unverifiable"])
def test_what_was_wholly_substantiated_is_not_clarified(conclusion: str) -> None:
    stage = Stage()
    stage.register("police-one")
    stage.screen("police-one")
    stage.act("verification.assign", "police-one", CATALOGUE["verification.assign"].example)
    report = {**CATALOGUE["verification.report"].example, "conclusion": conclusion}
    stage.act("verification.report", "police-one", report)
    for seat, name in enumerate(("周某某", "吴某某", "郑某某"), 1):
        signed = {"seat": seat, "signer": {"name": name, "title": "负责人"}}
        stage.act("signoff.sign", "police-one", {**CATALOGUE["signoff.sign"].example, **signed})
    if conclusion != "substantiated":
        stage.act("clarification.issue", "police-one", CLARIFY)
        return
    with pytest.raises(RuleViolated) as refused:
        stage.act("clarification.issue", "police-one", CLARIFY)
    assert refused.value.rule == "R-CLARIFY-UNFOUNDED"


def test_only_an_act_of_ones_own_is_corrected() -> None:
    stage = with_police()
    register = stage.case.acts[0].act_id
    correct(stage, "town-one", register)
    with pytest.raises(ForbiddenAct):
        correct(stage, "police-one", register)
    (office,) = stage.lead.listed_to
    with pytest.raises(NotFound):
        correct(stage, office, register)
    with pytest.raises(NotFound):
        correct(stage, "town-one", str(uuid4()))
    with pytest.raises(InvalidDocument):
        correct(stage, "town-one", register, to=("police-one",))
    with pytest.raises(UnknownPrev):
        correct(stage, "town-one", register, prev="0" * 64)


def test_an_act_on_another_part_is_corrected_there() -> None:
    stage = with_police()
    register = stage.case.acts[0]
    moved = register.but(lead_id=str(uuid4()))
    stage.case = stage.case.but(acts=(moved, *stage.case.acts[1:]))
    with pytest.raises(InvalidDocument):
        correct(stage, "town-one", moved.act_id)
