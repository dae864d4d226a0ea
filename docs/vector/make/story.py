"""The story as data: a civil affairs bureau registers a lead and offers it to the police, who sign for it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from make.keys import CIVIL, POLICE

from app.casework.kinds import Kind, Level, Node

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LEAD = "019ccd10-0000-7000-8000-000000000001"
TRANSFER = "019ccd10-0000-7000-8000-000000000002"
NODES = {
    CIVIL: Node(CIVIL, Kind.CIVIL_AFFAIRS, Level.COUNTY, "990121"),
    POLICE: Node(POLICE, Kind.POLICE, Level.COUNTY, "990121"),
}
LEAD_NO = "XS-990121-CIVIL_AFFAIRS-2026-000001"


@dataclass(frozen=True, slots=True)
class Planned:
    """An act of the story: `minute` after the start; `compact` says how its sender happens to write JSON."""

    name: str
    sender: str
    act_id: str
    minute: int
    recipients: tuple[str, ...]
    content: dict[str, Any]
    compact: bool = True

    @property
    def at(self) -> datetime:
        return START + timedelta(minutes=self.minute)


STORY = (
    Planned(
        "lead.register",
        CIVIL,
        "019ccd10-0000-7000-8000-00000000000a",
        10,
        (),
        {
            "source": {"type": "public_report", "channel": "visit", "received_at": "2026-03-02T08:40:00+08:00"},
            "place_code": "990121101",
            "sectors": ["养老服务"],
            "allegation": "虚构：群众反映某养老院负责人张某某多次以“预存费用”为名骗取老人钱款。",
            "persons": [{"token": "p1", "name": "张某某", "role": "reported"}],
            "events": [{"token": "e1", "summary": "2025年12月收取“预存费用”后拒不退还"}],
            "concerns_nodes": [],
        },
    ),
    Planned(
        "transfer.offer",
        CIVIL,
        "019ccd10-0000-7000-8000-00000000000b",
        20,
        (POLICE,),
        {
            "transfer_id": TRANSFER,
            "to": POLICE,
            "route": "peer",
            "basis": "依职责移送",
            "competence_reason": "所反映行为发生在该局管辖区域内",
            "known_facts": "已核对：该养老院在本县登记。其余为群众反映，未经查证。",
            "disclosure": "full",
        },
        compact=False,
    ),
    Planned(
        "transfer.receipt",
        POLICE,
        "019ccd10-0000-7000-8000-00000000000c",
        30,
        (CIVIL,),
        {"transfer_id": TRANSFER, "received_at": "2026-03-02T09:30:00+08:00", "attachments_received": 0},
    ),
)
