"""One exchange for the module, and what it says of itself."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.agencies import World, world


@pytest.fixture(scope="module")
def exchange(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(module_database_url, tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture(scope="module")
def document(exchange: World) -> dict[str, Any]:
    """The OpenAPI document as the running service gives it out."""
    answer = exchange.admin.http.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found
