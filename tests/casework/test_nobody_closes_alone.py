"""A kind that neither verifies nor signs off clears no lead that it alone has read; together with another it may."""

import pytest

from app.casework.case import LeadState
from app.errors import WrongState
from tests.casework.stage import CAST, Stage

SCREENLESS = ("court-one", "procuratorate-one", "justice-one")
SCREENS = ("town-one", "petition-one", "office-county")
NOTE = {"note": "不属职责范围"}


def of_its_own(holder: str, category: str = "general") -> Stage:
    stage = Stage()
    stage.register(holder, persons=[], category=category)
    if holder in SCREENS:
        stage.screen(holder, category)
    return stage


@pytest.mark.parametrize("category", ["general", "not_within_remit", "official_misconduct"])
@pytest.mark.parametrize("holder", [*SCREENS, *SCREENLESS])
def test_it_clears_nothing_that_nobody_else_has_read(holder: str, category: str) -> None:
    stage = of_its_own(holder, category)
    before = stage.case
    with pytest.raises(WrongState):
        stage.act("lead.clear", holder, NOTE)
    assert stage.case == before


def test_not_even_the_office_clears_a_lead_of_which_it_has_but_the_entry() -> None:
    stage = of_its_own("town-one")
    assert stage.lead.listed_to == ("office-county",)
    with pytest.raises(WrongState):
        stage.act("lead.clear", "office-county", NOTE)


@pytest.mark.parametrize("holder", [*SCREENS, *SCREENLESS])
def test_whoever_reads_and_answers_it_brings_it_to_its_end(holder: str) -> None:
    stage = of_its_own(holder)
    reader = "police-one" if holder == "office-county" else "office-county"
    leg = stage.offer(holder, reader, "report_up" if CAST[holder].level.rank < CAST[reader].level.rank else "peer")
    stage.sign(leg, reader)
    stage.on_leg("transfer.accept", leg, reader)
    answer = stage.feedback(leg, reader, "conclusion", outcome="已告知向有权机关反映")
    with pytest.raises(WrongState):
        stage.act("lead.clear", reader, NOTE)
    stage.respond(answer, holder, "confirm")
    stage.act("lead.clear", reader, NOTE)
    assert stage.lead.state is LeadState.CLEARED


def test_a_reader_that_the_lead_concerns_is_never_the_second() -> None:
    stage = Stage()
    stage.register("town-one", concerns_nodes=["office-county"])
    stage.screen()
    assert "office-county" not in stage.lead.parties
