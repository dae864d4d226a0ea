"""Files over HTTP: who may put them in, who gets them out, and what is never kept."""

import gzip
import hashlib
import os
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from app.attachments.chunks import CHUNK_BYTES, sealed_size
from app.client import Attachment
from tests.attachments.conftest import Exchange
from tests.waiting import until


def attachment(content: bytes) -> Attachment:
    digest = hashlib.sha256(content).hexdigest()
    return {"sha256": digest, "size": len(content), "media_type": "application/pdf", "name": "来信.pdf"}


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES, 5 * CHUNK_BYTES + 3])
def test_an_upload_comes_back_byte_for_byte(exchange: Exchange, size: int) -> None:
    content = os.urandom(size)
    answer = exchange.put(exchange.town, content)
    assert answer.status_code == 201
    stored = answer.json()
    assert (stored["sha256"], stored["size"]) == (hashlib.sha256(content).hexdigest(), size)
    stays = datetime.fromisoformat(stored["swept_at"]) - datetime.fromisoformat(stored["uploaded_at"])
    assert stays == timedelta(days=7)
    got = exchange.get(exchange.town, content)
    assert got.status_code == 200
    assert got.content == content
    assert got.headers["content-length"] == str(size)
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"] == "attachment"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["cache-control"] == "private, no-store"


def test_what_lies_in_the_folder_is_not_the_file(exchange: Exchange) -> None:
    content = b"a letter in clear words " * 100
    exchange.put(exchange.town, content)
    stored = exchange.object_of(exchange.town, content).read_bytes()
    assert len(stored) == sealed_size(len(content))
    assert b"letter" not in stored
    assert hashlib.sha256(content).hexdigest() not in str(exchange.object_of(exchange.town, content))


def test_an_upload_is_refused_without_a_token(exchange: Exchange) -> None:
    path = f"{exchange.url}/v1/attachments/{'0' * 64}"
    assert refusal(httpx.put(path, content=b"x")) == (401, "unauthenticated")
    assert refusal(httpx.get(path)) == (401, "unauthenticated")
    assert refusal(httpx.delete(path)) == (401, "unauthenticated")


@pytest.mark.parametrize("name", ["0" * 63, "A" * 64, "g" * 64, "0" * 64 + "%0A"])
def test_a_path_that_is_no_digest_names_nothing(exchange: Exchange, name: str) -> None:
    for method in ("PUT", "GET", "DELETE"):
        answer = exchange.ask(method, f"/v1/attachments/{name}", exchange.town)
        assert refusal(answer) == (404, "not-found")


def test_bytes_that_do_not_fit_the_address_are_not_kept(exchange: Exchange) -> None:
    before = exchange.objects()
    content = os.urandom(20 * CHUNK_BYTES)  # long enough that parts of it had been written
    assert refusal(exchange.put(exchange.town, content, "1" * 64)) == (422, "invalid-document")
    assert exchange.objects() == before
    assert refusal(exchange.ask("GET", f"/v1/attachments/{'1' * 64}", exchange.town)) == (404, "not-found")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16-le", "utf-16-be"])
def test_a_file_marked_as_a_state_secret_is_not_kept(exchange: Exchange, encoding: str) -> None:
    before = exchange.objects()
    content = os.urandom(12 * CHUNK_BYTES - 3) + "机密　★".encode(encoding) + os.urandom(3 * CHUNK_BYTES)
    assert refusal(exchange.put(exchange.town, content)) == (422, "classified-material")
    assert exchange.objects() == before
    assert refusal(exchange.get(exchange.town, content)) == (404, "not-found")


def test_an_upload_too_large_is_refused_before_its_first_byte(exchange: Exchange) -> None:
    address = urlsplit(exchange.url)
    request = (
        f"PUT /v1/attachments/{'0' * 64} HTTP/1.1\r\nHost: exchange\r\n"
        f"Authorization: Bearer {exchange.town.token()}\r\nContent-Length: {512 * 1024 * 1024 + 1}\r\n\r\n"
    )
    with socket.create_connection((str(address.hostname), address.port or 80), 10) as line:
        line.sendall(request.encode())
        assert line.recv(4096).startswith(b"HTTP/1.1 413 ")


def test_an_encoded_upload_is_refused(exchange: Exchange) -> None:
    packed = gzip.compress(b"x" * 1000)
    answer = exchange.put(exchange.town, packed, headers={"Content-Encoding": "gzip"})
    assert refusal(answer) == (415, "unsupported-media-type")


def test_an_upload_in_chunked_coding_is_taken(exchange: Exchange) -> None:
    content = os.urandom(2 * CHUNK_BYTES)

    def parts() -> Iterator[bytes]:
        yield content[:1000]
        yield content[1000:]

    digest = hashlib.sha256(content).hexdigest()
    answer = exchange.ask("PUT", f"/v1/attachments/{digest}", exchange.town, content=parts())
    assert answer.status_code == 201
    assert exchange.get(exchange.town, content).content == content


def test_an_upload_that_breaks_off_leaves_nothing(exchange: Exchange) -> None:
    before = exchange.objects()
    address = urlsplit(exchange.url)
    head = (
        f"PUT /v1/attachments/{'2' * 64} HTTP/1.1\r\nHost: exchange\r\n"
        f"Authorization: Bearer {exchange.town.token()}\r\nContent-Length: {40 * CHUNK_BYTES}\r\n\r\n"
    )
    with socket.create_connection((str(address.hostname), address.port or 80), 10) as line:
        line.sendall(head.encode())
        for _ in range(20):
            line.sendall(bytes(CHUNK_BYTES))
    until("what was begun is gone", lambda: exchange.objects() == before)


def said(answer: httpx.Response) -> tuple[int, dict[str, object]]:
    """Return what an upload was answered, without when."""
    return answer.status_code, answer.json() | {"uploaded_at": "", "swept_at": ""}


def test_a_repeated_upload_answers_the_same_and_keeps_the_first_object(exchange: Exchange) -> None:
    content = os.urandom(1000)
    first = exchange.put(exchange.town, content)
    kept, objects = exchange.object_of(exchange.town, content), exchange.objects()
    again = exchange.put(exchange.town, content)
    assert said(again) == said(first)
    assert again.json()["swept_at"] > first.json()["swept_at"], "a repeat begins the time anew"
    assert exchange.object_of(exchange.town, content) == kept
    assert exchange.objects() == objects


def test_two_nodes_with_the_same_bytes_have_an_object_each(exchange: Exchange) -> None:
    content = os.urandom(1000)
    first, second = exchange.put(exchange.town, content), exchange.put(exchange.police, content)
    assert said(first) == said(second)
    theirs = exchange.object_of(exchange.police, content)
    assert theirs != exchange.object_of(exchange.town, content)
    assert exchange.delete(exchange.town, content).status_code == 204
    assert exchange.get(exchange.police, content).content == content


def test_a_file_is_read_by_those_who_may_read_an_act_that_names_it(exchange: Exchange) -> None:
    letter, photo = os.urandom(3000), os.urandom(3000)
    for content in (letter, photo):
        exchange.put(exchange.town, content)
    lead_id = exchange.register([attachment(letter)])
    assert refusal(exchange.get(exchange.police, photo)) == (404, "not-found")
    exchange.offer(lead_id, [attachment(photo)])
    assert exchange.get(exchange.police, photo).content == photo
    for content in (letter, photo):
        assert refusal(exchange.get(exchange.petition, content)) == (404, "not-found")


def test_what_no_node_may_know_of_looks_like_what_does_not_exist(exchange: Exchange) -> None:
    content = os.urandom(100)
    exchange.put(exchange.town, content)
    hidden, absent = exchange.get(exchange.petition, content), exchange.get(exchange.petition, b"absent")
    assert hidden.json() | {"instance": ""} == absent.json() | {"instance": ""}
    assert refusal(exchange.delete(exchange.petition, content)) == (404, "not-found")


def test_an_upload_that_no_act_names_can_be_deleted(exchange: Exchange) -> None:
    content = os.urandom(100)
    exchange.put(exchange.town, content)
    stored = exchange.object_of(exchange.town, content)
    assert exchange.delete(exchange.town, content).status_code == 204
    assert not stored.exists()
    assert refusal(exchange.get(exchange.town, content)) == (404, "not-found")
    assert refusal(exchange.delete(exchange.town, content)) == (404, "not-found")


def test_a_file_that_an_act_names_cannot_be_deleted(exchange: Exchange) -> None:
    content = os.urandom(100)
    exchange.put(exchange.town, content)
    exchange.register([attachment(content)])
    assert refusal(exchange.delete(exchange.town, content)) == (409, "wrong-state")
    assert exchange.get(exchange.town, content).content == content


@pytest.mark.parametrize("at", [5, 2000, 2 * CHUNK_BYTES, -1])
def test_a_changed_object_is_never_read_to_its_end(exchange: Exchange, at: int) -> None:
    content = os.urandom(9 * CHUNK_BYTES)
    exchange.put(exchange.town, content)
    path = exchange.object_of(exchange.town, content)
    stored = bytearray(path.read_bytes())
    stored[at] ^= 1
    path.write_bytes(stored)
    with pytest.raises(httpx.RemoteProtocolError):
        exchange.get(exchange.town, content)


def test_a_shortened_object_is_an_error_and_not_a_shorter_file(exchange: Exchange) -> None:
    content = os.urandom(2 * CHUNK_BYTES)
    exchange.put(exchange.town, content)
    path = exchange.object_of(exchange.town, content)
    path.write_bytes(path.read_bytes()[: sealed_size(CHUNK_BYTES)])
    assert refusal(exchange.get(exchange.town, content)) == (500, "internal-error")


def test_an_object_put_in_the_place_of_another_is_never_read_to_its_end(exchange: Exchange) -> None:
    first, second = os.urandom(1000), os.urandom(1000)
    for content in (first, second):
        exchange.put(exchange.town, content)
    other = exchange.object_of(exchange.town, second).read_bytes()
    exchange.object_of(exchange.town, first).write_bytes(other)
    with pytest.raises(httpx.RemoteProtocolError):
        exchange.get(exchange.town, first)
