"""A file that a setting names and that cannot be used: the command says so in one line, before anything starts."""

import json
from pathlib import Path

import pytest

from tests.cli.command_line import leadbridge

CASEWORK, LIMITS, POLICY = "LEADBRIDGE_CASEWORK_FILE", "LEADBRIDGE_DEADLINES_FILE", "LEADBRIDGE_WITNESS_POLICY"
RULE = {"place": "9901", "rule": "D04", "amount": 6, "unit": "hours", "source": "县级协作办法"}


def limits(*rules: dict[str, object]) -> bytes:
    return json.dumps({"version": "local-1", "rules": rules}).encode()


def practices(*of: dict[str, object]) -> bytes:
    return json.dumps({"version": "1", "practices": of}).encode()


@pytest.mark.parametrize(
    ("setting", "written", "what"),
    [
        (CASEWORK, practices({"seats": []}), "practices.0.seats (everywhere else): Tuple should have at least 1 item"),
        (CASEWORK, practices({}, {"place": "9901", "seat": []}), "practices.1.seat (place 9901): Extra inputs are not"),
        (CASEWORK, practices({}, {"place": "99A"}), "practices.1.place (place 99A): String should match"),
        (
            CASEWORK,
            practices({"legal_review": 4}),
            "practices.0 (everywhere else): Value error, the legal review is one",
        ),
        (CASEWORK, practices({}, {"place": "99", "legal_review": 4}), "practices.1 (place 99): Value error, the legal"),
        (
            CASEWORK,
            practices({"place": "99"}, {"place": "99"}),
            "practices.1: each place has one practice, and place 99",
        ),
        (
            CASEWORK,
            practices({"place": "99", "checklist": ["a", "a"]}),
            "practices.0 (place 99): Value error, each item",
        ),
        (CASEWORK, b"{", "Invalid JSON"),
        (LIMITS, limits(RULE, RULE | {"rule": "D99"}), "rules.1 (place 9901): no deadline D99 in the table"),
        (
            LIMITS,
            limits(*[RULE | {"amount": 0}] * 5),
            "rules.0.amount (place 9901): Input should be greater than or equal to 1",
        ),
        (POLICY, b"log nobody\nquorum none\n", "line 1: "),
        (POLICY, b"# nobody\n", "the policy has no quorum line"),
        (POLICY, "# 见证\n".encode("gb18030"), "byte 2 is not UTF-8"),
    ],
)
def test_serve_says_which_setting_which_file_and_what_is_wrong(
    tmp_path: Path, setting: str, written: bytes, what: str
) -> None:
    file = tmp_path / "written.by-hand"
    file.write_bytes(written)
    answer = leadbridge("serve", "--port", "0", LEADBRIDGE_DATA_DIR=str(tmp_path / "data"), **{setting: str(file)})
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr.startswith(f"leadbridge: {setting}: {file}: ")
    assert what in answer.stderr
    assert answer.stderr.endswith(f" / {setting} 所指的文件有误\n")
    assert answer.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("command", [("worker",), ("rebuild", "--check")])
def test_what_reads_the_same_files_says_the_same(tmp_path: Path, command: tuple[str, ...]) -> None:
    missing = tmp_path / "limits.json"
    answer = leadbridge(*command, LEADBRIDGE_DATA_DIR=str(tmp_path / "data"), LEADBRIDGE_DEADLINES_FILE=str(missing))
    assert (answer.returncode, answer.stdout) == (1, "")
    said = f"leadbridge: LEADBRIDGE_DEADLINES_FILE: {missing}: No such file or directory / "
    assert answer.stderr == said + "LEADBRIDGE_DEADLINES_FILE 所指的文件有误\n"
    assert not (tmp_path / "data").exists()


def test_many_faults_of_one_file_are_counted_not_listed(tmp_path: Path) -> None:
    file = tmp_path / "limits.json"
    file.write_bytes(limits(*[RULE | {"amount": 0}] * 5))
    answer = leadbridge("worker", LEADBRIDGE_DATA_DIR=str(tmp_path / "data"), LEADBRIDGE_DEADLINES_FILE=str(file))
    assert answer.stderr.endswith("; and 2 more / LEADBRIDGE_DEADLINES_FILE 所指的文件有误\n")
