"""A client that offers HTTP/2 over `Upgrade` is answered in HTTP/1.1, and its body is read (RFC 9110 section 7.8)."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import pytest

from app.client.connection import ASSERTION
from tests.agencies import Raw, World, sha256
from tests.needs import need
from tests.serving.conftest import exchanged

JAVA = Path(__file__).with_name("Post.java")
OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n"

Sending = Callable[[str, str, Path, dict[str, str]], str]


def by_curl(method: str, url: str, body: Path, headers: dict[str, str]) -> str:
    fields = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    said = [
        "-sS",
        "--http2",
        "-o",
        os.devnull,
        "-w",
        "%{http_code} HTTP_1_1",
        "-X",
        method,
        "--data-binary",
        f"@{body}",
    ]
    return output("curl", *said, *fields, url)


def by_java(method: str, url: str, body: Path, headers: dict[str, str]) -> str:
    need(shutil.which("java"), "no JDK here: sh tests/install_jdk.sh")
    fields = [word for pair in headers.items() for word in pair]
    return output("java", str(JAVA), method, url, str(body), *fields)


def output(*words: str) -> str:
    env = os.environ | {"NO_PROXY": "*", "no_proxy": "*"}
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


SENDERS = [
    pytest.param(by_curl, id="curl"),
    pytest.param(by_java, id="java", marks=pytest.mark.toolchain),
]


@pytest.mark.parametrize("send", SENDERS)
def test_an_act_of_a_client_that_offers_http_2_is_taken(exchange: World, tmp_path: Path, send: Sending) -> None:
    raw = Raw(exchange.agency("police"))
    body = json.dumps(raw.document()).encode()
    (tmp_path / "act.json").write_bytes(body)
    headers = {"Content-Type": "application/json", "X-JWS-Signature": raw.sign(body)}
    assert send("POST", f"{exchange.url}/v1/leads", tmp_path / "act.json", headers) == "201 HTTP_1_1"


@pytest.mark.parametrize("send", SENDERS)
def test_its_token_and_its_upload_too(exchange: World, tmp_path: Path, send: Sending) -> None:
    police = exchange.agency("police")
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION,
        "client_assertion": police._assertion(),
    }
    (tmp_path / "form").write_text(urlencode(form))
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert send("POST", f"{exchange.url}/v1/oauth/token", tmp_path / "form", kind) == "200 HTTP_1_1"
    content = os.urandom(300_000)
    (tmp_path / "file").write_bytes(content)
    headers = {"Authorization": f"Bearer {police.token()}", "Content-Type": "application/octet-stream"}
    address = f"{exchange.url}/v1/attachments/{sha256(content)}"
    assert send("PUT", address, tmp_path / "file", headers) == "201 HTTP_1_1"


def test_an_offer_without_a_body_is_answered_and_the_request_behind_it_too(exchange: World) -> None:
    first = b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + OFFER + b"\r\n"
    last = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answers = exchanged(exchange.url, first * 3 + last)
    assert answers.count(b"HTTP/1.1 200 OK") == 4


def test_an_offer_of_a_websocket_is_ignored_as_well(exchange: World) -> None:
    asked = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n"
    assert exchanged(exchange.url, asked).startswith(b"HTTP/1.1 200 OK")


def test_a_tunnel_is_refused(exchange: World) -> None:
    asked = b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org:443\r\n\r\n"
    assert exchanged(exchange.url, asked).startswith(b"HTTP/1.1 400 ")
