"""Where a root lead stands for one node: in one of the five classes of the statistics (docs/protocol.md section 5.8).

Pure. Counted are the leads that the node registered or signed for. A class says what the node itself still owes: what
another agency signed for is passed on, whatever becomes of it there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.casework.case import Lead, LeadState, TransferState


class Standing(StrEnum):
    """The classes, in the order in which the parts of one root lead decide: what is least finished comes first."""

    PENDING = "pending"
    IN_VERIFICATION = "in_verification"
    REPLIED = "replied"
    PASSED_ON = "passed_on"
    RETURNED = "returned"


_ORDER = {standing: place for place, standing in enumerate(Standing)}
_IN_VERIFICATION = frozenset({LeadState.ACCEPTED, LeadState.VERIFYING, LeadState.SIGNING, LeadState.CONCLUDED})
CLOSED = frozenset({LeadState.CLEARED, LeadState.ARCHIVED})
_REPLIED = CLOSED | {LeadState.REPLIED, LeadState.CONFIRMED, LeadState.CONTESTED, LeadState.RECHECK}


@dataclass(frozen=True, slots=True)
class Count:
    """A root lead as it counts for a node. `standing` is None where all that the node had was merged away."""

    received_at: datetime
    standing: Standing | None
    leads: tuple[Lead, ...]


def count(node: str, leads: Iterable[Lead]) -> Count | None:
    """Return how a case counts for a node over some of its leads, or None if none of them is the node's."""
    mine = [
        lead.as_known_by(node) for lead in leads if node not in lead.concerned and _signed_or_registered(lead, node)
    ]
    if not mine:
        return None
    live = tuple(lead for lead in mine if lead.state is not LeadState.MERGED and not _lives_on(lead, mine))
    received_at = min(_came_to(lead, node) for lead in mine)
    return Count(received_at, _least_finished(_standing(lead, node) for lead in live), live)


def count_listed(office: str, leads: Iterable[Lead]) -> Count | None:
    """Return how a case counts for the coordination office that its leads are listed to: by their state alone."""
    mine = [lead for lead in leads if office not in lead.concerned and office in lead.listed_to]
    if not mine:
        return None
    live = tuple(lead for lead in mine if lead.state is not LeadState.MERGED and not _lives_on(lead, mine))
    return Count(min(lead.registered_at for lead in mine), _least_finished(map(_by_state, live)), live)


def _least_finished(standings: Iterable[Standing]) -> Standing | None:
    return min(standings, key=_ORDER.__getitem__, default=None)


def _lives_on(lead: Lead, mine: list[Lead]) -> bool:
    """Return whether a split lead counts by its parts. An agency that gave it back before knows of no part."""
    return lead.state is LeadState.SPLIT and any(part.split_from == lead.lead_id for part in mine)


def _signed_or_registered(lead: Lead, node: str) -> bool:
    return lead.origin == node or any(leg.recipient == node and leg.receipted_at for leg in lead.transfers)


def _came_to(lead: Lead, node: str) -> datetime:
    signed = [leg.receipted_at for leg in lead.transfers if leg.recipient == node and leg.receipted_at]
    return lead.registered_at if lead.origin == node else min(signed)


def _standing(lead: Lead, node: str) -> Standing:
    if lead.holder == node and lead.state is not LeadState.SPLIT:
        return _by_state(lead)
    signed = [leg for leg in lead.transfers if leg.recipient == node and leg.receipted_at]
    newest = max(reversed(signed), key=lambda leg: leg.offered_at, default=None)
    if newest is not None and newest.state is TransferState.RETURNED:
        return Standing.RETURNED
    return Standing.PASSED_ON


def _by_state(lead: Lead) -> Standing:
    if lead.state is LeadState.SPLIT:
        return Standing.PASSED_ON
    if lead.state in _REPLIED:
        return Standing.REPLIED
    return Standing.IN_VERIFICATION if lead.state in _IN_VERIFICATION else Standing.PENDING
