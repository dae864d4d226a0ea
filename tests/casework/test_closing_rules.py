"""How a lead ends: what must be settled first, the volume, the seal on what was unfounded, and new facts."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from app.casework.acts import CATALOGUE
from app.casework.case import ActRef, LeadState, TransferState
from app.casework.decision import Decision
from app.casework.records.checks import CHECKS
from app.errors import ForbiddenAct, InvalidDocument, NotFound, RuleViolated, UnknownPrev, WrongState
from tests.casework.stage import Stage

ITEM = {"no": 1, "title": "线索登记表", "document_no": "甲政移〔2026〕1号", "pages": 3}
CLARIFY = CATALOGUE["clarification.issue"].example


def confirmed(category: str = "general", conclusion: str | None = None, outcome: str = "部分属实") -> tuple[Stage, str]:
    """A lead of the township that the police answered; with a report and its signatures if `conclusion` is given."""
    stage = Stage()
    leg = stage.with_police(category)
    stage.on_leg("transfer.accept", leg, "police-one")
    if conclusion is not None:
        concluded(stage, conclusion)
    confirm(stage, leg, outcome)
    return stage, leg


def concluded(stage: Stage, conclusion: str, holder: str = "police-one") -> None:
    stage.act("verification.assign", holder, CATALOGUE["verification.assign"].example)
    stage.act("verification.report", holder, {**CATALOGUE["verification.report"].example, "conclusion": conclusion})
    for seat, name in enumerate(("周某某", "吴某某", "郑某某"), 1):
        signer = {"name": name, "title": "负责人"}
        stage.act("signoff.sign", holder, {**CATALOGUE["signoff.sign"].example, "seat": seat, "signer": signer})


def confirm(stage: Stage, leg: str, outcome: str = "部分属实") -> None:
    feedback_id = stage.feedback(leg, "police-one", "conclusion", outcome=outcome)
    stage.respond(feedback_id, "town-one", "confirm")


def clear(stage: Stage, sender: str = "police-one", **how: Any) -> Decision:
    return stage.act("lead.clear", sender, {"note": "各环节已办结"}, **how)


def archive(stage: Stage, *digests: str, sender: str = "police-one", **how: Any) -> Decision:
    items = [{**ITEM, "no": no, "sha256": digest} for no, digest in enumerate(digests, 1)]
    return stage.act("lead.archive", sender, {"volume_no": "2026-0001", "items": items, "retention": "长期"}, **how)


def reopen(stage: Stage, sender: str = "police-one", **how: Any) -> Decision:
    return stage.act("lead.reopen", sender, {"new_facts": "又有两名司机反映"}, **how)


def running(stage: Stage) -> list[str]:
    return sorted(deadline.rule for deadline in stage.case.open_deadlines(stage.lead_id))


def refused(doing: Callable[[], object], rule: str) -> RuleViolated:
    with pytest.raises(RuleViolated) as refusal:
        doing()
    assert refusal.value.rule == rule
    assert refusal.value.source is not None
    return refusal.value


def archived() -> Stage:
    stage, _ = confirmed()
    clear(stage)
    archive(stage, stage.case.acts[-1].jws_sha256)
    return stage


def test_a_confirmed_lead_is_cleared_and_its_volume_is_due() -> None:
    stage, leg = confirmed()
    decision = clear(stage)
    assert (stage.lead.state, stage.lead.sealed, running(stage)) == (LeadState.CLEARED, False, ["D18"])
    way = stage.lead.transfer(leg)
    assert way is not None
    assert way.state is TransferState.CLOSED
    assert decision.also_read == {"police-one"}
    with pytest.raises(WrongState):
        clear(stage)


def test_the_coordination_office_clears_what_is_listed_to_it_and_the_volume_is_the_holders() -> None:
    stage, _ = confirmed()
    with pytest.raises(NotFound):
        clear(stage, "office-city")
    (office,) = stage.lead.listed_to
    clear(stage, office)
    assert [(deadline.rule, deadline.node) for deadline in stage.case.open_deadlines(stage.lead_id)] == [
        ("D18", "police-one")
    ]


@pytest.mark.parametrize("holder", ["supervision-one", "procuratorate-one", "court-one"])
def test_a_coordination_office_does_not_clear_what_an_independent_organ_holds(holder: str) -> None:
    stage = Stage()
    stage.register("office-county")
    stage.screen("office-county")
    leg = stage.offer("office-county", holder)
    stage.sign(leg, holder)
    stage.on_leg("transfer.accept", leg, holder)
    stage.respond(stage.feedback(leg, holder, "conclusion", outcome="已了结"), "office-county", "confirm")
    refused(lambda: clear(stage, "office-county"), "R-CLEAR-INDEPENDENT")
    clear(stage, holder)
    assert stage.lead.state is LeadState.CLEARED


def test_nobody_else_clears_archives_or_reopens() -> None:
    stage, _ = confirmed()
    with pytest.raises(ForbiddenAct):
        clear(stage, "town-one")
    with pytest.raises(NotFound):
        clear(stage, "regulator-one")
    clear(stage)
    with pytest.raises(ForbiddenAct):
        archive(stage, "0" * 64, sender="town-one")
    with pytest.raises(ForbiddenAct):
        reopen(stage, "town-one")


def test_the_acts_of_closing_go_to_nobody_after_what_the_sender_has_seen() -> None:
    stage, _ = confirmed()
    doings: tuple[Callable[..., Decision], ...] = (clear, reopen, lambda stage, **how: archive(stage, "0" * 64, **how))
    for doing in doings:
        with pytest.raises(InvalidDocument):
            doing(stage, to=("town-one",))
        with pytest.raises(UnknownPrev):
            doing(stage, prev="0" * 64)


def test_a_lead_is_not_cleared_before_its_answer_is_confirmed() -> None:
    stage = Stage()
    leg = stage.with_police()
    for _ in range(2):
        with pytest.raises(WrongState):
            clear(stage)
        if stage.lead.state is LeadState.RECEIVED:
            stage.on_leg("transfer.accept", leg, "police-one")
    feedback_id = stage.feedback(leg, "police-one", "conclusion", outcome="属实")
    with pytest.raises(WrongState):
        clear(stage)
    stage.respond(feedback_id, "town-one", "contest", reason="与事实不符")
    with pytest.raises(WrongState):
        clear(stage)


def test_a_lead_with_an_answer_owed_is_not_cleared_from_its_conclusion() -> None:
    stage = Stage()
    leg = stage.with_police()
    stage.on_leg("transfer.accept", leg, "police-one")
    concluded(stage, "substantiated")
    with pytest.raises(WrongState):
        clear(stage)


def test_a_lead_of_ones_own_is_cleared_from_its_conclusion() -> None:
    stage = Stage()
    stage.register("police-one")
    stage.screen("police-one")
    with pytest.raises(WrongState):
        clear(stage)
    concluded(stage, "substantiated")
    clear(stage)
    assert stage.lead.state is LeadState.CLEARED


def test_who_does_not_sign_off_has_concluded_with_the_report() -> None:
    stage = Stage()
    stage.register("civil-one")
    stage.act("verification.assign", "civil-one", CATALOGUE["verification.assign"].example)
    with pytest.raises(WrongState):
        clear(stage, "civil-one")
    stage.act("verification.report", "civil-one", CATALOGUE["verification.report"].example)
    clear(stage, "civil-one")
    assert stage.lead.state is LeadState.CLEARED


def test_what_stands_open_is_named_in_both_languages() -> None:
    stage, _ = confirmed()
    protection_id = str(uuid4())
    body = {"protection_id": protection_id, "threat": "举报人受到威胁", "urgency": "urgent"}
    stage.act("protection.request", "town-one", body, ("police-one",))
    problem = refused(lambda: clear(stage), "R-STANDS-OPEN")
    (matter,) = problem.errors
    assert (matter["code"], matter["subject"]) == ("protection", protection_id)
    assert matter["detail"] != matter["detail_zh"]
    answer = {"protection_id": protection_id, "measures": "已安排走访"}
    stage.act("protection.answer", "police-one", answer, ("town-one",))
    clear(stage)


@pytest.mark.parametrize("category", ["organized_crime", "evil_force"])
def test_gangs_need_the_three_checks_whatever_their_answer(category: str) -> None:
    stage, _ = confirmed(category, "substantiated")
    for check in CHECKS:
        refused(lambda: clear(stage), "R-THREE-CHECKS")
        stage.act("check.answer", "police-one", {"check": check, "answer": "none_found", "text": "未发现"})
    clear(stage)
    assert stage.lead.state is LeadState.CLEARED


def test_an_unfounded_lead_is_clarified_and_then_sealed() -> None:
    stage, _ = confirmed(conclusion="unsubstantiated")
    refused(lambda: clear(stage), "R-CLARIFY-FIRST")
    stage.act("clarification.issue", "police-one", CLARIFY)
    clear(stage)
    assert stage.lead.sealed


def test_who_names_nobody_needs_no_clarification() -> None:
    stage = Stage()
    stage.register("police-one", persons=[])
    stage.screen("police-one")
    concluded(stage, "unsubstantiated")
    clear(stage)
    assert stage.lead.sealed


def test_an_outcome_that_was_fed_back_without_a_report_says_it_too() -> None:
    stage, _ = confirmed(outcome="查否")
    refused(lambda: clear(stage), "R-CLARIFY-FIRST")
    other, _ = confirmed(conclusion="partly_substantiated", outcome="查否")
    clear(other)
    assert not other.lead.sealed


def test_a_volume_lists_what_is_on_record() -> None:
    stage, _ = confirmed()
    with pytest.raises(WrongState):
        archive(stage, stage.case.acts[0].jws_sha256)
    clear(stage)
    refused(lambda: archive(stage, stage.case.acts[-1].jws_sha256, "0" * 64), "R-VOLUME-KNOWN")
    body = "b" * 64
    held = stage.case.acts[-1]
    stage.case = stage.case.but(acts=(*stage.case.acts[:-1], held.but(contents=(body,))))
    archive(stage, held.jws_sha256, body)
    assert (stage.lead.state, running(stage)) == (LeadState.ARCHIVED, [])


def test_a_volume_lists_nothing_that_its_holder_may_not_read() -> None:
    stage, _ = confirmed()
    stage.act("interference.record", "town-one", CATALOGUE["interference.record"].example)
    hidden = stage.case.acts[-1].jws_sha256
    clear(stage)
    refused(lambda: archive(stage, hidden), "R-VOLUME-KNOWN")


def test_an_item_stands_once_and_a_volume_is_not_empty() -> None:
    stage, _ = confirmed()
    clear(stage)
    with pytest.raises(ValidationError):
        archive(stage)
    body = {"volume_no": "1", "items": [{**ITEM, "sha256": "0" * 64}] * 2, "retention": "长期"}
    with pytest.raises(ValidationError):
        stage.act("lead.archive", "police-one", body)


def test_nobody_is_left_unprotected_by_an_archive() -> None:
    stage, _ = confirmed()
    clear(stage)
    body = {"protection_id": str(uuid4()), "threat": "举报人受到威胁", "urgency": "urgent"}
    stage.act("protection.request", "town-one", body, ("police-one",))
    refused(lambda: archive(stage, stage.case.acts[0].jws_sha256), "R-STANDS-OPEN")


def test_after_the_archive_there_are_corrections_only() -> None:
    stage = archived()
    own = next(ref for ref in stage.case.acts if ref.sender == "police-one")
    for name, content, to in (
        ("interference.record", CATALOGUE["interference.record"].example, ()),
        ("clarification.issue", CLARIFY, ()),
        ("check.answer", CATALOGUE["check.answer"].example, ()),
        ("protection.request", {"protection_id": str(uuid4()), "threat": "威胁", "urgency": "urgent"}, ()),
        ("lead.clear", {"note": "再次"}, ()),
    ):
        with pytest.raises(WrongState):
            stage.act(name, "police-one", content, to)
    with pytest.raises(WrongState):
        archive(stage, own.jws_sha256)
    stage.act("correction.note", "police-one", {"of_act": own.act_id, "text": "日期有误"})
    assert stage.lead.state is LeadState.ARCHIVED


def test_new_facts_bring_a_lead_back_to_its_holder_and_it_is_answered_anew() -> None:
    stage, leg = confirmed(conclusion="unsubstantiated")
    with pytest.raises(WrongState):
        reopen(stage)
    stage.act("clarification.issue", "police-one", CLARIFY)
    clear(stage)
    reopen(stage)
    assert (stage.lead.state, stage.lead.sealed, stage.lead.outcome) == (LeadState.ACCEPTED, False, None)
    assert running(stage) == []
    concluded(stage, "unsubstantiated")
    confirm(stage, leg, "查否")
    refused(lambda: clear(stage), "R-CLARIFY-FIRST")


def test_an_archived_lead_is_reopened_too_and_its_record_stays() -> None:
    stage = archived()
    before: tuple[ActRef, ...] = stage.case.acts
    reopen(stage)
    assert stage.lead.state is LeadState.ACCEPTED
    assert stage.case.acts[: len(before)] == before
    assert [leg.state for leg in stage.lead.transfers] == [TransferState.ACCEPTED]
