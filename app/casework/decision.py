"""What a rule answers: everything that follows from one act."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.casework.case import Lead
    from app.casework.clocks import Clock


@dataclass(frozen=True, slots=True)
class Admission:
    """From now on `node` may read an earlier act."""

    act_id: str
    node: str


@dataclass(frozen=True, slots=True)
class Claim:
    """An id that this act brings into the world: a lead, a transfer, a feedback …"""

    subject_id: str
    kind: str
    lead_id: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What the exchange tells one node because of the act."""

    notice: str
    lead_id: str
    to: str
    content: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What follows from an act. The first of `leads` is the one that the receipt speaks of.

    `barred` are parties found to be concerned by that lead: they may read nothing of it any more.
    """

    leads: tuple[Lead, ...]
    claims: tuple[Claim, ...] = ()
    admits: tuple[Admission, ...] = ()
    starts: tuple[Clock, ...] = ()
    stops: frozenset[str] = field(default_factory=frozenset)
    notices: tuple[Notice, ...] = ()
    barred: frozenset[str] = field(default_factory=frozenset)
