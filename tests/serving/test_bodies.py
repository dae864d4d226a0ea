"""Every route of the API: where a token is due nothing is read before it is judged, elsewhere no more than a bound."""

import re
import select
import socket
from typing import Any

import httpx
import pytest

from app.config import Settings
from app.main import create_app
from tests.agencies import World
from tests.serving.conftest import PATIENCE, connected

PIECE = b"%x\r\n%b\r\n" % (65536, b"[" * 65536)
PIECES = 4096  # 256 MiB; a connection's buffers hold some MiB of what nobody reads
DOCUMENT = create_app(Settings(), database_url="postgresql+asyncpg://nobody@nowhere/nothing").openapi()
IDS = {"node_id": "police-990121", "year": "2030", "sha256": "0" * 64, "level": "0", "tile": "000"}
ROUTES = [
    pytest.param(method.upper(), path, operation, id=operation["operationId"])
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
]


def of_route(*, token: bool) -> list[Any]:
    return [
        one
        for one in ROUTES
        if ("security" in one.values[2]) == token and (token or "requestBody" in one.values[2])  # type: ignore[operator]
    ]


def head(method: str, path: str, operation: dict[str, Any], token: str | None = None) -> bytes:
    """Return the head of a request whose body comes in chunks, of the media type that the route takes."""
    place = re.sub(r"\{(\w+)\}", lambda name: IDS.get(name[1], "019ccd10-0000-7000-8000-000000000002"), path)
    media = next(iter(operation.get("requestBody", {}).get("content", {"application/json": None})))
    lines = [f"{method} {place} HTTP/1.1", "Host: exchange", f"Content-Type: {media}", "Transfer-Encoding: chunked"]
    lines += [f"Authorization: Bearer {token}"] if token else []
    return "\r\n".join([*lines, "", ""]).encode()


def first_line(connection: socket.socket) -> str:
    received = b""
    while b"\r\n" not in received:
        piece = connection.recv(65536)
        assert piece, f"closed without an answer: {received!r}"
        received += piece
    return received.partition(b"\r\n")[0].decode()


def sent_until_answered(connection: socket.socket) -> int:
    """Send chunks without end; return how many were sent when an answer came, or when nobody took any more."""
    connection.settimeout(1.0)
    for count in range(PIECES):
        try:
            if select.select([connection], [], [], 0)[0]:
                return count
            connection.sendall(PIECE)
        except (TimeoutError, ConnectionError):
            return count
    return PIECES


@pytest.mark.parametrize(("method", "path", "operation"), of_route(token=True))
def test_who_has_no_token_is_told_before_a_byte_of_the_body_is_read(
    exchange: World, method: str, path: str, operation: dict[str, Any]
) -> None:
    with connected(exchange.url) as connection:
        connection.sendall(head(method, path, operation))
        assert first_line(connection) == "HTTP/1.1 401 Unauthorized"


@pytest.mark.parametrize(("method", "path", "operation"), of_route(token=False))
def test_a_body_without_end_is_refused_at_the_bound_of_its_route(
    exchange: World, method: str, path: str, operation: dict[str, Any]
) -> None:
    with connected(exchange.url) as connection:
        connection.sendall(head(method, path, operation))
        assert sent_until_answered(connection) < PIECES / 4
        connection.settimeout(PATIENCE)
        assert first_line(connection).split()[1] in ("400", "413", "422")


@pytest.mark.parametrize("path", ["/v1/admin/nodes", "/v1/admin/calendar/2030"])
def test_an_administrator_sends_no_more_than_the_bound_either(exchange: World, path: str) -> None:
    method = "POST" if path.endswith("nodes") else "PUT"
    token = exchange.admin.http.headers["Authorization"].removeprefix("Bearer ")
    exchange.rows("UPDATE person SET roles = '{registrar,operator}'")
    with connected(exchange.url) as connection:
        connection.sendall(head(method, path, {}, token))
        assert sent_until_answered(connection) < PIECES / 4
        connection.settimeout(PATIENCE)
        assert first_line(connection).split()[1] == "413"
    announced = httpx.request(
        method,
        exchange.url + path,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        content=b" " * 300_000,
        trust_env=False,
    )
    assert announced.json()["type"] == "/problems/payload-too-large"


def test_no_route_reads_its_body_before_its_dependencies(exchange: World) -> None:
    # FastAPI marks a body that it reads itself by a reference to the schema of a parameter of the function.
    bodies = [one.values[2].get("requestBody", {}).get("content", {}) for one in ROUTES]  # type: ignore[union-attr]
    own = [content["application/json"]["schema"] for content in bodies if "application/json" in content]
    assert [schema for schema in own if "$ref" in schema] == []
