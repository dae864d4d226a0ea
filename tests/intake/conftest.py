"""One exchange for the module."""

from collections.abc import Iterator

import pytest

from tests.agencies import World, world


@pytest.fixture(scope="module")
def exchange(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(module_database_url, tmp_path_factory.mktemp("exchange")) as running:
        yield running
