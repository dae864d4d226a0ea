"""How long the content of an ended lead is kept: what its volume states, and never less than the table says. Pure.

The table is data with its sources. A site needs the approval of its archive authority for its schedule
(档案法实施条例 第十九条); what that schedule says of a lead stands in the volume, as `retention` of `lead.archive`.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from app.casework.case import Chapter, Lead
from app.casework.records.verification import Verification
from app.casework.rules import Rule
from app.errors import Source

RETENTION = Rule(
    "R-RETENTION",
    Source.default("content is erased after the retention of its volume; at least 2, 5 or 10 years by the outcome"),
    "The retention of this lead is not over.",
    "该线索的保管期限未满。",
)
# 无法核实, as a report says it or as an outcome that was fed back without a report.
UNVERIFIED = ("unverifiable", "无法核实")
# 10年, 三十年, 定期10年, 定期（30年）, 10 years. What names no number of years (永久, 长期) never ends.
_YEARS = re.compile(r"(?:定期)?\s*[(（]?\s*(\d{1,3}|[二两三五十]{1,3})\s*(?:年|years?)\s*[)）]?")
_WRITTEN = {"二": 2, "两": 2, "三": 3, "五": 5, "十": 10, "十五": 15, "二十": 20, "三十": 30, "五十": 50}


@dataclass(frozen=True, slots=True)
class Retention:
    """The least that a lead of one outcome is kept, in years from the day on which its volume was bound."""

    outcome: str
    years: int
    source: Source


UNFOUNDED = Retention("unsubstantiated", 2, Source.default("查否: 2 years"))
UNVERIFIABLE = Retention("unverifiable", 5, Source.default("无法核实: 5 years"))
CONCLUDED = Retention(
    "any other",
    10,
    Source.default("10 years, the shortest term of 机关文件材料归档范围和文书档案保管期限规定 (国家档案局令第8号)"),
)


class Volume(Chapter):
    """When the volume of a lead was bound, and how long it is kept in the words of the schedule."""

    key: ClassVar[str] = "volume"
    bound_at: datetime | None = None
    retention: str = ""


def least(lead: Lead) -> Retention:
    """Return the row of the table that holds for an archived lead."""
    if lead.sealed:
        return UNFOUNDED
    said = lead.chapter(Verification).conclusion or (lead.outcome or "").strip()
    return UNVERIFIABLE if said in UNVERIFIED else CONCLUDED


def kept_until(lead: Lead, zone: ZoneInfo) -> date | None:
    """Return the first day on which an archived lead may be erased; None if its volume is kept for good."""
    volume = lead.chapter(Volume)
    stated = _stated(volume.retention)
    if volume.bound_at is None or stated is None:
        return None
    bound, years = volume.bound_at.astimezone(zone).date(), max(stated, least(lead).years)
    # 29 February, in a year without one.
    return _on(bound.year + years, bound.month, bound.day) or _on(bound.year + years, bound.month, bound.day - 1)


def _stated(retention: str) -> int | None:
    found = _YEARS.fullmatch(retention.strip())
    if found is None:
        return None
    return int(found[1]) if found[1].isdecimal() else _WRITTEN.get(found[1])


def _on(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
