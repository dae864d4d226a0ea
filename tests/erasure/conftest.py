"""An exchange of a test's own, whose clock is moved by years."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.agencies import World
from tests.agencies import world as running_world
from tests.registry_app import Hand


@pytest.fixture
def hand() -> Hand:
    return Hand(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def exchange(database_url: str, data_dir: Path, hand: Hand) -> Iterator[World]:
    with running_world(database_url, data_dir, clock=hand) as running:
        for name in ("office", "township", "police", "regulator", "supervision"):
            running.agency(name)
        running.agency("township").pin("police-990121", running.agency("police").keys.act.kid)
        hand.forward(minutes=5)
        yield running
