"""Backups, crashes and forgeries: what was erased does not come back, and nothing else goes."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import make_url

from app.client import Agency, Erased
from demo.stage import free_port
from tests.agencies import World
from tests.agencies import world as running_world
from tests.cli.command_line import command as command_line
from tests.cli.command_line import environment
from tests.conftest import database_name, execute
from tests.erasure.steps import DIGEST, command, ended, erase, noted, seen, status, years_later
from tests.registry_app import Hand
from tests.server import EXCHANGE_ID, serving, until_ready


@contextmanager
def copied(database_url: str) -> Iterator[str]:
    """A copy of a database at rest, as a backup restores it."""
    server, name = make_url(database_url).set(database="postgres"), f"{database_name(database_url)}_copy"
    address = server.render_as_string(hide_password=False)
    execute(address, f"CREATE DATABASE {name} TEMPLATE {database_name(database_url)}")
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        execute(address, f"DROP DATABASE {name} WITH (FORCE)")


def moved(exchange: World, url: str, database_url: str) -> World:
    """The same agencies with their keys at another address of the exchange."""
    there = World(url, database_url, exchange.admin, exchange.stack, clock=exchange.clock)
    for name, one in exchange.enrolled.items():
        agency = Agency(url, one.node_id, EXCHANGE_ID, one.keys, clock=exchange.clock)
        agency.exchange, agency.defaults = one.exchange, one.defaults
        exchange.stack.callback(agency.close)
        there.enrolled[name] = agency
    return there


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as clients:
        yield clients


def at_rest(database_url: str, data_dir: Path, hand: Hand, stack: ExitStack) -> tuple[World, list[str]]:
    """An exchange that was stopped, with two leads whose retention is over; `stack` closes who speaks to it later."""
    with running_world(database_url, data_dir, clock=hand) as exchange:
        for name in ("office", "township", "police", "regulator"):
            exchange.agency(name)
        exchange.agency("township").pin("police-990121", exchange.agency("police").keys.act.kid)
        hand.forward(minutes=5)
        leads = [ended(exchange), ended(exchange)]
        years_later(exchange, hand, 10)
    exchange.stack = stack
    return exchange, leads


def test_a_backup_from_before_is_erased_again_before_anybody_can_read(
    database_url: str, data_dir: Path, hand: Hand, stack: ExitStack
) -> None:
    exchange, (lead_id, other) = at_rest(database_url, data_dir, hand, stack)
    with copied(database_url) as backup:
        with serving(database_url, data_dir, clock=hand) as url:
            now = moved(exchange, url, database_url)
            erased = erase(now, lead_id)
            after = seen(now.agency("township"), lead_id)[lead_id]
            noted(now)
        restored = moved(exchange, "http://127.0.0.1:9", backup)
        code, said = command(restored, data_dir, "audit", "--jobs", "1")
        assert (code, "a note outside says that it was erased" in said, lead_id in said) == (1, True, True)
        with serving(backup, data_dir, clock=hand) as url:
            restored = moved(exchange, url, backup)
            town = restored.agency("township")
            found = seen(town, lead_id)[lead_id]
            assert found["entry"] == after["entry"]
            assert {act: (one["body"], one["erased_by"]) for act, one in found["acts"].items()} == {
                act: (None, erased.act_id) for act in after["acts"] if act != erased.act_id
            }
            assert status(town, f"/v1/attachments/{DIGEST}") == 200  # the other lead names it still
            assert town.lead(other)["erased_by"] is None
            # The client would refer to the newest act, and says what became of it.
            with pytest.raises(Erased, match=erased.act_id):
                restored.agency("police").act("lead.reopen", lead_id, {"new_facts": "又有司机反映"})
            for words in (("audit", "--jobs", "1"), ("rebuild", "--check")):
                code, said = command(restored, data_dir, *words)
                assert code == 0, said


def test_a_case_that_does_not_open_keeps_no_other_from_being_erased_again(
    database_url: str, data_dir: Path, hand: Hand, stack: ExitStack
) -> None:
    exchange, leads = at_rest(database_url, data_dir, hand, stack)
    with copied(database_url) as backup:
        with serving(database_url, data_dir, clock=hand) as url:
            now = moved(exchange, url, database_url)
            for lead_id in leads:
                erase(now, lead_id)
            noted(now)
        broken, other = sorted(leads)
        restored = moved(exchange, "http://127.0.0.1:9", backup)
        restored.rows('UPDATE "case" SET data_key = :key WHERE root_id = :root', key=bytes(60), root=broken)
        with serving(backup, data_dir, clock=hand) as url:
            assert moved(exchange, url, backup).agency("township").lead(other)["erased_by"] is not None


def test_a_store_from_before_gets_its_notes_again(
    database_url: str, data_dir: Path, hand: Hand, stack: ExitStack
) -> None:
    exchange, (lead_id, _) = at_rest(database_url, data_dir, hand, stack)
    note = data_dir / "attachments" / "erased" / lead_id
    with serving(database_url, data_dir, clock=hand) as url:
        now = moved(exchange, url, database_url)
        erase(now, lead_id)
        noted(now)
    note.unlink()
    (note.parent / "a note of somebody").write_text("which is none")
    with serving(database_url, data_dir, clock=hand):
        noted(moved(exchange, "http://127.0.0.1:9", database_url))
        assert note.exists()


def test_a_forged_note_erases_nothing_and_is_told(
    database_url: str, data_dir: Path, hand: Hand, stack: ExitStack
) -> None:
    """Whoever can write beside the attachments must not be able to make a lead vanish."""
    exchange, (lead_id, other) = at_rest(database_url, data_dir, hand, stack)
    notes = data_dir / "attachments" / "erased"
    with serving(database_url, data_dir, clock=hand) as url:
        now = moved(exchange, url, database_url)
        erase(now, lead_id)
        noted(now)
    jws, _, body = (notes / lead_id).read_bytes().partition(b"\n")
    said = json.loads(body)
    for forged in (
        b"",
        b"nothing",
        jws + b"\n" + body,  # true, of another root
        jws + b"\n" + json.dumps({**said, "root_id": other}).encode(),
    ):
        (notes / other).write_bytes(forged)
        if not forged:
            os.truncate(notes / other, 64 * 1024**3)  # more than any memory; on the disk it takes nothing
        with serving(database_url, data_dir, clock=hand) as url:
            assert moved(exchange, url, database_url).agency("township").lead(other)["erased_by"] is None
        code, why = command(moved(exchange, "http://127.0.0.1:9", database_url), data_dir, "audit", "--jobs", "1")
        assert (code, "no key of the exchange signed that" in why) == (1, True)


def test_the_owner_of_the_database_can_neither_bring_content_back_nor_destroy_it_unseen(
    database_url: str, data_dir: Path, hand: Hand, stack: ExitStack
) -> None:
    exchange, (lead_id, other) = at_rest(database_url, data_dir, hand, stack)
    there = moved(exchange, "http://127.0.0.1:9", database_url)
    columns = "last_seq, data_key, snapshot, next_key, erased_at"
    ((_, key, snapshot, *_),) = there.rows(f'SELECT {columns} FROM "case" WHERE root_id = :root', root=lead_id)  # noqa: S608 (ours)
    with serving(database_url, data_dir, clock=hand) as url:
        now = moved(exchange, url, database_url)
        erase(now, lead_id)
        years_later(now, hand, 0)
        noted(now)

    def contradiction() -> str:
        code, said = command(there, data_dir, "audit", "--jobs", "1")
        assert code == 1, said
        return said

    back = 'UPDATE "case" SET data_key = :key, snapshot = :snapshot, erased_at = NULL WHERE root_id = :root'
    ((new_key, tombstone, when),) = there.rows(
        'SELECT data_key, snapshot, erased_at FROM "case" WHERE root_id = :root', root=lead_id
    )
    there.rows(back, key=key, snapshot=snapshot, root=lead_id)
    assert lead_id in contradiction() or "act" in contradiction()
    there.rows(
        'UPDATE "case" SET data_key = :key, snapshot = :snapshot, erased_at = :at WHERE root_id = :root',
        key=new_key,
        snapshot=tombstone,
        at=when,
        root=lead_id,
    )
    assert command(there, data_dir, "audit", "--jobs", "1") == (0, "")
    # A lead that nobody erased, made to look like one that was.
    there.rows('UPDATE "case" SET erased_at = now() WHERE root_id = :root', root=other)
    assert other in contradiction()


def test_whatever_is_killed_an_erasure_is_whole_or_was_not(database_url: str, data_dir: Path, stack: ExitStack) -> None:
    """The agency's clock of 2012, then `serve` as it is started today, killed around each erasure."""
    exchange, leads = at_rest(database_url, data_dir, Hand(datetime(2012, 3, 2, 1, 0, tzinfo=UTC)), stack)
    exchange.clock = lambda: datetime.now(UTC)
    acknowledged: list[str] = []
    for turn, lead_id in enumerate(leads):
        with served(database_url, data_dir) as (url, process):
            there = moved(exchange, url, database_url)
            acknowledged.append(erase(there, lead_id).act_id)
            time.sleep(0.7 * turn)  # so that the one is killed at once and the other a little later
            process.send_signal(signal.SIGKILL)
            process.wait(10)
    with served(database_url, data_dir) as (url, _):
        there = moved(exchange, url, database_url)
        town = there.agency("township")
        assert [town.lead(lead_id)["erased_by"] for lead_id in leads] == acknowledged
        noted(there)
        assert sorted(path.name for path in (data_dir / "attachments" / "erased").iterdir()) == sorted(leads)
        assert command(there, data_dir, "audit", "--jobs", "1") == (0, "")


@contextmanager
def served(database_url: str, data_dir: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    port = free_port(None)
    settings = {
        "LEADBRIDGE_DATABASE_URL": database_url,
        "LEADBRIDGE_DATA_DIR": str(data_dir),
        "LEADBRIDGE_EXCHANGE_ID": EXCHANGE_ID,
    }
    url, log = f"http://127.0.0.1:{port}", (data_dir / "server.log").open("ab")
    words = command_line("serve", "--port", str(port))
    with log, subprocess.Popen(words, env=environment(**settings), stdout=log, stderr=log) as process:
        try:
            until_ready(url, process, data_dir / "server.log")
            yield url, process
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(30)
