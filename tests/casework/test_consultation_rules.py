"""Consultations: who may call one and join, who answers and gives opinions, and that advice changes no lead."""

from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from app.casework.acts import CATALOGUE
from app.casework.case import LeadState
from app.errors import ForbiddenAct, InvalidDocument, NotFound, RuleViolated, UnknownPrev, WrongState
from tests.casework.stage import Stage
from tests.casework.talk import ACTION, ASKED, Talk, accepted, held_by, open_matters


def rule_of(refused: pytest.ExceptionInfo[RuleViolated]) -> str | None:
    return refused.value.rule


def test_a_consultation_goes_from_the_request_to_its_close_and_leaves_the_lead_as_it_stood() -> None:
    talk = Talk()
    before = (talk.stage.lead.state, talk.stage.lead.holder)
    assert (talk.state, talk.deadlines("D19")) == ("requested", set(ASKED))
    talk.answer("procuratorate-one")
    assert (talk.state, talk.deadlines("D19")) == ("accepted", {"regulator-one"})
    talk.answer("regulator-one")
    talk.opine("procuratorate-one", dissent=True)
    talk.opine("police-one")
    assert [(one.node, one.dissent) for one in talk.now.opinions] == [
        ("procuratorate-one", True),
        ("police-one", False),
    ]
    talk.minute(dissents=[{"node": "procuratorate-one", "text": "定性不同"}], actions=[ACTION])
    assert (talk.state, talk.deadlines("D20")) == ("minutes_draft", set(ASKED))
    talk.sign("procuratorate-one", agree=False, reservation="保留意见")
    assert (talk.state, talk.deadlines("D20")) == ("minutes_draft", {"regulator-one"})
    talk.sign("regulator-one")
    assert (talk.state, talk.deadlines("D20")) == ("actions_open", set())
    assert open_matters(talk.stage) == [talk.talk_id]
    talk.report("regulator-one")
    assert talk.state == "signed"
    talk.close()
    assert (talk.state, open_matters(talk.stage)) == ("closed", [])
    assert (talk.stage.lead.state, talk.stage.lead.holder) == before


def test_those_who_are_asked_may_know_of_the_lead_and_read_only_what_is_addressed_to_them() -> None:
    talk = Talk()
    assert "procuratorate-one" in talk.stage.lead.parties
    assert [ref.act for ref in talk.stage.case.acts if "procuratorate-one" in ref.readers] == ["consultation.convene"]
    assert set(talk.stage.lead.known_to[talk.talk_id]) == {"police-one", *ASKED}


def test_an_urgent_request_is_answered_in_a_day() -> None:
    talk = Talk(urgent=True)
    assert (talk.deadlines("D19-urgent"), talk.deadlines("D19")) == (set(ASKED), set())
    talk.answer("regulator-one")
    assert talk.deadlines("D19-urgent") == {"procuratorate-one"}


@pytest.mark.parametrize("kind", ["town-one", "regulator-one", "petition-one", "court-one", "organization-one"])
def test_kinds_that_only_join_convene_nothing(kind: str) -> None:
    stage = Stage()
    stage.with_police()
    if kind not in stage.lead.parties:
        Talk(kind, stage=stage, kind="joint_meeting")
    with pytest.raises(ForbiddenAct):
        Talk("police-city", convener=kind, stage=stage)


@pytest.mark.parametrize("kind", ["procuratorate-one", "justice-one", "office-county"])
def test_other_parties_of_a_kind_that_consults_may_convene(kind: str) -> None:
    stage = Stage()
    stage.with_police()
    if kind not in stage.lead.parties:
        Talk(kind, stage=stage)
    assert Talk("police-one", convener=kind, stage=stage).state == "requested"


def test_who_is_no_party_of_the_lead_convenes_nothing() -> None:
    stage = Stage()
    stage.with_police()
    with pytest.raises(NotFound):
        Talk("police-one", convener="procuratorate-one", stage=stage, kind="early_intervention")


def test_a_court_joins_joint_meetings_only() -> None:
    assert Talk("court-one", kind="joint_meeting").state == "requested"
    for kind in ("major_case", "jurisdiction_dispute", "intelligence"):
        with pytest.raises(RuleViolated) as refused:
            Talk("court-one", kind=kind)
        assert rule_of(refused) == "R-COURT-JOINS-JOINT-MEETINGS"


def test_an_inspection_is_not_asked() -> None:
    with pytest.raises(RuleViolated) as refused:
        Talk("inspection-one", kind="joint_meeting")
    assert rule_of(refused) == "R-CONSULTATION-KINDS"


def test_police_ask_a_procuratorate_for_early_intervention_and_nobody_else() -> None:
    assert Talk("procuratorate-one", kind="early_intervention").state == "requested"
    with pytest.raises(RuleViolated) as refused:
        Talk("regulator-one", kind="early_intervention")
    assert rule_of(refused) == "R-EARLY-INTERVENTION"
    assert refused.value.source is not None
    assert refused.value.source.kind == "law"


def test_a_coordination_office_starts_no_early_intervention() -> None:
    stage = Stage()
    stage.with_police()
    with pytest.raises(RuleViolated) as refused:
        Talk("procuratorate-one", convener="office-county", stage=stage, kind="early_intervention")
    assert rule_of(refused) == "R-EARLY-INTERVENTION"


def test_a_procuratorate_comes_early_of_its_own_motion_but_never_into_a_supervision_matter() -> None:
    stage = Stage()
    stage.with_police()
    Talk("procuratorate-one", stage=stage)
    Talk("police-one", convener="procuratorate-one", stage=stage, kind="early_intervention")
    stage = held_by()
    Talk("procuratorate-one", convener="supervision-one", stage=stage)
    with pytest.raises(RuleViolated) as refused:
        Talk("supervision-one", convener="procuratorate-one", stage=stage, kind="early_intervention")
    assert rule_of(refused) == "R-EARLY-INTERVENTION"
    asked = Talk("procuratorate-one", convener="supervision-one", stage=stage, kind="early_intervention")
    assert asked.state == "requested"


def test_on_a_lead_that_supervision_holds_only_supervision_convenes() -> None:
    with pytest.raises(RuleViolated) as refused:
        Talk("supervision-one", stage=held_by())
    assert rule_of(refused) == "R-SUPERVISION-MATTER"
    # While the offer waits, the police hold it.
    assert Talk("supervision-one", stage=held_by(supervision=False)).state == "requested"


def test_a_node_that_the_lead_concerns_is_not_asked() -> None:
    stage = Stage()
    stage.register(concerns_nodes=["regulator-one"])
    stage.screen()
    leg = stage.offer("town-one", "police-one", "report_up")
    stage.sign(leg, "police-one")
    with pytest.raises(RuleViolated) as refused:
        Talk("regulator-one", stage=stage)
    assert rule_of(refused) == "R-SELF-INTEREST"


def test_who_turns_out_to_be_concerned_is_out_and_not_waited_for() -> None:
    talk = accepted()
    talk.minute(actions=[ACTION])
    talk.sign("procuratorate-one")
    talk.stage.screen("police-one", concerns_nodes=["regulator-one"])
    with pytest.raises(NotFound):
        talk.sign("regulator-one")
    talk.do("close", "police-one", to=("procuratorate-one",), summary="结束")
    assert talk.state == "closed"


def test_a_consultation_whose_convener_is_concerned_stands_in_nobody_s_way() -> None:
    stage = Stage()
    stage.with_police()
    Talk("procuratorate-one", convener="office-county", stage=stage)
    assert len(open_matters(stage)) == 1
    stage.screen("police-one", concerns_nodes=["office-county"])
    assert open_matters(stage) == []


@pytest.mark.parametrize(
    "content",
    [
        {"participants": ["police-one"]},
        {"participants": ["nobody-at-all"]},
    ],
)
def test_participants_are_registered_and_do_not_name_the_convener(content: dict[str, Any]) -> None:
    with pytest.raises(InvalidDocument):
        Talk(*content["participants"])


@pytest.mark.parametrize(
    "content",
    [
        {"participants": []},
        {"participants": ["regulator-one", "regulator-one"]},
        {"agenda": []},
        {"agenda": [{"item_id": "k1", "question": "一"}, {"item_id": "k1", "question": "二"}]},
        {"ground": "other"},
        {"kind": "verdict"},
        {"decision": "移送起诉"},
    ],
)
def test_a_request_has_one_of_each_and_no_field_that_decides(content: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Talk(**content)


def test_the_recipients_are_all_others() -> None:
    talk = Talk()
    for wrong in ((), ("police-one",), ("police-one", "regulator-one", "town-one")):
        with pytest.raises(InvalidDocument):
            talk.do("answer", "procuratorate-one", to=wrong, answer="accept", attendees=[])


def test_a_question_that_not_all_may_hear_names_the_main_one_which_others_never_find() -> None:
    stage = Stage()
    stage.with_police()
    main = Talk("procuratorate-one", stage=stage)
    side = Talk("supervision-one", stage=stage, **{"with": main.talk_id})
    assert side.now.with_id == main.talk_id
    with pytest.raises(NotFound):
        main.do("answer", "supervision-one", to=("police-one",), answer="accept", attendees=[])
    with pytest.raises(NotFound):
        Talk("procuratorate-one", convener="supervision-one", stage=stage, **{"with": main.talk_id})
    with pytest.raises(NotFound):
        Talk("procuratorate-one", stage=stage, **{"with": str(uuid4())})


def test_an_id_that_is_no_consultation_is_not_found() -> None:
    talk = Talk()
    letter_id = str(uuid4())
    body = {**CATALOGUE["letter.send"].example, "letter_id": letter_id, "to": "regulator-one"}
    talk.stage.act("letter.send", "police-one", body, ("regulator-one",))
    with pytest.raises(NotFound):
        talk.do("close", "police-one", consultation_id=letter_id, summary="x")
    with pytest.raises(NotFound):
        Talk("procuratorate-one", stage=talk.stage, **{"with": letter_id})


@pytest.mark.parametrize("state", [LeadState.SPLIT, LeadState.MERGED, LeadState.CLEARED, LeadState.ARCHIVED])
def test_nothing_begins_on_a_lead_that_is_over_but_what_began_may_end(state: LeadState) -> None:
    talk = Talk()
    stage = talk.stage
    stage.case = stage.case.but(leads={stage.lead_id: stage.lead.but(state=state)})
    with pytest.raises(WrongState):
        Talk(stage=stage)
    talk.answer("regulator-one")
    talk.decline("procuratorate-one")
    talk.minute()
    talk.sign("regulator-one")
    talk.close()


def test_declining_needs_a_reason_and_asks_nothing_more_of_who_declined() -> None:
    talk = Talk()
    with pytest.raises(ValidationError):
        talk.answer("regulator-one", "decline")
    talk.decline("regulator-one")
    talk.answer("procuratorate-one")
    talk.minute()
    assert talk.deadlines("D20") == {"procuratorate-one"}
    assert "regulator-one" not in talk.stage.case.acts[-1].readers
    for step in (talk.opine, talk.sign):
        with pytest.raises(ForbiddenAct):
            step("regulator-one")
    talk.sign("procuratorate-one")
    talk.close()


def test_who_declined_may_still_be_addressed() -> None:
    talk = Talk()
    talk.decline("regulator-one")
    talk.do("answer", "procuratorate-one", to=("police-one", "regulator-one"), answer="accept", attendees=[])


def test_an_answer_is_given_once_and_only_by_those_asked() -> None:
    talk = Talk()
    talk.answer("regulator-one")
    with pytest.raises(WrongState):
        talk.decline("regulator-one")
    with pytest.raises(ForbiddenAct):
        talk.answer("police-one")
    with pytest.raises(NotFound):
        talk.do("answer", "town-one", answer="accept", attendees=[])


def test_opinions_are_on_an_item_of_the_agenda_by_those_who_take_part() -> None:
    talk = Talk()
    with pytest.raises(ForbiddenAct):
        talk.opine("regulator-one")
    talk.answer("regulator-one")
    with pytest.raises(InvalidDocument):
        talk.opine("regulator-one", item_id="k9")
    talk.opine("regulator-one")


def test_every_step_needs_a_prev_that_its_sender_has_seen() -> None:
    talk = Talk()
    body = {"consultation_id": talk.talk_id, "answer": "accept", "attendees": []}
    with pytest.raises(UnknownPrev):
        talk.stage.act("consultation.answer", "regulator-one", body, ("police-one", "procuratorate-one"), prev="0" * 64)


def test_a_procuratorate_that_comes_early_names_a_prosecutor() -> None:
    talk = Talk("procuratorate-one", kind="early_intervention")
    with pytest.raises(RuleViolated) as refused:
        talk.answer("procuratorate-one", attendees=[])
    assert refused.value.rule == "R-PROSECUTOR-NAMED"
    talk.answer("procuratorate-one", attendees=["检察官钱某"])
    assert talk.state == "accepted"


def test_whoever_declines_to_come_early_names_nobody() -> None:
    talk = Talk("procuratorate-one", kind="early_intervention")
    talk.decline("procuratorate-one")
    assert talk.state == "declined"
