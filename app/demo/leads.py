"""The fictional leads of the demonstration. Every one is an allegation; no place and no person exists."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.client import Attachment, NewLead, Source


@dataclass(frozen=True)
class Tip:
    """What the township was told, as `Agency.register_lead` takes it, and how it screens that."""

    heading: tuple[str, str]
    lead: NewLead
    screening: Mapping[str, Any]


def source(kind: str, channel: str, received: datetime, external_no: str | None = None) -> Source:
    made: Source = {"type": kind, "channel": channel, "received_at": received.isoformat(timespec="seconds")}
    return made if external_no is None else {**made, "external_no": external_no}


def bus_station(now: datetime, enclosed: list[Attachment]) -> Tip:
    """A lead for the police, with two enclosures and one thing missing."""
    return Tip(
        ("客运站抢客拦车", "Drivers who block the bus station"),
        {
            "title": "客运站抢客线索",
            "attachments": enclosed,
            "source": source("public_report", "hotline_12345", now - timedelta(hours=3), "12345-990121-0208"),
            "place_code": "990121101",
            "occurred": {"from": (now - timedelta(days=20)).isoformat(timespec="seconds")},
            "sectors": ["道路客运"],
            "allegation": "12345工单：甲镇客运站外“黑车”司机抱团抢客，对正规班车别车阻拦，"
            "曾砸坏后视镜一只，行车记录仪有录像。",
            "persons": [
                {"token": "p1", "role": "reported", "position": "站外揽客人员，自称“老六”"},
                {"token": "p2", "role": "victim", "position": "班车驾驶员"},
            ],
            "events": [
                {"token": "e1", "summary": "站外抱团抢客，对正规班车别车阻拦"},
                {"token": "e2", "summary": "砸坏班车后视镜一只"},
            ],
        },
        {
            "category": "disorder",
            "opinion": "反映有地点、有事件、有录像，属行业乱象，涉嫌扰乱公共场所秩序，建议移送公安机关核查。",
            "competent_node": "police-990121",
            "basis": "治安管理处罚法；反有组织犯罪法第二十五条",
        },
    )


def pickle_workshop(now: datetime) -> Tip:
    """A lead that the police pass on to the market regulator."""
    return Tip(
        ("酱菜小作坊", "A pickle workshop"),
        {
            "title": "酱菜小作坊线索",
            "source": source("public_report", "letter", now - timedelta(days=1)),
            "place_code": "990121101",
            "sectors": ["食品"],
            "allegation": "群众来信：甲镇某酱菜小作坊涉嫌添加禁用物质，负责人赵某某拒不说明进货来源，"
            "并称谁举报就“让谁关门”。",
            "persons": [{"token": "p1", "name": "赵某某", "role": "reported", "position": "小作坊负责人"}],
            "events": [{"token": "e1", "summary": "涉嫌添加禁用物质，拒不说明进货来源"}],
        },
        {
            "category": "general",
            "opinion": "反映人称受到威胁，先请公安机关审查；食品添加问题属市场监管职责。",
            "competent_node": "police-990121",
            "basis": "反有组织犯罪法第二十五条",
        },
    )


def doubled_loan(now: datetime) -> Tip:
    """A lead that the regulator gives back, and whose conclusion the township contests."""
    return Tip(
        ("借三万写六万", "30,000 borrowed, 60,000 on paper"),
        {
            "title": "民间借贷催收线索",
            "source": source("public_report", "visit", now - timedelta(days=2)),
            "place_code": "990121101",
            "sectors": ["民间借贷"],
            "allegation": "来访反映：甲镇陈某某称去年8月借款3万元，签下6万元借条，逾期后被多人跟随、"
            "电话辱骂，现要求还12万元。",
            "persons": [
                {"token": "p1", "name": "陈某某", "role": "victim"},
                {"token": "p2", "role": "reported", "position": "出借人及催收人员，姓名不详"},
            ],
            "events": [{"token": "e1", "summary": "借款3万元签6万元借条，逾期后多人跟随、电话辱骂"}],
        },
        {
            "category": "general",
            "opinion": "反映有软暴力催收情形，性质待查，建议移送公安机关。",
            "competent_node": "police-990121",
            "basis": "反有组织犯罪法第二十五条",
        },
    )


def about_the_police(now: datetime, police: str) -> Tip:
    """A lead that names the head of the police bureau: the police must never hear of it."""
    return Tip(
        ("反映公安局负责人", "About the head of the police bureau"),
        {
            "title": "反映公职人员线索",
            "source": source("public_report", "box", now - timedelta(hours=20)),
            "place_code": "990121",
            "sectors": ["砂石"],
            "allegation": "举报箱来信：测试县公安局负责人周某某疑似长期接受砂石料场经营者宴请，检查前有人通风报信。",
            "persons": [{"token": "p1", "name": "周某某", "role": "reported", "position": "县公安局负责人"}],
            "events": [{"token": "e1", "summary": "疑似接受宴请，检查前有人通风报信"}],
            "concerns_nodes": [police],
        },
        {
            "category": "official_misconduct",
            "opinion": "反映公职人员涉嫌职务违法，应当由监察机关处置；涉及单位回避。",
            "competent_node": "supervision-990121",
            "basis": "监察法第三十七条",
        },
    )
