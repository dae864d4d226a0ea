"""The ledger over HTTP: what each agency's rows say, what they leave out, and sheets."""

import csv
import io
from typing import Any

from app.casework.acts import CATALOGUE
from app.client import Agency, uuid7
from app.views.ledger_schemas import HEADINGS
from app.views.sheets import CSV, XLSX
from tests.agencies import World
from tests.views.steps import LETTER, ask, hear, received, screened

NAMES = ("张某某", "赵某某", "何某某", "许某某", "孙某某", "周某某")


def row_of(agency: Agency, lead_id: str) -> dict[str, Any]:
    rows: list[dict[str, Any]] = ask(agency, "/v1/ledger").json()["items"]
    return next(one for one in rows if one["lead_id"] == lead_id)


def verified(world: World) -> tuple[str, str]:
    """A lead of the township that the police accepted, verify, and was offered under a document number."""
    lead_id, transfer_id = screened(world), uuid7()
    town, police = world.agency("township"), world.agency("police")
    town.act(
        "transfer.offer",
        lead_id,
        {**LETTER, "route": "report_up", "disclosure": "full", "transfer_id": transfer_id, "to": police.node_id},
        recipients=[police.node_id],
        document_no="甲政移〔2026〕1号",
    )
    hear(police, lead_id)
    police.sign_receipt(transfer_id, attachments_received=0)
    police.act("transfer.accept", lead_id, {"transfer_id": transfer_id}, recipients=[town.node_id])
    police.act("verification.assign", lead_id, CATALOGUE["verification.assign"].example)
    return lead_id, transfer_id


def test_a_row_tells_each_agency_what_it_may_know_and_nobody_a_name(world: World) -> None:
    lead_id, transfer_id = verified(world)
    town, police, office = world.agency("township"), world.agency("police"), world.agency("office")
    row = row_of(police, lead_id)
    assert (row["source_type"], row["source_channel"], row["sectors"]) == ("public_report", "visit", ["砂石"])
    assert (row["came_from"], row["came_by_no"]) == (town.node_id, "甲政移〔2026〕1号")
    assert (row["screened_by"], row["category"], row["place_code"]) == (town.node_id, "general", "990121101")
    assert (row["handlers"], row["extended"], row["state"]) == (2, False, "verifying")
    assert row["verify_by"].startswith("2026-04-01")
    assert row["persons"] == ["p1"]
    above = row_of(town, lead_id)
    assert (above["handed_to"], above["handlers"], above["verify_by"], above["task"]) == (police.node_id, *[None] * 3)
    police.send_feedback(transfer_id, "conclusion", "经核查", outcome="部分属实", feedback_id=uuid7())
    hear(town, lead_id)
    assert row_of(town, lead_id)["outcome"] == "部分属实"
    assert row_of(town, lead_id)["fed_back_at"] is not None
    listed = row_of(office, lead_id)
    assert (listed["holder"], listed["source_type"], listed["place_code"]) == (police.node_id, None, None)
    for agency in (town, police, office):
        said = ask(agency, "/v1/ledger").text
        assert not [name for name in NAMES if name in said]


def test_a_sealed_lead_has_its_number_and_nothing_else(world: World) -> None:
    lead_id, transfer_id = received(world)
    town, police, feedback_id = world.agency("township"), world.agency("police"), uuid7()
    police.act("transfer.accept", lead_id, {"transfer_id": transfer_id}, recipients=[town.node_id])
    police.send_feedback(transfer_id, "conclusion", "经核查", outcome="查否", feedback_id=feedback_id)
    hear(town, lead_id)
    town.respond(feedback_id, "confirm")
    hear(police, lead_id)
    police.act("clarification.issue", lead_id, CATALOGUE["clarification.issue"].example)
    lead_no = town.lead(lead_id)["lead_no"]
    police.act("lead.clear", lead_id, {"note": "查否，已澄清"})
    (row,) = (one for one in ask(police, "/v1/ledger").json()["items"] if one["lead_no"] == lead_no)
    assert {name: one for name, one in row.items() if one} == {"lead_no": lead_no, "remark": "sealed"}
    assert lead_no not in ask(world.agency("office"), "/v1/ledger").text
    own = ask(police, "/v1/statistics").json()["own"]["figures"]
    assert (own["replied"], own["cleared"]) == (1, 1)


def test_a_reopened_lead_shows_the_work_since_then_and_its_record_keeps_the_rest(world: World) -> None:
    lead_id, transfer_id = verified(world)
    town, police, office = world.agency("township"), world.agency("police"), world.agency("office")
    letter, feedback_id = {**CATALOGUE["supervision.letter"].example, "letter_id": uuid7()}, uuid7()
    hear(office, lead_id)
    office.act("supervision.letter", lead_id, {**letter, "to": police.node_id}, recipients=[police.node_id])
    police.send_feedback(transfer_id, "conclusion", "经核查", outcome="部分属实", feedback_id=feedback_id)
    upheld = {"decision": "uphold", "findings": "结论成立", "items": []}
    office.act("lead.recheck", lead_id, upheld, recipients=[police.node_id])
    hear(police, lead_id)
    done = {"letter_id": letter["letter_id"], "text": "已办结", "done": True}
    police.act("supervision.reply", lead_id, done, recipients=[office.node_id])
    hear(town, lead_id)
    town.respond(feedback_id, "confirm")
    first = row_of(police, lead_id)
    round_ = ("task", "verify_by", "handlers", "extended", "recheck", "fed_back_at", "response", "outcome")
    assert not [name for name in round_ if first[name] is None]
    assert (first["recheck"], first["supervision_nos"]) == ("uphold", [letter["letter_id"]])
    police.act("lead.clear", lead_id, {"note": "各环节已办结"})
    police.act("lead.reopen", lead_id, {"new_facts": "又有两名司机反映"})
    again = row_of(police, lead_id)
    assert {name: again[name] for name in round_} == dict.fromkeys(round_)
    assert (again["state"], again["supervision_nos"], again["cleared_at"]) == ("accepted", [], None)
    assert (again["source_type"], again["came_from"]) == ("public_report", town.node_id)
    assert "lead.recheck" in [item["act"] for item in police.timeline(lead_id)]
    work = ask(police, "/v1/statistics").json()["own"]["work"]
    assert (work["concluded"], work["conclusions"], work["rechecks"]) == (1, 1, 1)
    task = CATALOGUE["verification.assign"].example
    police.act("verification.assign", lead_id, {**task, "due": "2026-03-06T18:00:00+08:00"})
    anew = row_of(police, lead_id)
    assert anew["verify_by"].startswith("2026-03-06")
    assert anew["task"] not in (None, first["task"])


def test_a_ledger_is_read_page_by_page_and_as_sheets(world: World) -> None:
    source = CATALOGUE["lead.register"].example["source"]
    for sector in ("砂石", "=cmd|calc!A1", "运输"):
        world.register(sectors=[sector], source=source)
    town = world.agency("township")
    first = ask(town, "/v1/ledger", limit=2).json()
    rest = ask(town, "/v1/ledger", limit=2, cursor=first["next"]).json()
    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [2, 1, None]
    answer = ask(town, "/v1/ledger", headers={"Accept": CSV}, limit=2)
    assert answer.headers["content-type"] == f"{CSV}; charset=utf-8"
    assert first["next"] in answer.headers["link"]
    assert answer.headers["cache-control"] == "no-store"
    heading, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert heading == HEADINGS
    assert [row[heading.index("sectors 领域")] for row in rows] == ["运输", "'=cmd|calc!A1"]
    assert ask(town, "/v1/ledger", headers={"Accept": XLSX}).content.startswith(b"PK")
    assert ask(town, "/v1/ledger", cursor="x").status_code == 422
    assert town.http.get("/v1/ledger").status_code == 401
