"""Letters to any agency, and their written answers."""

from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from app.casework.acts import CATALOGUE
from app.casework.case import LeadState
from app.casework.decision import Decision
from app.casework.open_matters import STANDS_OPEN
from app.errors import ForbiddenAct, InvalidDocument, NotFound, RuleViolated, UnknownPrev, WrongState
from tests.casework.stage import Stage


def with_police(**registered: Any) -> Stage:
    stage = Stage()
    stage.register(**registered)
    stage.screen()
    leg = stage.offer("town-one", "police-one", "report_up")
    stage.sign(leg, "police-one")
    return stage


def write(stage: Stage, to: str = "regulator-one", sender: str = "police-one", **content: Any) -> str:
    letter_id = str(uuid4())
    body = {**CATALOGUE["letter.send"].example, "letter_id": letter_id, "to": to, **content}
    stage.act("letter.send", sender, body, (to,))
    return letter_id


def reply(
    stage: Stage, letter_id: str, sender: str = "regulator-one", to: tuple[str, ...] = ("police-one",)
) -> Decision:
    return stage.act("letter.reply", sender, {"letter_id": letter_id, "text": "已检查", "measures": []}, to)


def running(stage: Stage) -> list[tuple[str, str]]:
    return [
        (deadline.rule, deadline.node)
        for deadline in stage.case.open_deadlines(stage.lead_id)
        if deadline.rule == "D24"
    ]


def open_matters(stage: Stage) -> list[str]:
    return [one.subject for found in STANDS_OPEN for one in found(stage.case, stage.lead)]


def test_a_regulator_answers_a_letter_in_thirty_days_and_the_letter_stands_open_until_then() -> None:
    stage = with_police()
    letter_id = write(stage)
    assert (running(stage), open_matters(stage)) == ([("D24", "regulator-one")], [letter_id])
    reply(stage, letter_id)
    assert (running(stage), open_matters(stage)) == ([], [])
    with pytest.raises(WrongState):
        reply(stage, letter_id)


def test_the_deadline_runs_for_regulators_only() -> None:
    stage = with_police()
    letter_id = write(stage, "civil-one")
    assert (running(stage), open_matters(stage)) == ([], [letter_id])
    reply(stage, letter_id, "civil-one")


def test_the_addressee_may_know_of_its_letter_and_reads_nothing_else() -> None:
    stage = with_police()
    first = write(stage)
    second = write(stage, "civil-one")
    assert [ref.act for ref in stage.case.acts if "regulator-one" in ref.readers] == ["letter.send"]
    assert "regulator-one" in stage.lead.parties
    with pytest.raises(NotFound):
        reply(stage, second)
    with pytest.raises(NotFound):
        reply(stage, first, "civil-one")
    with pytest.raises(NotFound):
        reply(stage, str(uuid4()))


@pytest.mark.parametrize("sender", ["town-one", "office-county"])
def test_other_kinds_write_no_letters(sender: str) -> None:
    stage = with_police()
    with pytest.raises(ForbiddenAct):
        write(stage, sender=sender)


def test_a_stranger_to_the_lead_writes_none_and_the_writer_does_not_answer_itself() -> None:
    stage = with_police()
    with pytest.raises(NotFound):
        write(stage, sender="procuratorate-one")
    letter_id = write(stage)
    with pytest.raises(ForbiddenAct):
        reply(stage, letter_id, "police-one", ("regulator-one",))
    with pytest.raises(InvalidDocument):
        write(stage, "police-one")
    with pytest.raises(InvalidDocument):
        write(stage, "nobody-at-all")


def test_a_letter_never_reaches_whom_the_lead_concerns() -> None:
    stage = with_police(concerns_nodes=["regulator-one"])
    with pytest.raises(RuleViolated) as refused:
        write(stage)
    assert refused.value.rule == "R-SELF-INTEREST"
    assert "regulator-one" not in stage.lead.parties


def test_a_letter_to_or_from_an_agency_that_turns_out_to_be_concerned_is_waited_for_no_more() -> None:
    stage = with_police()
    letter_id = write(stage)
    stage.screen("police-one", concerns_nodes=["regulator-one"])
    assert open_matters(stage) == []
    with pytest.raises(NotFound):
        reply(stage, letter_id)


def test_on_a_lead_that_supervision_holds_only_supervision_draws_others_in_by_letter() -> None:
    stage = with_police()
    write(stage)
    leg = stage.lead.transfers[0].transfer_id
    stage.on_leg("transfer.accept", leg, "police-one")
    stage.sign(stage.offer("police-one", "supervision-one"), "supervision-one")
    with pytest.raises(RuleViolated) as refused:
        write(stage, "organization-one")
    assert refused.value.rule == "R-SUPERVISION-MATTER"
    write(stage, "regulator-one")  # a party already
    write(stage, "organization-one", "supervision-one")


def test_the_recipient_is_the_other_one_and_prev_was_seen() -> None:
    stage = with_police()
    letter_id = write(stage)
    for wrong in ((), ("town-one",), ("police-one", "town-one")):
        with pytest.raises(InvalidDocument):
            reply(stage, letter_id, to=wrong)
    body = {"letter_id": letter_id, "text": "x", "measures": []}
    with pytest.raises(UnknownPrev):
        stage.act("letter.reply", "regulator-one", body, ("police-one",), prev="0" * 64)


@pytest.mark.parametrize("state", [LeadState.SPLIT, LeadState.MERGED, LeadState.CLEARED, LeadState.ARCHIVED])
def test_no_letter_begins_on_a_lead_that_is_over_and_an_answer_is_always_taken(state: LeadState) -> None:
    stage = with_police()
    letter_id = write(stage)
    stage.case = stage.case.but(leads={stage.lead_id: stage.lead.but(state=state)})
    with pytest.raises(WrongState):
        write(stage)
    reply(stage, letter_id)


def test_a_letter_says_all_that_it_must() -> None:
    stage = with_police()
    for member in ("problem", "basis", "suggestion"):
        with pytest.raises(ValidationError):
            write(stage, **{member: ""})
