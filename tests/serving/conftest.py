"""One exchange for the module, and bytes sent to it as they are."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from tests.agencies import World, world

PATIENCE = 30.0  # seconds until a read counts as unanswered


@pytest.fixture(scope="module")
def exchange(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(module_database_url, tmp_path_factory.mktemp("exchange")) as running:
        yield running


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    """Yield a connection to the server of `url`."""
    place = urlsplit(url)
    assert place.hostname is not None
    with socket.create_connection((place.hostname, place.port or 80), timeout=PATIENCE) as connection:
        yield connection


def everything(connection: socket.socket) -> bytes:
    """Return what comes until the server closes; AssertionError when it does neither for long."""
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except ConnectionResetError:
        return received
    except TimeoutError:
        raise AssertionError(f"still open after {PATIENCE:.0f} s; so far {received!r}") from None
    return received


def exchanged(url: str, sent: bytes) -> bytes:
    """Send bytes, which ask the server to close, and return all that it answers."""
    with connected(url) as connection:
        connection.sendall(sent)
        return everything(connection)
