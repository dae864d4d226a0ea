"""Value types of the contract (docs/protocol.md section 1), each with its check and its place in the API schema."""

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, WithJsonSchema
from pydantic.types import StrictBool, StrictInt
from stdnum.cn import ric, uscc

UUID_PATTERN = r"^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
NODE_ID_PATTERN = r"^[a-z][a-z0-9-]{2,62}$"
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_DOCUMENT_NO = r"^[\u4e00-\u9fa5]+(〔[0-9]{4}〕|\[[0-9]{4}\]|\([0-9]{4}\)|（[0-9]{4}）)[1-9][0-9]*号$"
_CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")
_RESIDENT_ID = re.compile(r"[0-9]{17}[0-9X]")


class Content(BaseModel):
    """Base of everything that stands in a signed body: unknown members are refused, nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _instant(value: Any) -> datetime:
    if not isinstance(value, str) or _RFC3339.fullmatch(value) is None:
        raise ValueError("a time is RFC 3339 with an offset, such as 2026-03-02T10:00:00+08:00")
    moment = datetime.fromisoformat(value)
    # At either end of the calendar an instant has no date in another time zone.
    if not 1900 <= moment.year <= 9998:
        raise ValueError("a time lies in the years 1900 to 9998")
    return moment


def _day(value: Any) -> date:
    if not isinstance(value, str) or _DAY.fullmatch(value) is None:
        raise ValueError("a date is written as 2026-03-31")
    day = date.fromisoformat(value)
    if not 1900 <= day.year <= 9998:
        raise ValueError("a date lies in the years 1900 to 9998")
    return day


def _resident_id(value: str) -> str:
    # The register of places changes; only form, birth date and check digit are judged (GB 11643).
    if _RESIDENT_ID.fullmatch(value) is None or ric.calc_check_digit(value[:17]) != value[17]:
        raise ValueError("not a resident identity number: the check digit differs (GB 11643)")
    try:
        ric.get_birth_date(value)
    except ValueError as error:
        raise ValueError("not a resident identity number: no such birth date (GB 11643)") from error
    return value


def _credit_code(value: str) -> str:
    if _CREDIT_CODE.fullmatch(value) is None or uscc.calc_check_digit(value[:17]) != value[17]:
        raise ValueError("not a unified social credit code: the check digit differs (GB 32100)")
    return value


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


def normalised_document_no(written: str) -> str:
    """Return a document number with the hexagonal brackets of GB/T 9704; the signed bytes keep what was sent."""
    return written.translate(str.maketrans("[](（)）", "〔〕〔〔〕〕"))
