"""The glossary: both languages have the same terms, and what it names in the code is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def rows(name: str) -> list[list[str]]:
    """Return the cells of each term: term, its other language, name in the code, on the wire, meaning."""
    lines = (ROOT / "docs" / name).read_text("utf-8").splitlines()
    return [line.strip("| ").split(" | ") for line in lines if line.startswith("| **")]


def test_both_languages_have_the_same_terms_with_the_same_names() -> None:
    def named(row: list[str], term: str, other: str) -> tuple[str, str, list[str]]:
        return term.strip("*"), other.strip("*"), sorted(re.findall(r"`([^`]+)`", f"{row[2]} {row[3]}"))

    english = [named(row, row[0], row[1]) for row in rows("glossary.md")]
    chinese = [named(row, row[1], row[0]) for row in rows("glossary.zh-CN.md")]
    assert len(english) > 60
    assert sorted(english) == sorted(chinese)


def test_every_name_in_the_code_is_there() -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "app").rglob("*.py")]
    words = {word for source in sources for word in re.findall(r"\w+", source)}
    missing = []
    for row in rows("glossary.md"):
        for name in re.findall(r"`([^`]+)`", row[2]):
            there = (ROOT / name).exists() if "/" in name else set(re.findall(r"\w+", name)) <= words
            if not there:
                missing.append((row[0], name))
    assert missing == []
