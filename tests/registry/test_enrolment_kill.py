"""SIGKILL of the process that makes enrolments take effect: each does so once, and everybody is told of it once."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.client import Administrator, Agency, NodeKeys, Refused, uuid7
from app.signing.keys import generate_private
from tests.agencies import CAST, PASSWORD, World, add_registrar, world
from tests.killing import audited, killed_before, killed_when
from tests.registry_app import Hand
from tests.server import EXCHANGE_ID, serving
from tests.views.steps import LETTER
from tests.waiting import until

PARENT, NODE = "police-990100", "police-990121"
# Where the step stands when its process dies: the statement that waits, and the lock that it waits for.
MOMENTS = (
    {
        "SELECT node.": "LOCK node IN EXCLUSIVE MODE",
        "INSERT INTO node_key": "LOCK node_key IN SHARE MODE",
        "INSERT INTO key_event": "LOCK key_event IN EXCLUSIVE MODE",
    },
    {
        "INSERT INTO key_notice": "LOCK key_notice IN EXCLUSIVE MODE",
        "UPDATE pending_enrolment": "LOCK pending_enrolment IN SHARE MODE",
    },
)
NUMBERED = ("INSERT INTO log_entry", "LOCK log_entry IN EXCLUSIVE MODE")
EFFECTIVE = "SELECT count(*) FROM pending_enrolment WHERE state = 'effective'"
# Every row that an enrolment writes when it takes effect, and what is still to be numbered.
TRACES = """
    SELECT (SELECT count(*) FROM key_event) AS events, (SELECT count(*) FROM node_key) AS keys,
    (SELECT sum(key_events) FROM node) AS numbers, (SELECT count(*) FROM key_notice) AS notices,
    (SELECT count(*) FROM pending_enrolment WHERE state = 'pending') AS pending,
    (SELECT count(*) FROM unsequenced) AS unsequenced, (SELECT count(*) FROM log_entry) AS logged
"""
MANY = 16


@dataclass(frozen=True)
class Replaced:
    """A node with the keys that it had and those that it enrolled with anew."""

    old: Agency
    new: Agency
    enrolment_id: str


class Past(World):
    """An exchange of 73 hours ago, with two registrars."""

    def node(self, node_id: str, parent: str | None = None) -> Agency:
        kind, title, division, level = CAST[NODE]
        name = f"{title} {node_id}"
        self.admin.create_node(node_id, kind=kind, name=name, division_code=division, level=level, parent=parent)
        agency, _ = self.enrolled_as(node_id)
        return agency

    def enrolled_as(self, node_id: str) -> tuple[Agency, dict[str, str]]:
        keys = NodeKeys(generate_private("Ed25519"), generate_private("Ed25519"))
        agency = Agency(self.url, node_id, EXCHANGE_ID, keys, clock=self.clock)
        self.stack.callback(agency.close)
        return agency, agency.enrol(self.admin.enrolment_code(node_id)["code"])

    def replaced(self, second: Administrator, old: Agency) -> Replaced:
        new, pending = self.enrolled_as(old.node_id)
        answer = second.http.post(f"/v1/admin/enrolments/{pending['enrolment_id']}/confirmation")
        assert answer.status_code == 201, answer.text
        return Replaced(old, new, pending["enrolment_id"])


@contextmanager
def past(database_url: str, data_dir: Path) -> Iterator[tuple[Past, Administrator]]:
    hand = Hand(datetime.now(UTC) - timedelta(hours=73))
    with world(database_url, data_dir, clock=hand) as running:
        asyncio.run(add_registrar(database_url, "second"))
        second = Administrator(running.url).login("second", PASSWORD)
        running.stack.callback(second.http.close)
        yield Past(**vars(running)), second


def wrote_to(there: Past, old: Agency) -> str:
    """Make the township a partner of the node; what it offered it withdrew, so that no deadline speaks in between."""
    town, lead_id, transfer_id = there.agency("township"), there.register(), uuid7()
    town.screen(lead_id, category="general", opinion="有具体事件", basis="依职责")
    town.offer(lead_id, old.node_id, transfer_id=transfer_id, letter=LETTER)
    town.withdraw(transfer_id, reason="误送")
    return town.node_id


def may_speak(url: str, agency: Agency) -> bool:
    """Whether the exchange takes the node's `auth` key now."""
    now = Agency(url, agency.node_id, EXCHANGE_ID, agency.keys)
    try:
        now.token()
    except Refused:
        return False
    finally:
        now.close()
    return True


def told(there: World, node_id: str) -> Counter[tuple[str, str]]:
    """What the inbox told a node of keys; its numbers have no gap, and each item is in the log once."""
    items = there.rows(
        "SELECT i.seq, i.act, n.body, (SELECT count(*) FROM log_entry AS l WHERE l.act_id = i.act_id) AS logged "
        "FROM inbox AS i LEFT JOIN key_notice AS n ON n.notice_id = i.act_id AND n.node_id = i.node_id "
        "WHERE i.node_id = :node ORDER BY seq",
        node=node_id,
    )
    assert [one.seq for one in items] == list(range(1, len(items) + 1))
    assert {one.logged for one in items} <= {1}
    said = [json.loads(one.body)["content"] for one in items if one.act == "notice.key"]
    return Counter((one["kid"], one["event"]) for one in said)


def once(one: Replaced) -> Counter[tuple[str, str]]:
    """What everybody concerned is told of a replacement, from its beginning to its effect."""
    old, new = ((agency.keys.act.kid, agency.keys.auth.kid) for agency in (one.old, one.new))
    events = [(new[0], "enrolment_pending"), *((kid, "register") for kid in new)]
    return Counter([*events, *((kid, "revoke") for kid in old), (new[0], "enrolment_effective")])


def wait_until(there: World, **counts: int) -> None:
    def found() -> dict[str, int]:
        row: dict[str, int] = there.rows(TRACES)[0]._asdict()
        return row

    until(f"counts {counts}", lambda: counts.items() <= found().items(), there=found)


def settled(there: World, *replaced: Replaced) -> None:
    """Assert that each took effect once: its keys and their events, in the register and in the log."""
    for one in replaced:
        events = there.rows(
            "SELECT e.number, e.kid, e.event, (SELECT count(*) FROM log_entry AS l WHERE l.leaf_hash = e.leaf_hash) "
            "AS logged FROM key_event AS e WHERE node_id = :node ORDER BY number",
            node=one.old.node_id,
        )
        assert [row.number for row in events] == [1, 2, 3, 4, 5, 6]
        assert [row.event for row in events] == ["register"] * 4 + ["revoke"] * 2
        assert {row.logged for row in events} == {1}
        valid = there.rows(
            "SELECT kid FROM node_key WHERE node_id = :node AND revoked_at IS NULL", node=one.old.node_id
        )
        assert {row.kid for row in valid} == {one.new.keys.act.kid, one.new.keys.auth.kid}
        (row,) = there.rows("SELECT state FROM pending_enrolment WHERE enrolment_id = :it", it=one.enrolment_id)
        assert row.state == "effective"
        assert told(there, one.old.node_id) == once(one)
    assert there.rows("SELECT 1 FROM unsequenced") == []


@pytest.mark.parametrize("moments", MOMENTS, ids=["begun", "half-said"])
def test_killed_before_any_of_its_statements_an_enrolment_has_no_effect_and_then_it_has_once(
    database_url: str, tmp_path: Path, moments: dict[str, str]
) -> None:
    with past(database_url, tmp_path) as (there, second):
        there.node(PARENT)
        old = there.node(NODE, PARENT)
        partner = wrote_to(there, old)
        one = there.replaced(second, old)
        wait_until(there, unsequenced=0)
    (before,) = there.rows(TRACES)
    for statement, lock in moments.items():
        killed_before(database_url, tmp_path, statement, lock)
        assert there.rows(TRACES) == [before], statement
    killed_before(database_url, tmp_path, *NUMBERED)
    (after,) = there.rows(TRACES)
    # Two registrations and two revocations, told with the effect itself to three: all of it, and none of it numbered.
    assert (after.events, after.unsequenced) == (before.events + 4, 4 + 5 * 3)
    assert (after.pending, after.logged) == (0, before.logged)
    with serving(database_url, tmp_path) as url:
        wait_until(there, pending=0, unsequenced=0)
        assert [may_speak(url, agency) for agency in (old, one.new)] == [False, True]
    settled(there, one)
    for node_id in (PARENT, partner):
        assert told(there, node_id) == once(one)
    audited(database_url, tmp_path)


def test_killed_again_and_again_among_many_enrolments_each_takes_effect_once(database_url: str, tmp_path: Path) -> None:
    with past(database_url, tmp_path) as (there, second):
        olds = [there.node(f"police-99012{number:02}") for number in range(MANY)]
        replaced = [there.replaced(second, old) for old in olds]
    stayed = [killed_when(database_url, tmp_path, EFFECTIVE, enough) for enough in (2, MANY // 2)]
    assert 2 <= stayed[0] < stayed[1] < MANY  # it was killed while it was at it
    with serving(database_url, tmp_path):
        wait_until(there, pending=0, unsequenced=0)
    settled(there, *replaced)
    audited(database_url, tmp_path)
