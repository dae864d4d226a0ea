"""What one lead adds to the statistics, with the time at which each figure falls: so that copies count as originals."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from app.casework.case import Case
from app.casework.statistics.figures import figures
from app.casework.statistics.standing import count, count_listed

ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Tally:
    """`number` more of a measure for a node, on the local day `lag` after the lead was registered."""

    node_id: str
    audience: str
    measure: str
    number: int
    lag: timedelta


def tallies(case: Case, acts: Iterable[Any]) -> list[Tally]:
    """Return what a case of one lead adds, and that agencies acted; `acts` are their rows, without notices."""
    (lead,) = case.leads.values()
    began, found = lead.registered_at, []
    for (node, audience, day, measure), number in figures(case, ZONE).items():
        counted = count_listed(node, [lead]) if audience == "listed" else count(node, [lead])
        at: datetime = began if counted is None else counted.received_at
        if at.astimezone(ZONE).date() != day:
            raise ValueError(f"{measure} of {node} falls on {day}, not on the day of {at}")
        found.append(Tally(node, audience, measure, number, at - began))
    return found + [Tally(row["sender"], "own", "acts", 1, row["received_at"] - began) for row in acts]
