"""A crime case from a regulator: police file it or refuse in three days (D09), and the ladder after a refusal (D22)."""

import pytest

from app.casework.acts import CATALOGUE
from app.casework.case import LeadState
from app.errors import WrongState
from tests.casework.stage import Stage
from tests.casework.test_passing_on_limits import crime_case, own, running, said

LINK = CATALOGUE["case.link"].example


def received() -> tuple[Stage, str]:
    """A crime case that the police have signed for."""
    stage = own("regulator-one")
    stage.screen("regulator-one", "disorder")
    leg = crime_case(stage)
    stage.sign(leg, "police-one")
    return stage, leg


def refused() -> tuple[Stage, str, str]:
    """The police took the case up and concluded without filing one."""
    stage, leg = received()
    stage.on_leg("transfer.accept", leg, "police-one")
    return stage, leg, stage.feedback(leg, "police-one", "conclusion", outcome="不予立案")


def contested() -> tuple[Stage, str]:
    stage, leg, answer = refused()
    stage.respond(answer, "regulator-one", "contest", reason="认为应当立案")
    return stage, leg


def ladder(stage: Stage) -> list[tuple[str, str]]:
    return [one for one in running(stage) if one[0].startswith(("D09", "D22"))]


def test_taking_a_case_up_does_not_yet_decide_on_filing_it() -> None:
    stage, leg = received()
    stage.on_leg("transfer.accept", leg, "police-one")
    assert ladder(stage) == [("D09", "police-one")]
    stage.act("case.link", "police-one", LINK)
    assert ladder(stage) == []


@pytest.mark.parametrize(
    ("reason", "follows"),
    [
        ("civil_dispute", [("D22", "regulator-one")]),
        ("other", [("D22", "regulator-one")]),
        ("no_jurisdiction", []),
        ("duplicate", []),
    ],
)
def test_a_return_for_a_reason_of_substance_is_a_refusal(reason: str, follows: list[tuple[str, str]]) -> None:
    stage, leg = received()
    stage.on_leg("transfer.return", leg, "police-one", reason_code=reason, basis="无犯罪事实")
    assert ladder(stage) == follows


def test_what_never_was_a_crime_case_has_no_ladder() -> None:
    stage = Stage()
    leg = stage.with_police()
    stage.on_leg("transfer.return", leg, "police-one", reason_code="other", basis="无犯罪事实")
    assert ladder(stage) == []


def test_a_returned_case_that_is_transferred_again_is_asked_about_in_time() -> None:
    stage, leg = received()
    stage.on_leg("transfer.return", leg, "police-one", reason_code="other", basis="无犯罪事实")
    again = crime_case(stage)
    assert ladder(stage) == []
    stage.sign(again, "police-one")
    assert ladder(stage) == [("D09", "police-one")]


def test_a_conclusion_without_a_case_is_a_refusal_and_one_with_a_case_is_none() -> None:
    stage, leg, _ = refused()
    assert ladder(stage) == [("D22", "regulator-one")]
    stage, leg = received()
    stage.on_leg("transfer.accept", leg, "police-one")
    stage.act("case.link", "police-one", LINK)
    stage.feedback(leg, "police-one", "conclusion", outcome="已立案")
    assert ladder(stage) == []


def test_contesting_in_time_asks_the_same_police_to_reconsider() -> None:
    stage, _ = contested()
    assert ladder(stage) == [("D22-decision", "police-one")]
    assert stage.lead.state is LeadState.CONTESTED


def test_police_that_reconsider_may_file() -> None:
    stage, _ = contested()
    stage.act("case.link", "police-one", LINK)
    assert ladder(stage) == []


def test_police_that_refuse_again_leave_three_days_for_the_procuratorate() -> None:
    stage, leg = contested()
    answer = stage.feedback(leg, "police-one", "conclusion", outcome="维持不予立案")
    assert (stage.lead.state, ladder(stage)) == (LeadState.REPLIED, [("D22-procuratorate", "regulator-one")])
    stage.respond(answer, "regulator-one", "confirm")
    assert ladder(stage) == []


def test_only_a_crime_case_is_reconsidered_by_those_who_concluded() -> None:
    stage = Stage()
    leg = stage.with_police()
    stage.on_leg("transfer.accept", leg, "police-one")
    answer = stage.feedback(leg, "police-one", "conclusion")
    stage.respond(answer, "town-one", "contest", reason="不全面")
    with pytest.raises(WrongState):
        stage.feedback(leg, "police-one", "conclusion")


def test_not_to_ask_is_no_breach_and_contesting_later_starts_no_reconsideration() -> None:
    stage, _, answer = refused()
    stage.later(days=4)
    assert set(said(stage, "D22").values()) == {"expired"}
    stage.respond(answer, "regulator-one", "contest", reason="认为应当立案")
    assert ladder(stage) == []


def test_police_that_let_the_time_to_reconsider_go_by_breach_it() -> None:
    stage, _ = contested()
    stage.later(days=5)
    assert set(said(stage, "D22-decision").values()) == {"breached"}
