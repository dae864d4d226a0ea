"""`HEAD` and `Range`, headers that every answer has, and what is told when the machine has no room."""

import asyncio
import errno
import os
from typing import Any

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import make_url
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app import problems
from tests.agencies import World, run_sql, sha256

SIZE = 2_500_000
CONTENT = os.urandom(SIZE)
ETAG = f'"{sha256(CONTENT)}"'


def asked(exchange: World, method: str, path: str, **headers: str) -> httpx.Response:
    given = headers | {"Authorization": f"Bearer {exchange.agency('police').token()}"}
    return httpx.request(method, exchange.url + path, headers=given, timeout=30, trust_env=False)


@pytest.fixture(scope="module")
def attachment(exchange: World) -> str:
    path = f"/v1/attachments/{sha256(CONTENT)}"
    bearer = {"Authorization": f"Bearer {exchange.agency('police').token()}"}
    assert httpx.put(exchange.url + path, content=CONTENT, headers=bearer, trust_env=False).status_code == 201
    return path


@pytest.mark.parametrize("path", ["/healthz", "/v1/nodes", "/v1/leads", "/docs", "/openapi.json", "/v1/leads/none"])
def test_head_is_answered_as_get_is_without_the_content(exchange: World, path: str) -> None:
    got, head = asked(exchange, "GET", path), asked(exchange, "HEAD", path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    for name in ("content-type", "content-length", "cache-control", "x-content-type-options"):
        assert head.headers.get(name) == got.headers.get(name), name
    assert got.headers["x-content-type-options"] == "nosniff"
    assert not path.startswith("/v1/") or got.headers["cache-control"] == "no-store"


def test_head_of_a_file_tells_its_size(exchange: World, attachment: str) -> None:
    head = asked(exchange, "HEAD", attachment)
    assert (head.headers["content-length"], head.headers["etag"], head.content) == (str(SIZE), ETAG, b"")
    assert asked(exchange, "HEAD", "/v1/enrolments").status_code == 405


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("bytes=0-0", slice(0, 1)),
        ("bytes=1000000-1100000", slice(1_000_000, 1_100_001)),
        ("bytes=2000000-", slice(2_000_000, SIZE)),
        ("bytes=-10", slice(SIZE - 10, SIZE)),
        ("bytes=1048576-99999999", slice(1_048_576, SIZE)),
        ("bytes=-99999999", slice(0, SIZE)),
    ],
)
def test_a_part_is_answered_with_its_place(exchange: World, attachment: str, wanted: str, part: slice) -> None:
    answer = asked(exchange, "GET", attachment, Range=wanted)
    assert answer.status_code == 206
    assert answer.content == CONTENT[part]
    assert answer.headers["content-range"] == f"bytes {part.start}-{part.stop - 1}/{SIZE}"
    assert asked(exchange, "GET", attachment, **{"Range": wanted, "If-Range": ETAG}).status_code == 206


@pytest.mark.parametrize(
    "headers",
    [
        *({"Range": wanted} for wanted in ("bytes=0-1,5-6", "lines=0-1", "bytes=5-1", "bytes=-")),
        {"Range": "bytes=0-1", "If-Range": f'"{"0" * 64}"'},
    ],
)
def test_what_is_no_single_part_of_this_file_is_the_whole(
    exchange: World, attachment: str, headers: dict[str, str]
) -> None:
    answer = asked(exchange, "GET", attachment, **headers)
    assert (answer.status_code, answer.content) == (200, CONTENT)


def test_a_part_behind_the_end_is_refused_with_the_size(exchange: World, attachment: str) -> None:
    answer = asked(exchange, "GET", attachment, Range=f"bytes={SIZE}-")
    assert (answer.status_code, answer.json()["type"]) == (416, "/problems/range-not-satisfiable")
    assert answer.headers["content-range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "failure",
    [
        OSError(errno.ENOSPC, "no space"),
        OSError(errno.EMFILE, "too many open files"),
        OSError("Generic LocalFileSystem error: Unable to copy data: No space left on device (os error 28)"),
        PoolTimeout("QueuePool limit"),
        asyncpg.TooManyConnectionsError("sorry, too many clients already"),
        asyncpg.DiskFullError("could not extend file"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_a_machine_without_room_answers_503_and_when_to_come_again(failure: Exception) -> None:
    app = FastAPI()

    @app.get("/")
    async def fail() -> Any:
        raise RuntimeError("while reading") from failure

    problems.install(app)

    async def get() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as http:
            return await http.get("/")

    answer = asyncio.run(get())
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/overloaded")
    assert int(answer.headers["retry-after"]) > 0


def test_a_database_that_gives_no_connection_is_told_as_503(exchange: World) -> None:
    police = exchange.agency("police")
    token, database = police.token(), make_url(exchange.database_url).database
    run_sql(exchange.database_url, f"ALTER DATABASE {database} CONNECTION LIMIT 0")
    try:
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
        run_sql_here = make_url(exchange.database_url).set(database="postgres").render_as_string(hide_password=False)
        run_sql(run_sql_here, ended.replace("current_database()", f"'{database}'") + "pg_backend_pid()")
        bearer = {"Authorization": f"Bearer {token}"}
        answer = httpx.get(f"{exchange.url}/v1/leads", headers=bearer, timeout=30, trust_env=False)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/overloaded")
        assert int(answer.headers["retry-after"]) > 0
        assert httpx.get(f"{exchange.url}/readyz", trust_env=False).json()["writable"] is False
    finally:
        run_sql(run_sql_here, f"ALTER DATABASE {database} CONNECTION LIMIT -1")
