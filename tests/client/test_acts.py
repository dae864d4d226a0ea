"""The body of an act and its endpoint."""

import json
import uuid
from datetime import UTC, datetime
from typing import Unpack

import pytest

from app.client import PATHS, Envelope, build_body, path_of, uuid7

LEAD = "019ccd10-0000-7000-8000-000000000001"
TRANSFER = "019ccd10-0000-7000-8000-000000000002"
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def body(**envelope: Unpack[Envelope]) -> dict[str, object]:
    raw = build_body(
        "lead.screen",
        LEAD,
        "township-990121101",
        {"category": "general", "competent_node": None},
        recipients=[],
        prev=None,
        issued_at=NOW,
        **envelope,
    )
    return dict(json.loads(raw))


def test_every_act_of_the_contract_has_an_endpoint() -> None:
    ids = dict.fromkeys(("transfer_id", "feedback_id", "letter_id", "consultation_id"), TRANSFER)
    assert len(PATHS) == 45
    assert all(path_of(act, LEAD, ids).startswith("/v1/") for act in PATHS)


def test_ids_in_the_body_make_the_path() -> None:
    path = path_of("transfer.accept", LEAD, {"transfer_id": TRANSFER})
    assert path == f"/v1/transfers/{TRANSFER}/acceptances"


@pytest.mark.parametrize("bad", [None, "", "../admin", TRANSFER.upper(), TRANSFER + "/x"])
def test_nothing_but_a_uuid_gets_into_a_path(bad: object) -> None:
    with pytest.raises(ValueError, match="transfer_id"):
        path_of("transfer.accept", LEAD, {"transfer_id": bad})


def test_an_act_that_does_not_exist_has_no_path() -> None:
    with pytest.raises(ValueError, match="no act"):
        path_of("lead.delete", LEAD, {})


def test_members_that_are_none_are_not_in_the_content() -> None:
    assert body()["content"] == {"category": "general"}


def test_envelope_members_that_were_not_given_are_absent() -> None:
    assert "document_no" not in body()
    assert body(document_no="甲政移〔2026〕1号")["document_no"] == "甲政移〔2026〕1号"


def test_each_body_has_a_nonce_of_its_own_and_128_bits() -> None:
    nonces = {str(body()["nonce"]) for _ in range(50)}
    assert len(nonces) == 50
    assert {len(nonce) for nonce in nonces} == {22}


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="offset"):
        build_body("lead.screen", LEAD, "x-1", {}, recipients=[], prev=None, issued_at=NOW.replace(tzinfo=None))


def test_uuid7_is_of_version_7_and_the_rfc_variant_and_sorts_by_time() -> None:
    made = [uuid.UUID(uuid7()) for _ in range(200)]
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {uuid.RFC_4122}
    milliseconds = [one.int >> 80 for one in made]
    assert milliseconds == sorted(milliseconds)
    assert len(set(made)) == 200
