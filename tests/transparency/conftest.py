"""One exchange for the module, and a reader of its log."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agencies import World, world
from tests.conftest import new_database
from tests.transparency.reader import Reader
from tests.transparency.sites import FIRST, SECOND, Site


@pytest.fixture(scope="module")
def exchange(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(module_database_url, tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture(scope="module")
def reader(exchange: World) -> Reader:
    http = exchange.admin.http
    return Reader(http, http.get("/.well-known/leadbridge").json()["log_vkey"])


@pytest.fixture
def sites(postgres_url: str, template_database: str, tmp_path: Path) -> Iterator[tuple[Site, Site]]:
    with (
        new_database(postgres_url, template=template_database) as one,
        new_database(postgres_url, template=template_database) as other,
    ):
        made = Site(FIRST, one, tmp_path / "first"), Site(SECOND, other, tmp_path / "second")
        for site in made:
            site.folder.mkdir()
        yield made
