"""Figures and ledger over HTTP: what acts added, who sees it, and what is frozen."""

import asyncio
import json
from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from app.admin.people import add_person
from app.casework.statistics.figures import STANDINGS, figures
from app.client import Agency
from app.config import Settings
from app.db import create_engine
from app.stored import root_key, stored_case
from app.vault import open_vault
from app.views.sheets import CSV, XLSX
from tests.agencies import PASSWORD, Raw, World
from tests.registry_app import Hand
from tests.views.steps import ask, forwarded, offered, received
from tests.waiting import until

ZONE = ZoneInfo("Asia/Shanghai")


def figures_of(agency: Agency, **params: Any) -> dict[str, int]:
    found: dict[str, int] = ask(agency, "/v1/statistics", **params).json()["own"]["figures"]
    return found


def leap(world: World, hand: Hand, days: int) -> None:
    """Move the service's clock; tokens from before are stale then, and the agencies take new ones."""
    hand.forward(days=days)
    for agency in world.enrolled.values():
        agency._token = ("", 0.0)


def wait_until_folded(world: World) -> None:
    until("every difference is folded", lambda: not world.rows("SELECT 1 FROM stat_delta LIMIT 1"))


def test_the_figures_of_all_agencies_add_up_and_are_those_of_the_stored_cases(world: World, tmp_path: Any) -> None:
    received(world)
    forwarded(world)
    _, returned = offered(world)
    world.agency("police").sign_receipt(returned, attachments_received=0)
    world.agency("police").return_(returned, reason_code="no_jurisdiction", basis="不属本辖区")
    for name, expected in {
        "township": {"received": 3, "passed_on": 2, "pending": 1},
        "police": {"received": 3, "pending": 1, "passed_on": 1, "returned": 1},
        "regulator": {"received": 1, "pending": 1},
        "office": {},
    }.items():
        shown = figures_of(world.agency(name))
        assert {measure: number for measure, number in shown.items() if number} == expected
        assert shown["received"] == sum(shown[standing] for standing in STANDINGS)
    before = ask(world.agency("police"), "/v1/statistics").json()["own"]
    wait_until_folded(world)
    assert ask(world.agency("police"), "/v1/statistics").json()["own"] == before
    vault = open_vault(Settings(data_dir=tmp_path / "data"))
    counted: Counter[Any] = Counter()
    for row in world.rows('SELECT root_id, data_key, snapshot FROM "case"'):
        root_id = str(row.root_id)
        counted.update(figures(stored_case(root_key(vault, root_id, row.data_key), root_id, row.snapshot), ZONE))
    folded = world.rows(
        "SELECT node_id, audience, starts, measure, total FROM stat_rollup "
        "WHERE grain = 'day' AND measure <> 'acts' AND total <> 0"
    )
    assert {tuple(row)[:4]: row.total for row in folded} == dict(counted)


def test_a_month_counts_what_came_in_it(world: World, hand: Hand) -> None:
    world.register()
    leap(world, hand, days=31)
    world.register()
    town = world.agency("township")
    assert [figures_of(town, month=month)["received"] for month in ("2026-03", "2026-04", "2026-05")] == [1, 1, 0]
    wait_until_folded(world)
    assert [figures_of(town, month=month)["received"] for month in ("2026-03", "2026-04", "2026-05")] == [1, 1, 0]
    assert figures_of(town)["received"] == 2
    assert ask(town, "/v1/statistics", month="2026-13").status_code == 422


def test_overseers_see_no_small_cell_and_others_see_nobody(world: World) -> None:
    received(world)
    office, police = world.agency("office"), world.agency("police")
    world.agency("supervision")
    page = ask(office, "/v1/statistics/nodes").json()
    assert [one["node"] for one in page["items"]] == ["police-990121", "township-990121101"]
    assert {cell for one in page["items"] for cell in one["figures"].values()} == {"n<5"}
    for _ in range(5):
        world.register()
    page = ask(office, "/v1/statistics/nodes").json()
    town = page["items"][1]["figures"]
    assert (town["received"], town["pending"], town["passed_on"]) == (6, "n<5", "n<5")
    assert ask(police, "/v1/statistics/nodes").json()["items"] == []
    assert ask(office, "/v1/statistics").json()["listed"]["received"] == 1
    assert ask(police, "/v1/statistics").json()["listed"] is None
    first = ask(office, "/v1/statistics/nodes", limit=1).json()
    rest = ask(office, "/v1/statistics/nodes", cursor=first["next"]).json()
    assert [one["node"] for one in rest["items"]] == ["township-990121101"]


def test_a_superior_that_a_lead_concerns_does_not_see_it_counted(world: World) -> None:
    for _ in range(6):
        world.register(concerns_nodes=["office-990121"])
    assert figures_of(world.agency("township"))["received"] == 6
    page = ask(world.agency("office"), "/v1/statistics/nodes").json()
    assert [one["figures"]["received"] for one in page["items"]] == ["n<5"]


def test_auditors_see_veiled_figures_and_registrars_do_not(world: World, hand: Hand) -> None:
    async def add() -> None:
        engine = create_engine(world.database_url, pool_size=1)
        try:
            await add_person(engine, "auditor", ["auditor"], PASSWORD, hand.now)
        finally:
            await engine.dispose()

    world.register()
    asyncio.run(add())
    with httpx.Client(base_url=world.url, timeout=20) as http:
        for name, status in (("auditor", 200), ("registrar", 403)):
            form = {"username": name, "password": PASSWORD}
            token = http.post("/v1/admin/token", data=form).json()["access_token"]
            answer = http.get("/v1/admin/statistics", headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == status
            if status == 200:
                assert {one["figures"]["received"] for one in answer.json()["items"]} == {"n<5"}


def test_reports_are_frozen_when_a_period_ends_and_then_stay(world: World, hand: Hand) -> None:
    world.register()
    town = world.agency("township")
    assert ask(town, "/v1/statistics/reports").json()["items"] == []
    leap(world, hand, days=30)  # the first of April, a Wednesday
    until("two reports are frozen", lambda: len(ask(town, "/v1/statistics/reports").json()["items"]) >= 2)
    page = ask(town, "/v1/statistics/reports").json()
    assert [(one["kind"], one["starts"], one["ends"]) for one in page["items"]] == [
        ("weekly", "2026-03-23", "2026-03-29"),
        ("monthly", "2026-03-01", "2026-03-31"),
    ]
    week, month = page["items"]
    assert [one["period"]["figures"]["received"] for one in (week, month)] == [0, 1]
    assert [one["so_far"]["figures"]["received"] for one in (week, month)] == [1, 1]
    world.register()
    assert ask(town, "/v1/statistics/reports").json() == page
    first = ask(town, "/v1/statistics/reports", limit=1).json()
    rest = ask(town, "/v1/statistics/reports", cursor=first["next"]).json()
    assert rest["items"] == [month]
    assert ask(town, "/v1/statistics/reports", kind="weekly").json()["items"] == [week]
    assert ask(town, "/v1/statistics/reports", cursor="2026-13-01.weekly").status_code == 422
    with pytest.raises(Exception, match="is evidence"):
        world.rows("UPDATE report SET ends = ends")


def test_the_coverage_report_names_who_has_no_key_or_was_silent(world: World, hand: Hand) -> None:
    world.register()
    world.agency("police")
    court = {"kind": "court", "name": "测试县法院", "division_code": "990121", "level": "county"}
    world.admin.create_node("court-990121", **court)
    office = world.agency("office")
    page = ask(office, "/v1/statistics/coverage").json()
    found = {one["node"]: (one["gaps"], one["acted_on"]) for one in page["items"]}
    assert found == {
        "court-990121": (["no_key", "no_traffic"], None),
        "police-990121": (["no_traffic"], None),
    }
    leap(world, hand, days=91)
    silent = ask(office, "/v1/statistics/coverage", cursor="police-990121").json()["items"]
    assert [(one["node"], one["acted_on"]) for one in silent] == [("township-990121101", "2026-03-02")]
    assert ask(world.agency("police"), "/v1/statistics/coverage").status_code == 403


def test_figures_come_as_sheets_too(world: World) -> None:
    world.register()
    town = world.agency("township")
    for media, begins in ((CSV, b"\xef\xbb\xbf"), (XLSX, b"PK")):
        answer = ask(town, "/v1/statistics", headers={"Accept": media})
        assert answer.headers["content-type"].startswith(media)
        assert answer.content.startswith(begins)
    said = ask(town, "/v1/statistics", headers={"Accept": CSV}).content.decode("utf-8-sig")
    assert "figures,received,1" in said


def test_a_refused_act_and_a_replay_add_nothing(world: World) -> None:
    town, iat = Raw(world.agency("township")), int(world.clock().timestamp())
    concerned = {**town.document()["content"], "concerns_nodes": ["township-990121101"]}
    for document, expected in ((town.document(), [201, 200]), (town.document(content=concerned), [422, 422])):
        body = json.dumps(document, ensure_ascii=False).encode()
        token = town.sign(body, iat=iat)
        assert [town.post(body, token=token).status_code for _ in range(2)] == expected
    assert figures_of(town.agency)["received"] == 1
