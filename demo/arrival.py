"""The story begins: a lead comes in, is handed to the police and split. Steps 1 to 7 of the acceptance scenario."""

from demo import texts
from demo.cast import C1, J1, O1, P1, R1, S1, T1
from demo.moves import Downloads, Says, Sees, Step, Unknown, Uploads
from demo.texts import parts_of
from demo.usual import accepts, offers, signs_for

L1_PARTS = parts_of(
    ("A", "leg-A", "强迫交易", ["p1"], ["e1", "e2"], "evil_force"),
    ("B", None, "村干部", ["p2"], ["e3", "e4"], "official_misconduct"),
    ("C", "leg-C", "无检定地磅", [], ["e5"], "general"),
)
SCREENED = {
    "category": "evil_force",
    "opinion": "有时间、地点和事件，疑似涉恶",
    "competent_node": P1,
    "basis": "反有组织犯罪法第二十五条",
}

ARRIVAL = (
    Step(
        1,
        "03-02 09:00",
        ("带密级标志的材料不收", "Material marked secret is not taken"),
        (
            Uploads(T1, "机密★1年.txt", "机密★1年\n某材料", "422 classified-material R-SECRETS"),
            Says(
                T1,
                "lead.register",
                "L0",
                {**texts.L1, "allegation": "机密★1年 " + texts.L1["allegation"]},
                refused="422 classified-material R-SECRETS",
            ),
            Unknown((T1,), ("/v1/leads/@L0",), ("正文未保存，只记录了拒收", "nothing is stored but the refusal")),
        ),
    ),
    Step(
        2,
        "03-02 09:10",
        ("登记线索，举报人身份密封", "A lead is registered; who reported it is sealed"),
        (
            Says(T1, "lead.register", "L1", texts.L1, sealed_for=(P1,), name="L1"),
            Unknown(
                (P1, S1, J1, R1, C1, O1), ("/v1/leads/@L1",), ("尚未移送，其他单位不知情", "nobody else knows of it")
            ),
        ),
    ),
    Step(
        3,
        "03-02 09:30",
        ("乡镇可甄别，不可核查", "A township screens but may not verify"),
        (
            Says(T1, "lead.screen", "L1", SCREENED),
            Says(T1, "verification.assign", "L1", texts.TASK, refused="403 forbidden-act"),
        ),
    ),
    Step(
        4,
        "03-02 10:00",
        ("移送县公安局，附件三件", "Handed to the police with three enclosures"),
        (offers(T1, "L1", P1, "leg", no="甲政移〔2026〕1号", files=3, route="report_up"),),
    ),
    Step(
        5,
        "03-02 16:20",
        ("公安局签收", "The police sign for it"),
        (
            signs_for(P1, "L1", "leg", T1, files=3),
            Downloads(P1, "L1", "transfer.offer"),
            Sees(T1, "L1"),
        ),
    ),
    Step(
        6,
        "03-03 09:00",
        ("拆分为三部分，一项也不能漏", "Split into three parts that must cover the whole"),
        (
            Says(
                P1,
                "lead.split",
                "L1",
                {"parts": [*L1_PARTS[:2], {**L1_PARTS[2], "events": []}]},
                refused="422 rule-violated R-SPLIT-WHOLE",
            ),
            Says(P1, "lead.split", "L1", {"parts": L1_PARTS}),
            accepts(P1, "A", "leg-A", T1),
            Unknown(
                (T1, C1),
                ("/v1/leads/@B", "/v1/leads/@B/timeline"),
                ("涉公职人员部分对移送单位不可见", "the part about an official is hidden"),
            ),
        ),
    ),
    Step(
        7,
        "03-03 15:00",
        ("村干部部分移送县纪委监委", "The official's part goes to supervision"),
        (
            offers(P1, "B", S1, "leg-B", no="测公移〔2026〕7号", feedback_by="2026-04-30T17:00:00+08:00"),
            Sees(C1, "B"),
            Unknown(
                (O1,),
                ("/v1/leads/@L1", "/v1/leads/@B"),
                ("组织部尚不知情", "the organisation department knows nothing"),
            ),
        ),
    ),
)
