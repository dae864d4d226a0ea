"""The service itself, and a real browser to look at its page."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.agencies import PASSWORD, World, world
from tests.docs_ui.chromium import Page, find_chromium, opened_page
from tests.needs import need


@dataclass(frozen=True)
class Served:
    """The service where a browser finds it, and its registrar."""

    url: str
    exchange: World
    name: str = "registrar"
    password: str = PASSWORD


@pytest.fixture(scope="module")
def served(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with world(module_database_url, tmp_path_factory.mktemp("exchange")) as exchange:
        yield Served(exchange.url, exchange)


@pytest.fixture
def chromium() -> str:
    found = find_chromium()
    need(found, "no Chromium here: sh tests/install_chromium.sh")
    return str(found)


@pytest.fixture
def page(chromium: str, tmp_path: Path) -> Iterator[Page]:
    with opened_page(chromium, tmp_path) as page:
        yield page
