"""People: logging in, roles, and what a registrar does to the register."""

from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.admin.people import PersonRefused, add_person
from tests.registry_app import PASSWORD, Service

pytestmark = pytest.mark.anyio


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


async def bearer(service: Service, name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {(await service.log_in(name)).json()['access_token']}"}


async def test_a_registrar_logs_in_and_is_known(service: Service) -> None:
    answer = await service.log_in("zhang")
    assert {"token_type": "Bearer", "expires_in": 1800, "scope": "registrar"}.items() <= answer.json().items()
    assert answer.headers["cache-control"] == "no-store"
    me = await service.http.get("/v1/admin/me", headers=service.registrar)
    assert me.json() == {"name": "zhang", "roles": ["registrar"]}


async def test_a_session_ends_after_thirty_minutes(service: Service) -> None:
    service.clock.forward(minutes=30)
    assert slug(await service.http.get("/v1/admin/me", headers=service.registrar)) == (401, "unauthenticated")


async def test_a_disabled_person_is_out_at_once(service: Service) -> None:
    async with service.engine.begin() as connection:
        await connection.execute(text("UPDATE person SET disabled_at = now()"))
    assert slug(await service.http.get("/v1/admin/me", headers=service.registrar)) == (401, "unauthenticated")
    assert slug(await service.log_in("zhang")) == (401, "unauthenticated")


@pytest.mark.parametrize("name", ["zhang", "nobody", "no body", "a\0b", ""])
async def test_a_wrong_password_and_an_unknown_name_are_refused_alike(service: Service, name: str) -> None:
    refused = await service.log_in(name, "wrong")
    assert slug(refused) == (401, "unauthenticated")
    assert refused.json()["detail"] == "The name or the password is wrong."


async def test_guessing_is_slowed_for_that_name_only(service: Service) -> None:
    for _ in range(5):
        assert (await service.log_in("zhang", "wrong")).status_code == 401
    assert slug(await service.log_in("zhang")) == (429, "too-many-requests")
    assert (await service.log_in("li", "wrong")).status_code == 401
    service.clock.forward(minutes=1)
    assert (await service.log_in("zhang")).status_code == 200


async def test_an_auditor_creates_no_node(service: Service) -> None:
    await add_person(service.engine, "审计员", ["auditor"], PASSWORD, service.clock())
    service.registrar = await bearer(service, "审计员")
    assert slug(await service.create_node("police-990121")) == (403, "forbidden-act")


@pytest.mark.parametrize(
    ("name", "roles", "password"),
    [
        ("zhang", ["auditor"], PASSWORD),
        ("li si", ["auditor"], PASSWORD),
        ("", ["auditor"], PASSWORD),
        ("li", [], PASSWORD),
        ("li", ["king"], PASSWORD),
        ("li", ["auditor"], "short"),
    ],
)
async def test_a_person_that_cannot_be_is_not_added(
    service: Service, name: str, roles: list[str], password: str
) -> None:
    with pytest.raises(PersonRefused):
        await add_person(service.engine, name, roles, password, service.clock())


async def test_a_node_is_registered_under_its_parent(service: Service) -> None:
    assert (await service.create_node("police-990100", level="city")).status_code == 201
    child = await service.create_node("police-990121", parent="police-990100", sector=None)
    assert child.json()["parent"] == "police-990100"
    listed = await service.http.get("/v1/admin/nodes", headers=service.registrar)
    assert [item["node_id"] for item in listed.json()["items"]] == ["police-990100", "police-990121"]
    assert service.directory.nodes["police-990121"].parent == "police-990100"
    assert slug(await service.create_node("police-990121")) == (409, "id-taken")


@pytest.mark.parametrize(
    "other",
    [
        {"node_id": "exchange-990000"},
        {"parent": "police-999999"},
        {"kind": "army"},
        {"level": "world"},
        {"division_code": "99012"},
        {"division_code": "９９０１２１"},
        {"name": ""},
        {"extra": 1},
    ],
)
async def test_a_node_that_does_not_fit_is_invalid(service: Service, other: dict[str, Any]) -> None:
    assert slug(await service.create_node(**{"node_id": "police-990121"} | other)) == (
        422,
        "invalid-document",
    )


async def test_a_code_is_for_a_known_node_and_kept_hashed(service: Service) -> None:
    for unknown in ("police-990121", "a%00b"):
        path = f"/v1/admin/nodes/{unknown}/enrolment-codes"
        assert slug(await service.http.post(path, headers=service.registrar)) == (404, "not-found")
    await service.create_node("police-990121")
    code = await service.code("police-990121")
    assert len(code) == 22
    async with service.engine.connect() as connection:
        kept = (await connection.execute(text("SELECT enrolment_code::text FROM enrolment_code"))).scalar_one()
    assert code not in kept
    assert "zhang" in kept


async def test_the_docs_page_can_log_an_administrator_in(service: Service) -> None:
    document = (await service.http.get("/openapi.json")).json()
    flow = document["components"]["securitySchemes"]["AdministratorPassword"]["flows"]["password"]
    assert flow["tokenUrl"] == "/v1/admin/token"
