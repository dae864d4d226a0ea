"""The acceptance scenario of the domain: two leads, eight agencies, twenty-five steps from March to June 2026.

Over real HTTP, with the background loops on and a clock that the test moves. The tests are the chapters of one
story, told in the order of time, and depend on each other; this file tells it to step 13, the conclusion, and
`test_scenario_to_the_end.py` goes on.

Left out here: the ledger (step 24).
"""

from app.client import uuid7
from demo import texts
from demo.texts import letter, signature
from tests.acceptance.story import C1, H1, J1, O1, P1, R1, REPORTER, S1, T1, Story, due


def test_the_operator_enters_the_calendar_of_the_year(story: Story) -> None:
    days = [{"date": "2026-04-06", "kind": "holiday", "name": "清明节"}]
    put = story.administrator("operator").put("/v1/admin/calendar/2026", json={"source": "试验性通知", "days": days})
    assert (put.status_code, put.json()["days"]) == (200, days)


def test_step_1_a_marked_file_is_refused_and_only_the_refusal_is_kept(story: Story) -> None:
    story.at("03-02 09:00")
    story.ids["L0"] = uuid7()
    marked = {**texts.L1, "allegation": "机密★1年 " + texts.L1["allegation"]}
    assert story.refused(T1, "lead.register", "L0", marked) == "422 classified-material R-SECRETS"
    file = {"name": "机密★1年.pdf", "media_type": "application/pdf", "sha256": "0" * 64, "size": 1, "pages": 1}
    assert story.refused(T1, "lead.register", "L0", texts.L1, attachments=[file]).startswith("422 classified-material")
    assert story.upload_refused(T1, "机密★1年\n某材料".encode()) == "422 classified-material"
    assert story.world.rows("SELECT 1 FROM act") == story.world.rows("SELECT 1 FROM lead_entry") == []
    assert story.lead_hidden("L0", of=T1)
    assert story.logged("refused-classified") == 2


def test_step_2_an_unmarked_lead_is_registered(story: Story) -> None:
    story.at("03-02 09:10")
    story.ids["L1"] = uuid7()
    sealed = story.agencies[T1].seal_identity(story.ids["L1"], REPORTER, [P1])
    receipt = story.says(T1, "lead.register", "L1", texts.L1, **sealed.envelope)
    assert receipt.lead_state == "registered"
    assert (receipt.lead_no, receipt.document["received_at"][:16]) == (
        story.sees(T1, "L1")["lead_no"],
        "2026-03-02T09:10",
    )
    assert all(story.lead_hidden("L1", of=node) for node in (P1, S1, J1, R1, C1, O1))
    story.ids["registered"], (part,) = receipt.act_id, sealed.sealed
    assert part["recipient"] == P1
    assert all(story.hidden(node, f"/v1/attachments/{part['sha256']}") for node in (T1, P1, S1))


def test_step_3_a_township_screens_but_may_not_verify(story: Story) -> None:
    story.at("03-02 09:30")
    screened = {"category": "evil_force", "opinion": "有时间、地点和事件，疑似涉恶", "competent_node": P1}
    screened["basis"] = "反有组织犯罪法第二十五条"
    assert story.says(T1, "lead.screen", "L1", screened).lead_state == "screened"
    assert story.refused(T1, "verification.assign", "L1", texts.TASK) == "403 forbidden-act"
    assert story.acts_seen(C1, "L1") == ["notice.listed"]


def test_step_4_the_transfer_is_to_be_signed_for_within_a_day(story: Story) -> None:
    story.at("03-02 10:00")
    story.ids["leg"] = uuid7()
    files = [
        story.agencies[T1].upload(f"附件{no}".encode(), name=f"附件{no}.txt", media_type="text/plain", pages=no)
        for no in (1, 2, 3)
    ]
    offer = letter(story.ids["leg"], P1, route="report_up")
    receipt = story.says(T1, "transfer.offer", "L1", offer, to=[P1], document_no="甲政移〔2026〕1号", attachments=files)
    assert (receipt.lead_state, due(receipt, "D04")) == ("in_transfer", "03-03 10:00")
    assert story.acts_seen(P1, "L1") == ["transfer.offer"]


def test_step_5_the_police_sign_for_it_and_the_township_sees_just_that(story: Story) -> None:
    story.at("03-02 16:20")
    receipt = story.agencies[P1].sign_receipt(story.ids["leg"], attachments_received=3)
    assert (receipt.lead_state, due(receipt, "D05")) == ("received", "03-03 23:59")
    assert story.acts_seen(P1, "L1") == ["lead.register", "lead.screen", "transfer.offer", "transfer.receipt"]
    offer = story.act_read(P1, "L1", "transfer.offer")
    assert offer.document["document_no"] == "甲政移〔2026〕1号"
    enclosed = [story.agencies[P1].download(one["sha256"]).decode() for one in offer.document["attachments"]]
    assert enclosed == ["附件1", "附件2", "附件3"]
    seen = story.sees(T1, "L1")
    assert (seen["state"], seen["holder"], seen["outcome"]) == ("received", P1, None)


def test_step_6_the_parts_cover_the_whole_and_the_hidden_one_is_hidden(story: Story) -> None:
    story.at("03-03 09:00")
    for name in ("A", "B", "C", "leg-A", "leg-C"):
        story.ids[name] = uuid7()
    crime = {"title": "强迫交易", "persons": ["p1"], "events": ["e1", "e2"], "category": "evil_force"}
    duty = {"title": "村干部", "persons": ["p2"], "events": ["e3", "e4"], "category": "official_misconduct"}
    scales = {"title": "无检定地磅", "persons": [], "events": ["e5"], "category": "general"}
    parts = [
        {"lead_id": story.ids["A"], "transfer_id": story.ids["leg-A"], **crime},
        {"lead_id": story.ids["B"], **duty},
        {"lead_id": story.ids["C"], "transfer_id": story.ids["leg-C"], **scales},
    ]
    left_out = {"parts": [parts[0], parts[1], {**parts[2], "events": []}]}
    assert story.refused(P1, "lead.split", "L1", left_out) == "422 rule-violated R-SPLIT-WHOLE"
    receipt = story.says(P1, "lead.split", "L1", {"parts": parts})
    assert (receipt.lead_state, due(receipt, "D03")) == ("split", "03-06 23:59")
    assert story.sees(P1, "L1")["parts"] == [story.ids[part] for part in "ABC"]
    assert story.sees(T1, "L1")["parts"] == [story.ids[part] for part in "AC"]
    assert (story.sees(P1, "A")["state"], story.sees(P1, "B")["state"]) == ("received", "screened")
    assert story.sees(P1, "B")["origin"] == P1
    assert story.lead_hidden("B", of=T1)
    assert story.lead_hidden("B", of=C1)
    assert story.agencies[P1].accept(story.ids["leg-A"]).lead_state == "accepted"


def test_step_7_the_official_s_part_goes_to_supervision_and_the_office_has_a_line_of_it(story: Story) -> None:
    story.at("03-03 15:00")
    story.ids["leg-B"] = uuid7()
    offer = letter(story.ids["leg-B"], S1, feedback_by="2026-04-30T17:00:00+08:00")
    receipt = story.says(P1, "transfer.offer", "B", offer, to=[S1], document_no="测公移〔2026〕7号")
    assert due(receipt, "D04") == "03-04 15:00"
    assert "D03" not in {one["rule"] for one in story.sees(P1, "B")["deadlines"]}
    assert story.acts_seen(C1, "B") == ["notice.listed"]
    listed = story.act_read(C1, "B", "notice.listed").content
    assert listed.keys() == {"lead_no", "category", "holder", "state"}
    assert story.hidden(C1, f"/v1/acts/{receipt.act_id}", f"/v1/transfers/{story.ids['leg-B']}")
    assert story.lead_hidden("L1", "A", "B", "C", of=O1)
    assert story.agencies[O1].inbox() == []


def test_step_8_a_task_has_its_five_fixings(story: Story) -> None:
    story.at("03-04 09:00")
    leaderless = {name: value for name, value in texts.TASK.items() if name != "supervising_leader"}
    assert story.refused(P1, "verification.assign", "A", leaderless) == "422 invalid-document"
    receipt = story.says(P1, "verification.assign", "A", texts.TASK)
    assert (receipt.lead_state, due(receipt, "D10")) == ("verifying", "04-03 23:59")


def test_step_9_supervision_gives_back_what_is_not_its_own_and_takes_up_the_rest(story: Story) -> None:
    story.at("03-04 10:00")
    assert story.agencies[S1].sign_receipt(story.ids["leg-B"], attachments_received=0).lead_state == "received"
    story.at("03-05 09:00")
    for name in ("B1", "B2", "leg-B1", "leg-B2"):
        story.ids[name] = uuid7()
    duty = {"title": "通风报信", "persons": ["p2"], "events": ["e3"], "category": "official_misconduct"}
    loan = {"title": "民间借贷", "persons": ["p2"], "events": ["e4"], "category": "not_within_remit"}
    parts = [
        {"lead_id": story.ids["B1"], "transfer_id": story.ids["leg-B1"], **duty},
        {"lead_id": story.ids["B2"], "transfer_id": story.ids["leg-B2"], **loan},
    ]
    story.says(S1, "lead.split", "B", {"parts": parts})
    returned = story.agencies[S1].return_(
        story.ids["leg-B2"], reason_code="civil_dispute", basis="民间借贷纠纷，可向人民法院起诉", suggested_node=H1
    )
    assert (returned.lead_state, story.sees(P1, "B2")["holder"]) == ("returned", P1)
    assert story.act_read(P1, "B2", "transfer.return").content["suggested_node"] == H1
    assert story.agencies[S1].accept(story.ids["leg-B1"]).lead_state == "accepted"
    assert story.lead_hidden("B", "B1", "B2", of=T1)


def test_step_10_the_scales_go_on_to_the_regulator(story: Story) -> None:
    story.at("03-05 11:00")
    story.ids["leg-C2"] = uuid7()
    forwarded = story.agencies[P1].forward(
        story.ids["leg-C"],
        R1,
        new_transfer_id=story.ids["leg-C2"],
        basis="行政处罚法第二十七条",
        competence_reason="计量违法属市场监管部门职责",
    )
    assert due(forwarded, "D04") == "03-06 11:00"
    assert "transfer.forward" in story.acts_seen(T1, "C")
    story.at("03-06 09:00")
    story.agencies[R1].sign_receipt(story.ids["leg-C2"], attachments_received=0)
    story.agencies[R1].accept(story.ids["leg-C2"])
    receipt = story.says(R1, "verification.assign", "C", texts.TASK)
    assert (receipt.lead_state, due(receipt, "D10")) == ("verifying", "03-27 23:59")
    assert story.sees(R1, "C")["deadlines"][0]["source"] == "law"


def test_step_11_before_filing_nothing_is_frozen_but_accounts_may_be_queried(story: Story) -> None:
    story.at("03-06 11:00")
    approver = {**texts.APPROVER, "approved_at": "2026-03-06T09:00:00+08:00"}
    step = {"approver": approver, "basis": "反有组织犯罪法第二十七条", "at": "2026-03-06T10:30:00+08:00"}
    frozen = {**step, "measure": "freeze"}
    assert story.refused(P1, "verification.measure", "A", frozen) == "422 rule-violated R-COERCIVE-BEFORE-FILING"
    assert story.says(P1, "verification.measure", "A", {**step, "measure": "asset_query"}).lead_state == "verifying"


def test_the_private_loan_finds_its_way_to_the_court(story: Story) -> None:
    story.at("03-06 15:00")
    story.ids["leg-B3"], story.ids["said-B2"] = uuid7(), uuid7()
    story.says(P1, "transfer.offer", "B2", letter(story.ids["leg-B3"], H1), to=[H1])
    story.agencies[H1].sign_receipt(story.ids["leg-B3"], attachments_received=0)
    story.agencies[H1].accept(story.ids["leg-B3"])
    story.agencies[H1].send_feedback(
        story.ids["leg-B3"], "conclusion", "属民事纠纷", outcome="可另行起诉", feedback_id=story.ids["said-B2"]
    )
    assert story.agencies[P1].respond(story.ids["said-B2"], "confirm").lead_state == "confirmed"
    assert story.lead_hidden("B2", of=T1)


def test_step_24_begins_with_an_anonymous_letter(story: Story) -> None:
    story.at("03-10 09:00")
    for name in ("L2", "leg-L2", "said-L2"):
        story.ids[name] = uuid7()
    story.says(T1, "lead.register", "L2", texts.L2)
    screened = {"category": "general", "opinion": "无时间、地点、事件", "basis": "依职责"}
    story.says(T1, "lead.screen", "L2", screened)
    offer = letter(story.ids["leg-L2"], P1, route="report_up", known_facts="无，仅有听说")
    story.says(T1, "transfer.offer", "L2", offer, to=[P1], document_no="甲政移〔2026〕2号")
    story.agencies[P1].sign_receipt(story.ids["leg-L2"], attachments_received=0)
    story.agencies[P1].accept(story.ids["leg-L2"])
    assert due(story.says(P1, "verification.assign", "L2", texts.TASK), "D10") == "04-09 23:59"


def test_step_12_a_report_without_a_result_for_each_event_is_refused(story: Story) -> None:
    story.at("03-12 10:00")
    first, second = texts.REPORT["events"]
    unfinished = {name: value for name, value in second.items() if name != "handling_result"}
    blank = {**texts.REPORT, "events": [first, unfinished]}
    assert story.refused(P1, "verification.report", "A", blank) == "422 invalid-document"
    short = {**texts.REPORT, "events": [first]}
    assert story.refused(P1, "verification.report", "A", short) == "422 rule-violated R-EACH-VERIFIED"
    receipt = story.says(P1, "verification.report", "A", texts.REPORT)
    assert (receipt.lead_state, due(receipt, "D12")) == ("signing", "03-16 23:59")


def test_step_13_three_seats_sign_and_no_handler_is_among_them(story: Story) -> None:
    story.at("03-13 09:00")
    story.says(P1, "signoff.sign", "A", signature(1, "周某某"))
    rejected = story.says(P1, "signoff.sign", "A", signature(2, "郑某某", "reject"))
    assert (rejected.lead_state, due(rejected, "D17")) == ("verifying", "03-17 23:59")
    story.at("03-16 09:00")
    story.says(P1, "verification.report", "A", texts.REPORT)
    story.says(P1, "signoff.sign", "A", signature(1, "周某某"))
    story.says(P1, "signoff.sign", "A", signature(2, "郑某某"))
    assert story.refused(P1, "signoff.sign", "A", signature(3, "孙某某")) == "403 forbidden-act"
    assert story.refused(P1, "signoff.sign", "A", signature(3, "周某某")) == "422 rule-violated R-DISTINCT-SIGNERS"
    signed = story.says(P1, "signoff.sign", "A", signature(3, "冯某某"))
    assert (signed.lead_state, due(signed, "D14")) == ("concluded", "03-19 23:59")
    assert not {"verification.report", "signoff.sign"} & set(story.acts_seen(T1, "A"))
