"""When two leads name the same subject, and who may be told: nobody who could use it to ask who is looked into."""

from typing import Any

import pytest

from app.casework.case import LeadState
from app.casework.matching import told_of
from tests.casework.stage import CAST, Stage


def registered(by: str, **content: Any) -> Stage:
    stage = Stage()
    stage.register(by, **content)
    return stage


def told(earlier: Stage, later: Stage) -> tuple[str, dict[str, Any]] | None:
    notice = told_of(earlier.case, later.case, CAST)
    return (notice.to, notice.content) if notice else None


def test_the_holder_of_the_earlier_lead_is_told_the_number_of_the_later_one() -> None:
    earlier, later = registered("town-one"), registered("petition-one")
    earlier.case = earlier.case.but(leads={earlier.lead_id: earlier.lead.but(holder="police-one")})
    assert told(earlier, later) == ("police-one", {"lead_no": later.lead.lead_no})


def test_a_holder_is_told_of_what_it_registered_itself() -> None:
    assert told(registered("town-one"), registered("town-one")) is not None


@pytest.mark.parametrize("change", [{"holder": "supervision-one"}, {"origin": "supervision-one"}])
def test_nobody_is_told_where_a_supervision_organ_is_on_either_side(change: dict[str, Any]) -> None:
    for side in (0, 1):
        pair = registered("town-one"), registered("petition-one")
        pair[side].case = pair[side].case.but(leads={pair[side].lead_id: pair[side].lead.but(**change)})
        assert told(*pair) is None


def test_nobody_is_told_where_a_part_lies_with_a_supervision_organ() -> None:
    earlier, later = registered("town-one"), registered("petition-one")
    part = earlier.lead.but(lead_id="part", split_from=earlier.lead_id, holder="supervision-one")
    earlier.case = earlier.case.but(leads={**earlier.case.leads, "part": part})
    assert told(earlier, later) is None


def test_nobody_is_told_where_one_of_the_agencies_is_concerned() -> None:
    assert told(registered("town-one"), registered("petition-one", concerns_nodes=["town-one"])) is None
    assert told(registered("town-one", concerns_nodes=["petition-one"]), registered("petition-one")) is None
    assert told(registered("town-one", concerns_nodes=["court-one"]), registered("petition-one")) is not None


@pytest.mark.parametrize("change", [{"sealed": True}, {"state": LeadState.MERGED}, {"state": LeadState.ARCHIVED}])
def test_nobody_is_told_where_a_lead_is_sealed_merged_or_archived(change: dict[str, Any]) -> None:
    for side in (0, 1):
        pair = registered("town-one"), registered("petition-one")
        pair[side].case = pair[side].case.but(leads={pair[side].lead_id: pair[side].lead.but(**change)})
        assert told(*pair) is None
