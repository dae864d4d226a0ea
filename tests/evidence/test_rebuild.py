"""`leadbridge rebuild --check`: every case comes out of its acts as it is stored, and one that does not is named."""

import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.casework.acts import CATALOGUE
from app.casework.case import Case, LeadState
from app.client import uuid7
from app.config import Settings
from app.stored import root_key, stored_case
from app.vault import encrypt, open_vault
from tests.agencies import World, world
from tests.cli.command_line import leadbridge
from tests.docket.test_matching import compared, person
from tests.docket.test_running_deadlines import concluded, quiet, wait_for
from tests.docket.test_splitting import LETTER, split
from tests.registry_app import Hand
from tests.server import serving

Checked = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def rebuild(database_url: str, data_dir: Path) -> Checked:
    def checked(*words: str, **settings: str) -> "subprocess.CompletedProcess[str]":
        given = {"LEADBRIDGE_DATABASE_URL": database_url, "LEADBRIDGE_DATA_DIR": str(data_dir)}
        return leadbridge("rebuild", *words, **{**given, **settings})

    return checked


def tampered(exchange: World, data_dir: Path, root_id: str, change: Callable[[Case], Case]) -> None:
    """Rewrite a case as one could who has the database and the keys, but not the acts of the agencies."""
    vault = open_vault(Settings(data_dir=data_dir))
    ((wrapped, snapshot),) = exchange.rows('SELECT data_key, snapshot FROM "case" WHERE root_id = :root', root=root_id)
    data_key = root_key(vault, root_id, wrapped)
    case = change(stored_case(data_key, root_id, snapshot))
    sealed = encrypt(data_key, case.model_dump_json().encode(), root_id.encode())
    exchange.rows('UPDATE "case" SET snapshot = :new WHERE root_id = :root', new=sealed, root=root_id)


def of_lead(lead_id: str, **changes: object) -> Callable[[Case], Case]:
    return lambda case: case.but(leads={**case.leads, lead_id: case.leads[lead_id].but(**changes)})


def with_longer_limits(case: Case) -> Case:
    return case.but(deadlines=tuple(one.model_copy(update={"amount": 60}) for one in case.deadlines))


def rows_stored(exchange: World) -> tuple[int, int]:
    ((cases, acts),) = exchange.rows('SELECT (SELECT count(*) FROM "case"), (SELECT count(*) FROM act)')
    return cases, acts


def test_the_demonstration_rebuilds_as_it_is_stored(tmp_path: Path) -> None:
    assert leadbridge("demo", "--once", "--data-dir", tmp_path).returncode == 0
    answer = leadbridge("rebuild", "--check", LEADBRIDGE_DATA_DIR=str(tmp_path))
    assert (answer.returncode, answer.stdout[:21]) == (0, "3 cases rebuilt from ")


def test_casework_with_splits_merges_lapses_and_matches_rebuilds(exchange: World, hand: Hand, rebuild: Checked) -> None:
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
    assert {name for (name,) in exchange.rows("SELECT act FROM act WHERE act LIKE 'notice.%'")} >= {
        "notice.listed",
        "notice.match",
        "notice.deadline",
    }
    cases, acts = rows_stored(exchange)
    answer = rebuild("--check")
    assert answer.stderr == f"{cases} cases, {acts} acts and notices\n"
    told = f"{cases} cases rebuilt from {acts} acts and notices: each is as it is stored\n"
    assert (answer.returncode, answer.stdout) == (0, told)


def test_a_case_that_was_tampered_with_is_named_with_the_place(
    exchange: World, data_dir: Path, rebuild: Checked
) -> None:
    exchange.offered()
    lead_id, _ = exchange.offered()
    tampered(exchange, data_dir, lead_id, of_lead(lead_id, state=LeadState.CLEARED))
    answer = rebuild("--check")
    assert (answer.returncode, answer.stdout) == (1, "")
    place = f"leads.{lead_id}.state: cleared stored, in_transfer rebuilt"
    assert answer.stderr.splitlines()[-1] == f"leadbridge: case {lead_id}: {place}"


def test_a_difference_in_content_is_named_without_the_content(
    exchange: World, data_dir: Path, rebuild: Checked
) -> None:
    lead_id, _ = concluded(exchange)
    tampered(exchange, data_dir, lead_id, of_lead(lead_id, outcome="不属实"))
    answer = rebuild("--check")
    assert answer.returncode == 1
    assert answer.stderr == f"leadbridge: case {lead_id}: leads.{lead_id}.outcome differs\n"


def test_a_part_s_number_is_held_against_the_index_of_numbers(
    exchange: World, data_dir: Path, rebuild: Checked
) -> None:
    lead_id, _, unseen = split(exchange)
    part = unseen["lead_id"]
    tampered(exchange, data_dir, lead_id, of_lead(part, lead_no="XS-990121-POLICE-2026-999999"))
    answer = rebuild("--check")
    assert answer.returncode == 1
    assert f"leads.{part}.lead_no is not the number that the lead was given" in answer.stderr


def test_a_reader_that_no_act_admitted_is_found(exchange: World, data_dir: Path, rebuild: Checked) -> None:
    lead_id = exchange.register()
    regulator = exchange.agency("regulator").node_id
    tampered(
        exchange,
        data_dir,
        lead_id,
        lambda case: case.but(acts=tuple(one.but(readers=(*one.readers, regulator)) for one in case.acts)),
    )
    answer = rebuild("--check")
    assert (answer.returncode, "acts.0.readers: 2 stored, 1 rebuilt" in answer.stderr) == (1, True)


def test_deadlines_started_by_limits_that_were_in_force_then_rebuild_after_they_changed(
    database_url: str, data_dir: Path, tmp_path: Path, rebuild: Checked
) -> None:
    rules = [{"place": "9901", "rule": "D04", "amount": 6, "unit": "hours", "source": "县级协作办法"}]
    file = tmp_path / "limits.json"
    file.write_text(json.dumps({"version": "local-1", "rules": rules}))
    with world(database_url, data_dir, deadlines_file=file) as exchange:
        lead_id, _ = exchange.offered()
        assert rebuild("--check").returncode == 0
        shorter = exchange.rows("SELECT due - started FROM deadline WHERE rule = 'D04'")
        assert [span.total_seconds() for (span,) in shorter] == [6 * 3600]
        tampered(exchange, data_dir, lead_id, with_longer_limits)
        answer = rebuild("--check")
        assert (answer.returncode, "another result than its receipt says" in answer.stderr) == (1, True)


def test_it_may_run_beside_a_service_and_needs_its_key(
    exchange: World, database_url: str, tmp_path: Path, data_dir: Path, rebuild: Checked
) -> None:
    exchange.register()
    with serving(database_url, data_dir):
        assert rebuild("--check").returncode == 0
    answer = rebuild("--check", LEADBRIDGE_DATA_DIR=str(tmp_path / "elsewhere"))
    assert answer.returncode == 1
    assert "master.key: no such file, and this database holds keys that a master key wrapped" in answer.stderr


def test_nothing_is_ever_overwritten(exchange: World, rebuild: Checked) -> None:
    answer = rebuild()
    assert (answer.returncode, "--check" in answer.stderr) == (1, True)


def test_a_report_is_decided_again_by_the_practice_under_which_it_was_taken(
    database_url: str, data_dir: Path, tmp_path: Path, rebuild: Checked
) -> None:
    file = tmp_path / "casework.json"
    file.write_text(json.dumps({"version": "1", "practices": [{"checklist": ["c1"], "seats": [{}]}]}))
    report = {**CATALOGUE["verification.report"].example, "checklist": {"c1": True}}
    signed = {**CATALOGUE["signoff.sign"].example, "seat": 1}
    with world(database_url, data_dir, casework_file=file) as exchange:
        lead_id, transfer_id = exchange.offered()
        police = exchange.agency("police")
        police.sign_receipt(transfer_id, attachments_received=0)
        police.accept(transfer_id)
        police.act("verification.assign", lead_id, CATALOGUE["verification.assign"].example)
        police.act("verification.report", lead_id, report)
        assert police.act("signoff.sign", lead_id, signed).lead_state == "concluded"
    assert rebuild("--check").returncode == 0
