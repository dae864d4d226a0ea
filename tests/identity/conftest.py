"""One exchange for the tests of a module, with the police and the township enrolled and pinned by each other."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agencies import World
from tests.agencies import world as exchange


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exchange")


@pytest.fixture(scope="module")
def world(module_database_url: str, data_dir: Path) -> Iterator[World]:
    with exchange(module_database_url, data_dir) as running:
        agencies = [running.agency(name) for name in ("township", "police", "regulator", "supervision")]
        for one in agencies:
            for other in agencies:
                one.pin(other.node_id, other.keys.act.kid)
        yield running
