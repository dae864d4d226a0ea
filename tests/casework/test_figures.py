"""What a case adds to the figures of process and work, and to whom it is shown."""

from uuid import uuid4

from app.casework.statistics.figures import figures
from tests.casework.stage import ZONE, Stage
from tests.casework.test_lapses import carry_out, concluded, deadline_of, offered
from tests.casework.test_split_rules import on_part, part, received, split


def own(stage: Stage, node: str, audience: str = "own") -> dict[str, int]:
    return {key[3]: number for key, number in figures(stage.case, ZONE).items() if key[:2] == (node, audience)}


def test_an_overdue_leg_stays_one_whatever_is_done_later() -> None:
    stage = Stage()
    transfer_id = offered(stage)
    stage.later(hours=25)
    carry_out(stage, "D04")
    assert (own(stage, "police-one")["overdue_now"], own(stage, "police-one")["overdue_ever"]) == (1, 1)
    assert "received" not in own(stage, "police-one")
    stage.sign(transfer_id, "police-one")
    found = own(stage, "police-one")
    assert "overdue_now" not in found
    assert (found["overdue_ever"], found["receipts"], found["receipts_late"]) == (1, 1, 1)
    assert found["days.D04.1"] == 1
    assert own(stage, "police-one", "shared")["receipts_late"] == 1
    assert "days.D04.1" not in own(stage, "police-one", "shared")


def test_the_parts_of_a_split_lead_do_not_repeat_a_receipt_or_a_breach() -> None:
    stage, _ = received()
    stage.later(days=5)
    carry_out(stage, "D05")
    one, other = part(persons=["p1"], events=["e1"]), part(persons=["p2"], events=["e2"])
    split(stage, one, other)
    found = own(stage, "police-one")
    assert (found["received"], found["receipts"], found["overdue_ever"]) == (1, 1, 1)
    on_part(stage, one)
    stage.give_back(one["transfer_id"], "police-one")
    assert own(stage, "police-one")["returns"] == 1


def test_conclusions_contests_and_letters_count_for_their_own_agencies() -> None:
    stage = Stage()
    feedback_id = concluded(stage)
    assert (own(stage, "police-one")["conclusions"], own(stage, "police-one")["concluded"]) == (1, 1)
    stage.respond(feedback_id, "town-one", "contest", reason="事实不清")
    assert own(stage, "police-one")["contested"] == 1
    letter = {
        "letter_id": str(uuid4()),
        "to": "regulator-one",
        "problem": "问题",
        "basis": "依据",
        "suggestion": "建议",
    }
    stage.act("letter.send", "police-one", letter, ("regulator-one",))
    assert own(stage, "regulator-one") == {"letters": 1}
    reply = {"letter_id": letter["letter_id"], "text": "已整改", "measures": []}
    stage.act("letter.reply", "regulator-one", reply, ("police-one",))
    assert own(stage, "regulator-one")["letters_answered"] == 1
    assert "concluded" not in own(stage, "police-one", "shared")
    assert "concluded" not in own(stage, "town-one")


def test_a_coordination_office_counts_what_is_listed_to_it_by_state_alone() -> None:
    stage = Stage()
    offered(stage)
    assert own(stage, "office-county", "listed") == {"received": 1, "pending": 1}
    assert own(stage, "office-county") == {}


def test_the_day_is_the_local_day_on_which_a_lead_came() -> None:
    stage = Stage()
    stage.later(hours=15)  # 00:00 in Shanghai, still the second of March in UTC
    transfer_id = offered(stage)
    stage.later(days=3)
    stage.sign(transfer_id, "police-one")
    days = {key[0]: str(key[2]) for key in figures(stage.case, ZONE) if key[1] == "own" and key[3] == "received"}
    assert days == {"town-one": "2026-03-03", "police-one": "2026-03-06"}
    assert deadline_of(stage, "D04").stopped is not None


def test_what_happened_to_an_answer_stays_counted_when_it_falls() -> None:
    stage = Stage()
    feedback_id = concluded(stage)
    stage.respond(feedback_id, "town-one", "contest", reason="事实不清")
    done = {"concluded": 1, "conclusions": 1, "contested": 1}
    for again in range(2):
        body = {"decision": "return", "findings": "缺少处理结果", "items": []}
        stage.act("lead.recheck", "office-county", body, ("police-one",))
        done |= {"rechecks": again + 1, "recheck_returns": again + 1}
        assert done.items() <= own(stage, "police-one").items()
        leg = stage.lead.transfers[-1].transfer_id
        feedback_id = stage.feedback(leg, "police-one", "conclusion", outcome="属实")
        done["conclusions"] += 1
    for _ in range(2):
        body = {"decision": "uphold", "findings": "结论成立", "items": []}
        stage.act("lead.recheck", "office-county", body, ("police-one",))
    stage.respond(feedback_id, "town-one", "confirm")
    done["rechecks"] = 4
    stage.act("lead.clear", "police-one", {"note": "已办结"})
    stage.act("lead.reopen", "police-one", {"new_facts": "又有司机反映"})
    found = own(stage, "police-one")
    assert done.items() <= found.items()
    assert ("in_verification" in found, "cleared" in found, "replied" in found) == (True, False, False)


def test_the_parts_of_a_split_lead_do_not_repeat_a_recheck() -> None:
    stage, leg = received()
    stage.on_leg("transfer.accept", leg, "police-one")
    stage.feedback(leg, "police-one", "conclusion", outcome="属实")
    body = {"decision": "return", "findings": "缺少处理结果", "items": []}
    stage.act("lead.recheck", "office-county", body, ("police-one",))
    split(stage, part(persons=["p1"], events=["e1"]), part(persons=["p2"], events=["e2"]))
    found = own(stage, "police-one")
    assert (found["rechecks"], found["recheck_returns"], found["concluded"], found["conclusions"]) == (1, 1, 1, 1)
