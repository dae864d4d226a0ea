"""The list of leads: its filters, its pages, and what may be found by number."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.client import Agency, uuid7
from app.views.leads import WINDOW
from tests.agencies import World
from tests.views.steps import LETTER, ask, forwarded, offered, received, screened


def ids(agency: Agency, **filters: Any) -> list[str]:
    return [one["lead_id"] for one in agency.leads(**filters)]


def test_pages_hold_each_lead_once_while_new_leads_come(world: World) -> None:
    town = world.agency("township")
    there = [world.register() for _ in range(7)]
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = town.get("/v1/leads", limit=3, cursor=cursor)
        assert len(page["items"]) <= 3
        seen += [one["lead_id"] for one in page["items"]]
        world.register()
        cursor = page["next"]
        if cursor is None:
            break
    assert [one for one in seen if one in there] == there[::-1]
    assert len(set(seen)) == len(seen)


def test_leads_are_found_by_state_category_and_role(world: World) -> None:
    raw, (lead_id, _) = world.register(), received(world)
    town, police = world.agency("township"), world.agency("police")
    assert raw in ids(town, state="registered")
    assert lead_id not in ids(town, state="registered")
    assert lead_id in ids(town, category="general", role="origin")
    assert lead_id not in ids(town, category="disorder")
    assert lead_id not in ids(town, role="holder")
    assert lead_id in ids(police, role="holder", state="received")
    assert lead_id not in ids(police, role="holder", state="accepted")
    assert lead_id not in ids(police, role="participant")
    passed_on, _, _ = forwarded(world)
    assert passed_on in ids(police, role="participant")
    assert passed_on not in ids(town, role="participant")


def test_leads_are_found_by_the_end_of_a_deadline(world: World) -> None:
    lead_id, _ = offered(world)
    police, now = world.agency("police"), datetime.now(UTC)
    assert lead_id in ids(police, due_before=(now + timedelta(hours=25)).isoformat())
    assert lead_id not in ids(police, due_before=(now + timedelta(hours=23)).isoformat())
    assert lead_id not in ids(police, due_before=(now + timedelta(hours=25)).isoformat(), category="disorder")
    assert lead_id not in ids(world.agency("township"), due_before=(now + timedelta(hours=25)).isoformat())


def test_the_lead_number_is_known_to_every_party_and_to_no_one_else(world: World) -> None:
    lead_id, _ = offered(world)
    lead_no = world.agency("township").lead(lead_id)["lead_no"]
    assert ids(world.agency("township"), q=lead_no) == [lead_id]
    assert ids(world.agency("police"), q=f" {lead_no} ") == [lead_id]
    assert ids(world.agency("supervision"), q=lead_no) == []
    assert ids(world.agency("police"), q=lead_no[:-1]) == []


def test_a_number_in_an_act_is_found_only_by_those_who_may_read_the_act(world: World) -> None:
    source = {"type": "public_report", "channel": "hotline_12345", "received_at": "2026-03-01T09:00:00+08:00"}
    lead_id = screened(world, source={**source, "external_no": "12345-990121-77"}, document_no="甲政登〔2026〕77号")
    transfer_id = uuid7()
    town, police = world.agency("township"), world.agency("police")
    town.offer(
        lead_id,
        police.node_id,
        transfer_id=transfer_id,
        letter={**LETTER, "route": "report_up"},
        document_no="甲政（综）移〔2026〕78号",
    )
    for written in ("甲政（综）移〔2026〕78号", "甲政(综)移[2026]78号", "甲政【综】移【2026】第78号"):
        assert ids(police, q=written) == [lead_id]
    for hidden in ("12345-990121-77", "甲政登〔2026〕77号"):
        assert ids(town, q=hidden) == [lead_id]
        assert ids(police, q=hidden) == []
    police.get_act(next(iter(police.timeline(lead_id)))["act_id"])
    police.sign_receipt(transfer_id, attachments_received=0)
    assert ids(police, q="12345-990121-77") == [lead_id]


def test_a_filter_without_an_index_walks_a_window_and_goes_on(world: World) -> None:
    lead_id = screened(world, category="evil_force")
    town = world.agency("township")
    world.rows(
        "INSERT INTO lead_entry (node_id, lead_id, root_id, state, category, role, is_origin, registered_at) "
        "SELECT :node, gen_random_uuid(), gen_random_uuid(), 'cleared', 'general', 'origin', true, "
        "now() + make_interval(secs => n) FROM generate_series(1, CAST(:many AS int)) AS n",
        node=town.node_id,
        many=WINDOW + 10,
    )
    first = town.get("/v1/leads", category="evil_force")
    assert first["items"] == []
    assert first["next"] is not None
    assert ids(town, category="evil_force") == [lead_id]
    world.rows("DELETE FROM lead_entry WHERE state = 'cleared'")


@pytest.mark.parametrize(
    "query",
    [
        {"cursor": "x"},
        {"cursor": "A" * 32},
        {"cursor": "-" * 32},
        {"cursor": ""},
        {"limit": 0},
        {"limit": 201},
        {"state": "nowhere"},
        {"category": "none"},
        {"role": "reader"},
        {"due_before": "tomorrow"},
        {"due_before": "9999-12-31T23:59:59-23:00"},
    ],
)
def test_a_malformed_query_is_refused(world: World, query: dict[str, Any]) -> None:
    answer = ask(world.agency("police"), "/v1/leads", **query)
    if query == {"cursor": "A" * 32}:
        assert answer.json() == {"items": [], "next": None}
    else:
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-document")


def test_a_timeline_has_pages_and_its_cursor_is_of_this_lead_only(world: World) -> None:
    lead_id, _ = received(world)
    other, _ = received(world)
    town = world.agency("township")
    path = f"/v1/leads/{lead_id}/timeline"
    first = town.get(path, limit=2)
    rest = town.get(path, limit=2, cursor=first["next"])
    assert [one["act"] for one in (*first["items"], *rest["items"])] == [
        "lead.register",
        "lead.screen",
        "transfer.offer",
        "transfer.receipt",
    ]
    assert rest["next"] is None
    for cursor in ("x", "", town.get(f"/v1/leads/{other}/timeline", limit=1)["next"]):
        assert ask(town, path, cursor=cursor).status_code == 422
