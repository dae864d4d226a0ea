"""What came of it is answered, rechecked, clarified, sealed: steps 18 to 20 and most of step 24."""

from demo import texts
from demo.cast import C1, O1, P1, R1, S1, T1
from demo.moves import Says, Searches, Sees, Step, Unknown
from demo.texts import signature
from demo.usual import archives, concludes, confirms

CADRE = {
    "letter_id": "@cadre",
    "to": O1,
    "problem": "甲镇东村一名村干部正接受审查调查",
    "basis": "干部管理权限",
    "suggestion": "暂缓有关任用程序",
}
CLARIFIED = {
    "scope": "被反映人所在学校",
    "text": "反映王某某的问题不属实，予以澄清",
    "approver": {**texts.APPROVER, "approved_at": "2026-04-02T09:00:00+08:00"},
}

ANSWERS = (
    Step(
        24,
        "04-02 09:00",
        ("匿名信查否，先澄清再清零", "The letter is unfounded: clarified, then cleared"),
        (
            Says(P1, "verification.report", "L2", texts.UNFOUNDED_REPORT, name="report-L2"),
            *(
                Says(P1, "signoff.sign", "L2", signature(seat, name))
                for seat, name in ((1, "周某某"), (2, "郑某某"), (3, "冯某某"))
            ),
            concludes(P1, "L2", "leg-L2", T1, "said-L2", "经核查不属实", "查否"),
            confirms(T1, "L2", "said-L2", P1),
            Says(C1, "lead.clear", "L2", {"note": "已办结"}, refused="422 rule-violated R-CLARIFY-FIRST"),
            Says(P1, "clarification.issue", "L2", CLARIFIED),
            Says(C1, "lead.clear", "L2", {"note": "查否，已澄清"}),
        ),
    ),
    Step(
        18,
        "04-02 15:00",
        ("纪委监委反馈；函告组织部", "Supervision answers; a notice for the cadre's file"),
        (
            concludes(S1, "B1", "leg-B1", P1, "said-B1", "已对李某某立案审查调查", "立案审查调查"),
            confirms(P1, "B1", "said-B1", S1),
            Says(S1, "letter.send", "B1", CADRE, (O1,), name="cadre"),
            Says(O1, "letter.reply", "B1", {"letter_id": "@cadre", "text": "已知悉", "measures": []}, (S1,)),
            Sees(O1, "B1"),
            Unknown(
                (T1,), ("/v1/leads/@B", "/v1/leads/@B1"), ("甲镇看不到这一部分", "the township cannot see this part")
            ),
        ),
    ),
    Step(
        19,
        "04-07 10:00",
        ("市场监管局回复督办；逾期记录不消失", "The regulator replies; overdue stays on record"),
        (
            Says(R1, "supervision.reply", "C", {"letter_id": "@urged", "text": "今日反馈结论", "done": True}, (C1,)),
            concludes(R1, "C", "leg-C2", P1, "said-C", "地磅未经检定", "属实"),
            Sees(C1, "C"),
        ),
    ),
    Step(
        24,
        "04-08 09:00",
        ("查否封存；相同来信并案", "Sealed and not to be found; a third letter is merged"),
        (
            Searches(T1, "甲政移〔2026〕2号", 0, ("已封存，检索不到", "sealed: no search finds it")),
            Searches(P1, "王某某", 0, ("姓名从不可检索", "names are never searchable")),
            Says(T1, "lead.register", "L3", texts.L2),
            Says(T1, "lead.merge", "L3", {"into": "@L2", "reason": "与前一线索完全相同"}),
            archives(P1, "L2", "2026-XS-0002", "@jws:report-L2"),
        ),
    ),
    Step(
        20,
        "04-08 15:00",
        ("复查：缺处理结果，退回", "Rechecked: a result is missing, returned"),
        (
            Says(
                C1,
                "lead.recheck",
                "C",
                {"decision": "return", "findings": "处理结果缺失", "items": ["补充处理结果"]},
                (R1,),
            ),
        ),
    ),
    Step(
        20,
        "04-09 10:00",
        ("市场监管局补报", "The regulator completes it"),
        (concludes(R1, "C", "leg-C2", P1, "said-C2", "地磅未经检定，已责令停用", "属实", handling="责令停用并处罚款"),),
    ),
    Step(
        20,
        "04-10 10:00",
        ("复查通过，逐级反馈", "Upheld, and answered back to the township"),
        (
            Says(C1, "lead.recheck", "C", {"decision": "uphold", "findings": "处理结果齐备", "items": []}, (R1,)),
            confirms(P1, "C", "said-C2", R1),
            concludes(
                P1,
                "C",
                "leg-C",
                T1,
                "said-C3",
                "已责令停用",
                "属实",
            ),
            confirms(T1, "C", "said-C3", P1),
        ),
    ),
)
