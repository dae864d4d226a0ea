"""How long a volume is kept, as schedules write it: understood, or refused with the reason."""

from datetime import date

import pytest
from pydantic import TypeAdapter, ValidationError

from app.casework.records.retention import Retention, term
from app.problems import validation_errors

BOUND = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("words", "over"),
    [
        ("10年", date(2036, 3, 2)),
        ("10 years", date(2036, 3, 2)),
        ("１０年", date(2036, 3, 2)),
        ("保管10年", date(2036, 3, 2)),
        ("保管期限：10年", date(2036, 3, 2)),
        ("短期（10年）", date(2036, 3, 2)),
        ("定期30年", date(2056, 3, 2)),
        ("定期（30年）", date(2056, 3, 2)),
        ("长期（50年）", date(2076, 3, 2)),
        ("二十五年", date(2051, 3, 2)),
        ("十五年", date(2041, 3, 2)),
        ("一百年", date(2126, 3, 2)),
        ("一百零五年", date(2131, 3, 2)),
        ("两年", date(2028, 3, 2)),
        ("120个月", date(2036, 3, 2)),
        ("18 months", date(2027, 9, 2)),
        ("10年（自2028年起）", date(2038, 1, 1)),
        ("10年(自2028年3月1日起算)", date(2038, 3, 1)),
        ("至2038年", date(2039, 1, 1)),
        ("保管至2038年6月", date(2038, 7, 1)),
        ("至2038年12月31日止", date(2039, 1, 1)),
        ("永久", None),
        ("长期", None),
        ("永久保管", None),
        ("保管期限：永久", None),
    ],
)
def test_what_a_schedule_says_is_understood(words: str, over: date | None) -> None:
    assert term(words).first_day_after(BOUND) == over
    assert TypeAdapter(Retention).validate_python(words) == words


@pytest.mark.parametrize(
    "words",
    [
        "十十年",
        "2年以上",
        "〇年",
        "0年",
        "1000年",
        "短期",
        "定期",
        "10",
        "若干年",
        "按规定",
        "10年（自2028年13月起）",
        "至2038年2月30日",
        "半永久",
    ],
)
def test_what_names_no_term_is_refused_with_the_reason(words: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Retention).validate_python(words)
    (row,) = validation_errors(refused.value.errors())
    assert row["code"] == "retention"
    assert "保管期限" in row["detail_zh"]
