"""How the pages of reference are written: two languages, tables, code."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeVar

Language = Literal["en", "zh-CN"]
W = TypeVar("W")
Words = tuple[str, str]  # (English, Chinese)
LANGUAGES: tuple[Language, ...] = ("en", "zh-CN")
SOURCES: dict[str, Words] = {
    "law": ("law", "法律法规"),
    "local": ("local rule", "地方规定"),
    "default": ("default of the exchange", "系统默认"),
}


def say(words: tuple[W, W], language: Language) -> W:
    """Return the words of a language."""
    return words[LANGUAGES.index(language)]


def page_name(name: str, language: Language) -> str:
    """Return the file name of a page, which links use too."""
    return f"{name}.md" if language == "en" else f"{name}.{language}.md"


def heading(name: str, title: Words, intro: Words, language: Language) -> list[str]:
    """Return the beginning of a page: title, the other language, what the page is."""
    other = (f"English · [中文]({page_name(name, 'zh-CN')})", f"[English]({page_name(name, 'en')}) · 中文")
    made = ("`./run reference` makes this page.", "本页由 `./run reference` 生成。")
    joint = "" if language != "en" else " "
    return [
        f"# {say(title, language)}",
        "",
        say(other, language),
        "",
        f"{say(intro, language)}{joint}{say(made, language)}",
        "",
    ]


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table; a stroke in a cell is escaped, a line break becomes a space."""
    lines = [_row(heads), "|" + "---|" * len(heads), *(_row(row) for row in rows)]
    return [*lines, ""]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def code(*values: str) -> str:
    """Return values as code, comma between them."""
    return ", ".join(f"`{value}`" for value in values)


def json_block(value: Any) -> list[str]:
    """Return a value as a block of JSON."""
    return ["```json", json.dumps(value, ensure_ascii=False, indent=2), "```", ""]


def anchor(text: str) -> str:
    """Return the anchor of a heading that is a name in code: `lead.register` is #leadregister."""
    return "".join(one for one in text.lower() if one.isalnum() or one in "-_")
