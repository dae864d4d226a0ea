"""Value types of the contract (docs/protocol.md section 1), each with its check and its place in the API schema."""

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.types import StrictBool, StrictInt
from pydantic_core import PydanticCustomError
from stdnum.cn import ric, uscc

UUID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
NODE_ID_PATTERN = r"^[a-z][a-z0-9-]{2,62}$"
_ID = re.compile(UUID_PATTERN)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# Han characters by their blocks, whatever this Python's tables know: 〇, the ideographs and extension A, those of
# compatibility, and planes 2 and 3, which Unicode keeps for further extensions.
_HAN = "[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd]"
_BRACKETS = ("〔〕", "[]", "()", "（）", "【】", "［］", "﹝﹞")
_IN_BRACKETS = "|".join(re.escape(pair[0]) + _HAN + "+" + re.escape(pair[1]) for pair in _BRACKETS)
_YEAR = "|".join(re.escape(pair[0]) + "[0-9]{4}" + re.escape(pair[1]) for pair in _BRACKETS)
_DOCUMENT_NO = rf"^{_HAN}+(({_IN_BRACKETS}){_HAN}*)*({_YEAR})第?[1-9][0-9]*号$"
_TO_HEXAGONAL = {ord(written): "〔〕"[side] for pair in _BRACKETS for side, written in enumerate(pair)}
_CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}", re.ASCII | re.IGNORECASE)
_RESIDENT_ID = re.compile(r"[0-9]{17}[0-9X]", re.ASCII | re.IGNORECASE)
# No resident id states an earlier year of birth: the example of the standard for the very old states 1880.
EARLIEST_BIRTH = 1800


class Content(BaseModel):
    """Base of everything that stands in a signed body: unknown members are refused, nothing changes later.

    A member that may be left out may be null, which means the same, also where its default is something else.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, written: Any) -> Any:
        if not isinstance(written, dict):
            return written
        optional = {field.alias or name for name, field in cls.model_fields.items() if not field.is_required()}
        return {name: value for name, value in written.items() if value is not None or name not in optional}


def misfit(code: str, detail: str, detail_zh: str) -> PydanticCustomError:
    """Return what a validator raises: the reason in both languages. The sender sees it; it never quotes the value."""
    return PydanticCustomError(code, "{detail}", {"detail": detail, "detail_zh": detail_zh})


_NO_TIME = misfit(
    "time_form",
    "A time is RFC 3339 with an offset, such as 2026-03-02T10:00:00+08:00",
    "时间应为带时区偏移的 RFC 3339 格式，如 2026-03-02T10:00:00+08:00",
)
_NO_DATE = misfit("date_form", "A date is written as 2026-03-31", "日期应写作 2026-03-31 的形式")


def _instant(value: Any) -> datetime:
    if not isinstance(value, str) or _RFC3339.fullmatch(value) is None:
        raise _NO_TIME
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise _NO_TIME from None
    # At either end of the calendar an instant has no date in another time zone.
    if not 1900 <= moment.year <= 9998:
        raise misfit("time_range", "A time lies in the years 1900 to 9998", "时间应当在 1900 年至 9998 年之间")
    return moment


def _day(value: Any) -> date:
    if not isinstance(value, str) or _DAY.fullmatch(value) is None:
        raise _NO_DATE
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise _NO_DATE from None
    if not 1900 <= day.year <= 9998:
        raise misfit("date_range", "A date lies in the years 1900 to 9998", "日期应当在 1900 年至 9998 年之间")
    return day


def birth_date(resident_id: str) -> date:
    """Return the birth date that a well-formed resident id states; raise `ValueError` if there is no such day."""
    return date(int(resident_id[6:10]), int(resident_id[10:12]), int(resident_id[12:14]))


def _resident_id(value: str) -> str:
    # The register of places changes; only form, birth date and check digit are judged (GB 11643).
    if _RESIDENT_ID.fullmatch(value) is None:
        raise misfit(
            "resident_id_form",
            "A resident identity number has 17 digits and a check digit, 0 to 9 or X (GB 11643)",
            "公民身份号码应为 17 位数字加 1 位校验码（0 至 9 或者 X），见 GB 11643",
        )
    number = value.upper()
    try:
        born = birth_date(number)
    except ValueError:
        born = date.min
    if born.year < EARLIEST_BIRTH:
        raise misfit(
            "resident_id_birth_date",
            "There is no such birth date as this resident identity number states (GB 11643)",
            "公民身份号码中的出生日期不存在，见 GB 11643",
        )
    # The library wants the whole number and leaves the last place out by itself.
    if ric.calc_check_digit(number) != number[17]:
        raise misfit(
            "resident_id_check_digit",
            "The check digit of this resident identity number is wrong (GB 11643)",
            "公民身份号码的校验码不符，见 GB 11643",
        )
    return number


def _credit_code(value: str) -> str:
    if _CREDIT_CODE.fullmatch(value) is None:
        raise misfit(
            "credit_code_form",
            "A unified social credit code has 18 digits and letters, without I, O, S, V, Z (GB 32100)",
            "统一社会信用代码应为 18 位数字或者字母（不用 I、O、S、V、Z），见 GB 32100",
        )
    code = value.upper()
    if uscc.calc_check_digit(code[:17]) != code[17]:
        raise misfit(
            "credit_code_check_digit",
            "The check character of this unified social credit code is wrong (GB 32100)",
            "统一社会信用代码的校验码不符，见 GB 32100",
        )
    return code


Instant = Annotated[datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Id = Annotated[str, StringConstraints(pattern=UUID_PATTERN), WithJsonSchema({"type": "string", "format": "uuid"})]
NodeId = Annotated[str, StringConstraints(pattern=NODE_ID_PATTERN)]
PlaceCode = Annotated[str, StringConstraints(pattern=r"^([0-9]{6}|[0-9]{9}|[0-9]{12})$")]
DocumentNo = Annotated[str, StringConstraints(pattern=_DOCUMENT_NO, max_length=60)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Label = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=100_000, pattern=r"^[^\x00]*[^\s\x00][^\x00]*$")]
Token = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^\x00-\x20\x7f]+$")]
ResidentId = Annotated[str, AfterValidator(_resident_id)]
CreditCode = Annotated[str, AfterValidator(_credit_code)]
Count = StrictInt
Flag = StrictBool


def is_id(written: str) -> bool:
    """Return whether a text has the form of an id; what has not names nothing, in a path as anywhere."""
    return _ID.fullmatch(written) is not None


def normalised_document_no(written: str) -> str:
    """Return a document number as it is searched for: with the hexagonal brackets of GB/T 9704 and without 第.

    The signed bytes keep what was sent.
    """
    return written.translate(_TO_HEXAGONAL).replace("〕第", "〕")
