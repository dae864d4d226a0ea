"""Commands that need no exchange, and what all commands say when something is wrong."""

import json
import stat
import subprocess
from pathlib import Path

import pytest

from app import __version__
from app.client import KeyFolder
from app.signing.keys import load_public_jwk
from tests.cli.command_line import leadbridge
from tests.signing.forging import ALGS


def test_the_version_is_told() -> None:
    assert leadbridge("--version").stdout == f"leadbridge {__version__}\n"


@pytest.mark.parametrize("command", ["demo", "node"])
def test_every_command_has_help(command: str) -> None:
    answer = leadbridge(command, "--help")
    assert answer.returncode == 0
    assert "Usage" in answer.stdout


@pytest.mark.parametrize("alg", ALGS)
def test_keygen_writes_private_keys_for_the_owner_alone_and_prints_thumbprints(tmp_path: Path, alg: str) -> None:
    answer = leadbridge("keygen", "--alg", alg, "--out", tmp_path / "keys")
    assert answer.returncode == 0
    keys = KeyFolder(tmp_path / "keys").keys()
    for purpose, key in (("act", keys.act), ("auth", keys.auth)):
        assert key.alg == alg
        assert f"{purpose}  {key.kid}" in answer.stdout
        assert stat.S_IMODE((tmp_path / "keys" / f"{purpose}.pem").stat().st_mode) == 0o600
        jwk = json.loads((tmp_path / "keys" / f"{purpose}.public.jwk.json").read_text())
        assert load_public_jwk(jwk).kid == key.kid


def test_openssl_reads_the_keys_that_keygen_writes(tmp_path: Path) -> None:
    leadbridge("keygen", "--out", tmp_path)
    words = ["openssl", "pkey", "-in", str(tmp_path / "act.pem"), "-noout"]
    assert subprocess.run(words, capture_output=True, check=False).returncode == 0


def test_keygen_never_writes_over_a_key(tmp_path: Path) -> None:
    leadbridge("keygen", "--out", tmp_path)
    before = (tmp_path / "act.pem").read_bytes()
    again = leadbridge("keygen", "--out", tmp_path)
    assert again.returncode == 1
    assert again.stderr == f"leadbridge: {tmp_path / 'act.pem'}: File exists\n"
    assert (tmp_path / "act.pem").read_bytes() == before


def test_a_wrong_setting_is_named_in_one_line_without_its_value() -> None:
    answer = leadbridge("migrate", LEADBRIDGE_PORT="987654")
    assert answer.returncode == 1
    assert answer.stderr.startswith("leadbridge: LEADBRIDGE_PORT:")
    assert answer.stderr.count("\n") == 1
    assert "987654" not in answer.stderr


def test_a_database_that_does_not_answer_is_said_in_one_line_without_the_password() -> None:
    answer = leadbridge("migrate", LEADBRIDGE_DATABASE_URL="postgresql://who:secret-word@127.0.0.1:1/none")
    assert answer.returncode == 1
    assert answer.stderr.startswith("leadbridge: the database cannot be used: ")
    assert answer.stderr.count("\n") == 1
    assert "secret-word" not in answer.stderr


def test_sending_without_keys_says_what_is_missing(tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_text('{"lead_id":"019ccd10-0000-7000-8000-000000000001","content":{}}')
    answer = leadbridge("send", "lead.screen", body, "--key", tmp_path)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "node enrol" in answer.stderr


def test_sending_an_act_that_does_not_exist_names_those_that_do(tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_text('{"lead_id":"019ccd10-0000-7000-8000-000000000001","content":{}}')
    answer = leadbridge("send", "lead.delete", body, "--key", tmp_path)
    assert answer.returncode == 1
    assert "'lead.delete' is no act" in answer.stderr
    assert "transfer.offer" in answer.stderr


def test_a_password_is_never_asked_of_a_pipe(tmp_path: Path) -> None:
    answer = leadbridge("admin", "add", "someone", "--role", "registrar", LEADBRIDGE_DATA_DIR=str(tmp_path))
    assert answer.returncode == 1
    assert "--password-stdin" in answer.stderr
    assert list(tmp_path.iterdir()) == []
