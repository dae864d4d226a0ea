"""Steps of casework that the tests of the reads start from, and what a caller sees of it."""

from typing import Any

import httpx

from app.client import Agency, uuid7
from app.client.transfers import OfferLetter
from tests.agencies import World
from tests.waiting import until

LETTER: OfferLetter = {
    "route": "report_up",
    "basis": "依职责",
    "competence_reason": "属地管辖",
    "known_facts": "群众反映，未经核实",
}


def screened(world: World, category: str = "general", **members: Any) -> str:
    """Register and screen a lead of the township; return its id."""
    lead_id = world.register(**members)
    world.agency("township").screen(lead_id, category=category, opinion="有具体事件", basis="依职责")
    return lead_id


def offered(world: World, to: str = "police", *, disclosure: str = "full", **members: Any) -> tuple[str, str]:
    """Register, screen and offer a lead of the township; return the ids of lead and transfer."""
    lead_id, transfer_id = screened(world, **members), uuid7()
    world.agency("township").offer(
        lead_id,
        world.agency(to).node_id,
        transfer_id=transfer_id,
        letter={**LETTER, "disclosure": disclosure},
    )
    hear(world.agency(to), lead_id)
    return lead_id, transfer_id


def received(world: World, to: str = "police", *, disclosure: str = "full") -> tuple[str, str]:
    """The same, and signed for."""
    lead_id, transfer_id = offered(world, to, disclosure=disclosure)
    world.agency(to).sign_receipt(transfer_id, attachments_received=0)
    return lead_id, transfer_id


def forwarded(world: World) -> tuple[str, str, str]:
    """A lead that went from the township to the police and on to the regulator; return lead and both transfers."""
    lead_id, first = received(world)
    second = uuid7()
    regulator = world.agency("regulator")
    world.agency("police").forward(
        first,
        regulator.node_id,
        new_transfer_id=second,
        basis="行政处罚法第二十七条",
        competence_reason="计量违法",
    )
    hear(regulator, lead_id)
    hear(world.agency("township"), lead_id)
    regulator.sign_receipt(second, attachments_received=0)
    return lead_id, first, second


def hear(agency: Agency, lead_id: str) -> list[str]:
    """Read the inbox until it holds something on the lead, and every act in it; return the names of the acts."""
    after, heard = 0, list[str]()

    def all_heard() -> list[str] | None:
        nonlocal after
        for item in agency.inbox(after, wait=0 if heard else 5):
            after = item["seq"]
            if item["lead_id"] == lead_id:
                heard.append(agency.get_act(item["act_id"]).act)
        return heard if heard and not agency.inbox(after) else None

    return until(f"an act on {lead_id} in the inbox of {agency.node_id}", all_heard)


def ask(agency: Agency, path: str, headers: dict[str, str] | None = None, **params: Any) -> httpx.Response:
    """Send one read with the agency's token."""
    sent = {"Authorization": f"Bearer {agency.token()}"} | (headers or {})
    return agency.http.get(path, params=params, headers=sent)


def acts_seen(agency: Agency, lead_id: str) -> list[str]:
    return [item["act"] for item in agency.timeline(lead_id)]


def act_ids(agency: Agency, lead_id: str) -> dict[str, str]:
    return {item["act"]: item["act_id"] for item in agency.timeline(lead_id)}
