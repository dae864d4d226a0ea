"""The contents of the acts that are measured, as agencies write them. Everyone and every place is invented."""

import os
from typing import Any

from app.client import Contact, Signatory
from bench.exchange import POLICE

SIGNATORY = Signatory(name="赵某某", title="镇长")
HANDLER = Contact(name="钱某某", phone="0000-0000001")
ALLEGATION = (
    "群众反映：甲镇河湾砂石料场经营者张某某等人自二〇二五年十月以来多次在料场路口堵截过往运料车辆，"
    "以「管理费」名义向司机收取钱款，不交钱的车辆被扎破轮胎、砸坏车窗；并多次到河湾桥工地阻挠施工，"
    "强迫施工方高价购买其砂石。反映人称有三名司机愿意作证，但担心遭到报复，请求为其保密。以上情况未经核实。"
)


def register_content() -> dict[str, Any]:
    """Return a lead as a township registers it; its external number is new each time."""
    return {
        "source": {
            "type": "public_report",
            "channel": "visit",
            "received_at": "2026-03-02T08:40:00+08:00",
            "external_no": f"JF-2026-{os.urandom(6).hex()}",
        },
        "place_code": "990121101",
        "occurred": {"from": "2025-10-01T00:00:00+08:00", "to": "2025-12-31T00:00:00+08:00"},
        "sectors": ["砂石", "道路运输"],
        "allegation": ALLEGATION,
        "persons": [
            {"token": "p1", "name": "张某某", "role": "reported", "position": "料场经营者"},
            {
                "token": "p2",
                "name": "李某某",
                "role": "victim",
                "phone": f"+999 {int.from_bytes(os.urandom(5)) >> 1:012d}",
            },
        ],
        "events": [
            {"token": "e1", "summary": "2025年10月至12月多次堵截运料车辆，收取「管理费」"},
            {"token": "e2", "summary": "2025年11月到河湾桥工地阻挠施工，强迫购买砂石"},
        ],
        "concerns_nodes": [],
    }


def screen_content() -> dict[str, Any]:
    return {
        "category": "disorder",
        "opinion": "反映内容具体，有时间、地点和事件，疑似行业乱象，建议移送公安机关核查。",
        "competent_node": POLICE[0],
        "concerns_nodes": [],
        "basis": "反有组织犯罪法第二十五条",
    }


def offer_content(transfer_id: str, to: str) -> dict[str, Any]:
    return {
        "transfer_id": transfer_id,
        "to": to,
        "route": "report_up",
        "basis": "反有组织犯罪法第二十五条",
        "competence_reason": "所反映行为发生在该局管辖区域内",
        "known_facts": "已核对：料场位于甲镇河湾，地磅无检定标识，路口有监控一处。其余为群众反映，未经查证。",
        "disclosure": "full",
        "feedback_by": "2026-04-30T17:00:00+08:00",
    }
