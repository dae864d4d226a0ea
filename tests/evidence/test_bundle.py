"""What is in a bundle and for whom, and what both verifiers say of one that nobody touched."""

import shutil
from pathlib import Path

import httpx
import pytest

from app.client.ids import uuid7
from tests.agencies import World
from tests.agencies import world as exchange
from tests.docket.test_splitting import split
from tests.evidence.bundles import Bundle, ask, by_command, by_shell, download
from tests.evidence.conftest import LETTER

# What verify.sh may use besides openssl: all of it is POSIX.
TOOLS = "awk cat cmp dd dirname find grep mkdir mv od openssl rm sed sh sort tail tr uniq wc xargs"


def test_a_pinned_bundle_verifies_as_zip_and_as_folder(bundle: Bundle) -> None:
    for what in (bundle.zip, bundle.folder):
        outcome = by_command(what, "--policy", bundle.policy())
        assert outcome.status == 0, outcome.output
        assert "8 acts" in outcome.output
    outcome = by_shell(bundle.folder, bundle.policy())
    assert (outcome.status, outcome.output) == (0, "8 acts of exchange exchange-test\nverified\n")


def test_without_a_policy_the_fingerprints_are_printed_and_nothing_is_claimed(bundle: Bundle) -> None:
    for outcome in (by_command(bundle.zip), by_shell(bundle.folder)):
        assert outcome.status == 3, outcome.output
        assert outcome.output.endswith("consistent, keys NOT pinned\n")
        pins = [line for line in (bundle.folder / "policy.txt").read_text().splitlines() if line.startswith("node ")]
        assert len(pins) == 3
        assert all(f"found: {line}\n" in outcome.output for line in pins)


@pytest.mark.parametrize("missing", ["exchange ", "node police"])
def test_a_policy_without_a_line_for_a_signer_is_no_pin(bundle: Bundle, missing: str) -> None:
    policy = bundle.policy(missing)
    for outcome in (by_command(bundle.zip, "--policy", policy), by_shell(bundle.folder, policy)):
        assert outcome.status == 3, outcome.output
        assert f"no line for: {missing}" in outcome.output


@pytest.mark.parametrize("kind", ["exchange", "node", "log"])
def test_another_key_than_the_pinned_one_is_wrong(bundle: Bundle, tmp_path: Path, kind: str) -> None:
    lines = (bundle.folder / "policy.txt").read_text().splitlines()
    other = {"log": "log example.com/log+17b4d3aa+AQ" + "A" * 42 + "="}
    wrong = [other.get(kind, line[:-43] + "A" * 43) if line.startswith(f"{kind} ") else line for line in lines]
    policy = tmp_path / "policy"
    policy.write_text("\n".join(wrong) + "\n")
    for outcome in (by_command(bundle.zip, "--policy", policy), by_shell(bundle.folder, policy)):
        assert outcome.status == 1, outcome.output


@pytest.mark.parametrize("shell", ["dash", "sh", "bash"])
def test_the_shell_verifier_needs_openssl_and_posix_tools_alone(bundle: Bundle, tmp_path: Path, shell: str) -> None:
    found = shutil.which(shell)
    if found is None:
        pytest.skip(f"no {shell} here")
    for tool in TOOLS.split():
        path = shutil.which(tool)
        assert path is not None
        (tmp_path / tool).symlink_to(path)
    outcome = by_shell(bundle.folder, bundle.policy(), shell=found, path=tmp_path)
    assert outcome.status == 0, outcome.output


def test_what_the_caller_may_not_read_is_withheld_and_listed(world: World, bundle: Bundle, tmp_path: Path) -> None:
    town, office = world.agency("township"), world.agency("supervision")
    lead_id, transfer_id = world.register(), uuid7()
    screened = town.screen(lead_id, category="general", opinion="有具体事件", basis="依职责")
    town.offer(lead_id, office.node_id, transfer_id=transfer_id, letter={**LETTER, "disclosure": "summary"})
    world.hear(office, "transfer.offer", lead_id)
    seen = download(world, "supervision", lead_id, tmp_path)
    assert [name for name in seen.names() if name.endswith("act.body")] == ["acts/001-transfer.offer/act.body"]
    line = f"withheld {screened.act_jws_sha256}\n"
    assert (seen.folder / "manifest.txt").read_text().endswith(line)
    for outcome in (by_command(seen.zip, "--policy", seen.policy()), by_shell(seen.folder, seen.policy())):
        assert outcome.status == 0, outcome.output
        assert line in outcome.output


def test_a_bundle_without_an_act_proves_nothing(world: World, bundle: Bundle, tmp_path: Path) -> None:
    _, fresh, _ = split(world)
    empty = download(world, "police", fresh["lead_id"], tmp_path)
    assert not [name for name in empty.names() if name.startswith("acts/")]
    for arguments in ((), (empty.policy(),)):
        options = [option for one in arguments for option in ("--policy", one)]
        for outcome in (by_command(empty.zip, *options), by_shell(empty.folder, *arguments)):
            assert outcome.status == 1, outcome.output
            assert "there is no act in it: it proves nothing" in outcome.output


def test_who_is_no_party_gets_the_answer_for_what_does_not_exist(world: World, bundle: Bundle) -> None:
    answers: list[httpx.Response] = [ask(world, "procuratorate", one) for one in (bundle.lead_id, uuid7(), "x")]
    assert [answer.status_code for answer in answers] == [404, 404, 404]


def test_while_an_act_is_not_logged_the_caller_is_told_to_come_again(database_url: str, tmp_path: Path) -> None:
    with exchange(database_url, tmp_path, worker=False) as asleep:
        lead_id = asleep.register()
        town = asleep.agency("township")
        answer = town.http.get(f"/v1/leads/{lead_id}/bundle", headers={"Authorization": f"Bearer {town.token()}"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["type"] == "/problems/overloaded"
