"""From totals to what is shown: rates, days, and cells that are too small to show to others. Pure.

There is no order by any figure here, and no figure of a person: agencies are listed by their id.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.casework.statistics.figures import MOST_DAYS, STANDINGS, TIMED

SMALLEST = 5
TOO_SMALL: Literal["n<5"] = "n<5"
Cell = int | Literal["n<5"]
Rate = Annotated[float | Literal["n<5"] | None, Field(description="per cent; null without anything to divide by")]
Totals = Mapping[str, int]


class StatisticsAnswer(BaseModel):
    model_config = ConfigDict(frozen=True)


class Classes(StatisticsAnswer):
    """received = replied + in_verification + pending + passed_on + returned, in root leads; merged ones apart."""

    received: Cell
    replied: Cell
    in_verification: Cell
    pending: Cell
    passed_on: Cell
    returned: Cell
    merged: Cell
    cleared: Cell


class Process(StatisticsAnswer):
    """How the work keeps time: leads with a deadline gone by (now, ever), transfers signed for, late, given back."""

    overdue_now: Cell
    overdue_ever: Cell
    receipts: Cell
    receipts_late: Cell
    returns: Cell


class OwnWork(StatisticsAnswer):
    """What only the agency itself sees: what it concluded, and letters, rechecks and meetings that it took part in."""

    concluded: int = Field(description="leads that it holds and has concluded, also if it verifies anew by now")
    converted: int = Field(description="concluded leads of which a case came")
    conclusions: int = Field(description="conclusions fed back")
    contested: int = Field(description="conclusions that were contested, whatever came of it")
    rechecks: int
    recheck_returns: int
    letters: int
    letters_answered: int
    supervision_letters: int
    supervision_letters_sent: int
    consultations: int
    supplementary_rounds: int


class Rates(StatisticsAnswer):
    clear: Rate
    reply: Rate
    conversion: Rate
    on_time_receipt: Rate
    returned: Rate
    contested: Rate
    recheck_returned: Rate
    letters_answered: Rate


class Days(StatisticsAnswer):
    """Whole days from the start of a limit to its end, over limits that have ended; 99 stands for 99 or more."""

    rule: str
    count: int
    median: float
    p90: int


class Reckoned(StatisticsAnswer):
    """The figures of an agency as it sees them itself. `zero` 清零: nothing that it received is open."""

    figures: Classes
    process: Process
    work: OwnWork
    rates: Rates
    days: list[Days]
    zero: bool


def reckon(totals: Totals) -> Reckoned:
    """Return an agency's own figures from its totals by measure."""
    open_now = totals.get("pending", 0) + totals.get("in_verification", 0)
    receipts = totals.get("receipts", 0)
    on_time = {**totals, "receipts_on_time": receipts - totals.get("receipts_late", 0)}
    return Reckoned(
        figures=classes(totals),
        process=process(totals),
        work=OwnWork.model_validate({name: totals.get(name, 0) for name in OwnWork.model_fields}),
        rates=Rates(
            clear=rate(totals, "cleared", "received"),
            reply=rate(totals, "replied", "received"),
            conversion=rate(totals, "converted", "concluded", least=SMALLEST),
            on_time_receipt=rate(on_time, "receipts_on_time", "receipts"),
            returned=rate(totals, "returns", "receipts"),
            contested=rate(totals, "contested", "conclusions"),
            recheck_returned=rate(totals, "recheck_returns", "rechecks"),
            letters_answered=rate(totals, "letters_answered", "letters"),
        ),
        days=[found for rule in TIMED if (found := days(totals, rule)) is not None],
        zero=open_now == 0,
    )


def classes(totals: Totals) -> Classes:
    return Classes.model_validate({name: totals.get(name, 0) for name in Classes.model_fields})


def process(totals: Totals) -> Process:
    return Process.model_validate({name: totals.get(name, 0) for name in Process.model_fields})


def rate(totals: Totals, part: str, whole: str, *, least: int = 1) -> float | Literal["n<5"] | None:
    """Return a part of a whole in per cent to two places; `n<5` for a whole under `least`, None for none at all."""
    number = totals.get(whole, 0)
    if number < least:
        return TOO_SMALL if least > 1 else None
    return round(100 * totals.get(part, 0) / number, 2)


def days(totals: Totals, rule: str) -> Days | None:
    """Return median and 90th percentile (nearest rank) from the histogram of a limit, or None if none has ended."""
    spread = [(day, totals.get(f"days.{rule}.{day}", 0)) for day in range(MOST_DAYS + 1)]
    count = sum(number for _, number in spread)
    if count <= 0:
        return None
    middle = (_ranked(spread, (count + 1) // 2) + _ranked(spread, count // 2 + 1)) / 2
    return Days(rule=rule, count=count, median=middle, p90=_ranked(spread, -(-9 * count // 10)))


def _ranked(spread: Iterable[tuple[int, int]], rank: int) -> int:
    passed = 0
    for day, number in spread:
        passed += number
        if passed >= rank:
            return day
    return MOST_DAYS


def veiled_classes(totals: Totals) -> Classes:
    """Return the classes as others may see them: no cell under five, and none that the other cells give away.

    The classes add up to `received`. So at least two are left out together, and they come to five or more;
    where that cannot be, `received` is left out as well.
    """
    numbers = {name: totals.get(name, 0) for name in Classes.model_fields}
    shown = {name for name in STANDINGS if numbers[name] >= SMALLEST}
    left_out = set(STANDINGS) - shown
    while shown and left_out and (len(left_out) < 2 or sum(numbers[name] for name in left_out) < SMALLEST):
        smallest = min(sorted(shown), key=lambda name: numbers[name])
        shown.remove(smallest)
        left_out.add(smallest)
    # What is not among the classes gives no other cell away, but one near the whole would tell the small rest of it.
    rest = {name for name in ("merged", "cleared") if numbers[name] >= SMALLEST}
    if 0 <= numbers["received"] - numbers["cleared"] < SMALLEST:
        rest -= {"cleared"}
    whole = {"received"} if numbers["received"] >= SMALLEST else set()
    return Classes.model_validate(
        {name: numbers[name] if name in shown | rest | whole else TOO_SMALL for name in numbers}
    )


def veiled_process(totals: Totals) -> Process:
    """Return the process figures as others may see them; a part that leaves fewer than five of its whole goes too."""
    numbers = {name: totals.get(name, 0) for name in Process.model_fields}
    shown = {name for name, number in numbers.items() if number >= SMALLEST}
    parts = (("receipts_late", "receipts"), ("returns", "receipts"), ("overdue_now", "overdue_ever"))
    shown -= {part for part, whole in parts if numbers[whole] - numbers[part] < SMALLEST}
    return Process.model_validate({name: numbers[name] if name in shown else TOO_SMALL for name in numbers})
