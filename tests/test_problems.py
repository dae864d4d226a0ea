"""Refusals and failures over HTTP: one shape, two languages, and nothing of what broke."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict

from app import errors, problem_pages, problems

pytestmark = pytest.mark.anyio


class Slip(BaseModel):
    model_config = ConfigDict(extra="forbid")

    number: int


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(problem_pages.router)

    @app.post("/slips", responses=problems.documented(errors.WrongState, errors.UnknownPrev))
    async def post(slip: Slip) -> dict[str, int]:
        if slip.number == 1:
            raise errors.RuleViolated(
                "No.",
                "不可。",
                rule="D04",
                source=errors.Source.default("seven days"),
                members={"act_id": "x"},
            )
        if slip.number == 2:
            raise HTTPException(409)
        raise ValueError("the secret of the row")

    @app.get("/slips")
    async def get() -> list[int]:
        return []

    problems.install(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as http:
        yield http


async def test_a_refusal_names_its_rule_and_its_source(client: httpx.AsyncClient) -> None:
    answer = await client.post("/slips", json={"number": 1})
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "/problems/rule-violated",
        "title": "Rule violated",
        "status": 422,
        "detail": "No.",
        "instance": "/slips",
        "rule": "D04",
        "source": "default",
        "source_text": "seven days",
        "act_id": "x",
    }


@pytest.mark.parametrize(
    ("wish", "title"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "违反办理规则"),
        ("en;q=0.5, zh;q=0.6", "违反办理规则"),
        ("en,zh", "Rule violated"),
        ("fr", "Rule violated"),
        ("zh;q=0", "Rule violated"),
        ("zh;q=x", "Rule violated"),
    ],
)
async def test_the_reader_chooses_the_language(client: httpx.AsyncClient, wish: str, title: str) -> None:
    answer = await client.post("/slips", json={"number": 1}, headers={"Accept-Language": wish})
    assert answer.json()["title"] == title


async def test_an_invalid_document_is_not_echoed(client: httpx.AsyncClient) -> None:
    answer = await client.post("/slips", json={"number": "a name", "more": "a secret"})
    assert answer.status_code == 422
    assert "a name" not in answer.text
    assert "a secret" not in answer.text
    assert [row["pointer"] for row in answer.json()["errors"]] == ["/body/number", "/body/more"]


async def test_a_body_that_is_no_json_is_malformed(client: httpx.AsyncClient) -> None:
    answer = await client.post("/slips", content=b"{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed-json")


async def test_a_wrong_method_is_told_the_methods_of_every_route_of_the_path(client: httpx.AsyncClient) -> None:
    assert (await client.delete("/slips")).headers["allow"] == "GET, HEAD, POST"
    assert (await client.put("/problems")).headers["allow"] == "GET, HEAD"


async def test_unknown_paths_and_methods_are_problems_too(client: httpx.AsyncClient) -> None:
    assert (await client.get("/nowhere")).json()["type"] == "/problems/not-found"
    wrong = await client.delete("/slips")
    assert wrong.status_code == 405
    assert wrong.json()["type"] == "/problems/method-not-allowed"
    assert (await client.post("/slips", json={"number": 2})).json()["type"] == "about:blank"


async def test_a_failure_tells_neither_client_nor_log_what_was_in_it(client: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as logged:
        answer = await client.post("/slips", json={"number": 3})
    assert answer.status_code == 500
    assert answer.json()["request_id"] == logged[0]["request_id"]
    assert "ValueError" in logged[0]["at"]
    assert "secret" not in answer.text + repr(logged)


async def test_every_type_resolves(client: httpx.AsyncClient) -> None:
    listed: list[dict[str, Any]] = (await client.get("/problems")).json()
    assert {"bad-signature", "overloaded", "weak-key"} <= {kind["slug"] for kind in listed}
    for kind in listed:
        assert (await client.get(f"/problems/{kind['slug']}")).json()["title"] == kind["title"]
    assert (await client.get("/problems/none")).status_code == 404


async def test_the_openapi_document_knows_the_shape_of_a_problem(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    assert "Problem" in document["components"]["schemas"]
    responses = document["paths"]["/slips"]["post"]["responses"]
    assert "wrong-state" in responses["409"]["description"]
    assert "unknown-prev" in responses["409"]["description"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
