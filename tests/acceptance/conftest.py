"""The story of the acceptance scenario: told once, step by step; after a step that fails there is no next one."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from tests.acceptance.story import Story
from tests.agencies import world
from tests.conftest import new_database
from tests.registry_app import Hand

FIRST = "test_the_operator_enters_the_calendar"


@pytest.fixture(scope="package")
def beginning(postgres_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The exchange on the morning of Monday 2026-03-02, with the loops that number, deliver and watch the time."""
    hand, folder = Hand(datetime.fromisoformat("2026-03-02T08:00:00+08:00")), tmp_path_factory.mktemp("exchange")
    with new_database(postgres_url, template=template_database) as url, world(url, folder, clock=hand) as running:
        yield Story(running, hand, folder)


@pytest.fixture
def story(beginning: Story, request: pytest.FixtureRequest) -> Iterator[Story]:
    """The story as the steps before have left it; fails at once where one of them broke off."""
    if beginning.broken is not None:
        pytest.fail(f"the story broke off earlier, at: {beginning.broken}", pytrace=False)
    if not beginning.told and not request.node.name.startswith(FIRST):
        pytest.fail("the story is told from its beginning: run tests/acceptance as a whole", pytrace=False)
    failed = request.session.testsfailed
    yield beginning
    beginning.told += 1
    if request.session.testsfailed > failed:
        beginning.broken = request.node.name
