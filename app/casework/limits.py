"""The table of deadlines (docs/protocol.md section 4.4) as data: how long, in which unit, by what authority.

Only an article of law that was read in full is called law; everything else is the project's default, and says so.
An exchange may set other limits for a place; those are local rules.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from app.errors import Source

Unit = Literal["hours", "days", "working_days", "months"]
VERSION = "2026-1"


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit of time with its source. Hours run on; days leave out the first and roll over days off.

    `rule` is the number in D4, with a suffix where the number has more than one limit (`D10-regulator`).
    """

    rule: str
    amount: int
    unit: Unit
    source: Source
    title: str
    title_zh: str
    version: str = VERSION


def number(rule: str) -> str:
    """Return the number of a rule in D4, which is what the wire knows: `D10-regulator` is D10 there."""
    return rule.partition("-")[0]


ORDER_310 = "行政执法机关移送涉嫌犯罪案件的规定"
POLICE_PROCEDURE = "公安机关办理刑事案件程序规定"
_default, _law = Source.default, Source.law

_TABLE = (
    Limit("D01", 15, "days", _law("信访工作条例 第二十二条"), "register and divert", "登记分流"),
    Limit("D02", 3, "days", _law(f"{ORDER_310} 第五条"), "decide on the transfer", "决定是否移送"),
    Limit("D03", 24, "hours", _law(f"{ORDER_310} 第五条"), "transfer after approval", "批准后移送"),
    Limit(
        "D03-police",
        24,
        "hours",
        _law(f"{POLICE_PROCEDURE} 第一百七十五条"),
        "pass on to the competent organ",
        "移送有管辖权的机关",
    ),
    Limit(
        "D03-supervision",
        3,
        "working_days",
        _default("3 working days to hand over to or from supervision"),
        "hand over to or from supervision",
        "与监察机关相互移送",
    ),
    Limit("D04", 24, "hours", _default("24 h to sign for a transfer"), "sign for it", "签收"),
    Limit("D05", 1, "working_days", _default("1 working day to divert"), "take up or pass on", "受理或分流"),
    Limit("D06", 3, "days", _law(f"{POLICE_PROCEDURE} 第一百八十条"), "complete the material", "补正材料"),
    Limit("D06-notice", 24, "hours", _law(f"{POLICE_PROCEDURE} 第一百八十条"), "say what is missing", "告知补正"),
    Limit(
        "D07", 5, "working_days", _default("5 working days to object or return"), "object or return", "提出异议或退回"
    ),
    Limit(
        "D07-petition",
        5,
        "working_days",
        _law("信访工作条例 第二十三条"),
        "object to a petition matter",
        "对信访事项提出异议",
    ),
    Limit("D08", 24, "hours", _law(f"{ORDER_310} 第七条"), "forward to the competent organ", "转送有管辖权的机关"),
    Limit(
        "D08-supervision",
        5,
        "working_days",
        _default("5 working days for a supervision organ to forward"),
        "forward to the competent organ",
        "转送有管辖权的机关",
    ),
    Limit("D09", 3, "days", _law(f"{ORDER_310} 第八条"), "decide on filing a case", "立案决定"),
    Limit("D10", 30, "days", _default("30 days to verify"), "verify", "核查"),
    Limit(
        "D10-regulator",
        15,
        "working_days",
        _law("市场监督管理投诉举报处理暂行办法 第二十三条（参照）"),
        "verify",
        "核查",
    ),
    Limit("D11", 30, "days", _default("30 more days to verify"), "verify, extended", "延长核查"),
    Limit(
        "D11-regulator",
        15,
        "working_days",
        _law("市场监督管理投诉举报处理暂行办法 第二十三条（参照）"),
        "verify, extended",
        "延长核查",
    ),
    Limit(
        "D12",
        2,
        "working_days",
        _default("2 working days for the first seat"),
        "sign off, first seat",
        "第一席审核签字",
    ),
    Limit(
        "D13",
        2,
        "working_days",
        _default("2 working days for each further seat"),
        "sign off, next seat",
        "后续席位审核签字",
    ),
    Limit(
        "D14",
        3,
        "working_days",
        _default("3 working days from conclusion to feedback"),
        "send the feedback",
        "反馈结论",
    ),
    Limit("D15", 5, "working_days", _default("5 working days to answer"), "confirm or contest", "确认或异议"),
    Limit("D16", 10, "working_days", _default("10 working days to recheck"), "recheck", "复查"),
    Limit("D17", 2, "working_days", _default("2 working days to resubmit"), "resubmit a returned report", "重新报送"),
    Limit("D18", 10, "working_days", _default("10 working days from clearance to archive"), "archive", "归档"),
    Limit(
        "D19", 2, "working_days", _default("2 working days to answer"), "answer a consultation request", "答复会商请求"
    ),
    Limit(
        "D19-urgent",
        24,
        "hours",
        _default("24 h to answer when urgent"),
        "answer an urgent consultation request",
        "答复紧急会商请求",
    ),
    Limit("D20", 3, "working_days", _default("3 working days to sign the minutes"), "sign the minutes", "会签纪要"),
    Limit(
        "D21",
        1,
        "months",
        _law("刑事诉讼法 第一百七十五条；人民检察院刑事诉讼规则 第三百四十六条"),
        "supplementary investigation",
        "补充侦查",
    ),
    Limit("D22", 3, "days", _law(f"{ORDER_310} 第九条"), "ask for reconsideration", "提请复议"),
    Limit("D22-decision", 3, "days", _law(f"{ORDER_310} 第九条"), "decide on reconsideration", "复议决定"),
    Limit(
        "D22-procuratorate", 3, "days", _law(f"{ORDER_310} 第九条"), "suggest supervision of the filing", "建议立案监督"
    ),
    Limit(
        "D22-explain",
        7,
        "days",
        _law(f"{POLICE_PROCEDURE} 第一百八十二条"),
        "explain why no case was filed",
        "说明不立案理由",
    ),
    Limit(
        "D22-file", 15, "days", _law(f"{POLICE_PROCEDURE} 第一百八十二条"), "file the case when told to", "按通知立案"
    ),
    Limit("D23", 5, "working_days", _default("5 working days to reply"), "reply to a supervision letter", "答复督办函"),
    Limit(
        "D24",
        30,
        "days",
        _default("30 days to reply; the law says: in time and in writing"),
        "reply to a letter",
        "复函",
    ),
    Limit("D25", 24, "hours", _default("24 h for a first answer"), "answer a protection request", "答复保护申请"),
    Limit("D26", 48, "hours", _law("反有组织犯罪法 第二十七条"), "end of an emergency freeze", "紧急冻结到期"),
    Limit(
        "D27",
        5,
        "working_days",
        _law("市场监督管理投诉举报处理暂行办法 第三十一条"),
        "tell the real-name reporter",
        "告知实名举报人",
    ),
)
LIMITS: dict[str, Limit] = {rule.rule: rule for rule in _TABLE}


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of an exchange: the table, and what is set otherwise for places by the start of their code."""

    local: Mapping[str, Mapping[str, Limit]] = field(default_factory=dict)

    @classmethod
    def of(cls, local: Iterable[tuple[str, Limit]]) -> "Limits":
        """Return the table with local rules, each for the places whose code begins so. Raises `ValueError`."""
        places: dict[str, dict[str, Limit]] = {}
        for place, rule in local:
            if rule.rule not in LIMITS:
                raise ValueError(f"no deadline {rule.rule} in the table")
            if rule.amount < 1:
                raise ValueError(f"the limit {rule.rule} must be 1 or more")
            places.setdefault(place, {})[rule.rule] = rule
        return cls(places)

    def rule(self, rule: str, place_code: str) -> Limit:
        """Return the limit that holds at a place: the local rule of the smallest area around it, else the table's."""
        around = [code for code in self.local if place_code.startswith(code) and rule in self.local[code]]
        return self.local[max(around, key=len)][rule] if around else LIMITS[rule]
