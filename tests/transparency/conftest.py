"""One exchange for the module, and a reader of its log."""

from collections.abc import Iterator

import pytest

from tests.agencies import World, world
from tests.transparency.reader import Reader


@pytest.fixture(scope="module")
def exchange(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(module_database_url, tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture(scope="module")
def reader(exchange: World) -> Reader:
    http = exchange.admin.http
    return Reader(http, http.get("/.well-known/leadbridge").json()["log_vkey"])
