"""An agency that signs by SM2, over HTTP from its enrolment on, and receipts that are signed a second time."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from app.client import Agency, NodeKeys
from app.client.acts import Signatory
from app.db import create_engine
from app.errors import WeakKey
from app.registry.directory import Directory
from app.signing import sm2
from app.signing.jws import read_header, verify_detached
from app.signing.keys import generate_private, load_public_jwk
from tests.agencies import Raw, World, world
from tests.server import EXCHANGE_ID

pytestmark = pytest.mark.skipif(not sm2.available(), reason=f"SM2 unavailable: {sm2.unavailable()}")
SECOND = "X-JWS-Signature-SM2"
SIGNATORY: Signatory = {"name": "何某某", "title": "负责人"}


@pytest.fixture(scope="module")
def exchange(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(module_database_url, tmp_path_factory.mktemp("exchange"), sm2_receipts=True) as running:
        yield running


@pytest.fixture(scope="module")
def agency(exchange: World) -> Agency:
    """An agency whose keys, to act and to authenticate, are both SM2."""
    exchange.admin.create_node(
        "police-990122", kind="police", name="乙县公安局", division_code="990122", level="county"
    )
    keys = NodeKeys(generate_private("SM2-SM3"), generate_private("SM2-SM3"))
    made = Agency(exchange.url, "police-990122", EXCHANGE_ID, keys)
    exchange.stack.callback(made.close)
    made.defaults = {"signatory": SIGNATORY, "handler": {"name": "许某某", "phone": "0990-5550102"}}
    made.enrol(exchange.admin.enrolment_code("police-990122")["code"])
    exchange.enrolled["sm2"] = made
    return made


def second_key(exchange: World) -> dict[str, str]:
    published = exchange.admin.http.get("/.well-known/jwks.json").json()["keys"]
    (jwk,) = [one for one in published if one["crv"] == "SM2"]
    assert (jwk["alg"], jwk["use"]) == ("SM2-SM3", "sig")
    return dict(jwk)


def test_an_agency_with_sm2_keys_enrols_acts_and_reads(exchange: World, agency: Agency) -> None:
    lead_id = exchange.register("sm2")
    agency.screen(lead_id, category="general", opinion="有具体事件", basis="依职责")
    assert agency.lead(lead_id)["state"] == "screened"
    acts = [agency.get_act(entry["act_id"]) for entry in agency.timeline(lead_id)]
    assert [act.act for act in acts] == ["lead.register", "lead.screen"]
    assert {read_header(act.jws).alg for act in acts} == {"SM2-SM3"}
    assert [key["jwk"]["crv"] for key in agency.node(agency.node_id)["keys"]] == ["SM2", "SM2"]


def test_a_changed_body_is_refused_and_a_good_one_taken_from_an_sm2_agency(agency: Agency) -> None:
    raw = Raw(agency)
    document = raw.document()
    assert raw.post(document).status_code == 201
    other = raw.post(document | {"title": "更改后"}, token=raw.sign(b"{}"))
    assert (other.status_code, other.json()["type"]) == (401, "/problems/bad-signature")


def test_every_receipt_is_signed_a_second_time_and_a_replay_has_the_same_signatures(exchange: World) -> None:
    raw = Raw(exchange.agency("township"))
    document = raw.document()
    body = httpx.Request("POST", exchange.url, json=document).content
    token = raw.sign(body)
    first, again = (raw.post(body, token=token) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert (again.content, again.headers[SECOND]) == (first.content, first.headers[SECOND])
    assert again.headers["X-JWS-Signature"] == first.headers["X-JWS-Signature"]
    key = load_public_jwk(second_key(exchange))
    verified = verify_detached(
        first.headers[SECOND], first.content, key, typ="lead-receipt+jws", iss=EXCHANGE_ID, aud=raw.agency.node_id
    )
    assert verified.header.jti == read_header(token).jti
    # Recognised before its time is judged, where the answer is looked up by another way.
    late = raw.post(body, token=raw.sign(body, jti=read_header(token).jti, iat=1))
    assert (late.status_code, late.headers[SECOND]) == (200, first.headers[SECOND])


def test_a_refusal_is_signed_once(exchange: World) -> None:
    raw = Raw(exchange.agency("township"))
    refused = raw.post(raw.document(recipients=["police-990121"]))
    assert refused.status_code == 422
    assert "X-JWS-Signature" in refused.headers
    assert SECOND not in refused.headers


def test_an_agency_pins_both_keys_when_it_enrols(exchange: World, agency: Agency) -> None:
    assert {key.alg for key in agency.exchange.keys.values()} == {"Ed25519", "SM2-SM3"}
    assert second_key(exchange)["kid"] in agency.exchange.keys


def test_a_key_that_this_machine_cannot_load_hides_no_other_and_is_refused_clearly(exchange: World) -> None:
    """So stands an SM2 key in the register of an exchange that moved to a machine without SM2."""
    exchange.agency("office")
    unknown = exchange.agency("office").keys.auth.kid
    exchange.rows("UPDATE node_key SET jwk = jsonb_set(jwk, '{crv}', '\"SM9\"') WHERE kid = :kid", kid=unknown)

    async def look() -> None:
        engine = create_engine(exchange.database_url, pool_size=1)
        try:
            directory = Directory(engine)
            await directory.refresh()
            assert directory.keys.get(exchange.agency("office").keys.act.kid) is not None
            with pytest.raises(WeakKey):
                await directory.find_key(unknown)
        finally:
            await engine.dispose()

    asyncio.run(look())


def test_without_the_setting_no_sm2_key_is_made(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    with world(database_url, tmp_path_factory.mktemp("plain")) as plain:
        raw = Raw(plain.agency("township"))
        assert SECOND not in raw.post(raw.document()).headers
        keys = plain.admin.http.get("/.well-known/jwks.json").json()["keys"]
        assert [key["crv"] for key in keys] == ["Ed25519"]
