"""`leadbridge demo` as a newcomer meets it."""

import contextlib
import re
import signal
import socket
import subprocess
from pathlib import Path

from tests.cli.command_line import command, environment, leadbridge
from tests.waiting import LIMIT, until


def test_the_whole_story_plays_to_its_end_and_only_once_in_a_folder(tmp_path: Path) -> None:
    played = leadbridge("demo", "--once", "--data-dir", tmp_path / "kept")
    assert (played.returncode, played.stderr) == (0, "")
    told = {int(number) for number in re.findall(r"step (\d+)", played.stdout)}
    assert told == set(range(1, 26))
    for shown in ("04-07 23:59", "03-27 23:59", "06-01 23:59", "R-COERCIVE-BEFORE-FILING", "D10 breached"):
        assert shown in played.stdout
    assert re.search(r"sh verify\.sh POLICY → \d+ acts of exchange exchange-local · verified", played.stdout)
    assert re.search(r"leadbridge verify --policy POLICY → \d+ acts of exchange exchange-local", played.stdout)
    assert "signed documents verified" in played.stdout
    assert re.search(
        r"leadbridge audit --attachments → \d+ log entries, .* 4 files: .* no contradiction", played.stdout
    )
    assert "\x1b" not in played.stdout, "no colours when it is piped"
    town = re.search(r"township-990121101 +1–(\d+) +(\d+) +(\d+)", played.stdout)
    assert town is not None
    assert int(town[1]) == int(town[2]) + int(town[3]), "numbered from 1 without a gap"
    again = leadbridge("demo", "--once", "--data-dir", tmp_path / "kept")
    assert (again.returncode, again.stderr.count("\n")) == (1, 1)
    assert "was played" in again.stderr


def test_it_stays_up_until_it_is_told_to_stop(tmp_path: Path) -> None:
    process = subprocess.Popen(
        command("demo"),
        env=environment(TMPDIR=str(tmp_path), PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    assert process.stdout is not None
    shown = []
    for line in process.stdout:
        shown.append(line)
        if "Ctrl-C" in line:
            break
    assert any("/docs" in line for line in shown)
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=LIMIT)
    assert process.returncode == 0
    assert "Stopping" in rest
    assert list(tmp_path.glob("leadbridge-demo-*")) == []


def test_killed_in_the_midst_it_leaves_nothing_running(tmp_path: Path) -> None:
    process = subprocess.Popen(
        command("demo"), env=environment(TMPDIR=str(tmp_path), PYTHONUNBUFFERED="1"), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert any("step 1" in line for line in process.stdout), "it ended before its first step"
    assert left_of(tmp_path)
    process.kill()
    process.communicate(timeout=30)
    until("exchange and database end too", lambda: not left_of(tmp_path), there=lambda: left_of(tmp_path))


def left_of(folder: Path) -> list[str]:
    """Return the processes, exchange and database, that were started on something in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found.append(process.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [one for one in found if str(folder) in one]


def test_a_port_in_use_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        failed = leadbridge("demo", "--once", "--port", str(taken.getsockname()[1]), TMPDIR=str(tmp_path))
    assert failed.returncode == 1
    assert "cannot be used" in failed.stderr
    assert failed.stderr.count("\n") == 1
