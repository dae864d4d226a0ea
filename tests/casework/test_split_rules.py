"""Splitting a lead: what the parts carry on, and what those upstream of the splitter never learn."""

from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from app.casework.acts import CATALOGUE
from app.casework.case import Case, Lead, LeadState, TransferState
from app.casework.decision import Decision
from app.errors import ForbiddenAct, InvalidDocument, NotFound, RuleViolated, UnknownPrev, WrongState
from tests.casework.stage import Stage

PERSONS = [{"token": token, "role": "reported"} for token in ("p1", "p2")]
EVENTS = [{"token": token, "summary": "事件"} for token in ("e1", "e2")]


def part(*, leg: bool = True, category: str = "evil_force", **members: Any) -> dict[str, Any]:
    body = {"lead_id": str(uuid4()), "title": "部分", "persons": ["p1", "p2"], "events": ["e1", "e2"]}
    carried = {"transfer_id": str(uuid4())} if leg else {}
    return {**body, **carried, "category": category, **members}


def hidden(**members: Any) -> dict[str, Any]:
    return part(leg=False, category="official_misconduct", **members)


def split(stage: Stage, *parts: dict[str, Any], who: str = "police-one") -> Decision:
    return stage.act("lead.split", who, {"parts": list(parts)})


def received(**members: Any) -> tuple[Stage, str]:
    """A lead of the township, screened, and signed for by the police."""
    stage = Stage()
    stage.register(persons=PERSONS, events=EVENTS, **members)
    stage.screen()
    transfer_id = stage.offer("town-one", "police-one", "report_up")
    stage.sign(transfer_id, "police-one")
    return stage, transfer_id


def on_part(stage: Stage, body: dict[str, Any]) -> Lead:
    """Turn the stage to a part and return it."""
    stage.lead_id = body["lead_id"]
    return stage.lead


def test_a_part_carries_the_transfer_on_under_its_own_id() -> None:
    stage, leg = received()
    root, one, other = stage.lead_id, part(persons=["p1"], events=["e1"]), part(persons=["p2"], events=["e2"])
    decision = split(stage, one, other)
    assert stage.lead.state is LeadState.SPLIT
    assert stage.lead.parts == (one["lead_id"], other["lead_id"])
    parent_leg = stage.lead.transfer(leg)
    assert parent_leg is not None
    assert parent_leg.state is TransferState.SPLIT
    assert [claim.subject_id for claim in decision.claims] == [
        one["lead_id"],
        one["transfer_id"],
        other["lead_id"],
        other["transfer_id"],
    ]
    lead = on_part(stage, one)
    (carried,) = lead.transfers
    assert (carried.sender, carried.recipient, carried.state) == ("town-one", "police-one", TransferState.RECEIPTED)
    assert carried.receipted_at == parent_leg.receipted_at
    assert (lead.origin, lead.holder, lead.state) == ("town-one", "police-one", LeadState.RECEIVED)
    assert (lead.persons, lead.events, lead.split_from) == (("p1",), ("e1",), root)


def test_a_lead_that_came_back_in_the_same_moment_came_by_its_last_leg() -> None:
    """A deadline may stand still between two acts: then the order of the acts says which leg is the newest."""
    stage, first = received()
    away = stage.forward(first, "police-one", "regulator-one")
    stage.sign(away, "regulator-one")
    back = stage.forward(away, "regulator-one", "police-one")
    stage.sign(back, "police-one")
    split(stage, one := part())
    lead = on_part(stage, one)
    assert lead.transfers[-1].transfer_id == one["transfer_id"]
    assert (lead.transfers[-1].sender, lead.transfers[-1].recipient) == ("regulator-one", "police-one")


def test_each_part_goes_its_own_way() -> None:
    stage, _ = received()
    one, other = part(), part()
    split(stage, one, other)
    on_part(stage, one)
    stage.on_leg("transfer.accept", one["transfer_id"], "police-one")
    assert stage.lead.state is LeadState.ACCEPTED
    on_part(stage, other)
    stage.give_back(other["transfer_id"], "police-one")
    assert (stage.lead.state, stage.lead.holder) == (LeadState.RETURNED, "town-one")


def test_a_part_is_accepted_answered_and_confirmed_by_itself() -> None:
    stage, _ = received()
    one, other = part(category="general"), part()
    split(stage, one, other)
    on_part(stage, one)
    stage.on_leg("transfer.accept", one["transfer_id"], "police-one")
    message = stage.feedback(one["transfer_id"], "police-one", "conclusion", outcome="部分属实")
    stage.respond(message, "town-one", "confirm")
    assert stage.lead.state is LeadState.CONFIRMED
    assert on_part(stage, other).state is LeadState.RECEIVED


def test_upstream_learns_nothing_of_a_hidden_part() -> None:
    stage, leg = received()
    root, seen, unseen = stage.lead_id, part(), hidden()
    told_before = len(stage.case.acts)
    decision = split(stage, unseen, seen)
    lead = on_part(stage, unseen)
    assert (lead.state, lead.origin, lead.holder) == (LeadState.SCREENED, "police-one", "police-one")
    assert lead.parties == {"police-one"}
    assert not lead.transfers
    assert not lead.listed_to
    assert {deadline.node for deadline in stage.case.open_deadlines(lead.lead_id)} == {"police-one"}
    assert {notice.lead_id for notice in decision.notices} == {seen["lead_id"]}
    assert all("town-one" not in ref.readers for ref in stage.case.acts[told_before:])
    for path_id in (leg, seen["transfer_id"]):
        with pytest.raises(NotFound):
            stage.act("transfer.withdraw", "town-one", {"transfer_id": path_id, "reason": "x"}, ("police-one",))
    stage.lead_id = root
    assert "town-one" in stage.lead.parties


def test_numbers_leave_no_gap_where_a_part_is_hidden() -> None:
    stage, _ = received()
    unseen, one, other = hidden(), part(), part()
    split(stage, unseen, one, other)
    numbers = [int(stage.case.leads[body["lead_id"]].lead_no[-6:]) for body in (one, other, unseen)]
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]


def test_the_splitter_gets_the_outcome_of_a_hidden_part_and_nobody_above_it_does() -> None:
    stage, _ = received()
    unseen = hidden()
    split(stage, unseen, part())
    on_part(stage, unseen)
    leg = stage.offer("police-one", "supervision-one")
    stage.sign(leg, "supervision-one")
    onward = stage.forward(leg, "supervision-one", "organization-one")
    stage.sign(onward, "organization-one")
    stage.on_leg("transfer.accept", onward, "organization-one")
    stage.feedback(onward, "organization-one", "conclusion", outcome="已处理")
    (notice,) = stage.decisions[-1].notices
    assert (notice.notice, notice.to) == ("notice.outcome", "police-one")
    assert "town-one" not in stage.lead.parties


def test_an_office_upstream_is_not_told_when_a_hidden_part_is_offered() -> None:
    stage = Stage()
    stage.register("office-county", persons=PERSONS, events=EVENTS)
    stage.screen("office-county")
    leg = stage.offer("office-county", "police-one", "assign_supervised")
    stage.sign(leg, "police-one")
    unseen = hidden()
    split(stage, unseen, part())
    on_part(stage, unseen)
    assert not stage.lead.supervised
    stage.offer("police-one", "supervision-one")
    assert "office-county" not in stage.lead.parties
    assert stage.lead.listed_to == ("office-city",)


def test_the_receiver_of_a_part_reads_nothing_of_the_lead_it_was_split_from() -> None:
    stage, _ = received()
    unseen = hidden()
    split(stage, unseen, part())
    on_part(stage, unseen)
    leg = stage.offer("police-one", "supervision-one", disclosure="full")
    stage.sign(leg, "supervision-one")
    read = {ref.act for ref in stage.case.acts if "supervision-one" in ref.readers}
    assert read == {"transfer.offer", "transfer.receipt"}


def test_parts_of_a_forwarded_lead_know_the_whole_way_up() -> None:
    stage, leg = received()
    onward = stage.forward(leg, "police-one", "regulator-one")
    stage.sign(onward, "regulator-one")
    one = part()
    split(stage, one, part(), who="regulator-one")
    lead = on_part(stage, one)
    assert lead.upstream("regulator-one") == ("police-one", "town-one")
    first, second = lead.transfers
    assert second.transfer_id == one["transfer_id"]
    assert second.came_by == first.transfer_id
    assert leg not in {first.transfer_id, second.transfer_id}
    stage.give_back(one["transfer_id"], "regulator-one")
    stage.on_leg("transfer.accept", first.transfer_id, "police-one")
    assert (stage.lead.holder, stage.lead.state) == ("police-one", LeadState.ACCEPTED)


def test_deadlines_go_on_with_the_visible_parts_and_stop_on_the_lead() -> None:
    stage, _ = received()
    before = list(stage.case.open_deadlines(stage.lead_id))
    root, one, other, unseen = stage.lead_id, part(), part(), hidden()
    stage.later(hours=2)
    split(stage, one, other, unseen)
    assert not list(stage.case.open_deadlines(root))
    for body in (one, other):
        going_on = list(stage.case.open_deadlines(body["lead_id"]))
        assert [(one.rule, one.node, one.due) for one in going_on] == [(one.rule, one.node, one.due) for one in before]
        assert {one.subject for one in going_on} == {body["transfer_id"]}
    assert len({deadline.deadline_id for deadline in stage.case.deadlines}) == len(stage.case.deadlines)


def test_every_visible_part_is_listed_to_the_office_by_itself() -> None:
    stage, _ = received()
    one, other = part(), part(category="disorder")
    notices = split(stage, one, other).notices
    assert [(notice.to, notice.lead_id) for notice in notices] == [
        ("office-county", one["lead_id"]),
        ("office-county", other["lead_id"]),
    ]
    assert notices[1].content["category"] == "disorder"


def test_an_agency_splits_its_own_lead_and_every_part_starts_screened() -> None:
    stage = Stage()
    stage.register("petition-one", persons=PERSONS, events=EVENTS)
    stage.screen("petition-one")
    one, other = part(leg=False), part(leg=False)
    split(stage, one, other, who="petition-one")
    for body in (one, other):
        lead = on_part(stage, body)
        assert (lead.state, lead.origin, lead.holder) == (LeadState.SCREENED, "petition-one", "petition-one")
        assert [deadline.rule for deadline in stage.case.open_deadlines(lead.lead_id)] == ["D01"]
    stage.offer("petition-one", "police-one")
    assert [deadline.rule for deadline in stage.case.open_deadlines(stage.lead_id)] == ["D04"]


def test_a_part_in_verification_is_verified_on_by_the_same_handlers() -> None:
    stage, leg = received()
    stage.on_leg("transfer.accept", leg, "police-one")
    stage.act("verification.assign", "police-one", CATALOGUE["verification.assign"].example)
    chapter = stage.lead.chapters["verification"]
    one = part()
    split(stage, one, hidden())
    lead = on_part(stage, one)
    assert lead.state is LeadState.VERIFYING
    assert lead.chapters == {"verification": chapter}
    assert [deadline.rule for deadline in stage.case.open_deadlines(lead.lead_id)] == ["D10"]


def test_a_part_is_split_again_and_prev_may_name_what_was_seen_on_either() -> None:
    stage, _ = received()
    one = part()
    split(stage, one, part())
    on_part(stage, one)
    again, sibling = part(), part()
    split(stage, again, sibling)
    of_root, of_part = [ref for ref in stage.case.acts if ref.act == "lead.split"]
    on_part(stage, again)
    accepted = {"transfer_id": again["transfer_id"]}
    stage.act("transfer.accept", "police-one", accepted, ("town-one",), prev=of_root.jws_sha256)
    on_part(stage, sibling)
    question = {"feedback_id": str(uuid4()), "transfer_id": sibling["transfer_id"], "kind": "question", "text": "x"}
    for unseen, who, to in ((stage.case.acts[-1], "police-one", "town-one"), (of_part, "town-one", "police-one")):
        with pytest.raises(UnknownPrev):
            stage.act("feedback.send", who, question, (to,), prev=unseen.jws_sha256)


def test_whom_a_part_concerns_does_not_hear_of_it() -> None:
    stage, _ = received()
    about_office = part(concerns_nodes=["office-county"])
    split(stage, about_office, part())
    lead = on_part(stage, about_office)
    assert "office-county" not in lead.parties
    assert lead.listed_to == ("office-city",)


@pytest.mark.parametrize("concerned", ["police-one", "town-one"])
def test_a_part_that_concerns_splitter_or_sender_does_not_carry_the_transfer_on(concerned: str) -> None:
    stage, _ = received()
    with pytest.raises(RuleViolated) as refused:
        split(stage, part(concerns_nodes=[concerned]), part())
    assert refused.value.rule == "R-SELF-INTEREST"


def test_a_part_about_the_sender_is_taken_out_of_its_sight() -> None:
    stage, _ = received()
    unseen = hidden(concerns_nodes=["town-one"])
    split(stage, unseen, part())
    assert on_part(stage, unseen).concerned == ("town-one",)


@pytest.mark.parametrize("left_out", [{"persons": ["p1"]}, {"events": []}])
def test_every_person_and_event_stands_in_a_part(left_out: dict[str, Any]) -> None:
    stage, _ = received()
    with pytest.raises(RuleViolated) as refused:
        split(stage, part(**left_out), part(persons=[], events=[]) | left_out)
    assert refused.value.rule == "R-SPLIT-WHOLE"


@pytest.mark.parametrize("unknown", [{"persons": ["p1", "p2", "p3"]}, {"events": ["e1", "e2", "e9"]}])
def test_a_token_that_is_not_in_the_lead_is_refused(unknown: dict[str, Any]) -> None:
    stage, _ = received()
    with pytest.raises(InvalidDocument):
        split(stage, part(**unknown))


def test_only_official_misconduct_may_leave_the_transfer_out() -> None:
    stage, _ = received()
    with pytest.raises(RuleViolated) as refused:
        split(stage, part(), part(leg=False))
    assert refused.value.rule == "R-SPLIT-TRANSFER"


def test_a_split_into_hidden_parts_alone_is_refused_since_it_would_tell_of_them() -> None:
    stage, _ = received()
    with pytest.raises(RuleViolated) as refused:
        split(stage, hidden(), hidden())
    assert refused.value.rule == "R-SPLIT-VISIBLE"


def test_where_no_transfer_came_in_there_is_none_to_carry_on() -> None:
    stage = Stage()
    stage.register(persons=PERSONS, events=EVENTS)
    stage.screen()
    with pytest.raises(InvalidDocument):
        split(stage, part(), part(), who="town-one")


def test_a_lead_that_went_to_and_fro_is_split_along_the_transfer_by_which_it_came() -> None:
    stage, leg = received()
    stage.on_leg("transfer.accept", leg, "police-one")
    there = stage.offer("police-one", "regulator-one")
    stage.sign(there, "regulator-one")
    back = stage.forward(there, "regulator-one", "police-one")
    stage.sign(back, "police-one")
    stage.give_back(back, "police-one")
    stage.give_back(there, "regulator-one")
    stage.act("verification.assign", "police-one", CATALOGUE["verification.assign"].example)
    assert stage.lead.upstream("police-one") == ("town-one",)
    one = part()
    split(stage, one)
    (carried,) = on_part(stage, one).transfers
    assert (carried.sender, carried.state) == ("town-one", TransferState.ACCEPTED)


def test_only_the_holder_splits_and_nobody_is_addressed() -> None:
    stage, _ = received()
    with pytest.raises(ForbiddenAct):
        split(stage, part(), who="town-one")
    with pytest.raises(NotFound):
        split(stage, part(), who="regulator-one")
    with pytest.raises(InvalidDocument):
        stage.act("lead.split", "police-one", {"parts": [part()]}, ("town-one",))


def test_a_lead_is_split_in_four_states_only() -> None:
    stage = Stage()
    stage.register(persons=PERSONS, events=EVENTS)
    with pytest.raises(WrongState):
        split(stage, part(leg=False), who="town-one")
    stage.screen()
    leg = stage.offer("town-one", "police-one", "report_up")
    with pytest.raises(WrongState):
        split(stage, part(leg=False), who="town-one")
    stage.sign(leg, "police-one")
    stage.on_leg("supplement.request", leg, "police-one", items=[{"item": "日期", "why": "核对"}])
    with pytest.raises(WrongState):
        split(stage, part())
    stage.on_leg("supplement.answer", leg, "town-one", items=[{"item": "日期", "answer": "三日"}])
    stage.on_leg("transfer.accept", leg, "police-one")
    split(stage, part())
    with pytest.raises(WrongState):
        split(stage, part())


def test_a_split_lead_takes_protection_and_the_like_and_nothing_else() -> None:
    stage, leg = received()
    split(stage, part(), part())
    town = ("town-one",)
    for name, content, to in (
        ("lead.screen", CATALOGUE["lead.screen"].example, ()),
        ("feedback.send", {"feedback_id": str(uuid4()), "transfer_id": leg, "kind": "progress", "text": "x"}, town),
        ("transfer.accept", {"transfer_id": leg}, town),
        ("case.link", CATALOGUE["case.link"].example, ()),
    ):
        with pytest.raises(WrongState):
            stage.act(name, "police-one", content, to)
    own = next(ref.act_id for ref in stage.case.acts if ref.sender == "police-one")
    for name, content in (
        ("protection.request", {"protection_id": str(uuid4()), "threat": "威胁", "urgency": "urgent"}),
        ("interference.record", CATALOGUE["interference.record"].example),
        ("clarification.issue", CATALOGUE["clarification.issue"].example),
        ("correction.note", {"of_act": own, "text": "日期有误"}),
    ):
        stage.act(name, "police-one", content)
    assert stage.lead.state is LeadState.SPLIT


def test_ids_that_come_twice_are_no_document() -> None:
    stage, _ = received()
    one = part()
    for other in (part(lead_id=one["lead_id"]), part(transfer_id=one["lead_id"])):
        with pytest.raises(ValidationError):
            split(stage, one, other)
    with pytest.raises(ValidationError):
        split(stage)


def test_a_split_case_survives_its_own_snapshot() -> None:
    stage, _ = received()
    split(stage, part(), hidden())
    assert Case.model_validate_json(stage.case.model_dump_json()) == stage.case
