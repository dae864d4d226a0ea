"""The command line as a person has it: a process of its own, its output and its status."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def environment(**settings: str) -> dict[str, str]:
    """Return an environment with these settings of ours and none of the caller's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LEADBRIDGE_")}
    return kept | {"PYTHONPATH": str(ROOT), "COLUMNS": "120", "NO_COLOR": "1"} | settings


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-P", "-m", "app.cli", *map(str, words)]


def leadbridge(
    *words: str | Path, given: str = "", cwd: str | Path | None = None, **settings: str
) -> "subprocess.CompletedProcess[str]":
    """Run one command to its end."""
    return subprocess.run(
        command(*words),
        input=given,
        cwd=cwd,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
