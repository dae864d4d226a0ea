"""Whoever finds that another agency is competent hands the lead on: which limit runs from that finding, and until when.

The finding is a screening: it names the competent agency, or says that the matter is one of officials. Another
screening, a verification of one's own, or handing the lead on ends what runs.
"""

from typing import Any

from app.casework.case import Lead, Transfer, TransferState
from app.casework.deadlines import Deadline
from app.casework.kinds import Kind
from app.casework.records.prosecution import FILING, LADDER
from app.casework.scene import Scene

# Registering in a petition office starts D01; the others follow from a screening or a split.
PASSING_ON = ("D02", "D03", "D03-police", "D03-supervision", "D08", "D08-supervision")
HANDING_ON = ("D01", *PASSING_ON)
# What never was a matter of the regulator's own, and what supervision takes over, is no case of Order 310.
NO_CRIME_CASE = ("not_within_remit", "official_misconduct")


def found_elsewhere(
    scene: Scene[Any], lead: Lead, competent: str | None
) -> tuple[tuple[Deadline, ...], frozenset[str]]:
    """Return the deadlines that a screening of `lead` starts and the ids of those that it ends.

    One that runs already goes on: to say the same thing twice gives no more time.
    """
    wanted = _limits(scene, lead, competent)
    starts = [
        deadline
        for rule in wanted
        if not scene.running(lead.lead_id, rule)
        for deadline in _started(scene, lead.lead_id, rule)
    ]
    over = [rule for rule in PASSING_ON if rule not in wanted]
    return tuple(starts), scene.running(lead.lead_id, *over)


def taken_back(scene: Scene[Any], leg: Transfer) -> tuple[Deadline, ...]:
    """Return what handing on by `leg` had ended and its withdrawal brings back, with no more time than there was.

    What the leg carried on, if it did, has deadlines of its own anew.
    """
    # Offers and withdrawals of one instant end the same limit more than once: it comes back once.
    ended = {
        (deadline.rule, deadline.subject): deadline
        for deadline in scene.case.deadlines
        if (deadline.lead_id, deadline.node, deadline.stopped) == (scene.lead.lead_id, leg.sender, leg.offered_at)
        and deadline.rule in (*HANDING_ON, FILING, *LADDER)
        and deadline.subject != leg.came_by
    }
    return tuple(
        scene.start(deadline.rule, deadline.node, deadline.subject, after=deadline.started)
        for deadline in ended.values()
    )


def _limits(scene: Scene[Any], lead: Lead, competent: str | None) -> tuple[str, ...]:
    """Return the rules that bind the holder now that it has found whose matter the lead is."""
    holder, other = scene.sender, scene.given.nodes.get(competent or "")
    official = lead.category == "official_misconduct"
    if holder.kind is not Kind.SUPERVISION and (official or (other is not None and other.kind is Kind.SUPERVISION)):
        return ("D03-supervision",)
    if other is None or other.node_id == holder.node_id:
        return ()
    leg = lead.way_to(holder.node_id)
    match holder.kind:
        case Kind.SUPERVISION:
            return ("D08-supervision",) if leg or other.kind is Kind.SUPERVISION else ("D03-supervision",)
        case Kind.POLICE:
            transferred = leg is not None and leg.route == "crime_case" and leg.state is TransferState.RECEIPTED
            return ("D08",) if transferred else ("D03-police",)
        case Kind.REGULATOR if other.kind is Kind.POLICE and lead.category not in NO_CRIME_CASE:
            return ("D02", "D03")
        case _:
            return ()


def _started(scene: Scene[Any], lead_id: str, rule: str) -> tuple[Deadline, ...]:
    """Return the deadline of a rule. The 24 hours of D03 follow on the three days in which the head decides (D02)."""
    if rule != "D03":
        return (scene.start(rule, scene.act.sender, lead_id),)
    decided = scene.start("D02", scene.act.sender, lead_id).due
    return (scene.start(rule, scene.act.sender, lead_id, after=decided),)
