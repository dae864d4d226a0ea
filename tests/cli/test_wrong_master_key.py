"""A master key that does not open the database, is missing or malformed: one line in two languages, and status 1."""

import base64
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.vault import KEY_BYTES
from tests.agencies import world
from tests.cli.command_line import leadbridge
from tests.server import EXCHANGE_ID

WRONG = "the master key is not the one that wrapped what this database holds / 主密钥不是加密本数据库所用的那一把"
MALFORMED = f"not {KEY_BYTES} bytes in base64"
READERS = [("serve", "--port", "0"), ("worker",), ("audit", "--jobs", "1"), ("rebuild", "--check")]
READERS += [("keys", "rotate", "log")]


def text(key: bytes) -> str:
    return base64.b64encode(key).decode()


@dataclass
class Kept:
    """A database with a lead in it, and what is kept beside it."""

    settings: dict[str, str]
    data_dir: Path

    def run(self, *words: str, **settings: str) -> str:
        """Run a command that must fail of its settings; return the one line that it says."""
        answer = leadbridge(*words, **{**self.settings, **settings})
        assert (answer.returncode, answer.stdout) == (1, ""), answer.stderr
        assert "Traceback" not in answer.stderr
        (line,) = answer.stderr.splitlines()
        assert line.startswith("leadbridge: ")
        return line.removeprefix("leadbridge: ")


@pytest.fixture(scope="module")
def kept(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    data_dir = tmp_path_factory.mktemp("exchange")
    with world(module_database_url, data_dir) as there:
        there.register()
    settings = {
        "LEADBRIDGE_DATABASE_URL": module_database_url,
        "LEADBRIDGE_DATA_DIR": str(data_dir),
        "LEADBRIDGE_EXCHANGE_ID": EXCHANGE_ID,
    }
    return Kept(settings, data_dir)


@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_a_key_that_does_not_open_the_database_is_said_in_one_line(kept: Kept, words: tuple[str, ...]) -> None:
    assert kept.run(*words, LEADBRIDGE_MASTER_KEY=text(os.urandom(KEY_BYTES))) == WRONG


@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_no_key_is_made_for_a_database_that_another_key_wrapped(
    kept: Kept, tmp_path: Path, words: tuple[str, ...]
) -> None:
    missing = tmp_path / "mislaid.key"
    said = kept.run(*words, LEADBRIDGE_MASTER_KEY_FILE=str(missing))
    assert said.startswith(f"LEADBRIDGE_MASTER_KEY_FILE: {missing}: no such file")
    assert " / 主密钥文件不存在" in said
    assert not missing.exists()


@pytest.mark.parametrize("written", [b"", b"not a key", b"\xff\xfe", b"c2hvcnQ=", text(bytes(33)).encode()])
def test_a_malformed_key_is_named_and_not_shown(kept: Kept, tmp_path: Path, written: bytes) -> None:
    file = tmp_path / "written.key"
    file.write_bytes(written)
    said = kept.run("serve", LEADBRIDGE_MASTER_KEY_FILE=str(file))
    assert said.startswith(f"LEADBRIDGE_MASTER_KEY_FILE: {file}: {MALFORMED} / ")
    if written.isascii():
        said = kept.run("worker", LEADBRIDGE_MASTER_KEY=written.decode())
        assert said.startswith(f"LEADBRIDGE_MASTER_KEY: {MALFORMED} / LEADBRIDGE_MASTER_KEY：不是")
        assert not written or written.decode() not in said


def test_a_folder_in_place_of_the_key_is_said(kept: Kept, tmp_path: Path) -> None:
    said = kept.run("serve", LEADBRIDGE_MASTER_KEY_FILE=str(tmp_path))
    assert said.startswith(f"LEADBRIDGE_MASTER_KEY_FILE: {tmp_path}: Is a directory / ")


def test_what_is_wrong_with_the_former_key_is_said_of_the_former_key(kept: Kept, tmp_path: Path) -> None:
    own = (kept.data_dir / "master.key").read_text().strip()
    for words in (("serve",), ("keys", "rotate-master")):
        said = kept.run(*words, LEADBRIDGE_FORMER_MASTER_KEY="bm9uZQ==")
        assert said.startswith(f"LEADBRIDGE_FORMER_MASTER_KEY: {MALFORMED} / ")
        said = kept.run(*words, LEADBRIDGE_FORMER_MASTER_KEY_FILE=str(tmp_path / "none"))
        assert said.startswith(f"LEADBRIDGE_FORMER_MASTER_KEY_FILE: {tmp_path / 'none'}: no such file / ")
        said = kept.run(*words, LEADBRIDGE_FORMER_MASTER_KEY=own)
        assert said.startswith("LEADBRIDGE_FORMER_MASTER_KEY: it is the master key itself / ")


def test_a_new_key_may_still_be_made_beside_the_former_one_that_opens_all(kept: Kept, tmp_path: Path) -> None:
    """`audit` opens everything by the former key; the file of the new one is made, for `keys rotate-master`."""
    made = tmp_path / "new.key"
    settings = {
        "LEADBRIDGE_MASTER_KEY_FILE": str(made),
        "LEADBRIDGE_FORMER_MASTER_KEY_FILE": str(kept.data_dir / "master.key"),
    }
    answer = leadbridge("audit", "--jobs", "1", **kept.settings, **settings)
    assert answer.returncode == 0, answer.stderr
    assert len(base64.b64decode(made.read_text())) == KEY_BYTES


def test_a_command_that_needs_no_master_key_does_not_ask_for_one(kept: Kept) -> None:
    answer = leadbridge("migrate", **kept.settings, LEADBRIDGE_MASTER_KEY="none")
    assert (answer.returncode, answer.stderr) == (0, "")
