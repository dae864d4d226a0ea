"""The pages of the repository: what they name is there, and both languages have the same parts."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
CHINESE = [page for page in PAGES if page.name.endswith(".zh-CN.md")]
ROOMS = ("app/", "tests/", "docs/", "bench/", "demo/", "migrations/")
LONGEST_README = 9 * 1024


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def without_code(text: str) -> str:
    """Return a page without its fenced blocks."""
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page: its headings as GitHub spells them, and those that it sets itself."""
    text = without_code(page.read_text("utf-8"))
    found: set[str] = set(re.findall(r'<a (?:id|name)="([^"]+)"', text))
    for heading in re.findall(r"^#+ (.+?) *$", text, re.MULTILINE):
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        found.add(next(one for one in (slug, *(f"{slug}-{n}" for n in range(1, 99))) if one not in found))
    return found


def test_there_are_pages_and_every_chinese_one_has_its_english_one() -> None:
    assert len(CHINESE) > 3
    for page in CHINESE:
        assert page.with_name(page.name.replace(".zh-CN.md", ".md")) in PAGES


def paths(page: Path) -> set[str]:
    """Return the paths of the repository that a page names in its text."""
    spans = re.findall(r"`([^`\n]+)`", without_code(page.read_text("utf-8")))
    return {word for span in spans for word in span.split() if word.startswith(ROOMS)}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_path_that_a_page_names_is_there(page: Path) -> None:
    for path in paths(page):
        # `test_<family>_rules.py` stands for any of them.
        wanted = re.sub(r"<\w+>", "*", path).rstrip("/")
        assert any(ROOT.glob(wanted)), path


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!\w+:)([^)\s]+)\)", without_code(page.read_text("utf-8"))):
        target, _, anchor = link.partition("#")
        led = page.parent.joinpath(target).resolve() if target else page
        assert led.exists(), link
        assert not anchor or anchor in anchors(led), link


@pytest.mark.parametrize("page", CHINESE, ids=named)
def test_both_languages_have_the_same_sections_tables_commands_and_paths(page: Path) -> None:
    other = page.with_name(page.name.replace(".zh-CN.md", ".md"))
    assert {path.replace(".zh-CN.md", ".md") for path in paths(page)} == paths(other)
    english, chinese = other.read_text("utf-8"), page.read_text("utf-8")
    commands = (r"^(\./run [^#\n]*?) *(?:#.*)?$", r"^((?:sh|java|docker|cp) [^#\n]*?) *(?:#.*)?$")
    for pattern in (r"^(#+) ", r"^(\|)[- |:]+\|$", r"^(```\w+)$", *commands):
        first, second = (re.findall(pattern, text, re.MULTILINE) for text in (english, chinese))
        assert first == second, pattern


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_a_readme_is_short(name: str) -> None:
    assert len((ROOT / name).read_bytes()) <= LONGEST_README
