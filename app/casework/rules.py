"""The rules that can refuse an act, each with its id and its source: law, a local rule, or the exchange's default."""

from dataclasses import dataclass

from app.errors import RuleViolated, Source


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of casework; `violated` gives the refusal to raise."""

    rule: str
    source: Source
    text: str
    text_zh: str

    def violated(self, detail: str = "", detail_zh: str = "") -> RuleViolated:
        return RuleViolated(
            f"{self.text} {detail}".strip(), f"{self.text_zh}{detail_zh}", rule=self.rule, source=self.source
        )


SELF_INTEREST = Rule(
    "R-SELF-INTEREST",
    Source.default("self-interest block; the law on recusal is 监察法 第六十七条 and 信访工作条例 第二十八条"),
    "A node that the lead concerns may neither hold it, receive it, nor hear of it; route it to the superior.",
    "线索所反映的单位不得承办、接收或知悉该线索，应当移送其上级机关。",
)
ROUTE_LEVEL = Rule(
    "R-ROUTE-LEVEL",
    Source.default("routing: the same level; up or down inside one line or through a coordination office"),
    "The route does not fit the levels and lines of the two agencies.",
    "移送方式与双方的层级、隶属关系不符。",
)
SUPERIOR_ASSIGNS = Rule(
    "R-ASSIGN-SUPERVISED",
    Source.default("assigning under supervision: a superior in one line, or a coordination office"),
    "Only a superior in the same line or a coordination office assigns under supervision.",
    "督办转办限于同一系统的上级机关或者协调机构。",
)
CRIME_CASE = Rule(
    "R-CRIME-CASE",
    Source.law("行政执法机关移送涉嫌犯罪案件的规定 第五条、第六条"),
    "An administrative organ transfers a suspected crime to the police of the same level, with the five enclosures.",
    "行政执法机关移送涉嫌犯罪案件，应当移送同级公安机关，并附五项材料。",
)
COMPETENT_KIND = Rule(
    "R-COMPETENT-KIND",
    Source.default("acts by kind of agency: who may accept a transfer"),
    "This kind of agency does not accept transfers.",
    "该类单位不受理移送。",
)
REPORT_FIRST = Rule(
    "R-REPORT-FIRST",
    Source.default("report and sign-off come before the conclusion for organised crime and evil forces"),
    "For this category the verification report and its sign-off come before the conclusion.",
    "涉黑、涉恶线索应当先完成核查报告和审核签字，再反馈结论。",
)
SUPPLEMENT_ONCE = Rule(
    "R-SUPPLEMENT-ONCE",
    Source.default("one notice lists everything that is missing"),
    "Everything that is missing is asked for in one notice for each leg.",
    "补正事项应当一次性告知，同一移送只能发出一次补正通知。",
)
