"""One exchange for the tests of a module; each test makes leads of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agencies import World
from tests.agencies import world as exchange


@pytest.fixture(scope="module")
def world(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("exchange")
    with exchange(module_database_url, folder) as running:
        yield running
