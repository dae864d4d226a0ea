"""Values (docs/protocol.md section 1) that are not what they look like."""

import pytest
from pydantic import TypeAdapter, ValidationError

from app.casework.values import Day, Instant, Text


@pytest.mark.parametrize("written", ["9999-12-31T23:59:59Z", "9999-01-01T00:00:00+08:00", "1899-12-31T23:59:59Z"])
def test_a_time_at_the_end_of_the_calendar_is_no_time(written: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Instant).validate_python(written)
    with pytest.raises(ValidationError):
        TypeAdapter(Day).validate_python(written[:10])


@pytest.mark.parametrize("written", ["\x00", "a\x00", "\x00a", "a\x00b", " \n"])
def test_a_text_holds_something_to_read_and_no_nul(written: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Text).validate_python(written)


def test_a_text_may_have_several_lines() -> None:
    assert TypeAdapter(Text).validate_python("一\n\t二") == "一\n\t二"
