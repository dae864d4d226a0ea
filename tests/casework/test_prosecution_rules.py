"""What becomes of a lead before procuratorate and court: linked cases and rounds of supplementary investigation."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from app.casework.acts import CATALOGUE
from app.casework.open_matters import STANDS_OPEN
from app.casework.records.prosecution import Prosecution
from app.errors import ForbiddenAct, InvalidDocument, NotFound, RuleViolated, WrongState
from tests.casework.stage import Stage

ITEM = CATALOGUE["supplementary.return"].example["items"][0]
LINK = CATALOGUE["case.link"].example


def prosecuted() -> Stage:
    """A lead that the procuratorate handed to the police, who took it up: both are parties."""
    stage = Stage(datetime(2026, 4, 30, 1, 0, tzinfo=UTC))
    stage.register("procuratorate-one")
    leg = stage.offer("procuratorate-one", "police-one")
    stage.sign(leg, "police-one")
    stage.on_leg("transfer.accept", leg, "police-one")
    return stage


def give_back(stage: Stage, number: int, who: str = "procuratorate-one", **item: Any) -> None:
    body = {"round": number, "items": [{**ITEM, **item}]}
    stage.act("supplementary.return", who, body, (stage.lead.holder,))


def complete(stage: Stage, number: int, who: str = "police-one", to: str = "procuratorate-one") -> None:
    body = {"round": number, "items": [{"item": ITEM["item"], "result": "共七次"}]}
    stage.act("supplementary.complete", who, body, (to,))


def test_a_round_has_one_month_and_rolls_over_a_day_off() -> None:
    stage = prosecuted()
    give_back(stage, 1)
    (deadline,) = stage.case.open_deadlines(stage.lead_id)
    assert (deadline.rule, deadline.node) == ("D21", "police-one")
    assert deadline.due.date().isoformat() == "2026-06-01"
    assert [one.kind for found in STANDS_OPEN for one in found(stage.case, stage.lead)] == ["supplementary"]
    complete(stage, 1)
    assert not list(stage.case.open_deadlines(stage.lead_id))
    assert not [one for found in STANDS_OPEN for one in found(stage.case, stage.lead)]


def test_there_are_two_rounds_in_order_and_never_a_third() -> None:
    stage = prosecuted()
    with pytest.raises(WrongState):
        give_back(stage, 2)
    for number in (1, 2):
        give_back(stage, number)
        with pytest.raises(WrongState):
            give_back(stage, number + 1)
        with pytest.raises(WrongState):
            complete(stage, number + 1)
        complete(stage, number)
    for number in (2, 3):
        with pytest.raises(RuleViolated) as refused:
            give_back(stage, number)
        assert refused.value.rule == "R-SUPPLEMENTARY-TWICE"
        assert refused.value.source is not None
        assert refused.value.source.kind == "law"


@pytest.mark.parametrize("name", ["item", "reason", "direction", "evidence", "purpose"])
def test_an_outline_says_of_each_item_all_that_the_rules_ask(name: str) -> None:
    stage = prosecuted()
    for body in ({**ITEM, name: ""}, {key: value for key, value in ITEM.items() if key != name}):
        with pytest.raises(ValidationError):
            stage.act("supplementary.return", "procuratorate-one", {"round": 1, "items": [body]}, ("police-one",))


def test_the_procuratorate_alone_returns_and_the_holder_alone_completes() -> None:
    stage = prosecuted()
    with pytest.raises(ForbiddenAct):
        give_back(stage, 1, "police-one")
    give_back(stage, 1)
    with pytest.raises(ForbiddenAct):
        complete(stage, 1, "procuratorate-one", "police-one")
    with pytest.raises(InvalidDocument):
        complete(stage, 1, to="town-one")


def test_a_procuratorate_that_is_no_party_finds_nothing() -> None:
    stage = Stage()
    stage.with_police()
    with pytest.raises(NotFound):
        give_back(stage, 1)
    with pytest.raises(NotFound):
        stage.act("case.link", "procuratorate-one", LINK)


def test_a_procuratorate_returns_nothing_to_itself() -> None:
    stage = Stage()
    stage.register("procuratorate-one")
    with pytest.raises(ForbiddenAct):
        give_back(stage, 1)


def test_nothing_is_returned_before_the_lead_was_taken_up() -> None:
    stage = Stage()
    stage.register("procuratorate-one")
    leg = stage.offer("procuratorate-one", "police-one")
    stage.sign(leg, "police-one")
    with pytest.raises(WrongState):
        give_back(stage, 1)


def test_there_is_nothing_to_complete_where_no_round_is_open() -> None:
    with pytest.raises(WrongState):
        complete(prosecuted(), 1)


def test_a_linked_case_ends_the_time_to_decide_on_filing() -> None:
    stage = Stage()
    stage.register("regulator-one")
    stage.screen("regulator-one")
    names = ("transfer_letter", "investigation_report", "item_list", "appraisal", "other")
    enclosures = {name: {"not_applicable": "无"} for name in names}
    leg = stage.offer("regulator-one", "police-one", "crime_case", enclosures=enclosures)
    stage.sign(leg, "police-one")
    stage.act("case.link", "police-one", LINK)
    assert "D09" not in {deadline.rule for deadline in stage.case.open_deadlines(stage.lead_id)}


def test_a_case_is_linked_by_police_procuratorate_and_court_as_often_as_it_goes_on() -> None:
    stage = prosecuted()
    stage.act("case.link", "police-one", LINK)
    stage.act("case.link", "procuratorate-one", {**LINK, "stage": "审查起诉"})
    cases = stage.lead.chapter(Prosecution).cases
    assert [(one.organ, one.stage) for one in cases] == [("police-one", "立案"), ("procuratorate-one", "审查起诉")]


def test_other_kinds_link_no_case_and_a_link_is_addressed_to_nobody() -> None:
    stage = Stage()
    stage.with_police()
    with pytest.raises(ForbiddenAct):
        stage.act("case.link", "town-one", LINK)
    with pytest.raises(InvalidDocument):
        stage.act("case.link", "police-one", LINK, ("town-one",))
