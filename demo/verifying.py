"""The parts are taken up and verified, three seats sign: steps 8 to 13, and the letter with which step 24 begins."""

from demo import texts
from demo.cast import H1, P1, R1, S1, T1
from demo.moves import Says, Step
from demo.texts import parts_of, signature
from demo.usual import accepts, concludes, confirms, offers, signs_for

B_PARTS = parts_of(
    ("B1", "leg-B1", "通风报信", ["p2"], ["e3"], "official_misconduct"),
    ("B2", "leg-B2", "民间借贷", ["p2"], ["e4"], "not_within_remit"),
)
LEADERLESS = {name: value for name, value in texts.TASK.items() if name != "supervising_leader"}
FIRST, SECOND = texts.REPORT["events"]
BLANK = {name: value for name, value in SECOND.items() if name != "handling_result"}
MEASURE = {
    "approver": {**texts.APPROVER, "approved_at": "2026-03-06T09:00:00+08:00"},
    "basis": "反有组织犯罪法第二十七条",
    "at": "2026-03-06T10:30:00+08:00",
}

VERIFYING = (
    Step(
        8,
        "03-04 09:00",
        ("核查任务书要“五定”", "A task names handlers and the leader who answers for it"),
        (
            Says(P1, "verification.assign", "A", LEADERLESS, refused="422 invalid-document"),
            Says(P1, "verification.assign", "A", texts.TASK),
        ),
    ),
    Step(9, "03-04 10:00", ("纪委监委签收", "Supervision signs for its part"), (signs_for(S1, "B", "leg-B", P1),)),
    Step(
        9,
        "03-05 09:00",
        ("不属职责的退回，其余受理", "What is not its own goes back, the rest is taken up"),
        (
            Says(S1, "lead.split", "B", {"parts": B_PARTS}),
            Says(
                S1,
                "transfer.return",
                "B2",
                {
                    "transfer_id": "@leg-B2",
                    "reason_code": "civil_dispute",
                    "basis": "民间借贷纠纷，可向人民法院起诉",
                    "suggested_node": H1,
                },
                (P1,),
            ),
            accepts(S1, "B1", "leg-B1", P1),
        ),
    ),
    Step(
        10,
        "03-05 11:00",
        ("地磅部分转送市场监管局", "The scales go on to the regulator"),
        (
            Says(
                P1,
                "transfer.forward",
                "C",
                {
                    "transfer_id": "@leg-C",
                    "new_transfer_id": "@leg-C2",
                    "to": R1,
                    "basis": "行政处罚法第二十七条",
                    "competence_reason": "计量违法属市场监管部门职责",
                    "disclosure": "full",
                },
                (R1, T1),
            ),
        ),
    ),
    Step(
        10,
        "03-06 09:00",
        ("市场监管局签收、受理、核查", "The regulator signs, accepts and verifies"),
        (
            signs_for(R1, "C", "leg-C2", P1),
            accepts(R1, "C", "leg-C2", P1),
            Says(R1, "verification.assign", "C", texts.TASK),
        ),
    ),
    Step(
        11,
        "03-06 11:00",
        ("立案前不得冻结，可依批准查询", "Before filing nothing is frozen; a query is allowed"),
        (
            Says(
                P1,
                "verification.measure",
                "A",
                {**MEASURE, "measure": "freeze"},
                refused="422 rule-violated R-COERCIVE-BEFORE-FILING",
            ),
            Says(P1, "verification.measure", "A", {**MEASURE, "measure": "asset_query"}),
        ),
    ),
    Step(
        9,
        "03-06 15:00",
        ("借贷纠纷导入诉讼渠道", "The private loan finds its way to the court"),
        (
            offers(P1, "B2", H1, "leg-B3"),
            signs_for(H1, "B2", "leg-B3", P1),
            accepts(H1, "B2", "leg-B3", P1),
            concludes(H1, "B2", "leg-B3", P1, "said-B2", "属民事纠纷", "可另行起诉"),
            confirms(P1, "B2", "said-B2", H1),
        ),
    ),
    Step(
        24,
        "03-10 09:00",
        ("第二件：一封匿名信", "A second lead: an anonymous letter"),
        (
            Says(T1, "lead.register", "L2", texts.L2),
            Says(T1, "lead.screen", "L2", {"category": "general", "opinion": "无时间、地点、事件", "basis": "依职责"}),
            offers(T1, "L2", P1, "leg-L2", no="甲政移〔2026〕2号", route="report_up", known_facts="无，仅有听说"),
            signs_for(P1, "L2", "leg-L2", T1),
            accepts(P1, "L2", "leg-L2", T1),
            Says(P1, "verification.assign", "L2", texts.TASK),
        ),
    ),
    Step(
        12,
        "03-12 10:00",
        ("报告缺处理结果，不予受理", "A report without a result is refused"),
        (
            Says(
                P1,
                "verification.report",
                "A",
                {**texts.REPORT, "events": [FIRST, BLANK]},
                refused="422 invalid-document",
            ),
            Says(
                P1,
                "verification.report",
                "A",
                {**texts.REPORT, "events": [FIRST]},
                refused="422 rule-violated R-EACH-VERIFIED",
            ),
            Says(P1, "verification.report", "A", texts.REPORT),
        ),
    ),
    Step(
        13,
        "03-13 09:00",
        ("三席审签，第二席退回", "Three seats sign; the second sends it back"),
        (
            Says(P1, "signoff.sign", "A", signature(1, "周某某")),
            Says(P1, "signoff.sign", "A", signature(2, "郑某某", "reject")),
        ),
    ),
    Step(
        13,
        "03-16 09:00",
        ("重报；承办人不得签字；三人三席", "Again: no handler signs, three persons on three seats"),
        (
            Says(P1, "verification.report", "A", texts.REPORT, name="report"),
            Says(P1, "signoff.sign", "A", signature(1, "周某某")),
            Says(P1, "signoff.sign", "A", signature(2, "郑某某")),
            Says(P1, "signoff.sign", "A", signature(3, "孙某某"), refused="403 forbidden-act"),
            Says(P1, "signoff.sign", "A", signature(3, "周某某"), refused="422 rule-violated R-DISTINCT-SIGNERS"),
            Says(P1, "signoff.sign", "A", signature(3, "冯某某")),
        ),
    ),
)
