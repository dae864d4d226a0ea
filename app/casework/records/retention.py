"""How long a volume is kept, in the words of a schedule of retention: understood, or refused. Pure."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from pydantic import AfterValidator

from app.casework.deadlines import add_months
from app.casework.folding import WHITE_SPACE, folded
from app.casework.values import Label, misfit

# 保管期限 by 国家档案局令第8号 are 永久 and 定期 (30年, 10年); older schedules have 长期, which names no end either.
_FOR_GOOD = re.compile(r"(?:保管期限|保管|保存)?:?\(?(?:永久|长期)\)?(?:保管|保存)?")
_NUMBER = r"(?P<number>[0-9]{1,4}|[零〇一二两三四五六七八九十百]{1,7})"
_DAY = r"(?P<{0}year>[0-9]{{4}})年(?:(?P<{0}month>[0-9]{{1,2}})月(?:(?P<{0}day>[0-9]{{1,2}})日)?)?"
_TERM = re.compile(
    r"(?:保管期限|保管|保存|期限)?:?(?:定期|短期|长期)?(?:保管|保存)?\(?"
    + _NUMBER
    + r"(?P<unit>年|years?|个月|months?)\)?"
    + rf"(?:\(?自{_DAY.format('from_')}(?:起算|起|开始)?\)?)?"
)
_UNTIL = re.compile(rf"(?:保管|保存)?(?:至|到){_DAY.format('to_')}(?:底|末|止)?")
_WRITTEN = re.compile(
    r"(?:([一二两三四五六七八九])百[零〇]?)?(?:([一二三四五六七八九]?)(十))?([一二两三四五六七八九])?"
)
_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}


@dataclass(frozen=True, slots=True)
class Term:
    """A term of retention: `months` from `begins` (None: from the day on which the volume was bound), or up to `over`,
    the first day after it; neither is there for what is kept for good."""

    months: int | None = None
    begins: date | None = None
    over: date | None = None

    def first_day_after(self, bound: date) -> date | None:
        """Return the first day after the term of a volume that was bound on `bound`; None if it never ends."""
        return self.over if self.months is None else add_months(self.begins or bound, self.months)


def term(words: str) -> Term:
    """Return the term that a schedule names; raise `ValueError` if it names none that can be understood."""
    text = "".join(one for one in folded(words).lower() if one not in WHITE_SPACE)
    if _FOR_GOOD.fullmatch(text):
        return Term()
    if until := _UNTIL.fullmatch(text):
        year, month, day = (until[f"to_{part}"] for part in ("year", "month", "day"))
        if day is not None:
            return Term(over=date(int(year), int(month), int(day)) + timedelta(days=1))
        return Term(over=add_months(date(int(year), int(month or 12), 1), 1))
    found = _TERM.fullmatch(text)
    months = _number(found["number"]) * (12 if found["unit"][0] in "年y" else 1) if found else 0
    if found is None or not 0 < months <= 12 * 999:
        raise ValueError("no term")
    year, month, day = (found[f"from_{part}"] for part in ("year", "month", "day"))
    return Term(months, date(int(year), int(month or 1), int(day or 1)) if year else None)


def _number(written: str) -> int:
    if written.isascii():
        return int(written)
    found = _WRITTEN.fullmatch(written)
    if found is None:
        return 0
    hundreds, tens, ten, ones = (found[place] for place in range(1, 5))
    return 100 * _DIGITS.get(hundreds, 0) + (10 * _DIGITS.get(tens, 1) if ten else 0) + _DIGITS.get(ones, 0)


def _understood(words: str) -> str:
    try:
        term(words)
    except (ValueError, OverflowError):
        raise misfit(
            "retention",
            "A retention is a number of years or months (10年, 120个月), an end (至2038年), 永久 or 长期",
            "保管期限应写明年数或者月数（如“10年”“120个月”）、截止时间（如“至2038年”），或者“永久”“长期”",
        ) from None
    return words


Retention = Annotated[Label, AfterValidator(_understood)]
