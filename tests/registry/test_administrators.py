"""People: logging in, roles, and what a registrar does to the register."""

import asyncio
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.admin.door import Attempt, Door
from app.admin.people import PersonRefused, add_person
from app.errors import Overloaded
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


async def test_guessing_slows_the_guesser_and_never_the_person(service: Service) -> None:
    """Five wrong passwords for a name shut its bearer out, wherever they came from."""
    for _ in range(5):
        assert (await service.log_in("zhang", "wrong", "2001:db8::1")).status_code == 401
    service.clock.forward(seconds=20)
    refused = await service.log_in("zhang", address="2001:db8::2")
    assert (slug(refused), refused.headers["retry-after"]) == ((429, "too-many-requests"), "40")
    assert (await service.log_in("zhang", address="2001:db8:1::1")).status_code == 200
    assert (await service.log_in("li", "wrong", "2001:db8::1")).status_code == 401
    service.clock.forward(seconds=40)
    assert (await service.log_in("zhang", address="2001:db8::1")).status_code == 200


async def test_beyond_a_few_that_wait_a_login_is_told_to_come_again(service: Service) -> None:
    answers = await asyncio.gather(*(service.log_in(f"nobody-{number}") for number in range(100)))
    waited = [answer for answer in answers if answer.status_code == 401]
    assert 1 <= len(waited) < 100
    told = [(slug(answer), answer.headers["retry-after"]) for answer in answers if answer not in waited]
    assert set(told) == {((503, "overloaded"), "2")}
    assert (await service.log_in("zhang")).status_code == 200


async def test_nothing_is_hashed_for_whoever_has_hung_up(service: Service) -> None:
    door = Door()

    async def gone() -> bool:
        return True

    attempts = [Attempt(f"nobody-{number}", PASSWORD, "10.0.0.1", gone) for number in range(50)]
    outcomes = await asyncio.gather(
        *(door.verify_password(service.engine, attempt, service.clock()) for attempt in attempts),
        return_exceptions=True,
    )
    assert {type(outcome) for outcome in outcomes} == {Overloaded}
    assert door.checked == 0


@pytest.mark.parametrize(
    "password",
    [
        "12345678",
        "password",
        "Password2026!",
        "        ",
        "  1234  ",
        "aaaaaaaaaaaa",
        "registrar",
        "Registrar-2026",
        "REGISTRAR-1",
    ],
)
async def test_a_password_that_everybody_tries_first_is_refused(service: Service, password: str) -> None:
    with pytest.raises(PersonRefused):
        await add_person(service.engine, "registrar-1", ["registrar"], password, service.clock())


@pytest.mark.parametrize(
    "name",
    [
        "ｒegistrar",  # full-width
        "registr\u0430r",  # Cyrillic а
        "\u0441\u0430\u0441",  # all Cyrillic, drawn as cac
        "ｃac",
        "Cac",
        "сac",
        "王a",
        "li\u200bsi",
        "li\u202esi",
        "li\u3164si",
        "--",
        "zhang ",
    ],
)
async def test_a_name_that_could_be_taken_for_another_is_refused(service: Service, name: str) -> None:
    await add_person(service.engine, "cac", ["auditor"], PASSWORD, service.clock())
    with pytest.raises(PersonRefused):
        await add_person(service.engine, name, ["registrar"], PASSWORD, service.clock())


@pytest.mark.parametrize("name", ["王伟", "registrar-2", "Иванов", "བསོད་ནམས", "ئالىم", "operator_3"])
async def test_a_name_of_one_script_is_taken(service: Service, name: str) -> None:
    await add_person(service.engine, name, ["auditor"], PASSWORD, service.clock())
    assert (await service.log_in(name)).status_code == 200


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


@pytest.mark.parametrize(
    "name",
    [
        "测试县\u202e公安局",
        "测试县\u200b公安局",
        "测试县公安局\u3164",
        " 测试县公安局",
        "测试县  公安局",
        "\u3000",
        "（）",
        "测试\u0085县",
    ],
)
async def test_a_name_that_hides_something_is_invalid(service: Service, name: str) -> None:
    assert slug(await service.create_node("police-990121", name=name)) == (422, "invalid-document")


@pytest.mark.parametrize("name", ["测试县公安局(一分局)", "测试县公安局 （一分局）", "测试县公安局（一分局）"])
async def test_a_name_is_given_once_however_it_is_typed(service: Service, name: str) -> None:
    assert (await service.create_node("police-990121", name="测试县公安局（一分局）")).status_code == 201
    assert slug(await service.create_node("police-990122", name=name)) == (409, "id-taken")
    assert (await service.create_node("police-990122", name="测试县公安局（二分局）")).status_code == 201


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
