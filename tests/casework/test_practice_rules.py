"""What an exchange settles about reports and seats: checklist, titles, legal review; and that a chain keeps it."""

from typing import Any

import pytest

from app.casework.acts import CATALOGUE
from app.casework.case import LeadState
from app.casework.records.practice import Practice, Practices, Practised, Seat
from app.errors import InvalidDocument, RuleViolated
from tests.casework.stage import Stage

COUNTY = Practice(
    version="990121-1",
    checklist=("a", "b"),
    seats=(Seat(titles=("中队长",)), Seat(titles=("法制员",)), Seat(titles=("局长", "副局长")), Seat()),
    legal_review=2,
)
GATES = {name: {"ok": True} for name in ("facts", "evidence", "procedure", "law")}
CHECKED = {"a": True, "b": False}


def verifying(practice: Practice = COUNTY) -> Stage:
    stage = Stage()
    stage.practices = Practices({"990121": practice})
    leg = stage.with_police("evil_force")
    stage.on_leg("transfer.accept", leg, "police-one")
    stage.act("verification.assign", "police-one", CATALOGUE["verification.assign"].example)
    return stage


def report(stage: Stage, checklist: dict[str, bool]) -> None:
    example = CATALOGUE["verification.report"].example
    stage.act("verification.report", "police-one", {**example, "checklist": checklist})


def signing() -> Stage:
    stage = verifying()
    report(stage, CHECKED)
    return stage


def sign(stage: Stage, seat: int, name: str, title: str, **content: Any) -> None:
    body = {"seat": seat, "signer": {"name": name, "title": title}, "decision": "approve", "opinion": "同意"}
    stage.act("signoff.sign", "police-one", {**body, **content})


@pytest.mark.parametrize("checklist", [{}, {"a": True}, {"a": True, "b": True, "c": True}])
def test_a_report_fills_in_the_checklist_of_its_place(checklist: dict[str, bool]) -> None:
    with pytest.raises(InvalidDocument, match="a, b"):
        report(verifying(), checklist)


def test_the_chain_has_the_seats_of_its_place_and_the_last_concludes() -> None:
    stage = signing()
    sign(stage, 1, "甲某某", "中队长")
    sign(stage, 2, "乙某某", "法制员", gates=GATES)
    sign(stage, 3, "丙某某", "副局长")
    assert stage.lead.state is LeadState.SIGNING
    with pytest.raises(InvalidDocument, match="4 seats"):
        sign(stage, 5, "戊某某", "无")
    sign(stage, 4, "丁某某", "任何职务")
    assert stage.lead.state is LeadState.CONCLUDED


def test_a_seat_is_signed_by_its_titles_only() -> None:
    with pytest.raises(RuleViolated) as refused:
        sign(signing(), 1, "甲某某", "局长")
    assert refused.value.rule == "R-SEAT-TITLE"


def test_the_legal_review_answers_for_the_four_gates() -> None:
    stage = signing()
    sign(stage, 1, "甲某某", "中队长")
    with pytest.raises(InvalidDocument, match="gates"):
        sign(stage, 2, "乙某某", "法制员")
    unmet = {**GATES, "procedure": {"ok": False, "note": "缺审批"}}
    with pytest.raises(RuleViolated) as refused:
        sign(stage, 2, "乙某某", "法制员", gates=unmet)
    assert refused.value.rule == "R-FOUR-GATES"
    sign(stage, 2, "乙某某", "法制员", gates=unmet, decision="reject")
    assert stage.lead.state is LeadState.VERIFYING


def test_a_running_chain_ends_as_it_began_and_the_next_report_follows_what_is_settled_now() -> None:
    stage = signing()
    sign(stage, 1, "甲某某", "中队长")
    now = stage.practices = Practices({"": Practice(version="2", seats=(Seat(),))})
    sign(stage, 2, "乙某某", "法制员", gates=GATES, decision="reject")
    with pytest.raises(InvalidDocument):
        report(stage, CHECKED)
    report(stage, {})
    assert [one.version for one in stage.lead.chapter(Practised).by_report.values()] == ["990121-1", "2"]
    stage.practices = Practices({"990121": COUNTY})
    sign(stage, 1, "甲某某", "任何职务")
    assert (stage.lead.state, now.at("99")) == (LeadState.CONCLUDED, now.at("990121"))
