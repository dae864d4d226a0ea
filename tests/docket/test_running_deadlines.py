"""Deadlines that run by themselves, over HTTP and real commits: only the service's clock is moved."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.admin.people import add_person
from app.client import Agency, uuid7
from app.db import create_engine
from app.locks import TIME
from tests.agencies import PASSWORD, World, world
from tests.cli.command_line import leadbridge
from tests.registry_app import Hand
from tests.server import serving
from tests.waiting import until


@pytest.fixture
def hand() -> Hand:
    return Hand(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))  # a Monday, nine in the morning in Shanghai


@pytest.fixture
def exchange(database_url: str, tmp_path: Path, hand: Hand) -> Iterator[World]:
    with world(database_url, tmp_path / "data", clock=hand) as running:
        running.agency("office")
        yield running


def said(agency: Agency, lead_id: str, event: str, **members: str) -> list[dict[str, Any]]:
    """Read every `notice.deadline` of one event on a lead that the agency was sent, verified."""
    found, after = [], 0
    while items := agency.inbox(after):
        after = items[-1]["seq"]
        for item in items:
            if (item["act"], item["lead_id"]) == ("notice.deadline", lead_id):
                content = agency.get_act(item["act_id"]).document["content"]
                found += [content] if {"event": event, **members}.items() <= content.items() else []
    return found


def wait_for(agency: Agency, lead_id: str, event: str, **members: str) -> dict[str, Any]:
    what = f"{agency.node_id} is told that {lead_id} is {event} {members}"
    return until(what, lambda: said(agency, lead_id, event, **members))[0]


def quiet(exchange: World, hand: Hand) -> None:
    """Wait until time has nothing more to say."""
    due = "SELECT 1 FROM deadline WHERE next_at <= :now"
    until(f"no deadline has anything to say at {hand.now}", lambda: not exchange.rows(due, now=hand.now))


def operator(exchange: World, hand: Hand) -> httpx.Client:
    async def add() -> None:
        engine = create_engine(exchange.database_url, pool_size=1)
        try:
            await add_person(engine, "operator", ["operator"], PASSWORD, hand.now)
        finally:
            await engine.dispose()

    asyncio.run(add())
    http = httpx.Client(base_url=exchange.url, timeout=20)
    exchange.stack.callback(http.close)
    token = http.post("/v1/admin/token", data={"username": "operator", "password": PASSWORD}).json()["access_token"]
    http.headers["Authorization"] = f"Bearer {token}"
    return http


def accepted(exchange: World) -> tuple[str, str]:
    lead_id, transfer_id = exchange.offered()
    police = exchange.agency("police")
    police.sign_receipt(transfer_id, attachments_received=0)
    police.accept(transfer_id)
    return lead_id, transfer_id


def concluded(exchange: World) -> tuple[str, str]:
    lead_id, transfer_id = accepted(exchange)
    feedback_id = uuid7()
    exchange.agency("police").send_feedback(
        transfer_id, feedback_id=feedback_id, kind="conclusion", text="经核查部分属实", outcome="部分属实"
    )
    return lead_id, feedback_id


def test_an_unsigned_offer_breaches_after_a_day_and_all_three_are_told_once(
    exchange: World, hand: Hand, tmp_path: Path
) -> None:
    lead_id, transfer_id = exchange.offered()
    town, police, office = (exchange.agency(name) for name in ("township", "police", "office"))
    with serving(exchange.database_url, tmp_path / "data", clock=hand):  # a second service with loops of its own
        hand.forward(hours=24, seconds=1)
        told = [wait_for(agency, lead_id, "breached") for agency in (town, police, office)]
        assert told[0] == told[1] == told[2]
        assert told[0] == {
            "rule": "D04",
            "source": "default",
            "node": police.node_id,
            "started": told[0]["started"],
            "due": told[0]["due"],
            "event": "breached",
        }
        # The same again, as if the loop had died before it could note that it was said.
        exchange.rows("UPDATE deadline SET next_at = due WHERE lead_id = :lead", lead=lead_id)
        quiet(exchange, hand)
        # The leader is killed; the other takes over and says nothing twice.
        killed = exchange.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database "
            "WHERE datname = current_database() AND locktype = 'advisory' AND granted "
            "AND ((classid::bigint << 32) | objid::bigint) = :leader",
            leader=TIME,
        )
        assert len(killed) == 1
        exchange.rows("UPDATE deadline SET next_at = due WHERE lead_id = :lead", lead=lead_id)
        quiet(exchange, hand)
        later, _ = exchange.offered()
        hand.forward(hours=24, seconds=1)
        wait_for(office, later, "breached")
    assert [len(said(agency, lead_id, "breached")) for agency in (town, police, office)] == [1, 1, 1]
    police.sign_receipt(transfer_id, attachments_received=0)
    (kept,) = [one for one in police.deadlines() if (one["lead_id"], one["rule"]) == (lead_id, "D04")]
    assert kept["breached"] == kept["due"]
    assert kept["stopped"] > kept["due"]
    assert "notice.deadline" in [item["act"] for item in town.timeline(lead_id)]


def test_silence_confirms_a_conclusion_after_five_working_days(exchange: World, hand: Hand) -> None:
    lead_id, feedback_id = concluded(exchange)
    town, police = exchange.agency("township"), exchange.agency("police")
    hand.now = datetime(2026, 3, 4, 1, 30, tzinfo=UTC)  # three working days before Monday the 9th
    wait_for(town, lead_id, "warned", rule="D15")
    hand.now = datetime(2026, 3, 6, 1, 30, tzinfo=UTC)
    quiet(exchange, hand)
    hand.now = datetime(2026, 3, 9, 16, 0, tzinfo=UTC)  # midnight in Shanghai
    told = wait_for(police, lead_id, "auto_confirmed")
    assert (told["rule"], told["node"], told["due"][:10]) == ("D15", town.node_id, "2026-03-09")
    assert len(said(town, lead_id, "warned")) == 2
    shown = police.get(f"/v1/feedback/{feedback_id}")
    assert (shown["response"], shown["by_silence"]) == ("confirm", True)
    assert police.get(f"/v1/leads/{lead_id}")["state"] == "confirmed"
    assert not [one for one in town.deadlines() if one["lead_id"] == lead_id]


def test_an_operator_s_calendar_moves_what_starts_from_then_on_and_what_runs(
    exchange: World, hand: Hand, tmp_path: Path
) -> None:
    lead_id, _ = concluded(exchange)
    (before,) = exchange.agency("township").deadlines()
    assert (before["lead_id"], before["due"][:10], before["provisional"]) == (lead_id, "2026-03-09", False)
    http = operator(exchange, hand)
    known = http.get("/v1/admin/calendar/2026").json()
    assert {"date": "2026-04-06", "kind": "holiday", "name": "清明节"} in known["days"]
    days = [{"date": "2026-03-05", "kind": "holiday", "name": "试验"}]
    put = http.put("/v1/admin/calendar/2026", json={"source": "试验性通知", "days": days})
    assert (put.status_code, put.json()["version"], put.json()["days"]) == (200, 2, days)
    assert http.get("/v1/admin/calendar/2026").json() == put.json()
    later, _ = concluded(exchange)
    town = exchange.agency("township")

    def due() -> dict[str, str]:
        return {one["lead_id"]: one["due"][:10] for one in town.deadlines()}

    assert due() == {lead_id: "2026-03-09", later: "2026-03-10"}
    hand.forward(seconds=16)  # by then every process has read it
    until("what ran before is counted anew", lambda: due() == {lead_id: "2026-03-10", later: "2026-03-10"})
    until("nothing waits to be counted", lambda: not exchange.rows("SELECT 1 FROM deadline WHERE recount"))
    assert exchange.agency("police").get(f"/v1/leads/{lead_id}")["state"] == "replied"
    # A day off that is taken back shortens nothing that was promised.
    assert http.put("/v1/admin/calendar/2026", json={"source": "试验性通知", "days": []}).status_code == 200
    hand.forward(seconds=16)
    until("nothing waits to be counted", lambda: not exchange.rows("SELECT 1 FROM deadline WHERE recount"))
    assert due() == {lead_id: "2026-03-10", later: "2026-03-10"}
    given = {"LEADBRIDGE_DATABASE_URL": exchange.database_url, "LEADBRIDGE_DATA_DIR": str(tmp_path / "data")}
    assert leadbridge("rebuild", "--check", **given).returncode == 0


def test_a_provisional_deadline_is_counted_anew_when_its_year_becomes_official(exchange: World, hand: Hand) -> None:
    hand.now = datetime(2026, 12, 29, 1, 0, tzinfo=UTC)
    exchange.admin.login("registrar", PASSWORD)
    concluded(exchange)
    town = exchange.agency("township")
    (before,) = town.deadlines()
    assert (before["due"][:10], before["provisional"]) == ("2027-01-05", True)
    days = [{"date": "2027-01-01", "kind": "holiday", "name": "元旦"}]
    put = operator(exchange, hand).put("/v1/admin/calendar/2027", json={"source": "试验性通知", "days": days})
    assert put.status_code == 200
    until("the deadline is provisional no more", lambda: not next(iter(town.deadlines()))["provisional"])
    (after,) = town.deadlines()
    assert after["due"][:10] == "2027-01-06"


def test_a_notice_names_days_of_the_december_before_and_the_later_notice_counts(exchange: World, hand: Hand) -> None:
    http = operator(exchange, hand)
    known = http.get("/v1/admin/calendar/2026").json()
    days = [{"date": "2026-12-26", "kind": "workday", "name": "元旦调休"}]
    days += [
        {"date": "2026-12-31", "kind": "holiday", "name": "元旦"},
        {"date": "2027-01-01", "kind": "holiday", "name": "元旦"},
    ]
    put = http.put("/v1/admin/calendar/2027", json={"source": "试验性通知", "days": days})
    assert (put.status_code, put.json()["days"]) == (200, days)
    assert http.get("/v1/admin/calendar/2026").json() == known
    hand.now = datetime(2026, 12, 25, 1, 0, tzinfo=UTC)  # a Friday
    exchange.admin.login("registrar", PASSWORD)
    concluded(exchange)
    (deadline,) = exchange.agency("township").deadlines()  # five working days: 26, 28, 29, 30 December, 4 January
    assert (deadline["due"][:10], deadline["provisional"]) == ("2027-01-04", False)


@pytest.mark.parametrize(
    ("year", "days"),
    [
        ("2027", [{"date": "2026-01-01", "kind": "holiday", "name": "元旦"}]),
        ("2027", [{"date": "2027-02-29", "kind": "holiday", "name": "元旦"}]),
        ("2027", [{"date": "2027-01-01", "kind": "holiday", "name": "元旦"}] * 2),
        ("2027", [{"date": 1, "kind": "holiday", "name": "元旦"}]),
        ("0", []),
    ],
)
def test_a_calendar_that_does_not_fit_is_refused(exchange: World, hand: Hand, year: str, days: list[Any]) -> None:
    http = operator(exchange, hand)
    answer = http.put(f"/v1/admin/calendar/{year}", json={"source": "x", "days": days})
    assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-document")
    assert http.get("/v1/admin/calendar/2027").status_code == 404


def test_only_an_operator_enters_a_calendar(exchange: World) -> None:
    registrar = exchange.admin.http
    assert registrar.get("/v1/admin/calendar/2026").status_code == 200
    answer = registrar.put("/v1/admin/calendar/2026", json={"source": "x", "days": []})
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden-act")
