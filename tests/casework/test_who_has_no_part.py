"""An agency with an offer unsigned, an offer withdrawn, or a lead given back: it has no part in the lead."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from app.casework.acts import CATALOGUE
from app.casework.case import LeadState
from app.casework.lapse import addressees
from app.casework.open_matters import STANDS_OPEN
from app.casework.statistics.standing import Standing, count
from app.errors import ForbiddenAct, NotFound, WrongState
from tests.casework.stage import Stage
from tests.casework.talk import Talk

CITY = "police-city"


def offered() -> tuple[Stage, str]:
    stage = Stage()
    stage.register()
    stage.screen()
    return stage, stage.offer("town-one", CITY, "report_up")


def withdrawn() -> Stage:
    stage, leg = offered()
    stage.on_leg("transfer.withdraw", leg, "town-one", reason="误送")
    return stage


def given_back() -> Stage:
    stage, leg = offered()
    stage.sign(leg, CITY)
    stage.on_leg("transfer.return", leg, CITY, reason_code="conflict_of_interest", basis="需要回避")
    return stage


OUTSIDE: list[Any] = [lambda: offered()[0], withdrawn, given_back]
called = pytest.mark.parametrize("begin", OUTSIDE, ids=["offered", "withdrawn", "given back"])


def protect(stage: Stage, sender: str = CITY) -> str:
    protection_id = str(uuid4())
    body = {"protection_id": protection_id, "threat": "受到威胁", "urgency": "urgent"}
    stage.act("protection.request", sender, body, (stage.lead.holder,))
    return protection_id


def write(stage: Stage, sender: str = CITY, to: str = "organization-one") -> str:
    letter_id = str(uuid4())
    body = {**CATALOGUE["letter.send"].example, "letter_id": letter_id, "to": to}
    stage.act("letter.send", sender, body, (to,))
    return letter_id


def urge(stage: Stage) -> None:
    example = {**CATALOGUE["supervision.letter"].example, "letter_id": str(uuid4()), "to": stage.lead.holder}
    stage.act("supervision.letter", CITY, example, (stage.lead.holder,))


def link(stage: Stage) -> None:
    case = {**CATALOGUE["case.link"].example, "filed_at": stage.now.isoformat()}
    stage.act("case.link", CITY, case)


@called
@pytest.mark.parametrize(
    "doing",
    [lambda stage: Talk("procuratorate-one", convener=CITY, stage=stage), write, link, protect, urge],
    ids=["convene", "letter", "case", "protection", "supervision"],
)
def test_it_begins_nothing_on_the_lead_and_draws_nobody_in(
    begin: Callable[[], Stage], doing: Callable[[Stage], object]
) -> None:
    stage = begin()
    before = stage.lead
    with pytest.raises(ForbiddenAct):
        doing(stage)
    assert stage.lead == before


@called
def test_it_corrects_its_own_acts_and_records_an_interference(begin: Callable[[], Stage]) -> None:
    stage = begin()
    stage.act("interference.record", CITY, CATALOGUE["interference.record"].example)
    own = stage.case.acts[-1].act_id
    stage.act("correction.note", CITY, {"of_act": own, "text": "日期有误"})


def test_its_leg_still_takes_what_a_leg_takes() -> None:
    stage, leg = offered()
    with pytest.raises(WrongState):
        stage.on_leg("transfer.accept", leg, CITY)
    stage.sign(leg, CITY)
    protect(stage, "town-one")
    write(stage)
    stage.give_back(leg, CITY)
    with pytest.raises(WrongState):
        stage.give_back(leg, CITY)
    with pytest.raises(ForbiddenAct):
        stage.feedback(leg, CITY, "progress")
    with pytest.raises(ForbiddenAct):
        stage.feedback(leg, CITY, "conclusion", outcome="属实")
    question = stage.feedback(leg, "town-one", "question")
    stage.respond(question, CITY, "answer", text="已退回")


def test_it_finishes_what_it_began_while_it_held_the_lead() -> None:
    stage, leg = offered()
    stage.sign(leg, CITY)
    protection_id = protect(stage, "town-one")
    talk = Talk("procuratorate-one", convener=CITY, stage=stage)
    stage.give_back(leg, CITY)
    talk.close()
    stage.act("protection.answer", CITY, {"protection_id": protection_id, "measures": "已走访"}, ("town-one",))


@pytest.mark.parametrize(("begin", "stood"), [(withdrawn, "screened"), (given_back, "returned")])
def test_it_knows_how_the_lead_stood_and_nothing_later(begin: Callable[[], Stage], stood: str) -> None:
    stage = begin()
    then = stage.lead.as_known_by(CITY)
    assert (then.state, then.holder, then.outcome) == (stood, "town-one", None)
    leg = stage.offer("town-one", "police-one", "report_up")
    stage.sign(leg, "police-one")
    stage.screen("police-one", category="disorder")
    stage.on_leg("transfer.accept", leg, "police-one")
    stage.feedback(leg, "police-one", "conclusion", outcome="属实")
    lead = stage.lead.but(sealed=True, supervised=True, merged_into=str(uuid4()), parts=(str(uuid4()),))
    assert lead.as_known_by(CITY).but(transfers=(), feedback=()) == then.but(
        transfers=(), feedback=(), listed_to=lead.listed_to
    )
    assert all(lead.as_known_by(node) is lead for node in ("town-one", "police-one", *lead.listed_to))
    assert all(CITY not in addressees(stage.case, deadline) for deadline in stage.case.open_deadlines(stage.lead_id))


def test_what_became_of_it_later_is_not_counted_for_who_gave_it_back() -> None:
    stage = given_back()
    for state in (LeadState.CLEARED, LeadState.MERGED):
        counted = count(CITY, [stage.lead.but(state=state)])
        assert counted is not None
        assert (counted.standing, counted.leads[0].state) == (Standing.RETURNED, LeadState.RETURNED)


@pytest.mark.parametrize("begin", [withdrawn, given_back])
def test_another_offer_or_an_invitation_gives_it_a_part_again(begin: Callable[[], Stage]) -> None:
    stage = begin()
    leg = stage.offer("town-one", CITY, "report_up")
    assert stage.lead.as_known_by(CITY).state is LeadState.IN_TRANSFER
    with pytest.raises(ForbiddenAct):
        protect(stage)
    stage.sign(leg, CITY)
    write(stage)
    invited = begin()
    accepted = invited.offer("town-one", "police-one", "report_up")
    invited.sign(accepted, "police-one")
    Talk(CITY, stage=invited)
    assert invited.lead.as_known_by(CITY) is invited.lead


def test_its_consultation_stands_in_nobodys_way_once_it_gave_the_lead_back() -> None:
    stage, leg = offered()
    stage.sign(leg, CITY)
    talk = Talk("town-one", convener=CITY, stage=stage)
    talk.answer("town-one")
    assert matters(stage)
    stage.give_back(leg, CITY)
    assert not matters(stage)


def matters(stage: Stage) -> list[str]:
    return [one.kind for found in STANDS_OPEN for one in found(stage.case, stage.lead)]


def test_an_office_whose_offer_was_withdrawn_is_told_like_any_other_and_one_that_gave_it_back_is_not() -> None:
    for ending, told in (("transfer.withdraw", True), ("transfer.return", False)):
        stage = Stage()
        stage.register("petition-one")
        stage.screen("petition-one")
        (office,) = stage.lead.listed_to
        stage.case = stage.case.but(leads={stage.lead_id: stage.lead.but(listed_to=())})
        leg = stage.offer("petition-one", office)
        assert stage.lead.listed_to == ()
        if ending == "transfer.return":
            stage.sign(leg, office)
            stage.give_back(leg, office)
        else:
            stage.on_leg(ending, leg, "petition-one", reason="误送")
        stage.offer("petition-one", "police-one")
        assert (stage.lead.listed_to == (office,)) is told


def test_a_stranger_still_finds_nothing() -> None:
    with pytest.raises(NotFound):
        protect(withdrawn(), "regulator-one")
