import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from tests.docs_ui.chromium import Page, find_chromium, opened_page
from tests.docs_ui.toy import Served, toy_app


@pytest.fixture
def served() -> Iterator[Served]:
    """The toy application on a real port of 127.0.0.1."""
    app = toy_app(Served.name, Served.password)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Served(app, f"http://127.0.0.1:{port}")
    server.should_exit = True
    thread.join()


@pytest.fixture
def chromium() -> str:
    """The browser; without one a test fails in CI, where nobody would notice a skip, and skips elsewhere."""
    found = find_chromium()
    if found is None:
        reason = "no Chromium here: sh tests/install_chromium.sh"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture
def page(chromium: str, tmp_path: Path) -> Iterator[Page]:
    with opened_page(chromium, tmp_path) as page:
        yield page
