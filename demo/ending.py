"""The story to its end: steps 21 to 25 of the acceptance scenario."""

from demo import texts
from demo.cast import C1, H1, J1, P1, R1, S1, T1
from demo.moves import Opens, Says, Step, Watches
from demo.texts import signature
from demo.usual import archives

THREAT = {"protection_id": "@threat", "threat": "举报人 r1 称有人到其住处威胁", "urgency": "urgent"}
SENT_UP = {"case_no": "测公诉〔2026〕9号", "stage": "移送审查起诉", "filed_at": "2026-04-20T08:30:00+08:00"}
CHARGED = {"case_no": "测检诉〔2026〕12号", "stage": "提起公诉", "filed_at": "2026-06-05T08:30:00+08:00"}
AIMLESS = {name: value for name, value in texts.OUTLINE.items() if name != "purpose"}
DONE = [{"item": "堵截车辆的次数", "result": "经核对监控，共七次"}]
ADVICE = {
    "letter_id": "@advice",
    "to": R1,
    "problem": "料场地磅普遍无检定标识",
    "basis": "反有组织犯罪法第十四条",
    "suggestion": "开展专项检查",
}
ADVISED = {"letter_id": "@advice", "text": "已开展专项检查", "measures": ["检查十二家"]}
OFFICERS = ("韩某某", "程某某")
APPROVERS = [{"name": "邓某某", "title": "副局长"}, {"name": "吴某某", "title": "局长"}]
GRANT = {
    "opening_id": "@opening",
    "of_act": "@act:L1",
    "approvers": APPROVERS,
    "readers": [{"name": name, "title": "民警"} for name in OFFICERS],
    "purpose": "落实保护措施",
    "expires_at": "2026-04-20T16:00:00+08:00",
}
CLEARED = {"note": "各环节已办结"}


def checked(check: str, to: str | None) -> Says:
    answer = "transferred" if to else "none_found"
    content = {"check": check, "answer": answer, "transferred_to": to, "text": "见核查报告"}
    return Says(P1, "check.answer", "A", content)


ENDING = (
    Step(
        21,
        "04-13 09:00",
        ("举报人受威胁，申请保护", "The reporter is threatened: protection is asked for"),
        (Says(T1, "protection.request", "A", THREAT, (P1,)),),
    ),
    Step(
        21,
        "04-13 16:00",
        ("两人批准拆封七日，每次查看留痕；当日答复", "Two approve: the identity opens for a week, each look on record"),
        (
            Opens(P1, "L1", OFFICERS[0], "落实保护措施", refused="404 not-found"),
            Says(P1, "identity.open", "L1", {**GRANT, "approvers": APPROVERS[:1]}, refused="422 invalid-document"),
            Says(P1, "identity.open", "L1", GRANT),
            Opens(P1, "L1", "许某某", "了解情况", refused="403 forbidden-act"),
            *(Opens(P1, "L1", officer, "落实保护措施") for officer in OFFICERS),
            Watches(T1, "L1", 2),
            Says(P1, "protection.answer", "A", {"protection_id": "@threat", "measures": "已安排民警每日走访"}, (T1,)),
        ),
    ),
    Step(
        22,
        "04-20 09:00",
        ("移送审查起诉", "The file goes to the procuratorate"),
        (Says(P1, "case.link", "A", SENT_UP),),
    ),
    Step(
        22,
        "04-30 09:00",
        ("退回补充侦查一次，提纲须写明证明作用", "Returned for a month, with a complete outline"),
        (
            Says(
                J1, "supplementary.return", "A", {"round": 1, "items": [AIMLESS]}, (P1,), refused="422 invalid-document"
            ),
            Says(J1, "supplementary.return", "A", {"round": 1, "items": [texts.OUTLINE]}, (P1,)),
            Says(C1, "lead.clear", "A", {"note": "已办结"}, refused="422 rule-violated R-STANDS-OPEN"),
        ),
    ),
    Step(
        23,
        "05-20 09:00",
        ("补充侦查完毕；没有第三次", "Completed; there is no third round"),
        (
            Says(P1, "supplementary.complete", "A", {"round": 1, "items": DONE}, (J1,)),
            Says(
                J1,
                "supplementary.return",
                "A",
                {"round": 3, "items": [texts.OUTLINE]},
                (P1,),
                refused="422 rule-violated R-SUPPLEMENTARY-TWICE",
            ),
        ),
    ),
    Step(
        25,
        "05-21 09:00",
        ("向市场监管局发函", "A letter of advice to the regulator"),
        (Says(P1, "letter.send", "C", ADVICE, (R1,)),),
    ),
    Step(
        25,
        "06-05 09:00",
        ("事事有回音，然后清零", "Everything is answered, then cleared to zero"),
        (
            Says(C1, "lead.clear", "C", {"note": "已办结"}, refused="422 rule-violated R-STANDS-OPEN"),
            Says(R1, "letter.reply", "C", ADVISED, (P1,)),
            Says(J1, "case.link", "A", CHARGED),
            Says(P1, "consultation.close", "A", {"consultation_id": "@K1b", "summary": "已会签"}, (S1,)),
            Says(C1, "lead.clear", "A", {"note": "已办结"}, refused="422 rule-violated R-THREE-CHECKS"),
            checked("crime", J1),
            checked("official_protection", S1),
            checked("supervisory_duty", None),
            Says(C1, "lead.clear", "B2", CLEARED, refused="422 rule-violated R-CLEAR-INDEPENDENT"),
            *(Says(who, "lead.clear", lead, CLEARED) for who, lead in ((C1, "A"), (H1, "B2"), (C1, "C"))),
            Says(S1, "lead.clear", "B1", CLEARED),
        ),
    ),
    Step(
        25,
        "06-12 09:00",
        ("一案一卷，归档后只可更正", "Archived: from now on corrections only"),
        (
            archives(P1, "A", "2026-XS-0001", "0" * 64, refused="422 rule-violated R-VOLUME-KNOWN"),
            archives(P1, "A", "2026-XS-0001", "@jws:report", name="volume"),
            archives(S1, "B1", "2026-JW-0001", "@jws:said-B1"),
            archives(H1, "B2", "2026-FY-0001", "@jws:said-B2"),
            archives(R1, "C", "2026-SJ-0001", "@jws:said-C2"),
            Says(P1, "verification.report", "A", texts.REPORT, refused="409 wrong-state"),
            Says(P1, "signoff.sign", "A", signature(1, "周某某"), refused="409 wrong-state"),
            Says(P1, "correction.note", "A", {"of_act": "@act:report", "text": "第二项事件的日期应为2025年11月17日"}),
        ),
    ),
)
