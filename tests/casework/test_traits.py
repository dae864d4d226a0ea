"""What identifies a person of a lead: numbers however they are written, each by itself, and never a placeholder."""

from typing import Any

import pytest

from app.casework.acts.register import Person
from app.casework.traits import traits

ID_NO = "990121194912310023"


def of(**members: Any) -> frozenset[tuple[str, str]]:
    return traits([Person(token="p1", role="reported", **members)])


def phones(written: str) -> set[str]:
    return {number for _, number in of(phone=written)}


def plates(written: str) -> set[str]:
    return {number for _, number in of(plate=written)}


@pytest.mark.parametrize(
    "written",
    [
        "13900000013",
        "139-0000-0013",
        "139 0000 0013",
        "013900000013",
        "+86 139 0000 0013",
        "008613900000013",
        "8613900000013",
        "(+86)13900000013",
        "+86-0139 0000 0013",
        "１３９００００００１３",
        "139\u200b0000\xa00013",
        "手机：13900000013（微信同号）",
        "139——0000——0013",
    ],
)
def test_a_mobile_number_is_its_eleven_digits(written: str) -> None:
    assert phones(written) == {"13900000013"}


@pytest.mark.parametrize(
    "written",
    [
        "0371-12345678",
        "0371-12345678-802",
        "0371-12345678转802",
        "(0371)12345678",
        "（0371）1234 5678",
        "037112345678",
        "+86 371 12345678",
        "+86 (0)371 12345678",
        "86-0371-12345678",
        "办公 0371 12345678 分机 802",
    ],
)
def test_a_landline_is_its_area_and_number_without_the_extension(written: str) -> None:
    assert phones(written) == {"037112345678"}


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("13900000013、13900000014", {"13900000013", "13900000014"}),
        ("13900000013/13900000014", {"13900000013", "13900000014"}),
        ("13900000013；13900000014", {"13900000013", "13900000014"}),
        ("13900000013 13900000014", {"13900000013", "13900000014"}),
        ("13900000013，0371-1234567-8", {"13900000013", "03711234567"}),
        ("010-12345678 或 13900000013", {"01012345678", "13900000013"}),
        ("400-123-4568", {"4001234568"}),
        ("+852 2345 6789", {"+85223456789"}),
        ("00852-2345-6789", {"+85223456789"}),
    ],
)
def test_each_phone_of_a_member_counts_by_itself(written: str, found: set[str]) -> None:
    assert phones(written) == found


@pytest.mark.parametrize(
    "written",
    [
        "00000000000",
        "11111111111",
        "13800000000",
        "18888888888",
        "13812345678",
        "13987654321",
        "13800138000",
        "0371-00000000",
        "000-00000000",
        "0000-0000001",
        "12345678",
        "1234567",
        "65432101",
        "12345",
        "110",
        "不详",
        "无",
        "1390000001",
        "139000000131",
        "12900000013",
        "10086",
        "400-000-0000",
        "+000000000000",
        "99",
        "990121194912310023",
    ],
)
def test_a_placeholder_and_what_is_no_phone_identify_nobody(written: str) -> None:
    assert phones(written) == set()


@pytest.mark.parametrize(
    "written",
    [
        "豫A12345",
        "豫A·12345",
        "豫a 12345",
        "豫A-12345",
        "豫Ａ１２３４５",
        "黄牌：豫A12345",
        "豫A12345（蓝）",
        "豫 A•12345",
        "豫A・12345",
        "车牌豫A12345，白色面包车",
        "豫A12345 2026年",
    ],
)
def test_a_plate_is_its_letters_and_digits_whatever_colour_stands_beside(written: str) -> None:
    assert plates(written) == {"豫A12345"}


# Forms of GA 36 and of the armed forces.
@pytest.mark.parametrize(
    "written",
    [
        "豫AD12345",
        "豫AF12345",
        "豫A12345D",
        "豫A1234警",
        "豫A1234学",
        "豫A1234挂",
        "粤Z1234港",
        "粤Z1234澳",
        "豫A1234试",
        "沪A1234领",
        "京A1234使",
        "使014579",
        "014579使",
        "WJ豫12345",
        "WJ豫1234X",
        "VA12345",
        "豫0112345",
        "豫X1234应急",
    ],
)
def test_every_form_of_a_plate_is_one(written: str) -> None:
    assert plates(written) == {written}


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("豫A12345、豫B12346", {"豫A12345", "豫B12346"}),
        ("豫A12345豫B12346", {"豫A12345", "豫B12346"}),
        ("豫A12345 / 豫AD12346", {"豫A12345", "豫AD12346"}),
        ("牵引车豫A12345 挂车豫A1234挂", {"豫A12345", "豫A1234挂"}),
    ],
)
def test_each_plate_of_a_member_counts_by_itself(written: str, found: set[str]) -> None:
    assert plates(written) == found


@pytest.mark.parametrize(
    "written",
    [
        "无牌照面包车",
        "不详",
        "无牌",
        "京A00000",
        "京AXXXXX",
        "豫A*****",
        "豫A",
        "豫A1234",
        "豫A123456",
        "A12345",
        "12345",
        "测A12345",
        "豫A1234O",
        "白色面包车一辆",
        "使000000",
        "京A·88888",
    ],
)
def test_a_placeholder_and_what_is_no_plate_identify_nobody(written: str) -> None:
    assert plates(written) == set()


def test_the_members_themselves_stay_free_text() -> None:
    assert Person(token="p1", role="reported", phone="无", plate="无牌照面包车").plate == "无牌照面包车"


def test_ids_and_codes_count_in_capitals() -> None:
    assert of(id_no=ID_NO) == {("resident_id", ID_NO)}
    assert of(id_no="11010519491231002x") == {("resident_id", "11010519491231002X")}
    assert of(credit_code="91350100m000100y43") == {("credit_code", "91350100M000100Y43")}
