"""Sign-off: three seats, three persons, none of them a handler; and what an agency may say once they have signed."""

from typing import Any

import pytest
from pydantic import ValidationError

from app.casework.acts import CATALOGUE
from app.casework.case import LeadState
from app.casework.decision import Decision
from app.casework.records.verification import Verification
from app.errors import ForbiddenAct, InvalidDocument, NotFound, RuleViolated, UnknownPrev, WrongState
from tests.casework.stage import Stage

ASSIGN = CATALOGUE["verification.assign"].example
REPORT = CATALOGUE["verification.report"].example
SIGN = CATALOGUE["signoff.sign"].example
SIGNERS = ("周某某", "吴某某", "郑某某")


def signing(category: str = "evil_force") -> tuple[Stage, str]:
    """A lead of the township on which the police have reported."""
    stage = Stage()
    leg = stage.with_police(category)
    stage.on_leg("transfer.accept", leg, "police-one")
    stage.act("verification.assign", "police-one", ASSIGN)
    stage.act("verification.report", "police-one", REPORT)
    return stage, leg


def sign(stage: Stage, seat: int, name: str = "", sender: str = "police-one", **content: Any) -> Decision:
    signer = {"name": name or SIGNERS[seat - 1], "title": "负责人"}
    return stage.act("signoff.sign", sender, {**SIGN, "seat": seat, "signer": signer, **content})


def concluded(category: str = "evil_force") -> tuple[Stage, str]:
    stage, leg = signing(category)
    for seat in (1, 2, 3):
        sign(stage, seat)
    return stage, leg


def running(stage: Stage) -> list[str]:
    return sorted(deadline.rule for deadline in stage.case.open_deadlines(stage.lead_id))


def test_three_distinct_seats_in_order_conclude() -> None:
    stage, _ = signing()
    assert running(stage) == ["D12"]
    for seat in (1, 2):
        sign(stage, seat)
        assert (stage.lead.state, running(stage)) == (LeadState.SIGNING, ["D13"])
    sign(stage, 3)
    assert (stage.lead.state, running(stage)) == (LeadState.CONCLUDED, ["D14"])
    assert [one.name for one in stage.lead.chapter(Verification).signatures] == list(SIGNERS)


@pytest.mark.parametrize("seat", [2, 3])
def test_no_seat_signs_before_its_turn(seat: int) -> None:
    stage, _ = signing()
    with pytest.raises(RuleViolated) as refused:
        sign(stage, seat)
    assert refused.value.rule == "R-SEAT-ORDER"


def test_a_seat_signs_once_and_there_are_three() -> None:
    stage, _ = signing()
    sign(stage, 1)
    with pytest.raises(RuleViolated) as refused:
        sign(stage, 1, "冯某某")
    assert refused.value.rule == "R-SEAT-ORDER"
    with pytest.raises(ValidationError):
        sign(stage, 0, "冯某某")
    with pytest.raises(InvalidDocument):
        sign(stage, 4, "冯某某")


@pytest.mark.parametrize("name", ["周某某", " 周 某某", "周某某\u3000", "周\u200b某某", "周某\u3164某", "周\ufe0f某某"])
def test_nobody_signs_on_two_seats(name: str) -> None:
    stage, _ = signing()
    sign(stage, 1, "周某某")
    with pytest.raises(RuleViolated) as refused:
        sign(stage, 2, name)
    assert refused.value.rule == "R-DISTINCT-SIGNERS"


def test_two_persons_whose_names_no_table_knows_sign_on_two_seats() -> None:
    stage, _ = signing()
    for seat, name in ((1, "王\ue863"), (2, "王\ue864"), (3, "王\U000323b0")):
        sign(stage, seat, name)
    assert stage.lead.state is LeadState.CONCLUDED


def test_a_handler_never_signs_on_the_own_work() -> None:
    stage, _ = signing()
    sign(stage, 1)
    sign(stage, 2)
    for name in ("孙某某", "李 某某", "孙\u2060某某"):
        with pytest.raises(ForbiddenAct):
            sign(stage, 3, name)
    assert stage.lead.state is LeadState.SIGNING


def test_a_rejection_sends_the_report_back_and_every_seat_signs_anew() -> None:
    stage, _ = signing()
    sign(stage, 1)
    sign(stage, 2, decision="reject", opinion="处理结果依据不足")
    task = stage.lead.chapter(Verification)
    assert (stage.lead.state, task.conclusion, task.signatures) == (LeadState.VERIFYING, None, ())
    assert task.handlers == ("孙某某", "李某某")
    assert running(stage) == ["D17"]
    stage.act("verification.report", "police-one", {**REPORT, "conclusion": "substantiated"})
    assert running(stage) == ["D12"]
    for seat in (1, 2, 3):
        sign(stage, seat)
    assert stage.lead.state is LeadState.CONCLUDED


def test_a_report_sent_back_may_need_more_time_which_is_given_once() -> None:
    stage, _ = signing()
    sign(stage, 1, decision="reject")
    stage.act("verification.extend", "police-one", {"reason": "补充询问", "days": 10})
    assert running(stage) == ["D11"]


def test_a_decision_needs_its_opinion() -> None:
    stage, _ = signing()
    for decision in ("approve", "reject"):
        with pytest.raises(ValidationError):
            sign(stage, 1, decision=decision, opinion="")


def test_the_four_gates_are_taken_when_they_are_given_whole() -> None:
    stage, _ = signing()
    gates = {name: {"ok": True} for name in ("facts", "evidence", "procedure", "law")}
    sign(stage, 1, gates={**gates, "law": {"ok": True, "note": "法条适用准确"}})
    with pytest.raises(ValidationError):
        sign(stage, 2, gates={"facts": {"ok": True}})


def test_only_the_holder_signs_to_nobody_after_what_it_has_seen() -> None:
    stage, _ = signing()
    with pytest.raises(ForbiddenAct):
        sign(stage, 1, sender="town-one")
    with pytest.raises(NotFound):
        sign(stage, 1, sender="regulator-one")
    body = {**SIGN, "seat": 1}
    with pytest.raises(InvalidDocument):
        stage.act("signoff.sign", "police-one", body, ("town-one",))
    with pytest.raises(UnknownPrev):
        stage.act("signoff.sign", "police-one", body, prev="0" * 64)


def test_there_is_nothing_to_sign_without_a_report() -> None:
    stage = Stage()
    leg = stage.with_police()
    stage.on_leg("transfer.accept", leg, "police-one")
    with pytest.raises(WrongState):
        sign(stage, 1)
    stage.act("verification.assign", "police-one", ASSIGN)
    with pytest.raises(WrongState):
        sign(stage, 1)
    done, _ = concluded()
    with pytest.raises(WrongState):
        sign(done, 1)


def test_civil_affairs_do_not_sign_off() -> None:
    stage = Stage()
    stage.register("civil-one")
    with pytest.raises(ForbiddenAct):
        sign(stage, 1, sender="civil-one")


def test_nobody_waits_for_the_conclusion_of_a_lead_of_ones_own() -> None:
    stage = Stage()
    stage.register("police-one")
    stage.screen("police-one")
    stage.act("verification.assign", "police-one", ASSIGN)
    stage.act("verification.report", "police-one", REPORT)
    for seat in (1, 2, 3):
        sign(stage, seat)
    assert (stage.lead.state, running(stage)) == (LeadState.CONCLUDED, [])


@pytest.mark.parametrize("signed", [0, 2])
def test_organised_crime_is_not_answered_while_seats_are_missing(signed: int) -> None:
    stage, leg = signing()
    for seat in range(1, signed + 1):
        sign(stage, seat)
    with pytest.raises(WrongState):
        stage.feedback(leg, "police-one", "conclusion", outcome="属实")


def test_after_a_rejection_organised_crime_is_not_answered() -> None:
    stage, leg = signing()
    sign(stage, 1, decision="reject")
    with pytest.raises(RuleViolated) as refused:
        stage.feedback(leg, "police-one", "conclusion", outcome="属实")
    assert refused.value.rule == "R-REPORT-FIRST"


def test_a_signed_conclusion_is_fed_back_and_says_the_reports_code_where_it_says_nothing_else() -> None:
    stage, leg = concluded()
    assert stage.lead.outcome is None
    stage.feedback(leg, "police-one", "conclusion")
    assert (stage.lead.state, stage.lead.outcome) == (LeadState.REPLIED, "partly_substantiated")
    assert running(stage) == ["D15"]
    other, leg = concluded()
    other.feedback(leg, "police-one", "conclusion", outcome="部分属实")
    assert other.lead.outcome == "部分属实"


def test_a_report_that_was_never_signed_says_nothing_for_its_agency() -> None:
    stage, leg = signing("general")
    sign(stage, 1, decision="reject")
    stage.feedback(leg, "police-one", "conclusion")
    assert stage.lead.outcome is None


def test_a_concluded_lead_handed_on_owes_its_feedback_no_more() -> None:
    stage, _ = concluded()
    onward = stage.offer("police-one", "police-city", "report_up")
    stage.sign(onward, "police-city")
    stage.on_leg("transfer.accept", onward, "police-city")
    assert running(stage) == []
    with pytest.raises(RuleViolated):
        stage.feedback(onward, "police-city", "conclusion")
