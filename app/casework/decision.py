"""What a rule answers: everything that follows from one act, and how it changes the case."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.casework.case import ActRef, Case, Lead
from app.casework.deadlines import Deadline


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

    `changes` are deadlines as they are from now on: standing still, running, warned, breached. `barred` are parties
    found to be concerned by that lead: they may read nothing of it any more. `also_read` are nodes that may read the
    act itself without being addressed: it reaches no inbox of theirs.
    """

    leads: tuple[Lead, ...]
    claims: tuple[Claim, ...] = ()
    admits: tuple[Admission, ...] = ()
    starts: tuple[Deadline, ...] = ()
    changes: tuple[Deadline, ...] = ()
    stops: frozenset[str] = field(default_factory=frozenset)
    notices: tuple[Notice, ...] = ()
    barred: frozenset[str] = field(default_factory=frozenset)
    also_read: frozenset[str] = field(default_factory=frozenset)

    @property
    def deadlines(self) -> tuple[Deadline, ...]:
        """What the receipt says of deadlines: those that start, and those that run again."""
        return (*self.starts, *(deadline for deadline in self.changes if not deadline.stands_still))


def evolve(case: Case, decision: Decision, now: datetime) -> Case:
    """Return the case after a decision: leads replaced, deadlines moved, readers admitted or barred.

    A deadline that the decision both changes and stops is changed first.
    """
    changed = {deadline.deadline_id: deadline for deadline in decision.changes}
    deadlines = tuple(
        deadline.model_copy(update={"stopped": now}) if deadline.deadline_id in decision.stops else deadline
        for deadline in (changed.get(deadline.deadline_id, deadline) for deadline in case.deadlines)
    )
    return case.but(
        leads={**case.leads, **{lead.lead_id: lead for lead in decision.leads}},
        deadlines=(*deadlines, *decision.starts),
        acts=_readers_after(case, decision) if decision.admits or decision.barred else case.acts,
    )


def _readers_after(case: Case, decision: Decision) -> tuple[ActRef, ...]:
    admitted: dict[str, set[str]] = {}
    for admission in decision.admits:
        admitted.setdefault(admission.act_id, set()).add(admission.node)
    lead_id = decision.leads[0].lead_id
    return tuple(
        ref.but(
            readers=tuple(
                sorted(
                    {*ref.readers, *admitted.get(ref.act_id, ())}
                    - (decision.barred if ref.lead_id == lead_id else frozenset())
                )
            )
        )
        for ref in case.acts
    )
