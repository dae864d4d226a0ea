"""How a lead lives on in its parts: which way a part came, and what of the lead goes on with it. Pure."""

from collections.abc import Iterable
from uuid import UUID, uuid5

from app.casework.case import Case, Lead, Transfer, TransferState
from app.casework.deadlines import Deadline
from app.casework.diverting import HANDING_ON, PASSING_ON
from app.casework.records.prosecution import FILING, LADDER
from app.casework.records.verification import TASK_LIMITS

LEGS = UUID("8f1f0d8e-9a51-4f60-8f1a-3f4c7e0a9b21")
DEADLINES = UUID("2c6b5d0a-54b6-4b0c-9c87-6b8d1a7c3f44")
# What can run on a lead or on a transfer of it, and what of that goes on for a part.
ON_THE_LEAD = (
    *HANDING_ON,
    "D04",
    "D05",
    "D06",
    "D07",
    "D07-petition",
    FILING,
    *TASK_LIMITS,
    "D12",
    "D13",
    "D14",
    "D16",
    "D17",
    *LADDER,
)
GO_ON_FOR_A_PART = ("D01", "D05", "D07", "D07-petition", FILING, *TASK_LIMITS, "D17")
STANDING = (TransferState.RECEIPTED, TransferState.ACCEPTED)


def incoming_leg(lead: Lead) -> Transfer | None:
    """Return the leg by which the holder has the lead; None where it registered the lead itself."""
    leg = lead.way_to(lead.holder)
    return leg if leg is not None and leg.state in STANDING else None


def way_of_part(lead: Lead, leg: Transfer, part_id: str, transfer_id: str) -> tuple[Transfer, ...]:
    """Return the legs by which a part came to its holder, oldest first.

    The incoming leg goes on under `transfer_id`; those before it under ids that follow from the part's, so that every
    id belongs to one lead and the agencies upstream can speak along their own leg of every part.
    """
    before = [earlier for node in lead.upstream(lead.holder) if (earlier := lead.way_to(node)) is not None]
    ids = {earlier.transfer_id: str(uuid5(LEGS, f"{part_id}:{earlier.transfer_id}")) for earlier in before}
    ids[leg.transfer_id] = transfer_id
    return tuple(
        earlier.but(transfer_id=ids[earlier.transfer_id], came_by=ids.get(earlier.came_by) if earlier.came_by else None)
        for earlier in (*before[::-1], leg)
    )


def deadlines_of_part(case: Case, lead: Lead, part: Lead, *, only: Iterable[str] | None = None) -> tuple[Deadline, ...]:
    """Return what runs on the lead or its incoming leg, going on for a part as it stands; `only` names rules.

    What runs for a matter of its own (a letter, a consultation, a protection) stays with the lead. A finding that the
    whole belongs elsewhere says nothing of a part: what was to be handed on is found anew for each.
    """
    leg, new_leg = incoming_leg(lead), incoming_leg(part)
    subjects = {lead.lead_id: part.lead_id}
    if leg is not None and new_leg is not None:
        subjects[leg.transfer_id] = new_leg.transfer_id
    return tuple(
        deadline.model_copy(
            update={
                "deadline_id": str(uuid5(DEADLINES, f"{deadline.deadline_id}:{part.lead_id}")),
                "lead_id": part.lead_id,
                "subject": subjects[deadline.subject],
            }
        )
        for deadline in case.open_deadlines(lead.lead_id)
        if deadline.subject in subjects and (deadline.rule not in PASSING_ON if only is None else deadline.rule in only)
    )


def ended_deadlines(case: Case, lead: Lead) -> frozenset[str]:
    """Return the ids of the deadlines that end with a lead: its own, and those of its legs."""
    subjects = {lead.lead_id, *(leg.transfer_id for leg in lead.transfers)}
    return frozenset(
        deadline.deadline_id for deadline in case.open_deadlines(lead.lead_id) if deadline.subject in subjects
    )
