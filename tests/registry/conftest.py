"""One service for each test, on a database of its own."""

from collections.abc import AsyncIterator

import pytest

from tests.registry_app import Service, serve


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def service(database_url: str, anyio_backend: str) -> AsyncIterator[Service]:
    async with serve(database_url) as running:
        yield running
