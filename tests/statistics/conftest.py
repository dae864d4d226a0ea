"""One exchange whose clock a test moves; each test makes leads of its own."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.agencies import World
from tests.agencies import world as exchange
from tests.registry_app import Hand


@pytest.fixture
def hand() -> Hand:
    return Hand(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))  # a Monday, nine in the morning in Shanghai


@pytest.fixture
def world(database_url: str, tmp_path: Path, hand: Hand) -> Iterator[World]:
    with exchange(database_url, tmp_path / "data", clock=hand) as running:
        running.agency("office")
        yield running
