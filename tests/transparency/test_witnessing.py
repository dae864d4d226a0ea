"""Witnessing between exchanges: one grows, the other cosigns, and a second history does not pass."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import httpx
import pytest
import structlog
from prometheus_client import REGISTRY
from sqlalchemy.exc import DBAPIError

from app.signing.keys import generate_private
from app.transparency.checkpoint import Log, parse_checkpoint
from app.transparency.note import parse_note
from app.transparency.submission import CheckpointSubmission
from tests.conftest import database_name, new_database
from tests.transparency.reader import Reader, read_note
from tests.transparency.sites import (
    FIRST,
    FOREIGN,
    LEAVES,
    SECOND,
    Site,
    cosigned,
    send,
    submission,
    tree_of,
    witness_line,
)
from tests.waiting import until


def forks(noticed_by: str) -> float:
    return REGISTRY.get_sample_value("leadbridge_log_forks_total", {"noticed_by": noticed_by}) or 0


def test_an_exchange_serves_what_another_cosigned_and_a_forked_backup_is_refused(
    sites: tuple[Site, Site], postgres_url: str
) -> None:
    first, second = sites
    with second.running(f"log {first.log_vkey()}", "quorum none") as url:
        line, vkey = witness_line(url)
        asking = (line, "quorum second")
        with first.running(*asking) as own:
            reader = Reader(httpx.Client(base_url=own), first.log_vkey())
            for number in (3, 500):
                size = first.grow(number, "a")
                at = cosigned(reader, vkey, size)
                assert abs(at - time.time()) < 60
            reader.http.close()
        with new_database(postgres_url, template=database_name(first.database_url)) as backup:
            with first.running(*asking) as own:
                reader = Reader(httpx.Client(base_url=own), first.log_vkey())
                size = first.grow(5, "b")
                cosigned(reader, vkey, size)
                reader.http.close()
            forked = Site(FIRST, backup, first.folder)
            before = forks("witness"), forks("log")
            with structlog.testing.capture_logs() as lines, forked.running(*asking) as own:
                assert forked.grow(5, "c") == size
                until("both find the fork", lambda: forks("witness") > before[0] and forks("log") > before[1])
                # What nobody cosigned is not served: the backup stays at the last head of the common past.
                reader = Reader(httpx.Client(base_url=own), first.log_vkey())
                assert reader.checkpoint(vkey).size == size - 5
                reader.http.close()
                # The history of the fork, made longer, does not pass either.
                assert forked.grow(1, "d") == size + 1
        shouted = [one for one in lines if one["log_level"] == "critical"]
        assert {one["noticed_by"] for one in shouted} == {"witness", "log"}
        evidence = next(one for one in shouted if one["noticed_by"] == "witness")
        ours, theirs = (read_note(evidence[name], first.log_vkey()) for name in ("cosigned", "submitted"))
        assert (ours.size, ours.origin) == (theirs.size, theirs.origin)
        assert ours.root != theirs.root
        assert second.rows("SELECT size, root FROM witnessed_log") == [(size, ours.root)]


@pytest.fixture
def witness(sites: tuple[Site, Site]) -> Iterator[tuple[httpx.Client, str]]:
    """A witness of a log that only these tests have, and its key."""
    with sites[1].running(f"log {FOREIGN.verifier}", "quorum none") as url, httpx.Client(base_url=url) as http:
        yield http, witness_line(url)[1]


SIZE = "text/x.tlog.size"


def test_the_witness_answers_as_its_protocol_says(witness: tuple[httpx.Client, str]) -> None:
    http, vkey = witness
    other = Log("exchange-990009/log", FOREIGN.key)
    forged = Log(FOREIGN.origin, generate_private("Ed25519"))
    assert send(http, submission(0, 5, log=other))[0] == 404
    assert send(http, submission(0, 5, log=forged))[0] == 403
    assert send(http, "old 0\n")[0] == 400
    assert send(http, submission(5, 9).replace("old 5", "old 10"))[0] == 400
    assert send(http, "x" * 70_000)[0] == 413
    assert send(http, submission(5, 9)) == (409, "0\n", SIZE)
    assert send(http, submission(0, 9).replace("old 0\n", "old 0\n" + submission(5, 9).split("\n")[1] + "\n"))[0] == 422
    status, lines, media_type = send(http, submission(0, 5))
    assert (status, media_type) == (200, "text/plain; charset=utf-8")
    note = str(FOREIGN.sign(5, tree_of(LEAVES[:5]).root())) + lines
    assert read_note(note, vkey).signers.keys() == {f"{SECOND}/witness"}
    assert send(http, submission(5, 5))[0] == 200
    assert send(http, submission(0, 9)) == (409, "5\n", SIZE)
    assert send(http, submission(5, 5, LEAVES[100:])) == (409, "5\n", SIZE)
    assert send(http, submission(5, 300, LEAVES[100:]))[0] == 422
    assert send(http, submission(5, 300))[0] == 200
    assert send(http, submission(0, 0)) == (409, "300\n", SIZE)


def test_the_empty_log_is_cosigned_and_then_grows(witness: tuple[httpx.Client, str]) -> None:
    http, _ = witness
    note = parse_note(str(FOREIGN.sign(0, tree_of(LEAVES[:1]).root())).encode())
    false = str(CheckpointSubmission(0, (), note, parse_checkpoint(note.text)))
    assert send(http, false) == (409, "0\n", SIZE)
    assert [send(http, submission(0, size))[0] for size in (0, 0, 7)] == [200, 200, 200]


def test_submissions_at_once_are_taken_one_after_the_other(
    witness: tuple[httpx.Client, str], sites: tuple[Site, Site]
) -> None:
    http, _ = witness
    assert send(http, submission(0, 100))[0] == 200
    gate = threading.Barrier(8)

    def submit(size: int) -> int:
        gate.wait(30)
        return send(http, submission(100, size))[0]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(submit, range(101, 109)))
    # All name the old size 100: whoever comes second finds another.
    assert sorted(answers) == [200] + [409] * 7
    assert sites[1].rows("SELECT size FROM witnessed_log") == [(101 + answers.index(200),)]


def test_the_database_itself_never_lets_a_witness_go_back(
    witness: tuple[httpx.Client, str], sites: tuple[Site, Site]
) -> None:
    assert send(witness[0], submission(0, 100))[0] == 200
    for change in (
        "UPDATE witnessed_log SET size = 99",
        "UPDATE witnessed_log SET root = sha256('x')",
        "DELETE FROM witnessed_log",
    ):
        with pytest.raises(DBAPIError) as refused:
            sites[1].rows(change)
        assert getattr(refused.value.orig, "sqlstate", "") == asyncpg.InsufficientPrivilegeError.sqlstate
