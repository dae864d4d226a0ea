"""SIGKILL of the process that closes the days of the access log: each day is closed once, with every read of it."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from app.access.chain import NOTHING_BEFORE, begin, extend
from app.client import Agency
from app.locks import ACCESS_DAY
from app.transparency.entries import ACCESS_LOG_HEAD, access_log_entry
from tests.agencies import World, world
from tests.killing import audited, killed_before, killed_when
from tests.registry_app import Hand
from tests.server import EXCHANGE_ID, serving
from tests.views.steps import ask
from tests.waiting import until

DAYS = 40
READ_ON = (0, 1, 3, 4)
CLOSED = "SELECT count(*) FROM access_day"


def read_on_some_days(database_url: str, data_dir: Path) -> World:
    """Register a lead forty days ago, and read it on four days, once more each time; leave every day open."""
    hand = Hand(datetime.now(UTC) - timedelta(days=DAYS))
    with world(database_url, data_dir, clock=hand) as there:
        lead_id, town = there.register(), there.agency("township")
        act_id = town.timeline(lead_id)[0]["act_id"]
        there.sequenced()
    with serving(database_url, data_dir, clock=hand, worker=False) as url:
        began = hand.now
        for times, day in enumerate(READ_ON, 1):
            hand.now = began + timedelta(days=day)
            reader = Agency(url, town.node_id, EXCHANGE_ID, town.keys, clock=hand)
            assert {ask(reader, f"/v1/acts/{act_id}").status_code for _ in range(times)} == {200}
            reader.close()
    return there


def first_day(there: World) -> date:
    (row,) = there.rows("SELECT min(day) AS day FROM access_log")
    day: date = row.day
    return day


def closed(there: World) -> int:
    return int(there.rows(CLOSED)[0][0])


def test_killed_while_it_closes_days_each_is_closed_once_and_said_once_in_the_log(
    database_url: str, tmp_path: Path
) -> None:
    there = read_on_some_days(database_url, tmp_path)
    first = first_day(there)
    number = (first - date(2000, 1, 1)).days
    moments = {
        "SELECT pg_advisory_xact_lock($1, $2)": f"SELECT pg_advisory_xact_lock({ACCESS_DAY}, {number})",
        "INSERT INTO access_day": "LOCK access_day IN EXCLUSIVE MODE",
        "INSERT INTO unsequenced": "LOCK unsequenced IN EXCLUSIVE MODE",
    }
    for statement, lock in moments.items():
        killed_before(database_url, tmp_path, statement, lock)
        assert (closed(there), there.rows("SELECT 1 FROM unsequenced")) == (0, []), statement
    assert 0 < killed_when(database_url, tmp_path, CLOSED, 3) < DAYS - 1  # it was killed while it was at it
    wholly_closed(there, database_url, tmp_path, first)


def test_killed_before_the_log_has_numbered_what_was_closed_nothing_is_said_twice(
    database_url: str, tmp_path: Path
) -> None:
    there = read_on_some_days(database_url, tmp_path)
    first = first_day(there)
    for _ in range(2):
        killed_before(database_url, tmp_path, "INSERT INTO log_entry", "LOCK log_entry IN EXCLUSIVE MODE")
        assert len(there.rows("SELECT 1 FROM unsequenced WHERE kind = 'access-log'")) == closed(there) > 0
    wholly_closed(there, database_url, tmp_path, first)


def wholly_closed(there: World, database_url: str, data_dir: Path, first: date) -> None:
    """Let `serve` finish, and assert that every day up to today has one row and one entry, and that they are right."""
    with serving(database_url, data_dir):
        until(f"{DAYS} days are closed", lambda: closed(there) >= DAYS, there=lambda: closed(there))
        there.sequenced()
    days = there.rows("SELECT * FROM access_day ORDER BY day")
    # Midnight may have gone by meanwhile.
    assert [row.day for row in days] == [first + timedelta(days=day) for day in range(len(days))]
    assert {day: row.reads for day, row in enumerate(days) if row.reads} == {
        day: times for times, day in enumerate(READ_ON, 1)
    }
    logged = [bytes(row.entry) for row in there.rows("SELECT entry FROM log_entry ORDER BY log_index")]
    chain, said = NOTHING_BEFORE, []
    for row in days:
        read = there.rows("SELECT * FROM access_log WHERE day = :day ORDER BY at, access_id", day=row.day)
        chain = extend(begin(chain, row.day), [one._mapping for one in read])
        said.append(access_log_entry(day=row.day, count=len(read), chain=chain))
    assert [entry for entry in logged if entry.startswith(ACCESS_LOG_HEAD)] == said
    audited(database_url, data_dir)
