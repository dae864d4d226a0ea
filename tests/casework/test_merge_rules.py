"""Merging a duplicate: it is linked to the lead that goes on, and nothing of it is lost."""

from uuid import uuid4

import pytest

from app.casework.case import LeadState, TransferState
from app.errors import ForbiddenAct, InvalidDocument, NotFound, WrongState
from tests.casework.stage import Stage


def merge(stage: Stage, into: str, who: str = "police-one") -> None:
    stage.act("lead.merge", who, {"into": into, "reason": "同一事件"})


def with_other(state: str = "accepted") -> tuple[Stage, str, str]:
    """A lead with the police, and another lead in some state that its sender may know of."""
    stage = Stage()
    leg, other = stage.with_police(), str(uuid4())
    stage.known_leads = {other: state}
    return stage, leg, other


def test_a_duplicate_is_linked_and_its_deadlines_stop() -> None:
    stage, leg, other = with_other()
    acts = stage.case.acts
    merge(stage, other)
    assert (stage.lead.state, stage.lead.merged_into) == (LeadState.MERGED, other)
    assert not list(stage.case.open_deadlines(stage.lead_id))
    assert stage.case.acts[: len(acts)] == acts
    closed = stage.lead.transfer(leg)
    assert closed is not None
    assert closed.state is TransferState.CLOSED
    with pytest.raises(WrongState):
        stage.on_leg("transfer.accept", leg, "police-one")


def test_what_waits_for_a_supplement_may_be_merged_and_is_waited_for_no_more() -> None:
    stage, leg, other = with_other()
    stage.on_leg("supplement.request", leg, "police-one", items=[{"item": "日期", "why": "核对"}])
    merge(stage, other)
    assert not list(stage.case.open_deadlines(stage.lead_id))
    with pytest.raises(WrongState):
        stage.on_leg("supplement.answer", leg, "town-one", items=[{"item": "日期", "answer": "三日"}])


def test_a_lead_that_the_sender_may_not_know_of_is_not_found() -> None:
    stage, _, _ = with_other()
    with pytest.raises(NotFound):
        merge(stage, str(uuid4()))


def test_a_lead_is_not_merged_into_itself() -> None:
    stage, _, _ = with_other()
    with pytest.raises(InvalidDocument):
        merge(stage, stage.lead_id)


def test_only_the_holder_merges() -> None:
    stage, _, other = with_other()
    with pytest.raises(ForbiddenAct):
        merge(stage, other, "town-one")


@pytest.mark.parametrize("gone", ["merged", "split", "archived"])
def test_a_lead_that_is_gone_itself_takes_no_other_in(gone: str) -> None:
    stage, _, other = with_other(gone)
    with pytest.raises(WrongState):
        merge(stage, other)


def test_an_offer_that_waits_and_a_conclusion_are_not_merged_away() -> None:
    stage, leg, other = with_other()
    stage.on_leg("transfer.accept", leg, "police-one")
    stage.feedback(leg, "police-one", "conclusion", outcome="属实")
    with pytest.raises(WrongState):
        merge(stage, other)
    offered = Stage()
    offered.register()
    offered.screen()
    offered.offer("town-one", "police-one", "report_up")
    offered.known_leads = {other: "accepted"}
    with pytest.raises(WrongState):
        merge(offered, other, "town-one")
