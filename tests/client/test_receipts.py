"""What a client believes: over real HTTP, against an exchange that errs or lies."""

from functools import partial
from typing import Any

import pytest

from app.client import Agency, Receipt, Refused, Unproven
from app.signing.jws import read_header
from app.signing.keys import generate_private
from tests.client.toy_exchange import NODE, ToyExchange, talking_to


def register(agency: Agency, **members: Any) -> Receipt:
    return agency.register_lead(
        source={"type": "public_report", "channel": "visit", "received_at": "2026-03-02T09:00:00+08:00"},
        place_code="990121101",
        allegation="虚构的反映",
        **members,
    )


def toy(*answers: Any) -> ToyExchange:
    made = ToyExchange([])
    made.answers = [partial(answer, made) for answer in answers]
    return made


def test_a_true_receipt_is_returned_and_its_act_becomes_prev() -> None:
    exchange = toy(ToyExchange.receipt)
    with talking_to(exchange) as agency:
        receipt = register(agency)
        assert receipt.lead_state == "registered"
        assert agency.newest_seen(receipt.lead_id) == receipt.act_jws_sha256


def test_a_lost_answer_and_an_overload_are_answered_by_the_same_bytes_again() -> None:
    exchange = toy(
        lambda *_: None,
        lambda *_: (503, {"Retry-After": "0"}, b""),
        ToyExchange.receipt,
    )
    with talking_to(exchange) as agency:
        register(agency)
    assert len(exchange.arrived) == 3
    assert len(set(exchange.arrived)) == 1


@pytest.mark.parametrize(
    "lie",
    [
        {"act_jws_sha256": "0" * 64},
        {"body_sha256": "0" * 64},
        {"body_length": 1},
        {"act_id": "019ccd10-0000-7000-8000-000000000009"},
        {"exchange": "exchange-other"},
    ],
)
def test_a_receipt_of_something_else_is_not_believed(lie: dict[str, Any]) -> None:
    exchange = toy(lambda made, jws, body: made.receipt(jws, body, **lie))
    with talking_to(exchange) as agency, pytest.raises(Unproven, match=next(iter(lie))):
        register(agency)


def test_a_replayed_receipt_may_name_the_first_signature_of_the_same_act() -> None:
    def replayed(made: ToyExchange, jws: str, body: bytes) -> Any:
        return 200, *made.receipt(jws, body, act_jws_sha256="1" * 64)[1:]

    with talking_to(toy(replayed)) as agency:
        receipt = register(agency)
    assert receipt.replayed
    assert receipt.act_jws_sha256 == "1" * 64


def test_a_receipt_for_another_agency_is_not_believed() -> None:
    def misaddressed(made: ToyExchange, jws: str, body: bytes) -> Any:
        status, headers, raw = made.receipt(jws, body)
        token = headers["X-JWS-Signature"]
        return (
            status,
            made.sign(raw, typ="lead-receipt+jws", jti=read_header(token).jti, aud="police-990121"),
            raw,
        )

    with talking_to(toy(misaddressed)) as agency, pytest.raises(Unproven):
        register(agency)


def test_a_receipt_without_a_signature_is_not_believed() -> None:
    def bare(made: ToyExchange, jws: str, body: bytes) -> Any:
        status, _, raw = made.receipt(jws, body)
        return status, {}, raw

    with talking_to(toy(bare)) as agency, pytest.raises(Unproven):
        register(agency)


def test_a_receipt_by_a_key_that_was_not_pinned_is_not_believed() -> None:
    exchange = toy(ToyExchange.receipt)
    with talking_to(exchange) as agency:
        exchange.key = generate_private("Ed25519")
        with pytest.raises(Unproven, match="no pinned key"):
            register(agency)


def test_a_signed_refusal_is_raised_as_proven() -> None:
    exchange = toy(lambda made, jws, _: made.refusal(jws, "rule-violated", rule="R-SELF-INTEREST"))
    with talking_to(exchange) as agency, pytest.raises(Refused) as refused:
        register(agency)
    assert (refused.value.slug, refused.value.status, refused.value.signed) == ("rule-violated", 422, True)
    assert refused.value.problem["rule"] == "R-SELF-INTEREST"


def test_a_refusal_of_another_act_is_not_believed() -> None:
    exchange = toy(lambda made, jws, _: made.refusal(jws, "wrong-state", act_jws_sha256="0" * 64))
    with talking_to(exchange) as agency, pytest.raises(Unproven):
        register(agency)


def test_a_refusal_before_the_signature_verified_is_raised_as_unsigned() -> None:
    exchange = toy(lambda *_: (401, {}, b'{"type":"/problems/bad-signature","detail":"No."}'))
    with talking_to(exchange) as agency, pytest.raises(Refused) as refused:
        register(agency)
    assert (refused.value.slug, refused.value.signed) == ("bad-signature", False)


def test_what_a_proxy_answers_is_a_refusal_and_no_crash() -> None:
    exchange = toy(lambda *_: (502, {}, b"<html>"))
    with talking_to(exchange) as agency, pytest.raises(Refused) as refused:
        register(agency)
    assert refused.value.slug == "http-502"


def test_the_sender_of_an_offer_addresses_it_and_remembers_the_leg() -> None:
    exchange = toy(ToyExchange.receipt)
    with talking_to(exchange) as agency:
        lead = register(agency).lead_id
        agency.offer(
            lead,
            "police-990121",
            letter={"route": "report_up", "basis": "b", "competence_reason": "c", "known_facts": "k"},
            transfer_id="019ccd10-0000-7000-8000-000000000003",
        )
        leg = agency.leg("019ccd10-0000-7000-8000-000000000003")
    assert (leg.lead_id, leg.sender, leg.other(NODE)) == (lead, NODE, "police-990121")
    assert exchange.arrived[1][0] == f"/v1/leads/{lead}/transfers"
    assert b'"recipients":["police-990121"]' in exchange.arrived[1][2]
