"""What the agencies of the story write. Every name and place is invented; every allegation is an allegation."""

from collections.abc import Sequence
from typing import Any

SOURCE = {"type": "public_report", "channel": "visit", "received_at": "2026-03-02T08:40:00+08:00"}
L1: dict[str, Any] = {
    "source": SOURCE,
    "place_code": "990121101",
    "occurred": {"from": "2025-10-01T00:00:00+08:00", "to": "2025-12-31T00:00:00+08:00"},
    "sectors": ["砂石"],
    "allegation": (
        "群众反映：测试县甲镇河湾砂石料场经营者张某某等人，2025年10月至12月多次堵截运料车辆，"
        '强迫施工方购买其砂石，称不买就"别想进场"；甲镇东村村干部李某某疑似提前告知检查时间，'
        "并与他人有借款纠纷；料场地磅无检定标识。"
    ),
    "persons": [
        {"token": "p1", "name": "张某某", "role": "reported", "position": "料场经营者"},
        {"token": "p2", "name": "李某某", "role": "reported", "position": "村干部"},
    ],
    "events": [
        {"token": "e1", "summary": "堵截运料车辆"},
        {"token": "e2", "summary": "强迫施工方购买砂石"},
        {"token": "e3", "summary": "疑似提前告知检查时间"},
        {"token": "e4", "summary": "借款纠纷"},
        {"token": "e5", "summary": "料场地磅无检定标识"},
    ],
    "concerns_nodes": [],
}
L2: dict[str, Any] = {
    "source": {**SOURCE, "channel": "letter", "received_at": "2026-03-10T08:40:00+08:00"},
    "place_code": "990121101",
    "sectors": [],
    "allegation": '匿名信：称甲镇教师王某某"是黑社会"，无时间、地点、事件，仅有"听说"。',
    "persons": [{"token": "p1", "name": "王某某", "role": "reported", "position": "教师"}],
    "events": [],
    "concerns_nodes": [],
}
REPORTER = {"name": "举报人某某", "phone": "0990-5550199"}
APPROVER = {"name": "吴某某", "title": "局长", "level": "county"}
TASK = {
    "handlers": ["孙某某", "李某"],
    "supervising_leader": "周某某",
    "responsibility": "逐一查清人员信息、具体事件和处理结果",
    "consequence": "逾期未结的，按本单位考核办法通报",
}
REPORT: dict[str, Any] = {
    "persons": [{"token": "p1", "identity_verified_by": "核对身份证件和营业执照", "finding": "系料场经营者"}],
    "events": [
        {"token": "e1", "found": "found", "evidence": ["道路监控录像"], "handling_result": "拟立案侦查"},
        {"token": "e2", "found": "found", "evidence": ["施工方询问笔录"], "handling_result": "拟立案侦查"},
    ],
    "exculpatory": "2025年12月的一次堵车系道路施工造成，与被反映人无关。",
    "steps": [{"at": "2026-03-06T10:00:00+08:00", "what": "到料场实地查看"}],
    "checklist": {},
    "conclusion": "substantiated",
}
UNFOUNDED_REPORT: dict[str, Any] = {
    **REPORT,
    "persons": [{"token": "p1", "identity_verified_by": "核对身份证件", "finding": "未发现任何违法行为"}],
    "events": [],
    "exculpatory": "同事、邻居均证明其无任何违法行为。",
    "conclusion": "unsubstantiated",
}
OUTLINE = {
    "item": "堵截车辆的次数",
    "reason": "现有证言互相矛盾",
    "direction": "核对道路监控与过磅记录",
    "evidence": "监控录像、过磅单",
    "purpose": "证明强迫交易的次数与持续时间",
}


def letter(transfer_id: str, to: str, **other: Any) -> dict[str, Any]:
    """Return the content of 线索移送函."""
    return {
        "transfer_id": transfer_id,
        "to": to,
        "route": "peer",
        "basis": "反有组织犯罪法第二十五条",
        "competence_reason": "所反映行为属该单位职责",
        "known_facts": "料场位于甲镇河湾，地磅无检定标识；其余为群众反映，未经查证。",
        "disclosure": "full",
        **other,
    }


def signature(seat: int, name: str, decision: str = "approve") -> dict[str, Any]:
    """Return the content of one seat of 审核签字表."""
    return {
        "seat": seat,
        "signer": {"name": name, "title": f"第{seat}席"},
        "decision": decision,
        "opinion": "事实清楚，同意" if decision == "approve" else "第二项事件证据不足，退回核查",
    }


def convened(consultation_id: str, kind: str, asked: Sequence[str], **other: Any) -> dict[str, Any]:
    """Return the content of 商请函."""
    return {
        "consultation_id": consultation_id,
        "kind": kind,
        "ground": "complex",
        "participants": list(asked),
        "agenda": [{"item_id": "k1", "question": "强迫交易行为的证据收集方向"}],
        **other,
    }


def minutes(consultation_id: str, **other: Any) -> dict[str, Any]:
    """Return the content of 会商纪要."""
    return {
        "consultation_id": consultation_id,
        "version": 1,
        "attendees": ["赵某（公安）", "孙某某"],
        "summary": "就证据收集方向交换意见，各单位依法独立履行职责。",
        "dissents": [],
        "actions": [],
        **other,
    }


def parts_of(*parts: tuple[str, str | None, str, list[str], list[str], str]) -> list[dict[str, Any]]:
    """Return the parts of a split; each is its name, its leg's if it carries one, title, persons, events, category."""
    return [
        {
            "lead_id": f"@{name}",
            **({} if leg is None else {"transfer_id": f"@{leg}"}),
            "title": title,
            "persons": persons,
            "events": events,
            "category": category,
        }
        for name, leg, title, persons, events, category in parts
    ]
