"""Both README files name every act, setting and problem that is in the tree, and say the same in both languages."""

import re
from pathlib import Path

import pytest

from app.casework.acts import CATALOGUE
from app.config import Settings
from app.problem_pages import catalogue

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh-CN.md")


def text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


@pytest.mark.parametrize("name", READMES)
def test_every_act_stands_with_its_endpoint(name: str) -> None:
    told = set(re.findall(r"^\| `(\w+\.\w+)`[^|]*\| `([^`]+)` \|", text(name), re.MULTILINE))
    assert told == {(kind.name, kind.path) for kind in CATALOGUE.values()}


@pytest.mark.parametrize("name", READMES)
def test_every_setting_stands_with_its_default(name: str) -> None:
    told = dict(re.findall(r"^\| `LEADBRIDGE_(\w+)` \| `?([^|`]+)`? \|", text(name), re.MULTILINE))
    fields = Settings.model_fields
    assert told.keys() == {setting.upper() for setting in fields}
    for setting in ("host", "port", "exchange_id", "time_zone", "queue_limit", "requests_per_second", "log_level"):
        assert told[setting.upper()] == str(fields[setting].default)


@pytest.mark.parametrize("name", READMES)
def test_every_problem_stands_with_its_status(name: str) -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \|", text(name), re.MULTILINE)
    assert {(slug, int(status)) for slug, status in rows} == {
        (shown.slug, shown.status) for shown in catalogue().values()
    }


def test_both_languages_have_the_same_sections_and_commands() -> None:
    for pattern in (r"^(#+) ", r"^(\./run [^#\n]*?) *(?:#.*)?$", r"^((?:sh|java|docker|cp) [^#\n]*?) *(?:#.*)?$"):
        english, chinese = (re.findall(pattern, text(name), re.MULTILINE) for name in READMES)
        assert english == chinese
        assert english


@pytest.mark.parametrize("name", [*READMES, "docs/api-notes.md"])
def test_every_file_that_is_linked_is_there(name: str) -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", text(name)):
        assert (ROOT / name).parent.joinpath(target).exists(), target
