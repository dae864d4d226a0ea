"""`leadbridge audit` over databases without a contradiction, and what it saves when it goes on from an earlier one."""

import base64
import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from app.casework.acts import CATALOGUE
from app.client import uuid7
from tests.agencies import World
from tests.cli.command_line import leadbridge
from tests.docket.test_matching import compared, person
from tests.docket.test_running_deadlines import concluded, quiet, wait_for
from tests.docket.test_splitting import LETTER, split
from tests.registry_app import Hand
from tests.server import EXCHANGE_ID, serving

Audited = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def audit(database_url: str, data_dir: Path) -> Audited:
    def audited(*words: str | Path, **settings: str) -> "subprocess.CompletedProcess[str]":
        given = {
            "LEADBRIDGE_DATABASE_URL": database_url,
            "LEADBRIDGE_DATA_DIR": str(data_dir),
            "LEADBRIDGE_EXCHANGE_ID": EXCHANGE_ID,
        }
        return leadbridge("audit", "--jobs", "2", *words, **{**given, **settings})

    return audited


def test_an_empty_exchange_has_nothing_that_lies(exchange: World, audit: Audited) -> None:
    answer = audit()
    assert (answer.returncode, answer.stderr) == (0, "")
    assert " 0 acts and notices, 0 cases: no contradiction" in answer.stdout


def test_casework_with_splits_merges_lapses_matches_files_and_revocations_holds(
    exchange: World, hand: Hand, audit: Audited
) -> None:
    town, police, supervision = (exchange.agency(name) for name in ("township", "police", "supervision"))
    _, seen, unseen = split(exchange)
    police.accept(seen["transfer_id"])
    police.offer(unseen["lead_id"], supervision.node_id, transfer_id=uuid7(), letter={**LETTER})
    unsigned, _ = exchange.offered()
    concluded(exchange)
    earlier = exchange.register(persons=person(phone="13900000001"))
    later = exchange.register("regulator", persons=person(phone="139 0000 0001"))
    town.act("lead.merge", exchange.register(), {"into": earlier, "reason": "同一事件"})
    compared(exchange)
    hand.now = datetime(2026, 3, 9, 16, 0, tzinfo=UTC)
    wait_for(town, unsigned, "breached")
    quiet(exchange, hand)
    exchange.agency("regulator").screen(later, category="general", opinion="有具体事件", basis="依职责")
    paper = town.upload(b"paper", name="a.txt", media_type="text/plain")
    lead_id = exchange.register()
    town.screen(lead_id, category="general", opinion="有具体事件", basis="依职责", attachments=[paper])
    ((cases, acts),) = exchange.rows('SELECT (SELECT count(*) FROM "case"), (SELECT count(*) FROM act)')
    answer = audit()
    assert (answer.returncode, answer.stderr) == (0, "")
    assert f"{acts} acts and notices, {cases} cases: no contradiction" in answer.stdout
    assert "was not looked at: --attachments reads them" in answer.stdout
    assert "1 files read: each is what its acts say" in audit("--attachments").stdout


def test_a_round_of_supplementary_investigation_is_no_lie(exchange: World, audit: Audited) -> None:
    """It is known by the act that opened it, which is no id of its own."""
    police, organ = exchange.agency("police"), exchange.agency("procuratorate")
    lead_id, transfer_id = exchange.register("procuratorate"), uuid7()
    organ.offer(lead_id, police.node_id, transfer_id=transfer_id, letter=LETTER)
    exchange.hear(police, "transfer.offer", lead_id)
    police.sign_receipt(transfer_id, attachments_received=0)
    police.accept(transfer_id)
    exchange.hear(organ, "transfer.accept", lead_id)
    outline = CATALOGUE["supplementary.return"].example
    organ.act("supplementary.return", lead_id, outline, recipients=[police.node_id])
    answer = audit()
    assert (answer.returncode, answer.stderr) == (0, "")


def test_what_was_logged_later_than_promised_is_said_and_is_no_lie(exchange: World, audit: Audited) -> None:
    """A clock that was set forward looks the same, and the row says what happened."""
    exchange.offered()
    exchange.rows("ALTER TABLE log_entry DISABLE TRIGGER USER")
    exchange.rows("UPDATE log_entry SET logged_at = logged_at + interval '25 hours' WHERE act_id IS NOT NULL")
    answer = audit()
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "3 acts were logged later than their receipts promised" in answer.stdout


def test_it_runs_beside_a_service_that_takes_acts(exchange: World, audit: Audited) -> None:
    exchange.offered()
    answer = audit()
    exchange.offered()
    assert (answer.returncode, answer.stderr) == (0, "")


def test_an_audit_that_goes_on_says_what_it_did_not_do_again(exchange: World, audit: Audited, tmp_path: Path) -> None:
    state = tmp_path / "audit.json"
    exchange.offered()
    first = audit("--state", state)
    size = json.loads(state.read_text())["size"]
    exchange.offered()
    second = audit("--state", state)
    assert (first.returncode, second.returncode) == (0, 0)
    assert f"signatures of the first {size} entries were verified by an earlier audit" in second.stdout
    assert json.loads(state.read_text())["size"] > size


def test_a_state_of_another_history_is_not_believed(exchange: World, audit: Audited, tmp_path: Path) -> None:
    state = tmp_path / "audit.json"
    exchange.offered()
    assert audit("--state", state).returncode == 0
    state.write_text(json.dumps({**json.loads(state.read_text()), "root": "00" * 32}))
    answer = audit("--state", state)
    assert (answer.returncode, "the log was rewritten" in answer.stderr) == (1, True)
    state.write_text("{}")
    assert "is no state of an audit" in audit("--state", state).stderr


def test_a_checkpoint_is_taken_as_a_note_or_as_the_header_of_a_receipt(
    exchange: World, audit: Audited, tmp_path: Path
) -> None:
    exchange.offered()
    note = httpx.get(f"{exchange.url}/log/checkpoint").content
    kept, header, other = tmp_path / "note", tmp_path / "header", tmp_path / "other"
    kept.write_bytes(note)
    header.write_bytes(base64.b64encode(note) + b"\n")
    other.write_bytes(note.replace(EXCHANGE_ID.encode(), b"exchange-other"))
    answer = audit("--checkpoint", kept, "--checkpoint", header)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "is a checkpoint of exchange-other" in audit("--checkpoint", other).stderr


def test_without_the_master_key_nothing_is_said_to_be_true(
    exchange: World, audit: Audited, tmp_path: Path, database_url: str, data_dir: Path
) -> None:
    exchange.register()
    with serving(database_url, data_dir):
        answer = audit(LEADBRIDGE_DATA_DIR=str(tmp_path / "elsewhere"))
    assert answer.returncode == 1
    assert "this database holds keys that a master key wrapped" in answer.stderr


def test_keys_of_the_exchange_that_followed_each_other_hold_and_one_that_nobody_signed_for_does_not(
    exchange: World, audit: Audited, database_url: str, data_dir: Path
) -> None:
    exchange.offered()
    settings = {"LEADBRIDGE_DATABASE_URL": database_url, "LEADBRIDGE_DATA_DIR": str(data_dir)}
    for purpose in ("signing", "log"):
        done = leadbridge("keys", "rotate", purpose, **settings, LEADBRIDGE_EXCHANGE_ID=EXCHANGE_ID)
        assert done.returncode == 0, done.stderr
    exchange.offered()
    answer = audit()
    assert (answer.returncode, answer.stderr) == (0, "")
    exchange.rows("ALTER TABLE exchange_key_event DISABLE TRIGGER USER")
    exchange.rows("DELETE FROM exchange_key_event WHERE number = 2")
    assert "nothing made it follow the key before it" in audit().stderr
