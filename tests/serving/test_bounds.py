"""What a stranger sends without end, or too slowly, is refused; the others are answered meanwhile."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.agencies import Raw, World, world
from tests.serving.conftest import connected, everything, exchanged

CONNECTIONS, OF_ONE_ADDRESS = 40, 8
JSON = "Content-Type: application/json"
ALIVE = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def exchange(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    bounds = {"connections": CONNECTIONS, "connections_per_address": OF_ONE_ADDRESS}
    times = {"head_seconds": 1.5, "body_seconds": 1.5}
    with world(module_database_url, tmp_path_factory.mktemp("exchange"), **bounds, **times) as running:
        yield running


def answered(received: bytes) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Return status, headers and JSON of the first answer in what was received."""
    head, _, body = received.partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
    return int(line.split()[1]), headers, json.loads(body[: int(headers["content-length"])])


def head(method: str, path: str, length: int, *fields: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: exchange", f"Content-Length: {length}", *fields]
    return "\r\n".join([*lines, "", ""]).encode()


def flooded(url: str, begin: bytes, piece: bytes, megabytes: int) -> bytes:
    """Send `begin` and then `piece` without end, until the server has had enough; return its answer."""
    with connected(url) as connection:
        try:
            connection.sendall(begin)
            for _ in range(megabytes * 1024 * 1024 // len(piece)):
                connection.sendall(piece)
        except ConnectionError:
            pass
        else:
            raise AssertionError(f"all of {megabytes} MiB were taken")
        return everything(connection)


@pytest.mark.parametrize(
    ("begin", "piece", "status", "slug"),
    [
        (b"GET /healthz HTTP/1.1\r\nA: ", b"a" * 65536, 431, "headers-too-large"),
        (b"GET /healthz HTTP/1.1\r\n", b"a: b\r\n" * 10_000, 431, "headers-too-large"),
        (b"GET /healthz HTTP/1.1\r\n", b"a" * 65536, 431, "headers-too-large"),
        (b"GET /", b"a" * 65536, 414, "uri-too-long"),
        (b"\r\n", b"\r\n" * 30_000, 431, "headers-too-large"),
        (b"A" * 20, b"A" * 65536, 400, "malformed-request"),
    ],
    ids=["one field", "many fields", "one name", "address", "blank lines", "no method"],
)
def test_a_head_without_end_is_refused(exchange: World, begin: bytes, piece: bytes, status: int, slug: str) -> None:
    found, headers, problem = answered(flooded(exchange.url, begin, piece, 64))
    assert (found, problem["type"], headers["content-type"]) == (
        status,
        f"/problems/{slug}",
        "application/problem+json",
    )
    assert exchanged(exchange.url, ALIVE).startswith(b"HTTP/1.1 200 OK")


def test_the_refusal_is_in_the_language_that_was_asked_for(exchange: World) -> None:
    sent = b"GET /v1/leads HTTP/1.1\r\nAccept-Language: zh\r\n" + b"x: y\r\n" * 200 + b"\r\n"
    status, headers, problem = answered(exchanged(exchange.url, sent))
    assert (status, headers["content-language"]) == (431, "zh-CN")
    assert (problem["title"], problem["instance"]) == ("请求头过大", "/v1/leads")


def test_who_says_nothing_is_hung_up_on(exchange: World) -> None:
    assert exchanged(exchange.url, b"") == b""


@pytest.mark.parametrize("sent", [b"GET /hea", b"POST /v1/leads HTTP/1.1\r\nHost: x\r\nContent-"])
def test_half_a_head_is_given_up(exchange: World, sent: bytes) -> None:
    status, _, problem = answered(exchanged(exchange.url, sent))
    assert (status, problem["type"]) == (408, "/problems/request-timeout")


@pytest.mark.parametrize("path", ["/v1/leads", "/v1/enrolments", "/v1/oauth/token", "/v1/admin/token"])
def test_half_a_body_is_given_up(exchange: World, path: str) -> None:
    kind = "application/x-www-form-urlencoded" if path.endswith("token") else "application/json"
    sent = head("POST", path, 100, f"Content-Type: {kind}") + b"half of"
    status, _, problem = answered(exchanged(exchange.url, sent))
    assert (status, problem["type"], problem["instance"]) == (408, "/problems/request-timeout", path)


def test_half_an_upload_is_given_up_and_nothing_of_it_is_kept(exchange: World) -> None:
    token = exchange.agency("police").token()
    sent = head("PUT", f"/v1/attachments/{'0' * 64}", 99, f"Authorization: Bearer {token}") + b"half of"
    status, _, problem = answered(exchanged(exchange.url, sent))
    assert (status, problem["type"]) == (408, "/problems/request-timeout")
    assert exchange.rows("SELECT count(*) FROM upload")[0][0] == 0


def test_a_body_that_comes_in_pieces_and_in_time_is_taken(exchange: World) -> None:
    raw = Raw(exchange.agency("police"))
    body = json.dumps(raw.document()).encode()
    sent = head("POST", "/v1/leads", len(body), JSON, f"X-JWS-Signature: {raw.sign(body)}", "Connection: close")
    with connected(exchange.url) as connection:
        for piece in (sent, body[:10], body[10:20], body[20:]):
            connection.sendall(piece)
            time.sleep(0.2)
        assert everything(connection).startswith(b"HTTP/1.1 201 Created")


@pytest.mark.parametrize("piece", [b"1;" + b"e" * 60_000 + b"\r\nx\r\n", b"0\r\n" + b"t: u\r\n" * 10_000])
def test_what_frames_a_body_has_a_bound_too(exchange: World, piece: bytes) -> None:
    begin = b"POST /v1/leads HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    flooded(exchange.url, begin, piece, 64)
    assert exchanged(exchange.url, ALIVE).startswith(b"HTTP/1.1 200 OK")


def test_a_trailer_is_no_header(exchange: World) -> None:
    raw = Raw(exchange.agency("police"))
    body = json.dumps(raw.document()).encode()
    begin = f"POST /v1/leads HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{JSON}\r\n".encode()
    sent = begin + b"Transfer-Encoding: chunked\r\n\r\n" + b"%x\r\n%b\r\n0\r\n" % (len(body), body)
    sent += f"X-JWS-Signature: {raw.sign(body)}\r\n\r\n".encode()
    status, _, problem = answered(exchanged(exchange.url, sent))
    assert (status, problem["type"]) == (401, "/problems/bad-signature")


def test_no_more_requests_wait_on_a_connection_than_a_few(exchange: World) -> None:
    one = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    assert exchanged(exchange.url, one * 1000).count(b"HTTP/1.1 200 OK") < 20


def test_a_body_that_nobody_reads_costs_a_client_no_connection(exchange: World) -> None:
    with httpx.Client(base_url=exchange.url, trust_env=False) as client:
        answers = [client.post("/v1/admin/nodes", json={"name": "x" * 5000}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401] * 3
    assert len({id(one.extensions["network_stream"]) for one in answers}) == 1


def from_address(stack: ExitStack, url: str, address: str) -> socket.socket:
    place = urlsplit(url)
    source = (address, 0)
    return stack.enter_context(socket.create_connection((place.hostname, place.port), 30, source))


def test_one_address_has_a_share_of_the_connections(exchange: World) -> None:
    with ExitStack() as stack:
        for _ in range(OF_ONE_ADDRESS):
            from_address(stack, exchange.url, "127.0.0.2")
        time.sleep(0.2)
        one_more = from_address(stack, exchange.url, "127.0.0.2")
        one_more.sendall(ALIVE)
        status, headers, problem = answered(everything(one_more))
        assert (status, problem["type"], headers["retry-after"]) == (503, "/problems/overloaded", "5")
        other = from_address(stack, exchange.url, "127.0.0.3")
        other.sendall(ALIVE)
        assert everything(other).startswith(b"HTTP/1.1 200 OK")


def test_silent_connections_lock_nobody_out(exchange: World) -> None:
    with ExitStack() as stack:
        for number in range(3 * CONNECTIONS):
            from_address(stack, exchange.url, f"127.0.1.{number + 1}")
        assert exchanged(exchange.url, ALIVE).startswith(b"HTTP/1.1 200 OK")


def test_a_client_that_has_said_everything_and_closed_its_side_is_answered(exchange: World) -> None:
    police = exchange.agency("police")
    fields = f"Host: x\r\nAuthorization: Bearer {police.token()}\r\n\r\n"
    for path in ("/v1/nodes", "/v1/inbox?after=100&wait=25"):
        with connected(exchange.url) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\n{fields}".encode())
            connection.shutdown(socket.SHUT_WR)
            assert everything(connection).startswith(b"HTTP/1.1 200 OK"), path


def test_blanks_around_a_value_are_none_of_it(exchange: World) -> None:
    raw = Raw(exchange.agency("police"))
    body = json.dumps(raw.document()).encode()
    fields = (f"{JSON} \t", f"X-JWS-Signature: \t {raw.sign(body)} \t ", "Connection: close")
    assert exchanged(exchange.url, head("POST", "/v1/leads", len(body), *fields) + body).startswith(
        b"HTTP/1.1 201 Created"
    )


def test_a_client_that_hangs_up_is_no_failure(exchange: World, capfd: pytest.CaptureFixture[str]) -> None:
    for sent in (b"half", b"x" * 100):
        with connected(exchange.url) as connection:
            head = (
                b"POST /v1/leads HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
            )
            connection.sendall(head + sent)
    assert exchanged(exchange.url, ALIVE).startswith(b"HTTP/1.1 200 OK")
    time.sleep(0.5)
    out, err = capfd.readouterr()
    assert "request failed" not in out + err
    assert "Exception in ASGI" not in out + err
