"""When two leads name the same subject, and who may be told: nobody who could use it to ask who is looked into."""

from typing import Any

import pytest

from app.casework.acts.register import Person
from app.casework.case import LeadState
from app.casework.matching import told_of, traits
from tests.casework.stage import CAST, Stage

ID_NO = "990121194912310023"


def of(**members: Any) -> frozenset[tuple[str, str]]:
    return traits([Person(token="p1", role="reported", **members)])


def registered(by: str, **content: Any) -> Stage:
    stage = Stage()
    stage.register(by, **content)
    return stage


def told(earlier: Stage, later: Stage) -> tuple[str, dict[str, Any]] | None:
    notice = told_of(earlier.case, later.case, CAST)
    return (notice.to, notice.content) if notice else None


@pytest.mark.parametrize("phone", ["13900000001", "139-0000-0001", "+86 139 0000 0001", "008613900000001"])
def test_a_phone_number_is_its_digits(phone: str) -> None:
    assert of(phone=phone) == {("phone", "13900000001")}


@pytest.mark.parametrize("plate", ["京A·12345", "京a 12345", "京A-12345", "京Ａ１２３４５"])
def test_a_plate_is_its_letters_and_digits(plate: str) -> None:
    assert of(plate=plate) == {("plate", "京A12345")}


def test_what_everybody_may_write_identifies_nobody() -> None:
    assert of(phone="12345", plate="不详", name="张某某") == frozenset()


def test_ids_and_codes_count_as_they_are() -> None:
    assert of(id_no=ID_NO) == {("resident_id", ID_NO)}
    assert of(credit_code="91990121000000001T") == {("credit_code", "91990121000000001T")}


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
