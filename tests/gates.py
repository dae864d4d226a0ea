"""Every gate a change must pass, in order; the first that fails ends the run. `./run test` calls it.

With arguments only pytest runs, with them. Standard library only, so that it can report a broken environment.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INDEX_HOSTS = {"https://pypi.org", "https://files.pythonhosted.org"}


def tool(name: str, *arguments: str) -> Callable[[], bool]:
    """Return a gate that runs `name` from this interpreter's own environment."""

    def passes() -> bool:
        program = Path(sys.executable).with_name(name)
        return subprocess.run([program, *arguments], cwd=ROOT, check=False).returncode == 0

    return passes


def all_tests_pass() -> bool:
    """Run pytest twice at once, and tell what the second said when both are done.

    The tests named here wait for shells and servers more than they compute.
    """
    apart = ["tests/evidence", "tests/erasure"]
    pytest = [str(Path(sys.executable).with_name("pytest")), "--quiet"]
    with tempfile.TemporaryFile("w+") as said:
        with subprocess.Popen([*pytest, *apart], cwd=ROOT, stdout=said, stderr=subprocess.STDOUT) as other:
            try:
                others = (f"--ignore={one}" for one in apart)
                first = subprocess.run([*pytest, "tests", *others], cwd=ROOT, check=False).returncode
            except BaseException:
                other.terminate()
                raise
        said.seek(0)
        print(f"== pytest {' '.join(apart)}\n{said.read()}", flush=True)
    return first == other.returncode == 0


def lock_names_public_indexes_only() -> bool:
    """Tell whether uv.lock names no other index: an address of one office's mirror would stop everyone else."""
    strange = set(re.findall(r"https?://[^/\"\s]+", (ROOT / "uv.lock").read_text())) - INDEX_HOSTS
    for host in sorted(strange):
        print(f"uv.lock names {host}")
    return not strange


def lock_fits_the_project() -> bool:
    """Tell whether uv.lock answers pyproject.toml as it is now; asks no index."""
    uv = shutil.which("uv") or Path(sys.executable).with_name("uv")
    return subprocess.run([uv, "lock", "--check", "--offline", "--quiet"], cwd=ROOT, check=False).returncode == 0


GATES: list[tuple[str, Callable[[], bool]]] = [
    ("ruff format --check", tool("ruff", "format", "--check", "--quiet", ".")),
    ("ruff check", tool("ruff", "check", "--quiet", ".")),
    ("mypy --strict", tool("mypy", "--no-error-summary")),
    ("lint-imports", tool("lint-imports", "--no-logo")),
    ("uv.lock fits pyproject.toml", lock_fits_the_project),
    ("uv.lock names public indexes only", lock_names_public_indexes_only),
    ("pytest", all_tests_pass),
]


def main(arguments: list[str]) -> int:
    if arguments:
        return subprocess.run([Path(sys.executable).with_name("pytest"), *arguments], check=False).returncode
    for heading, passes in GATES:
        print(f"== {heading}", flush=True)
        if not passes():
            print(f"== {heading}: FAILED", flush=True)
            return 1
    print("== all gates passed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
