"""Who read what: on record before the answer, chained into the log each day, shown to auditors alone."""

import asyncio
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from app.access.chain import NOTHING_BEFORE, begin, extend
from app.access.checking import AccessLogCheck, check_access_log
from app.access.days import close_days
from app.admin.people import add_person
from app.client import uuid7
from app.db import create_engine, driver_connection
from app.transparency.entries import access_log_entry
from tests.agencies import PASSWORD, World
from tests.agencies import world as exchange
from tests.registry_app import Hand
from tests.views.steps import act_ids, ask, received
from tests.waiting import until

FIRST = date(2026, 3, 2)


@pytest.fixture
def hand() -> Hand:
    return Hand(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))


@pytest.fixture
def world(database_url: str, tmp_path: Path, hand: Hand) -> Iterator[World]:
    with exchange(database_url, tmp_path, clock=hand) as running:
        yield running


def administrator(world: World, name: str, hand: Hand) -> httpx.Client:
    async def add() -> None:
        engine = create_engine(world.database_url, pool_size=1)
        try:
            await add_person(engine, name, [name], PASSWORD, hand.now)
        finally:
            await engine.dispose()

    asyncio.run(add())
    return logged_in(world, name)


def logged_in(world: World, name: str) -> httpx.Client:
    http = httpx.Client(base_url=world.url, timeout=20)
    world.stack.callback(http.close)
    answer = http.post("/v1/admin/token", data={"username": name, "password": PASSWORD})
    http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return http


def as_owner(world: World, *statements: str) -> None:
    """Do as owner of the database what no trigger stops any more."""
    for statement in statements:
        world.rows(statement)


def on_connection(world: World, work: Any) -> Any:
    """Run `work(connection)` over the driver's own connection."""

    async def run() -> Any:
        engine = create_engine(world.database_url, pool_size=1)
        try:
            async with driver_connection(engine) as connection:
                return await work(connection)
        finally:
            await engine.dispose()

    return asyncio.run(run())


def checked(world: World) -> AccessLogCheck:
    found: AccessLogCheck = on_connection(world, check_access_log)
    return found


def closed(world: World, *days: date) -> list[Any]:
    """Wait until the background loop has closed these days and the log says so; return the rows of the days."""

    def rows() -> list[Any]:
        return world.rows("SELECT * FROM access_day ORDER BY day")

    def found() -> list[Any] | None:
        there, waiting = rows(), world.rows("SELECT 1 FROM unsequenced WHERE kind = 'access-log'")
        return there if [row.day for row in there] == list(days) and not waiting else None

    return until(f"closed and logged are {days}", found, there=lambda: [row.day for row in rows()])


def two_days(world: World, hand: Hand) -> str:
    """Let some reads be made on two days, and the days be over; return the lead."""
    lead_id, _ = received(world)
    hand.forward(days=1)
    police = world.agency("police")
    for act_id in act_ids(police, lead_id).values():
        police.get_act(act_id)
    hand.forward(days=1)
    # As the background loop does, without waiting for its turn.
    on_connection(world, lambda connection: close_days(connection, hand, FIRST + timedelta(days=2)))
    closed(world, FIRST, FIRST + timedelta(days=1))
    return lead_id


def test_each_kind_of_read_is_on_record_with_node_person_purpose_and_what(world: World) -> None:
    lead_id, transfer_id = received(world)
    police, feedback_id = world.agency("police"), uuid7()
    police.accept(transfer_id)
    police.send_feedback(transfer_id, "progress", "正在核查", feedback_id=feedback_id)
    act_id = act_ids(police, lead_id)["transfer.offer"]
    digest = police.upload(b"content", name="a.txt", media_type="text/plain")["sha256"]
    before = {row.access_id for row in world.rows("SELECT access_id FROM access_log")}
    headers = {"X-Acting-Person": quote("孙某某"), "X-Purpose": quote("核查")}
    reads = {
        "act": (f"/v1/acts/{act_id}", act_id),
        "transfer": (f"/v1/transfers/{transfer_id}", transfer_id),
        "feedback": (f"/v1/feedback/{feedback_id}", feedback_id),
        "openings": (f"/v1/leads/{lead_id}/openings", lead_id),
        "attachment": (f"/v1/attachments/{digest}", digest),
        "bundle": (f"/v1/leads/{lead_id}/bundle", lead_id),
    }
    for path, _ in reads.values():
        assert ask(police, path, headers).status_code == 200, path
    assert ask(police, "/v1/leads", headers, q="A-SECRET-NUMBER").status_code == 200
    assert ask(police, "/v1/ledger", headers).status_code == 200
    for path in ("/v1/ledger", "/v1/statistics"):
        assert ask(police, path, {**headers, "Accept": "text/csv"}).status_code == 200
    rows = [row for row in world.rows("SELECT * FROM access_log ORDER BY at") if row.access_id not in before]
    said = {row.what: (row.subject, row.node_id, row.person, row.purpose) for row in rows}
    by = (police.node_id, "孙某某", "核查")
    wanted = {what: (subject, *by) for what, (_, subject) in reads.items()}
    assert said == {**wanted, **dict.fromkeys(("search", "ledger", "ledger-sheet", "statistics-sheet"), (None, *by))}
    assert len(rows) == len(said)
    assert "SECRET" not in str(rows)


def test_lists_without_content_are_not_recorded_and_a_purpose_may_be_left_unsaid(world: World) -> None:
    police = world.agency("police")
    for path in ("/v1/leads", "/v1/inbox", "/v1/deadlines", "/v1/statistics", "/v1/nodes"):
        assert ask(police, path).status_code == 200
    assert world.rows("SELECT 1 FROM access_log") == []
    assert ask(police, f"/v1/acts/{uuid7()}").status_code == 404
    (row,) = world.rows("SELECT * FROM access_log")
    assert (row.node_id, row.person, row.purpose, row.what) == (police.node_id, None, None, "act")


def test_a_read_whose_month_has_no_partition_makes_it_and_succeeds(world: World, hand: Hand) -> None:
    lead_id, _ = received(world)
    act_id = act_ids(world.agency("police"), lead_id)["transfer.offer"]
    as_owner(world, "ALTER TABLE access_log DETACH PARTITION access_log_2026_03", "DROP TABLE access_log_2026_03")
    assert ask(world.agency("police"), f"/v1/acts/{act_id}").status_code == 200
    assert len(world.rows("SELECT 1 FROM access_log_2026_03")) == 1
    hand.forward(days=3650)
    assert ask(world.agency("police"), f"/v1/acts/{act_id}").status_code in (200, 401)


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE access_log SET person = 'nobody'",
        "DELETE FROM access_log",
        "TRUNCATE access_log",
        "UPDATE access_log_2026_03 SET person = 'nobody'",
        "DELETE FROM access_log_2026_03",
        "TRUNCATE access_log_2026_03",
        "DELETE FROM access_day",
        "UPDATE access_day SET reads = 0",
    ],
)
def test_the_database_itself_refuses_to_change_what_was_recorded(world: World, hand: Hand, attack: str) -> None:
    two_days(world, hand)
    with pytest.raises(Exception, match="is evidence"):
        world.rows(attack)
    assert checked(world).faults == []


def test_a_day_is_closed_once_in_the_log_and_the_check_finds_all_as_it_was(world: World, hand: Hand) -> None:
    two_days(world, hand)
    first, second = closed(world, FIRST, FIRST + timedelta(days=1))
    assert second.reads > 0
    entries = [bytes(row.entry) for row in world.rows("SELECT entry FROM log_entry")]
    for row in (first, second):
        assert entries.count(access_log_entry(day=row.day, count=row.reads, chain=bytes(row.chain))) == 1
    rows = world.rows("SELECT * FROM access_log WHERE day = :day ORDER BY at, access_id", day=FIRST)
    assert bytes(first.chain) == extend(begin(NOTHING_BEFORE, FIRST), [row._mapping for row in rows])
    found = checked(world)
    assert (found.days, found.reads, found.faults) == (2, first.reads + second.reads, [])
    hand.forward(days=2)
    assert [row.reads for row in closed(world, *(FIRST + timedelta(days=day) for day in range(4)))][2:] == [0, 0]


def test_an_auditor_computes_the_days_in_the_log_from_what_the_auditors_view_serves(world: World, hand: Hand) -> None:
    """With the notes on the interface alone: no code of the service."""
    two_days(world, hand)
    said = [json.loads(bytes(row.entry).split(b"\n")[1]) for row in world.rows("SELECT entry FROM log_entry")]
    days = {one["day"]: one for one in said if one["t"] == "access-log"}
    chain, auditor = bytes(32), administrator(world, "auditor", hand)
    for day in sorted(days):
        items: list[Any] = []
        cursor: str | None = None
        while not items or cursor:
            asked = {"day": day, "limit": "3"} | ({"cursor": cursor} if cursor else {})
            page = auditor.get("/v1/admin/access-log", params=asked).json()
            items, cursor = items + page["items"], page["next"]
            if not page["items"]:
                break
        chain = hashlib.sha256(b"leadbridge/access-log/v1\n" + chain + day.encode()).digest()
        for one in reversed(items):
            at = datetime.fromisoformat(one["at"]).astimezone(UTC).isoformat()
            row = [one["access_id"], at, *(one[name] for name in ("node", "person", "purpose", "what", "subject"))]
            line = json.dumps([*row, one["opening_id"]], ensure_ascii=False, separators=(",", ":"))
            chain = hashlib.sha256(chain + line.encode()).digest()
        assert (len(items), chain.hex()) == (days[day]["count"], days[day]["chain"])
    assert any(one["count"] for one in days.values())


@pytest.mark.parametrize(
    ("attack", "fault"),
    [
        ("UPDATE access_log SET person = 'nobody' WHERE day = '2026-03-03'", "a read was changed"),
        ("UPDATE access_log SET at = at + interval '1 microsecond' WHERE day = '2026-03-03'", "a read was changed"),
        (
            "DELETE FROM access_log WHERE ctid = (SELECT max(ctid) FROM access_log WHERE day = '2026-03-03')",
            "reads of",
        ),
        (
            "INSERT INTO access_log (day, at, access_id, what) VALUES ('2026-03-03', now(), gen_random_uuid(), 'act')",
            "reads of",
        ),
        ("UPDATE access_day SET reads = reads + 1 WHERE day = '2026-03-03'", "does not say this"),
        ("DELETE FROM access_day WHERE day = '2026-03-03'", "what no day is"),
        ("DELETE FROM access_day WHERE day = '2026-03-02'", "what no day is"),
        (
            "INSERT INTO access_log (day, at, access_id, what) VALUES ('2026-03-01', now(), gen_random_uuid(), 'act')",
            "rows of a day that nobody closed",
        ),
        ("DELETE FROM log_entry WHERE entry::text LIKE '%6163636573732d6c6f67%'", "does not say this"),
    ],
)
def test_the_day_chain_tells_of_every_row_that_was_touched(world: World, hand: Hand, attack: str, fault: str) -> None:
    two_days(world, hand)

    tables = ("access_log", "access_log_2026_03", "access_day", "log_entry")
    as_owner(world, *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables), attack)
    assert any(fault in one for one in checked(world).faults), checked(world).faults


def test_a_month_that_was_dropped_after_retention_is_no_fault(world: World, hand: Hand) -> None:
    two_days(world, hand)
    as_owner(world, "ALTER TABLE access_log DETACH PARTITION access_log_2026_03", "DROP TABLE access_log_2026_03")
    found = checked(world)
    assert (found.days, found.dropped, found.faults) == (2, 2, [])


def test_several_workers_close_a_day_once_and_a_straggler_goes_into_the_next(world: World, hand: Hand) -> None:
    lead_id, _ = received(world)
    police = world.agency("police")
    (act_id, *_) = act_ids(police, lead_id).values()
    police.get_act(act_id)
    tomorrow = FIRST + timedelta(days=1)

    async def five() -> list[int]:
        engine = create_engine(world.database_url, pool_size=5)

        async def one() -> int:
            async with driver_connection(engine) as connection:
                return await close_days(connection, hand, tomorrow)

        try:
            return list(await asyncio.gather(*(one() for _ in range(5))))
        finally:
            await engine.dispose()

    assert sum(asyncio.run(five())) == 1
    # This process's clock still says the day that the others have closed.
    police.get_act(act_id)
    assert [row.day for row in world.rows("SELECT day FROM access_log ORDER BY day")][-1] == tomorrow
    assert checked(world).faults == []


def test_killed_while_it_closes_a_day_nothing_is_closed_and_it_begins_again(world: World, hand: Hand) -> None:
    lead_id, _ = received(world)
    world.agency("police").get_act(act_ids(world.agency("police"), lead_id)["transfer.offer"])

    async def dies(connection: Any) -> None:
        def no_time() -> datetime:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await close_days(connection, no_time, FIRST + timedelta(days=1))

    on_connection(world, dies)
    assert world.rows("SELECT 1 FROM access_day") == []
    hand.forward(days=1)
    closed(world, FIRST)
    assert checked(world).faults == []


def test_auditors_see_who_read_what_page_by_page_and_their_own_reading_is_recorded(world: World, hand: Hand) -> None:
    lead_id, _ = received(world)
    police = world.agency("police")
    for act_id in act_ids(police, lead_id).values():
        ask(police, f"/v1/acts/{act_id}", {"X-Acting-Person": quote("孙某某"), "X-Purpose": quote("核查")})
        hand.forward(seconds=1)
    auditor = administrator(world, "auditor", hand)
    shown, cursor = [], None
    while True:
        given: dict[str, Any] = {"limit": 2, "person": "孙某某"} | ({"cursor": cursor} if cursor else {})
        page = auditor.get("/v1/admin/access-log", params=given).json()
        shown += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert [one["subject"] for one in shown] == list(act_ids(police, lead_id).values())[::-1]
    assert {(one["node"], one["purpose"], one["what"]) for one in shown} == {(police.node_id, "核查", "act")}
    own = auditor.get("/v1/admin/access-log").json()["items"]
    assert (own[0]["node"], own[0]["person"], own[0]["what"]) == (None, "auditor", "access-log")
    town = world.agency("township").node_id
    assert {one["node"] for one in auditor.get("/v1/admin/access-log", params={"node": town}).json()["items"]} <= {town}
    days = [
        auditor.get("/v1/admin/access-log", params={"day": day}).json()["items"] for day in ("2026-03-02", "2026-03-01")
    ]
    assert (len(days[0]) > 0, days[1]) == (True, [])
    for bad in (
        {"cursor": "AAAA"},
        {"cursor": "é"},
        {"day": "today"},
        {"node": "Bad"},
        {"person": "a\0"},
        {"limit": 0},
    ):
        assert auditor.get("/v1/admin/access-log", params=bad).status_code == 422, bad


def test_nobody_but_an_auditor_reads_the_access_log(world: World, hand: Hand) -> None:
    for person in (logged_in(world, "registrar"), administrator(world, "operator", hand)):
        assert person.get("/v1/admin/access-log").status_code == 403
    assert ask(world.agency("police"), "/v1/admin/access-log").status_code == 401
    assert httpx.get(f"{world.url}/v1/admin/access-log").status_code == 401
