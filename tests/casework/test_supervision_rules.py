"""Supervision letters: who urges whom, by which step, and what a coordination office reads from then on."""

from typing import Any
from uuid import uuid4

import pytest

from app.casework.acts import CATALOGUE
from app.casework.case import LeadState
from app.casework.decision import Decision
from app.casework.open_matters import STANDS_OPEN
from app.errors import ForbiddenAct, InvalidDocument, NotFound, RuleViolated, UnknownPrev, WrongState
from tests.casework.stage import Stage

OFFICE = "office-county"
REPORT = CATALOGUE["verification.report"].example


def accepted(category: str = "general", to: str = "police-one") -> tuple[Stage, str]:
    stage = Stage()
    stage.register()
    stage.screen(category=category)
    leg = stage.offer("town-one", to, "report_up")
    stage.sign(leg, to)
    stage.on_leg("transfer.accept", leg, to)
    return stage, leg


def urge(stage: Stage, to: str = "police-one", sender: str = OFFICE, step: str = "letter", **content: Any) -> str:
    letter_id = str(uuid4())
    body = {**CATALOGUE["supervision.letter"].example, "letter_id": letter_id, "to": to, "step": step, **content}
    stage.act("supervision.letter", sender, body, (to,))
    return letter_id


def reply(
    stage: Stage, letter_id: str, sender: str = "police-one", to: tuple[str, ...] = (OFFICE,), *, done: bool = True
) -> Decision:
    return stage.act("supervision.reply", sender, {"letter_id": letter_id, "text": "已办", "done": done}, to)


def reported(stage: Stage) -> None:
    stage.act("verification.assign", "police-one", CATALOGUE["verification.assign"].example)
    stage.act("verification.report", "police-one", REPORT)


def running(stage: Stage) -> list[tuple[str, str]]:
    return [
        (deadline.rule, deadline.node)
        for deadline in stage.case.open_deadlines(stage.lead_id)
        if deadline.rule == "D23"
    ]


def letters_open(stage: Stage) -> list[str]:
    found = [one for found in STANDS_OPEN for one in found(stage.case, stage.lead)]
    return [one.subject for one in found if one.kind == "supervision_letter"]


def read_by(stage: Stage, node: str) -> list[str]:
    return [ref.act for ref in stage.case.acts if node in ref.readers and not ref.act.startswith("notice.")]


def test_the_coordination_office_urges_the_holder_who_answers_in_five_working_days() -> None:
    stage, _ = accepted()
    letter_id = urge(stage)
    assert (running(stage), letters_open(stage)) == ([("D23", "police-one")], [letter_id])
    reply(stage, letter_id)
    assert (running(stage), letters_open(stage)) == ([], [])
    with pytest.raises(WrongState):
        reply(stage, letter_id)


def test_an_answer_in_between_stops_the_deadline_and_leaves_the_matter_open() -> None:
    stage, _ = accepted()
    letter_id = urge(stage)
    reply(stage, letter_id, done=False)
    assert (running(stage), letters_open(stage)) == ([], [letter_id])
    reply(stage, letter_id)
    assert letters_open(stage) == []


def test_the_first_letter_of_an_office_names_the_notice_by_which_it_learned_of_the_lead() -> None:
    stage, _ = accepted()
    listed = next(ref for ref in stage.case.acts if ref.act == "notice.listed")
    urge(stage, step="notice")
    assert OFFICE in listed.readers
    body = {**CATALOGUE["supervision.letter"].example, "letter_id": str(uuid4()), "to": "police-one"}
    with pytest.raises(UnknownPrev):
        stage.act("supervision.letter", OFFICE, body, ("police-one",), prev=stage.case.acts[0].jws_sha256)


@pytest.mark.parametrize("sender", ["town-one"])
def test_kinds_that_supervise_nobody_are_forbidden(sender: str) -> None:
    stage, _ = accepted()
    with pytest.raises(ForbiddenAct):
        urge(stage, sender=sender)


def test_an_office_that_was_not_told_of_the_lead_does_not_know_it() -> None:
    stage, _ = accepted()
    with pytest.raises(NotFound):
        urge(stage, sender="office-city")
    with pytest.raises(NotFound):
        urge(stage, sender="regulator-one")


def tell_superior(stage: Stage) -> None:
    body = {**CATALOGUE["letter.send"].example, "letter_id": str(uuid4()), "to": "police-city"}
    stage.act("letter.send", "police-one", body, ("police-city",))


def test_a_superior_in_the_line_urges_and_nobody_urges_itself_or_upwards() -> None:
    stage, _ = accepted()
    tell_superior(stage)
    urge(stage, "police-one", "police-city")
    with pytest.raises(ForbiddenAct):
        urge(stage, "police-city", "police-one")
    with pytest.raises(ForbiddenAct):
        urge(stage, "police-one", "police-one")
    with pytest.raises(ForbiddenAct):
        urge(stage, "police-city", OFFICE)


def test_the_object_is_the_holder_or_who_has_or_missed_a_deadline_on_the_lead() -> None:
    stage, leg = accepted()
    with pytest.raises(RuleViolated) as refused:
        urge(stage, "town-one")
    assert refused.value.rule == "R-SUPERVISED-UNIT"
    stage.feedback(leg, "police-one", "conclusion")
    urge(stage, "town-one")  # it has D15 now


def test_a_deadline_that_was_missed_can_be_taken_up_after_it_was_met_late() -> None:
    stage = Stage()
    stage.register()
    stage.screen()
    leg = stage.offer("town-one", "police-one", "report_up")
    stage.later(days=3)
    stage.sign(leg, "police-one")
    stage.on_leg("transfer.accept", leg, "police-one")
    onward = stage.offer("police-one", "regulator-one")
    stage.sign(onward, "regulator-one")
    urge(stage, "police-one")


def test_a_deadline_in_a_matter_that_the_sender_may_not_know_of_is_none_for_it() -> None:
    stage, _ = accepted()
    body = {**CATALOGUE["letter.send"].example, "letter_id": str(uuid4()), "to": "regulator-one"}
    stage.act("letter.send", "police-one", body, ("regulator-one",))
    with pytest.raises(RuleViolated) as refused:
        urge(stage, "regulator-one")
    assert refused.value.rule == "R-SUPERVISED-UNIT"


@pytest.mark.parametrize("to", ["supervision-one", "procuratorate-one", "court-one"])
def test_an_office_only_reminds_supervision_procuratorate_and_court(to: str) -> None:
    stage = Stage()
    stage.register()
    stage.screen()
    stage.sign(stage.offer("town-one", to, "report_up"), to)
    for step in ("letter", "interview", "circular"):
        with pytest.raises(RuleViolated) as refused:
            urge(stage, to, step=step)
        assert refused.value.rule == "R-COORD-ONLY-REMINDS"
    letter_id = urge(stage, to, step="notice")
    assert (running(stage), letters_open(stage)) == ([], [])
    reply(stage, letter_id, to)


def test_an_interview_or_a_circular_follows_a_letter() -> None:
    for step in ("interview", "circular"):
        stage, _ = accepted()
        urge(stage, step="notice")
        with pytest.raises(RuleViolated) as refused:
            urge(stage, step=step)
        assert refused.value.rule == "R-SUPERVISION-LADDER"
        urge(stage)
        urge(stage, step=step)


def test_from_its_letter_on_the_office_reads_reports_and_conclusions_earlier_and_later_and_nothing_else() -> None:
    stage, leg = accepted()
    reported(stage)
    assert read_by(stage, OFFICE) == []
    urge(stage)
    assert read_by(stage, OFFICE) == ["verification.report", "supervision.letter"]
    for seat in (1, 2, 3):
        signer = {"name": f"签字人{seat}", "title": "负责人"}
        body = {"seat": seat, "signer": signer, "decision": "approve", "opinion": "同意"}
        stage.act("signoff.sign", "police-one", body)
    stage.feedback(leg, "police-one", "progress")
    stage.feedback(leg, "police-one", "conclusion")
    assert read_by(stage, OFFICE) == ["verification.report", "supervision.letter", "feedback.send"]


def test_a_later_report_is_read_too_and_reaches_no_inbox() -> None:
    stage, _ = accepted()
    urge(stage, step="notice")
    reported(stage)
    assert stage.decisions[-1].also_read == {OFFICE}
    assert read_by(stage, OFFICE) == ["supervision.letter", "verification.report"]


def test_an_earlier_conclusion_opens_with_the_letter() -> None:
    stage, leg = accepted()
    stage.feedback(leg, "police-one", "information")
    stage.feedback(leg, "police-one", "conclusion")
    urge(stage)
    assert read_by(stage, OFFICE) == ["feedback.send", "supervision.letter"]
    assert stage.case.acts[-2].act == "feedback.send"
    assert OFFICE in stage.case.acts[-2].readers


def test_what_an_independent_organ_holds_is_not_opened_by_a_letter() -> None:
    stage, _ = accepted()
    reported(stage)
    for seat in (1, 2, 3):
        body = {"seat": seat, "signer": {"name": f"签字人{seat}", "title": "负责人"}, "decision": "approve"}
        stage.act("signoff.sign", "police-one", {**body, "opinion": "同意"})
    onward = stage.offer("police-one", "supervision-one")
    stage.sign(onward, "supervision-one")
    urge(stage, "supervision-one", step="notice")
    assert read_by(stage, OFFICE) == ["supervision.letter"]
    stage.on_leg("transfer.accept", onward, "supervision-one")
    stage.feedback(onward, "supervision-one", "conclusion")
    assert read_by(stage, OFFICE) == ["supervision.letter"]


def test_a_superior_s_letter_opens_nothing() -> None:
    stage, _ = accepted()
    tell_superior(stage)
    urge(stage, "police-one", "police-city")
    assert read_by(stage, "police-city") == ["letter.send", "supervision.letter"]


def test_an_office_found_to_be_concerned_reads_nothing_and_is_answered_no_more() -> None:
    stage, leg = accepted()
    letter_id = urge(stage)
    stage.screen("police-one", concerns_nodes=[OFFICE])
    assert letters_open(stage) == []
    with pytest.raises(InvalidDocument):
        reply(stage, letter_id)
    reply(stage, letter_id, to=())
    stage.feedback(leg, "police-one", "conclusion")
    assert read_by(stage, OFFICE) == []


def test_only_the_addressee_answers_and_only_to_the_writer() -> None:
    stage, _ = accepted()
    letter_id = urge(stage)
    with pytest.raises(ForbiddenAct):
        reply(stage, letter_id, OFFICE, ("police-one",))
    with pytest.raises(NotFound):
        reply(stage, letter_id, "town-one")
    with pytest.raises(InvalidDocument):
        reply(stage, letter_id, to=("town-one",))


def test_letters_of_the_two_families_are_not_mixed_up() -> None:
    stage, _ = accepted()
    supervision = urge(stage)
    letter = str(uuid4())
    body = {**CATALOGUE["letter.send"].example, "letter_id": letter, "to": "town-one"}
    stage.act("letter.send", "police-one", body, ("town-one",))
    with pytest.raises(NotFound):
        reply(stage, letter, "town-one", ("police-one",))
    with pytest.raises(NotFound):
        stage.act("letter.reply", "police-one", {"letter_id": supervision, "text": "x", "measures": []}, (OFFICE,))


@pytest.mark.parametrize("state", [LeadState.SPLIT, LeadState.MERGED, LeadState.CLEARED, LeadState.ARCHIVED])
def test_nobody_is_urged_on_a_lead_that_is_over_and_an_answer_is_always_taken(state: LeadState) -> None:
    stage, _ = accepted()
    letter_id = urge(stage)
    stage.case = stage.case.but(leads={stage.lead_id: stage.lead.but(state=state)})
    with pytest.raises(WrongState):
        urge(stage)
    reply(stage, letter_id)


def test_a_letter_changes_no_state_and_no_conclusion() -> None:
    stage, leg = accepted()
    stage.feedback(leg, "police-one", "conclusion", outcome="部分属实")
    before = stage.lead
    reply(stage, urge(stage))
    after = stage.lead
    assert (after.state, after.holder, after.outcome) == (before.state, before.holder, before.outcome)
    with pytest.raises(ForbiddenAct):
        stage.act("verification.report", OFFICE, REPORT)
