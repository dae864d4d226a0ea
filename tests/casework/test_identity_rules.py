"""identity.open: who may open what was sealed, with whose approval, for whom and how long."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError

from app.casework.acts import CATALOGUE
from app.casework.case import LeadState
from app.casework.decision import Decision
from app.casework.records.identity import openings_of, running_openings
from app.errors import ForbiddenAct, InvalidDocument, NotFound, RuleViolated, UnknownPrev
from tests.casework.stage import Stage

OPEN = CATALOGUE["identity.open"].example


def sealed_for_police(*recipients: str) -> Stage:
    """A lead with a sealed reporter, at the police."""
    stage = Stage()
    example = CATALOGUE["lead.register"].example
    stage.act("lead.register", "town-one", example, sealed_for=recipients or ("police-one",))
    stage.screen()
    stage.sign(stage.offer("town-one", "police-one", "report_up"), "police-one")
    return stage


def open_it(stage: Stage, sender: str = "police-one", to: tuple[str, ...] = (), **content: Any) -> Decision:
    expires = (stage.now + timedelta(days=7)).isoformat()
    body = {**OPEN, "opening_id": str(uuid4()), "of_act": stage.case.acts[0].act_id, "expires_at": expires, **content}
    prev = body.pop("prev", "")
    return stage.act("identity.open", sender, body, to, prev=prev)


def test_the_recipient_opens_and_the_origin_may_read_it() -> None:
    stage = sealed_for_police()
    decision = open_it(stage)
    assert decision.also_read == {"town-one"}
    assert (decision.claims[0].kind, decision.starts, decision.notices) == ("opening", (), ())
    (opening,) = openings_of(stage.lead, "town-one")
    assert openings_of(stage.lead, "police-one") == (opening,)
    assert openings_of(stage.lead, "office-county") == ()
    assert (opening.opener, opening.origin, opening.readers) == ("police-one", "town-one", ("孙某某", "钱某某"))


def test_two_openings_run_side_by_side_and_each_ends_by_the_deadline() -> None:
    stage = sealed_for_police()
    open_it(stage)
    open_it(stage, expires_at=(stage.now + timedelta(days=1)).isoformat())
    of_act = stage.case.acts[0].act_id
    assert len(running_openings(stage.case, "police-one", of_act, stage.now)) == 2
    assert len(running_openings(stage.case, "police-one", of_act, stage.now + timedelta(days=1))) == 1
    assert running_openings(stage.case, "police-one", of_act, stage.now + timedelta(days=7)) == ()
    assert running_openings(stage.case, "town-one", of_act, stage.now) == ()


@pytest.mark.parametrize("same", ["周某某", " 周 某某", "周某某\u3000"])
def test_two_approvers_who_are_one_person_are_refused(same: str) -> None:
    stage = sealed_for_police()
    with pytest.raises(RuleViolated) as refused:
        open_it(stage, approvers=[{"name": "周某某", "title": "局长"}, {"name": same, "title": "副局长"}])
    assert refused.value.rule == "R-TWO-APPROVERS"


@pytest.mark.parametrize("blank", [" ", "\u200b", "\u00a0", "\u3164", "\u115f", "·"])
def test_nobody_approves_or_reads_under_a_name_that_cannot_be_read(blank: str) -> None:
    """Beside a blank one the other name would open it alone."""
    stage, (one, _) = sealed_for_police(), OPEN["approvers"]
    nobody = {"name": blank, "title": "局长"}
    for wrong in ({"approvers": [one, nobody]}, {"readers": [nobody]}, {"purpose": f"{blank}\u200b"}):
        with pytest.raises((InvalidDocument, ValidationError)):
            open_it(stage, **wrong)


def test_whoever_gave_the_lead_back_opens_nothing_more() -> None:
    stage = Stage()
    stage.act("lead.register", "town-one", CATALOGUE["lead.register"].example, sealed_for=("police-one",))
    stage.screen()
    transfer_id = stage.offer("town-one", "police-one", "report_up")
    stage.sign(transfer_id, "police-one")
    open_it(stage)
    of_act = stage.case.acts[0].act_id
    assert running_openings(stage.case, "police-one", of_act, stage.now)
    stage.give_back(transfer_id, "police-one")
    assert running_openings(stage.case, "police-one", of_act, stage.now) == ()


def test_two_persons_approve_and_somebody_reads() -> None:
    stage, (one, two) = sealed_for_police(), OPEN["approvers"]
    wrongs: tuple[dict[str, Any], ...] = (
        {"approvers": [one]},
        {"approvers": [one, two, one]},
        {"readers": []},
        {"purpose": " "},
    )
    for wrong in wrongs:
        with pytest.raises(ValidationError):
            open_it(stage, **wrong)
    with pytest.raises(ValidationError):
        open_it(stage, readers=[{"name": "孙" * 67, "title": "民警"}])


@pytest.mark.parametrize("ends", [timedelta(), timedelta(seconds=-1), timedelta(days=30, seconds=1)])
def test_an_opening_ends_in_the_future_and_within_thirty_days(ends: timedelta) -> None:
    stage = sealed_for_police()
    with pytest.raises(RuleViolated) as refused:
        open_it(stage, expires_at=(stage.now + ends).isoformat())
    assert refused.value.rule == "R-OPENING-ENDS"
    open_it(stage, expires_at=(stage.now + timedelta(days=30)).isoformat())


def test_who_sealed_it_and_who_only_reads_the_act_cannot_open_it() -> None:
    stage = sealed_for_police("supervision-one")
    for node in ("town-one", "police-one"):
        with pytest.raises(ForbiddenAct):
            open_it(stage, node)
    for node in ("supervision-one", "regulator-one"):
        with pytest.raises(NotFound):
            open_it(stage, node)


def test_a_recipient_that_may_not_read_the_act_cannot_open_it() -> None:
    stage = Stage()
    stage.act("lead.register", "town-one", CATALOGUE["lead.register"].example, sealed_for=("police-one",))
    stage.screen()
    transfer_id = stage.offer("town-one", "police-one", "report_up", disclosure="summary")
    stage.sign(transfer_id, "police-one")
    with pytest.raises(NotFound):
        open_it(stage)
    with pytest.raises(NotFound):
        open_it(stage, of_act=str(uuid4()))


def test_it_is_addressed_to_nobody_and_names_what_was_seen() -> None:
    stage = sealed_for_police()
    with pytest.raises(InvalidDocument):
        open_it(stage, to=("town-one",))
    with pytest.raises(UnknownPrev):
        open_it(stage, prev="0" * 64)


@pytest.mark.parametrize("state", [state for state in LeadState if state is not LeadState.REGISTERED])
def test_it_waits_for_no_state_a_reporter_may_need_protection_late(state: LeadState) -> None:
    stage = sealed_for_police()
    stage.case = stage.case.but(leads={stage.lead_id: stage.lead.but(state=state)})
    assert open_it(stage).leads[0].state == state


def test_an_origin_that_turned_out_to_be_concerned_is_not_told() -> None:
    stage = sealed_for_police()
    stage.case = stage.case.but(leads={stage.lead_id: stage.lead.but(concerned=("town-one",))})
    assert open_it(stage).also_read == frozenset()
