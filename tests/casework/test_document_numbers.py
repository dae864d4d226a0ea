"""Document numbers 发文字号 as agencies write them, and as they are searched for."""

import pytest
from pydantic import TypeAdapter, ValidationError

from app.casework.values import DocumentNo, normalised_document_no

AS_WRITTEN = [
    "甲政移〔2026〕1号",
    "测公（刑）移字〔2026〕5号",
    "测检民（行）建〔2026〕2号",
    "测公(刑)移字[2026]5号",
    "测公（刑）（经）移〔2026〕12号",
    "测监【2026】3号",
    "测监［2026］3号",
    "测监（2026）3号",
    "测监﹝2026﹞3号",
    "测政字〔2026〕第5号",
    "二〇办〔2026〕1号",
    "㵐府办〔2026〕1号",  # extension A
    "\U00020bb7府办〔2026〕1号",  # B
    "\U0002b4e7府办〔2026〕1号",  # C
    "\U0002ebf0府办〔2026〕1号",  # I
    "\U00031350府办〔2026〕1号",  # H
    "\U000323b0府办〔2026〕1号",  # J, of Unicode 17
    "鿿府办〔2026〕1号",
]


@pytest.mark.parametrize("written", AS_WRITTEN)
def test_a_number_is_taken_as_it_is(written: str) -> None:
    assert TypeAdapter(DocumentNo).validate_python(written) == written


@pytest.mark.parametrize(
    "written",
    [
        "〔2026〕1号",
        "甲政移〔2026)1号",
        "甲政移（2026〕1号",
        "甲（政移〔2026〕1号",
        "甲（）政〔2026〕1号",
        "甲政移〔26〕1号",
        "甲政移〔2026〕01号",
        "甲政移〔2026〕1",
        "甲政移 〔2026〕1号",
        "甲政移〔２０２６〕1号",
        "ABC〔2026〕1号",
        "（刑）甲政移〔2026〕1号",
        "甲政移〔2026〕1号\n",
    ],
)
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(DocumentNo).validate_python(written)


@pytest.mark.parametrize(
    "written",
    ["测公(刑)移字(2026)5号", "测公[刑]移字[2026]5号", "测公【刑】移字【2026】5号", "测公（刑）移字〔2026〕第5号"],
)
def test_all_spellings_are_searched_for_as_one(written: str) -> None:
    assert normalised_document_no(written) == normalised_document_no("测公（刑）移字〔2026〕5号")


def test_other_numbers_stay_others() -> None:
    numbers = {normalised_document_no(one) for one in ("测公〔2026〕5号", "测公（刑）〔2026〕5号", "测公刑〔2026〕5号")}
    assert len(numbers) == 3
