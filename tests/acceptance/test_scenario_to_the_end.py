"""The acceptance scenario goes on: from the feedback of step 14 to the volumes of June.

It begins where `test_scenario.py` leaves the story, so that both files are run together.
"""

from typing import Any

import pytest

from app.client import Refused, uuid7
from demo import texts
from demo.texts import convened, minutes, signature
from tests.acceptance.story import C1, H1, J1, O1, P1, R1, REPORTER, S1, T1, Story, due


def test_step_14_each_side_is_answered_at_its_own_level(story: Story) -> None:
    story.at("03-17 09:00")
    story.ids["said-A"], story.ids["said-S1"] = uuid7(), uuid7()
    case = {"case_no": "测公立〔2026〕31号", "stage": "立案", "filed_at": "2026-03-17T08:30:00+08:00"}
    story.says(P1, "case.link", "A", case)
    answered = story.agencies[P1].send_feedback(
        story.ids["leg-A"], "conclusion", "已立案", outcome="已立案", feedback_id=story.ids["said-A"]
    )
    assert (answered.lead_state, due(answered, "D15")) == ("replied", "03-24 23:59")
    story.agencies[P1].send_feedback(
        story.ids["leg-B1"],
        "information",
        "强迫交易案已立案，现有材料显示检查时间曾被提前告知，相关笔录随案移送。",
        case_ref=case["case_no"],
        feedback_id=story.ids["said-S1"],
    )
    assert story.act_read(S1, "B1", "feedback.send").content["case_ref"] == "测公立〔2026〕31号"
    assert story.acts_seen(T1, "A") == ["transfer.accept", "feedback.send"]
    assert "case_ref" not in story.act_read(T1, "A", "feedback.send").content
    assert story.sees(T1, "A")["outcome"] == "已立案"
    assert story.lead_hidden("A", of=S1)


def test_step_15_the_procuratorate_is_asked_to_come_early(story: Story) -> None:
    story.at("03-17 15:00")
    story.ids["K1"] = uuid7()
    with_judge = convened(story.ids["K1"], "early_intervention", [J1, H1])
    refused = story.refused(P1, "consultation.convene", "A", with_judge, to=[J1, H1])
    assert refused == "422 rule-violated R-COURT-JOINS-JOINT-MEETINGS"
    assert story.lead_hidden("A", of=H1)
    asked = convened(story.ids["K1"], "early_intervention", [J1], meet_at="2026-03-19T09:30:00+08:00")
    assert due(story.says(P1, "consultation.convene", "A", asked, to=[J1]), "D19") == "03-19 23:59"
    story.at("03-18 10:00")
    accepted = {"consultation_id": story.ids["K1"], "answer": "accept", "attendees": ["检察官钱某"]}
    story.says(J1, "consultation.answer", "A", accepted, to=[P1])
    assert story.acts_seen(J1, "A") == ["consultation.convene", "consultation.answer"]
    assert story.agencies[T1].respond(story.ids["said-A"], "confirm").lead_state == "confirmed"


def test_step_16_what_only_supervision_may_hear_is_a_consultation_of_its_own(story: Story) -> None:
    story.at("03-19 09:30")
    k1, k1b = story.ids["K1"], story.ids.setdefault("K1b", uuid7())
    story.says(P1, "consultation.convene", "A", convened(k1b, "major_case", [S1], **{"with": k1}), to=[S1])
    accepted = {"consultation_id": k1b, "answer": "accept", "attendees": []}
    story.says(S1, "consultation.answer", "A", accepted, to=[P1])
    assert story.hidden(J1, f"/v1/consultations/{k1b}")
    assert story.hidden(S1, f"/v1/consultations/{k1}")
    assert all(story.hidden(node, f"/v1/consultations/{k1}") for node in (T1, C1, R1, O1))
    own_motion = convened(uuid7(), "early_intervention", [S1])
    assert story.refused(J1, "consultation.convene", "B1", own_motion, to=[S1], prev="0" * 64) == "404 not-found"
    opinion = {"consultation_id": k1, "item_id": "k1", "opinion": "建议补充调取地磅数据", "dissent": True}
    story.says(J1, "consultation.opinion", "A", opinion, to=[P1])
    dissent = [{"node": J1, "text": "对第二项事实的定性有不同意见"}]
    action = [{"action_id": "a1", "owner": P1, "text": "调取地磅数据", "due": "2026-04-03"}]
    main = story.says(P1, "consultation.minutes", "A", minutes(k1, dissents=dissent, actions=action), to=[J1])
    side = story.says(P1, "consultation.minutes", "A", minutes(k1b), to=[S1])
    assert (due(main, "D20"), due(side, "D20")) == ("03-24 23:59", "03-24 23:59")
    story.at("03-23 10:00")
    signed = {"consultation_id": k1, "minutes_jws_sha256": main.act_jws_sha256, "agree": False, "reservation": "保留"}
    story.says(J1, "consultation.sign", "A", signed, to=[P1])
    signed = {"consultation_id": k1b, "minutes_jws_sha256": side.act_jws_sha256, "agree": True}
    story.says(S1, "consultation.sign", "A", signed, to=[P1])
    assert story.agencies[J1].get(f"/v1/consultations/{k1}")["state"] == "actions_open"
    done = {"consultation_id": k1, "action_id": "a1", "result": "已调取"}
    story.says(P1, "consultation.action", "A", done, to=[J1])
    story.says(P1, "consultation.close", "A", {"consultation_id": k1, "summary": "已落实"}, to=[J1])
    shown = story.agencies[J1].get(f"/v1/consultations/{k1}")
    assert (shown["state"], [one["dissent"] for one in shown["opinions"]]) == ("closed", [True])
    assert [one["agree"] for one in shown["minutes"]["signatures"]] == [False]


def test_step_17_an_overdue_agency_is_urged_and_its_conclusion_stays_its_own(story: Story) -> None:
    story.at("03-30 09:00")
    told = story.hears(C1, "C", rule="D10", event="breached")
    assert (told["node"], told["due"][:19], told["source"]) == (R1, "2026-03-27T23:59:59", "law")
    assert story.hears(R1, "C", rule="D10", event="breached") == told
    story.ids["urged"] = uuid7()
    urge = {"letter_id": story.ids["urged"], "to": R1, "step": "letter", "trigger": "D10"}
    urge |= {"facts": "核查期限已于2026年3月27日届满", "demand": "请于五个工作日内回复"}
    receipt = story.says(C1, "supervision.letter", "C", urge, to=[R1], document_no="测扫督〔2026〕1号")
    assert due(receipt, "D23") == "04-07 23:59"
    assert story.refused(C1, "verification.report", "C", texts.REPORT) == "403 forbidden-act"
    reminded = {**urge, "letter_id": uuid7(), "to": S1}
    refused = story.refused(C1, "supervision.letter", "B1", reminded, to=[S1])
    assert refused == "422 rule-violated R-COORD-ONLY-REMINDS"


def test_step_24_goes_on_the_letter_is_found_to_be_unfounded(story: Story) -> None:
    story.at("04-02 09:00")
    story.says(P1, "verification.report", "L2", texts.UNFOUNDED_REPORT)
    for seat, name in enumerate(("周某某", "郑某某", "冯某某"), start=1):
        story.says(P1, "signoff.sign", "L2", signature(seat, name))
    story.agencies[P1].send_feedback(
        story.ids["leg-L2"], "conclusion", "经核查不属实", outcome="查否", feedback_id=story.ids["said-L2"]
    )
    assert story.agencies[T1].respond(story.ids["said-L2"], "confirm").lead_state == "confirmed"
    assert story.refused(C1, "lead.clear", "L2", {"note": "已办结"}) == "422 rule-violated R-CLARIFY-FIRST"
    approver = {**texts.APPROVER, "approved_at": "2026-04-02T09:00:00+08:00"}
    clarified = {"scope": "被反映人所在学校", "text": "反映王某某的问题不属实，予以澄清", "approver": approver}
    story.says(P1, "clarification.issue", "L2", clarified)
    cleared = story.says(C1, "lead.clear", "L2", {"note": "查否，已澄清"})
    assert (cleared.lead_state, due(cleared, "D18")) == ("cleared", "04-17 23:59")
    assert story.sees(P1, "L2")["sealed"]


def test_step_18_supervision_replies_and_the_cadre_notice_says_nothing_of_the_allegation(story: Story) -> None:
    story.at("04-02 15:00")
    story.ids["said-B1"], story.ids["cadre"] = uuid7(), uuid7()
    story.agencies[S1].send_feedback(
        story.ids["leg-B1"],
        "conclusion",
        "已对李某某立案审查调查",
        outcome="立案审查调查",
        feedback_id=story.ids["said-B1"],
    )
    assert story.agencies[P1].respond(story.ids["said-B1"], "confirm").lead_state == "confirmed"
    notice = {"letter_id": story.ids["cadre"], "to": O1, "problem": "甲镇东村一名村干部正接受审查调查"}
    notice |= {"basis": "干部管理权限", "suggestion": "暂缓有关任用程序"}
    story.says(S1, "letter.send", "B1", notice, to=[O1])
    assert story.acts_seen(O1, "B1") == ["letter.send"]
    assert story.lead_hidden("L1", "A", "B", "B2", "C", of=O1)
    assert story.lead_hidden("B", "B1", "B2", of=T1)
    answer = {"letter_id": story.ids["cadre"], "text": "已知悉", "measures": []}
    story.says(O1, "letter.reply", "B1", answer, to=[S1])


def test_step_19_what_was_overdue_once_stays_so(story: Story) -> None:
    story.at("04-07 10:00")
    story.ids["said-C"] = uuid7()
    answer = {"letter_id": story.ids["urged"], "text": "今日反馈结论", "done": True}
    story.says(R1, "supervision.reply", "C", answer, to=[C1])
    replied = story.agencies[R1].send_feedback(
        story.ids["leg-C2"], "conclusion", "地磅未经检定", outcome="属实", feedback_id=story.ids["said-C"]
    )
    assert replied.lead_state == "replied"
    assert {one for one in story.overdue_ever() if one[0] == R1} == {(R1, "D10", "03-27")}
    # From its letter on the office reads the conclusion of this part; of the others it still has but a line.
    assert story.acts_seen(C1, "C")[-1] == "feedback.send"
    assert story.acts_seen(C1, "A") == story.acts_seen(C1, "B1") == ["notice.listed"]
    assert (story.sees(T1, "C")["outcome"], story.acts_seen(T1, "C")[-1]) == ("属实", "notice.outcome")


def test_step_24_ends_sealed_and_a_third_report_is_merged(story: Story) -> None:
    story.at("04-08 09:00")
    numbers = [story.sees(T1, "L2")["lead_no"], "甲政移〔2026〕2号", "王某某"]
    assert all(story.found(node, q=number) == [] for node in (T1, P1, C1) for number in numbers)
    assert story.ids["L2"] not in story.found(C1)
    story.ids["L3"] = uuid7()
    story.says(T1, "lead.register", "L3", texts.L2)
    merged = story.says(T1, "lead.merge", "L3", {"into": story.ids["L2"], "reason": "与前一线索完全相同"})
    assert (merged.lead_state, story.sees(T1, "L3")["merged_into"]) == ("merged", story.ids["L2"])
    assert story.refused(T1, "lead.screen", "L3", {"category": "general", "opinion": "同前", "basis": "依职责"}) == (
        "409 wrong-state"
    )
    report = story.act_read(P1, "L2", "verification.report").jws_sha256
    item = {"no": 1, "title": "核查报告", "document_no": "", "pages": 2, "sha256": report}
    volume = {"volume_no": "2026-XS-0002", "items": [item], "retention": "2年"}
    assert story.says(P1, "lead.archive", "L2", volume).lead_state == "archived"


def test_step_20_a_reply_without_its_result_is_sent_back(story: Story) -> None:
    story.at("04-08 15:00")
    back = {"decision": "return", "findings": "处理结果缺失", "items": ["补充处理结果"]}
    returned = story.says(C1, "lead.recheck", "C", back, to=[R1])
    assert (returned.lead_state, due(returned, "D17")) == ("verifying", "04-10 23:59")
    story.at("04-09 10:00")
    story.ids["said-C2"], story.ids["said-C3"] = uuid7(), uuid7()
    story.agencies[R1].send_feedback(
        story.ids["leg-C2"],
        "conclusion",
        "地磅未经检定，已责令停用",
        outcome="属实",
        handling="责令停用并处罚款",
        feedback_id=story.ids["said-C2"],
    )
    story.at("04-10 10:00")
    story.says(C1, "lead.recheck", "C", {"decision": "uphold", "findings": "处理结果齐备", "items": []}, to=[R1])
    assert story.agencies[P1].respond(story.ids["said-C2"], "confirm").lead_state == "confirmed"
    story.agencies[P1].send_feedback(
        story.ids["leg-C"], "conclusion", "已责令停用", outcome="属实", feedback_id=story.ids["said-C3"]
    )
    assert story.agencies[T1].respond(story.ids["said-C3"], "confirm").lead_state == "confirmed"


def test_step_21_a_threatened_reporter_is_protected_within_a_day(story: Story) -> None:
    story.at("04-13 09:00")
    story.ids["threat"] = uuid7()
    threat = {"protection_id": story.ids["threat"], "threat": "举报人 r1 称有人到其住处威胁", "urgency": "urgent"}
    assert due(story.says(T1, "protection.request", "A", threat, to=[P1]), "D25") == "04-14 09:00"
    assert "protection.request" not in {*story.acts_seen(J1, "A"), *story.acts_seen(C1, "A")}
    story.at("04-13 16:00")
    answer = {"protection_id": story.ids["threat"], "measures": "已安排民警每日走访"}
    story.says(P1, "protection.answer", "A", answer, to=[T1])
    assert story.act_read(T1, "A", "protection.answer").content["measures"] == "已安排民警每日走访"


def test_step_21_two_officers_see_who_reported_for_seven_days_and_each_view_is_on_record(story: Story) -> None:
    police, registered = story.agencies[P1], story.ids["registered"]
    officers = [{"name": "孙某某", "title": "民警"}, {"name": "钱某某", "title": "民警"}]
    approved = [{"name": "周某某", "title": "局长"}, {"name": "郑某某", "title": "法制大队长"}]
    wanted = {"of_act": registered, "readers": officers, "purpose": "举报人受到威胁，需采取保护措施"}
    wanted |= {"opening_id": uuid7(), "expires_at": "2026-04-20T16:00:00+08:00"}
    alone = {**wanted, "approvers": [approved[0], {**approved[0], "title": "专案组长"}]}
    assert story.refused(P1, "identity.open", "L1", alone) == "422 rule-violated R-TWO-APPROVERS"
    assert story.refused(T1, "identity.open", "L1", {**wanted, "approvers": approved}) == "403 forbidden-act"
    story.says(P1, "identity.open", "L1", {**wanted, "approvers": approved})
    for officer in ("孙某某", "钱某某"):
        opened = police.open_identity(registered, person=officer, purpose="上门走访")
        assert opened.identity == REPORTER
    with pytest.raises(Refused, match="forbidden-act"):
        police.open_identity(registered, person="周某某", purpose="了解情况")
    assert story.acts_seen(T1, "L1")[-1] == "identity.open"
    for node in (T1, P1):
        (seen,) = story.agencies[node].openings(story.ids["L1"])
        views = [(one["node"], one["person"], one["purpose"], one["at"][:10]) for one in seen["fetches"]]
        assert sorted(views) == sorted((P1, who, "上门走访", "2026-04-13") for who in ("孙某某", "钱某某"))
    asked: dict[str, Any] = {"node": P1, "day": "2026-04-13", "limit": 200}
    items = story.administrator("auditor").get("/v1/admin/access-log", params=asked).json()["items"]
    assert {one["person"] for one in items if one["what"] == "identity"} == {"孙某某", "钱某某"}


def test_step_22_the_procuratorate_returns_the_file_for_a_month(story: Story) -> None:
    story.at("04-20 09:00")
    case = {"case_no": "测公诉〔2026〕9号", "stage": "移送审查起诉", "filed_at": "2026-04-20T08:30:00+08:00"}
    story.says(P1, "case.link", "A", case)
    story.at("04-30 09:00")
    aimless = {name: value for name, value in texts.OUTLINE.items() if name != "purpose"}
    refused = story.refused(J1, "supplementary.return", "A", {"round": 1, "items": [aimless]}, to=[P1])
    assert refused == "422 invalid-document"
    receipt = story.says(J1, "supplementary.return", "A", {"round": 1, "items": [texts.OUTLINE]}, to=[P1])
    assert due(receipt, "D21") == "06-01 23:59"
    with pytest.raises(Refused, match="not-found"):  # the seven days of step 21 are over
        story.agencies[P1].open_identity(story.ids["registered"], person="孙某某", purpose="上门走访")
    blocked = story.refused(C1, "lead.clear", "A", {"note": "已办结"})
    assert blocked == "422 rule-violated R-STANDS-OPEN"


def test_step_23_the_round_is_completed_and_there_is_no_third(story: Story) -> None:
    story.at("05-20 09:00")
    done = {"round": 1, "items": [{"item": "堵截车辆的次数", "result": "经核对监控，共七次"}]}
    story.says(P1, "supplementary.complete", "A", done, to=[J1])
    third = {"round": 3, "items": [texts.OUTLINE]}
    refused = story.refused(J1, "supplementary.return", "A", third, to=[P1])
    assert refused == "422 rule-violated R-SUPPLEMENTARY-TWICE"


def test_step_25_everything_is_answered_and_cleared_to_zero(story: Story) -> None:
    story.at("05-21 09:00")
    story.ids["advice"] = uuid7()
    advice = {"letter_id": story.ids["advice"], "to": R1, "problem": "料场地磅普遍无检定标识"}
    advice |= {"basis": "反有组织犯罪法第十四条", "suggestion": "开展专项检查"}
    assert due(story.says(P1, "letter.send", "C", advice, to=[R1]), "D24") == "06-22 23:59"
    story.at("06-05 09:00")
    assert story.refused(C1, "lead.clear", "C", {"note": "已办结"}) == "422 rule-violated R-STANDS-OPEN"
    answer = {"letter_id": story.ids["advice"], "text": "已开展专项检查", "measures": ["检查十二家"]}
    story.says(R1, "letter.reply", "C", answer, to=[P1])
    case = {"case_no": "测检诉〔2026〕12号", "stage": "提起公诉", "filed_at": "2026-06-05T08:30:00+08:00"}
    story.says(J1, "case.link", "A", case)
    side = {"consultation_id": story.ids["K1b"], "summary": "已会签"}
    story.says(P1, "consultation.close", "A", side, to=[S1])
    assert story.refused(C1, "lead.clear", "A", {"note": "已办结"}) == "422 rule-violated R-THREE-CHECKS"
    for check, transferred in (("crime", J1), ("official_protection", S1), ("supervisory_duty", None)):
        said = {"check": check, "answer": "transferred" if transferred else "none_found", "text": "见核查报告"}
        story.says(P1, "check.answer", "A", {**said, "transferred_to": transferred})
    refused = story.refused(C1, "lead.clear", "B2", {"note": "各环节已办结"})
    assert refused == "422 rule-violated R-CLEAR-INDEPENDENT"
    for who, lead in ((C1, "A"), (H1, "B2"), (C1, "C")):
        receipt = story.says(who, "lead.clear", lead, {"note": "各环节已办结"})
        assert (receipt.lead_state, due(receipt, "D18")) == ("cleared", "06-19 23:59")
    assert story.says(S1, "lead.clear", "B1", {"note": "各环节已办结"}).lead_state == "cleared"


def test_step_25_the_volume_is_bound_and_takes_corrections_only(story: Story) -> None:
    story.at("06-12 09:00")
    report = story.act_read(P1, "A", "verification.report")
    item = {"no": 1, "title": "核查报告", "document_no": "", "pages": 12}
    volume = {"volume_no": "2026-XS-0001", "retention": "长期"}
    foreign = {**volume, "items": [{**item, "sha256": "0" * 64}]}
    assert story.refused(P1, "lead.archive", "A", foreign) == "422 rule-violated R-VOLUME-KNOWN"
    bound = {**volume, "items": [{**item, "sha256": report.jws_sha256}]}
    assert story.says(P1, "lead.archive", "A", bound).lead_state == "archived"
    # Each part is bound by its holder; a volume that was owed would be overdue by the report of June.
    for node, lead in ((S1, "B1"), (H1, "B2"), (R1, "C")):
        answer = story.act_read(node, lead, "feedback.send").jws_sha256
        own = {**volume, "volume_no": f"2026-{lead}", "items": [{**item, "sha256": answer}]}
        assert story.says(node, "lead.archive", lead, own).lead_state == "archived"
    for act, content in (
        ("verification.report", texts.REPORT),
        ("signoff.sign", signature(1, "周某某")),
        ("check.answer", {"check": "crime", "answer": "none_found", "text": "未发现"}),
    ):
        assert story.refused(P1, act, "A", content) == "409 wrong-state"
    assert report.receipt is not None
    corrected = {"of_act": report.receipt.act_id, "text": "第二项事件的日期应为2025年11月17日"}
    assert story.says(P1, "correction.note", "A", corrected).lead_state == "archived"


def test_at_the_end_each_agency_knows_what_it_may_and_what_was_overdue(story: Story) -> None:
    assert {name for name in story.ids if story.ids[name] in story.found(T1)} == {"L1", "A", "C", "L2", "L3"}
    assert {name for name in story.ids if story.ids[name] in story.found(O1)} == {"B1"}
    assert {name for name in story.ids if story.ids[name] in story.found(J1)} == {"A"}
    assert all(agency.inbox(limit=200) for agency in story.agencies.values())  # and no number is missing
    # The regulator's is the one of the domain; the police passed the scales on two days after their own limit.
    assert story.overdue_ever() == {(R1, "D10", "03-27"), (P1, "D05", "03-03")}
    states = {name: story.sees(P1, name)["state"] for name in ("L1", "A", "B", "B1", "B2", "C", "L2")}
    assert states == {
        **dict.fromkeys(("L1", "B"), "split"),
        **dict.fromkeys(("A", "B1", "B2", "C", "L2"), "archived"),
    }


def test_step_25_the_june_report_is_frozen_with_the_figures_of_the_story(story: Story) -> None:
    story.at("07-01 08:00")
    june = {node: story.frozen(node, "2026-06-01") for node in (T1, P1, S1, J1, R1, C1)}
    shown = {node: story.agencies[node].get("/v1/statistics")["own"] for node in june}
    # Nothing happened since, so that what is frozen and what is shown agree; nothing came in in June.
    assert shown == {node: one["so_far"] for node, one in june.items()}
    assert all(one["period"]["figures"]["received"] == 0 for one in june.values())
    police = shown[P1]
    assert {name: number for name, number in police["figures"].items() if number} == {
        "received": 2,
        "replied": 2,
        "cleared": 2,
    }
    assert (police["zero"], police["rates"]["clear"], police["rates"]["conversion"]) == (True, 100.0, "n<5")
    assert (police["work"]["consultations"], police["work"]["supplementary_rounds"]) == (1, 1)
    listed = story.agencies[C1].get("/v1/statistics")["listed"]
    assert (listed["received"], listed["replied"], listed["cleared"]) == (2, 2, 2)
    assert (listed["pending"], listed["in_verification"]) == (0, 0)
    assert (shown[C1]["work"]["supervision_letters_sent"], shown[R1]["work"]["supervision_letters"]) == (1, 1)
    assert (shown[T1]["figures"]["received"], shown[T1]["figures"]["merged"]) == (2, 1)
    # The domain counts one overdue leg, the regulator's D10. The police's is one too: they signed on 03-02 and passed
    # the scales on on 03-05, two days after their own D05 (1 working day) had ended.
    assert {node for node, one in shown.items() if one["process"]["overdue_ever"]} == {P1, R1}
    assert {one["process"]["overdue_ever"] for one in shown.values()} == {0, 1}
    assert {one["process"]["overdue_now"] for one in shown.values()} == {0}


def test_step_25_the_figures_of_the_process_are_there_for_whoever_worked(story: Story) -> None:
    figures = story.agencies[R1].get("/v1/statistics")["own"]
    assert figures["rates"] == {
        "clear": 100.0,
        "reply": 100.0,
        "conversion": "n<5",
        "on_time_receipt": 100.0,
        "returned": 0.0,
        "contested": 0.0,
        "recheck_returned": 50.0,
        "letters_answered": 100.0,
    }
    # From 03-06 to 04-07: the verification, to its answer.
    assert [(one["median"], one["p90"]) for one in figures["days"] if one["rule"] == "D10"] == [(32.0, 32)]


def test_at_the_end_every_case_comes_out_of_its_acts_as_it_is_stored(story: Story) -> None:
    cases, acts = story.rebuilt()
    assert cases == 3
    assert acts > 100
