"""The sides are told, two consultations are held, an overdue agency is urged: steps 14 to 17."""

from demo import texts
from demo.cast import C1, H1, J1, P1, R1, S1, T1
from demo.moves import Hears, Says, Sees, Step, Unknown
from demo.texts import convened, minutes
from demo.usual import concludes, confirms

CASE = {"case_no": "测公立〔2026〕31号", "stage": "立案", "filed_at": "2026-03-17T08:30:00+08:00"}
TOLD = "强迫交易案已立案，现有材料显示检查时间曾被提前告知，相关笔录随案移送。"
INFORMED = {"feedback_id": "@said-S1", "transfer_id": "@leg-B1", "kind": "information", "text": TOLD}
MEETING = {"meet_at": "2026-03-19T09:30:00+08:00"}
DISSENT = [{"node": J1, "text": "对第二项事实的定性有不同意见"}]
ACTION = [{"action_id": "a1", "owner": P1, "text": "调取地磅数据", "due": "2026-04-03"}]
URGED = {
    "letter_id": "@urged",
    "to": R1,
    "step": "letter",
    "trigger": "D10",
    "facts": "核查期限已于2026年3月27日届满",
    "demand": "请于五个工作日内回复",
}
K1, K1B = {"consultation_id": "@K1"}, {"consultation_id": "@K1b"}

COUNSEL = (
    Step(
        14,
        "03-17 09:00",
        ("立案；按各自层级反馈", "A case is filed; each side is answered at its own level"),
        (
            Says(P1, "case.link", "A", CASE),
            concludes(P1, "A", "leg-A", T1, "said-A", "已立案", "已立案"),
            Says(P1, "feedback.send", "B1", {**INFORMED, "case_ref": CASE["case_no"]}, (S1,)),
            Sees(T1, "A"),
            Unknown((S1,), ("/v1/leads/@A",), ("纪委监委只知与其有关的部分", "supervision knows its own part only")),
        ),
    ),
    Step(
        15,
        "03-17 15:00",
        ("商请检察院提前介入", "The procuratorate is asked to come early"),
        (
            Says(
                P1,
                "consultation.convene",
                "A",
                convened("@K1", "early_intervention", [J1, H1]),
                (J1, H1),
                refused="422 rule-violated R-COURT-JOINS-JOINT-MEETINGS",
            ),
            Says(P1, "consultation.convene", "A", convened("@K1", "early_intervention", [J1], **MEETING), (J1,)),
        ),
    ),
    Step(
        15,
        "03-18 10:00",
        ("检察院接受", "It accepts"),
        (
            Says(J1, "consultation.answer", "A", {**K1, "answer": "accept", "attendees": ["检察官钱某"]}, (P1,)),
            confirms(T1, "A", "said-A", P1),
        ),
    ),
    Step(
        16,
        "03-19 09:30",
        ("两场会商：有些话只对纪委监委说", "Two consultations: some is for supervision only"),
        (
            Says(P1, "consultation.convene", "A", convened("@K1b", "major_case", [S1], **{"with": "@K1"}), (S1,)),
            Says(S1, "consultation.answer", "A", {**K1B, "answer": "accept", "attendees": []}, (P1,)),
            Unknown(
                (J1, T1, C1), ("/v1/consultations/@K1b",), ("非参加单位不知有此会商", "others know of no such thing")
            ),
            Unknown(
                (J1,), ("/v1/leads/@B1",), ("检察院不得自行介入监察案件", "nor may it come into supervision's matter")
            ),
            Says(
                J1,
                "consultation.opinion",
                "A",
                {**K1, "item_id": "k1", "opinion": "建议补充调取地磅数据", "dissent": True},
                (P1,),
            ),
            Says(P1, "consultation.minutes", "A", minutes("@K1", dissents=DISSENT, actions=ACTION), (J1,), name="K1"),
            Says(P1, "consultation.minutes", "A", minutes("@K1b"), (S1,), name="K1b"),
        ),
    ),
    Step(
        16,
        "03-23 10:00",
        ("会签纪要，保留异议", "The minutes are signed, dissent and all"),
        (
            Says(
                J1,
                "consultation.sign",
                "A",
                {**K1, "minutes_jws_sha256": "@jws:K1", "agree": False, "reservation": "保留"},
                (P1,),
            ),
            Says(S1, "consultation.sign", "A", {**K1B, "minutes_jws_sha256": "@jws:K1b", "agree": True}, (P1,)),
            Says(P1, "consultation.action", "A", {**K1, "action_id": "a1", "result": "已调取"}, (J1,)),
            Says(P1, "consultation.close", "A", {**K1, "summary": "已落实"}, (J1,)),
        ),
    ),
    Step(
        17,
        "03-30 09:00",
        ("逾期由系统作证；扫黑办督办", "The limit has passed; the office urges"),
        (
            Hears(C1, "C", "D10", "breached"),
            Says(C1, "supervision.letter", "C", URGED, (R1,), document_no="测扫督〔2026〕1号"),
            Says(C1, "verification.report", "C", texts.REPORT, refused="403 forbidden-act"),
            Says(
                C1,
                "supervision.letter",
                "B1",
                {**URGED, "letter_id": "@no", "to": S1},
                (S1,),
                refused="422 rule-violated R-COORD-ONLY-REMINDS",
            ),
        ),
    ),
)
