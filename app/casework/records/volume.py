"""How long the content of an ended lead is kept: what its volume states, and never less than the table says. Pure.

The table is data with its sources. A site needs the approval of its archive authority for its schedule
(档案法实施条例 第十九条); what that schedule says of a lead stands in the volume, as `retention` of `lead.archive`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from app.casework.case import Chapter, Lead
from app.casework.deadlines import add_months
from app.casework.records.retention import term
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
    if volume.bound_at is None:
        return None
    bound = volume.bound_at.astimezone(zone).date()
    stated = term(volume.retention).first_day_after(bound)
    return None if stated is None else max(stated, add_months(bound, 12 * least(lead).years))
