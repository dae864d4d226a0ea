"""Every gate a change must pass, in order; the first that fails ends the run. `./run test` calls it.

    ./run test                     every gate, without the tests that need a browser, a toolchain or minutes of soak
    ./run test --all               every gate with every test, as continuous integration runs them
    ./run test tests/casework ...  pytest alone, with these arguments, whatever marks the tests bear
    --durations                    with any of these: each pytest lists its slowest ten

Standard library only, so that it can report a broken environment.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INDEX_HOSTS = {"https://pypi.org", "https://files.pythonhosted.org"}
LEFT_OUT = ("-m", "not browser and not toolchain and not soak")
# Two of these run at once, and where one is done the next begins. The longest stand first, so that both end together.
GROUPS = (
    ("tests/evidence",),
    ("tests/transparency", "tests/registry"),
    ("tests/docket", "tests/access", "tests/statistics"),
    ("tests/cli", "tests/erasure", "tests/embedded_postgres"),
)

Gate = Callable[[], bool]


def tool(name: str, *arguments: str) -> Gate:
    """Return a gate that runs `name` from this interpreter's own environment."""

    def passes() -> bool:
        program = Path(sys.executable).with_name(name)
        return subprocess.run([program, *arguments], cwd=ROOT, check=False).returncode == 0

    return passes


def pytest_by_groups(options: Sequence[str]) -> Gate:
    """Return a gate that runs pytest on each group, and on all that stands in none; each is told when it is done."""
    program = [str(Path(sys.executable).with_name("pytest")), "--quiet", *options]
    rest = ("tests", *(f"--ignore={one}" for group in GROUPS for one in group))

    def told(words: Sequence[str]) -> bool:
        run = subprocess.run([*program, *words], cwd=ROOT, check=False, text=True, capture_output=True)
        heading = "all other tests" if words is rest else " ".join(words)
        print(f"== pytest {heading}\n{run.stdout}{run.stderr}", flush=True)
        return run.returncode == 0

    def passes() -> bool:
        with ThreadPoolExecutor(2) as both:
            return all(list(both.map(told, (GROUPS[0], rest, *GROUPS[1:]))))

    return passes


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


def gates(options: Sequence[str]) -> list[tuple[str, str, Gate]]:
    """Return each gate's name, what it holds, and the gate."""
    return [
        ("ruff format --check", "one layout", tool("ruff", "format", "--check", "--quiet", ".")),
        ("ruff check", "the lint rules of pyproject.toml", tool("ruff", "check", "--quiet", ".")),
        ("mypy --strict", "types of app, bench, demo, migrations and tests", tool("mypy", "--no-error-summary")),
        ("lint-imports", "one way between the rooms, and pure rooms pure", tool("lint-imports", "--no-logo")),
        ("uv lock --check", "uv.lock fits pyproject.toml", lock_fits_the_project),
        ("uv.lock", "public indexes and no other", lock_names_public_indexes_only),
        (
            "pytest",
            "behaviour, alembic check, docs and reference current",
            pytest_by_groups(options),
        ),
    ]


def main(arguments: Sequence[str]) -> int:
    options = ["--durations=10" if one == "--durations" else one for one in arguments]
    rest = [one for one in options if one not in {"--all", "--durations=10"}]
    if rest:
        pytest = Path(sys.executable).with_name("pytest")
        return subprocess.run([pytest, *(one for one in options if one != "--all")], check=False).returncode
    chosen = [one for one in options if one != "--all"] + ([] if "--all" in options else list(LEFT_OUT))
    for name, holds, passes in gates(chosen):
        print(f"== {name}: {holds}", flush=True)
        if not passes():
            print(f"== {name}: FAILED", flush=True)
            return 1
    print("== all gates passed", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
