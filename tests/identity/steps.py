"""A lead whose reporter is sealed, and the openings of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.casework.acts import CATALOGUE
from app.client import uuid7
from tests.agencies import World
from tests.views.steps import LETTER, hear

IDENTITY = {"name": "马某某", "phone": "0990-5550199"}
APPROVERS = [{"name": "周某某", "title": "局长"}, {"name": "郑某某", "title": "法制大队长"}]
READERS = [{"name": "孙某某", "title": "民警"}, {"name": "钱某某", "title": "民警"}]
READER, PURPOSE = "孙某某", "保护举报人"


def sealed_lead(world: World, *recipients: str, disclosure: str = "full") -> tuple[str, str]:
    """Register a lead with a sealed reporter, bring it to the police; return the ids of lead and registering act."""
    town, police, lead_id, transfer_id = world.agency("township"), world.agency("police"), uuid7(), uuid7()
    parts = town.seal_identity(lead_id, IDENTITY, recipients or [police.node_id])
    act_id = town.register_lead(lead_id=lead_id, **CATALOGUE["lead.register"].example, **parts.envelope).act_id
    town.screen(lead_id, category="general", opinion="有具体事件", basis="依职责")
    letter: Any = {**LETTER, "route": "report_up", "disclosure": disclosure}
    town.offer(lead_id, police.node_id, transfer_id=transfer_id, letter=letter)
    hear(police, lead_id)
    police.sign_receipt(transfer_id, attachments_received=0)
    return lead_id, act_id


def grant(world: World, lead_id: str, of_act: str, *, days: float = 7, **content: Any) -> str:
    """Let the police open it; return the id of the opening."""
    opening_id = uuid7()
    given = {"approvers": APPROVERS, "readers": READERS, "purpose": PURPOSE, "opening_id": opening_id, **content}
    world.agency("police").grant_opening(lead_id, of_act, expires_at=datetime.now(UTC) + timedelta(days=days), **given)
    return opening_id


def part_of(world: World, act_id: str) -> str:
    """Return the SHA-256 of the part that an act of the township sealed for the police."""
    sealed = world.agency("township").get_act(act_id).document["sealed"]
    return str(next(one["sha256"] for one in sealed if one["recipient"] == "police-990121"))
