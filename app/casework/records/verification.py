"""What a lead keeps of its verification: who verifies, what the report concludes, which seats have signed."""

from datetime import datetime
from typing import ClassVar

from app.casework.case import Chapter, Frozen, Lead, LeadState
from app.casework.kinds import Kind
from app.casework.records.practice import DEFAULT, Practice

# Kinds that verify and kinds that conclude and sign (docs/protocol.md section 4.2).
VERIFIES = frozenset({Kind.POLICE, Kind.SUPERVISION, Kind.CIVIL_AFFAIRS, Kind.REGULATOR})
CONCLUDES = VERIFIES - {Kind.CIVIL_AFFAIRS}

# The limits that bind whoever works on a lead; they end when the lead is answered or passes to other hands.
TASK_LIMITS = ("D10", "D10-regulator", "D11", "D11-regulator")
HOLDER_LIMITS = (*TASK_LIMITS, "D12", "D13", "D14", "D17")


class Signature(Frozen):
    """One seat's approval of the report."""

    seat: int
    name: str
    at: datetime


class Verification(Chapter):
    """核查: the task, and the report that waits for its signatures or has them. A new task replaces the whole.

    `practice` is that of the newest report: its chain of seats ends as it began, whatever the exchange settles since.
    """

    key: ClassVar[str] = "verification"
    handlers: tuple[str, ...] = ()
    supervising_leader: str = ""
    extended: bool = False
    conclusion: str | None = None
    practice: Practice = DEFAULT
    signatures: tuple[Signature, ...] = ()


def task_limit(rule: str, kind: Kind) -> str:
    """Return the id of the limit `rule` (D10, D11) as it binds a kind: regulators count in working days."""
    return f"{rule}-regulator" if kind is Kind.REGULATOR else rule


def signed_conclusion(lead: Lead) -> str | None:
    """Return the conclusion code of a report that every seat has signed, or None."""
    return lead.chapter(Verification).conclusion if lead.state is LeadState.CONCLUDED else None
