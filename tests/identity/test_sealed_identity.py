"""A reporter's identity from the township's desk to two named officers, and to nobody else."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from app.client import Agency, Refused, Unproven
from app.client.pinned import newest_seal_key, signer_of, verified_seal_key
from app.config import Settings
from app.signing import b64url
from app.signing.sealing import generate_sealing
from app.stored import root_key, stored_body, stored_case
from app.vault import open_vault
from tests.agencies import Raw, World
from tests.identity.steps import APPROVERS, IDENTITY, PURPOSE, READER, grant, part_of, sealed_lead
from tests.server import EXCHANGE_ID
from tests.views.steps import LETTER, acts_seen, ask
from tests.waiting import until

HEADERS = {"X-Acting-Person": quote(READER), "X-Purpose": quote(PURPOSE)}


def fetch(agency: Agency, sha256: str, **headers: str) -> tuple[int, str]:
    answer = ask(agency, f"/v1/attachments/{sha256}", {**HEADERS, **headers})
    return answer.status_code, "" if answer.is_success else str(answer.json()["type"]).removeprefix("/problems/")


def refused(call: Any, *args: Any, **how: Any) -> str:
    with pytest.raises(Refused) as no:
        call(*args, **how)
    return " ".join(str(one) for one in (no.value.slug, no.value.problem.get("rule")) if one)


def test_what_was_sealed_opens_for_a_named_reader_once_two_persons_approved(world: World) -> None:
    lead_id, act_id = sealed_lead(world)
    police = world.agency("police")
    assert refused(police.open_identity, act_id, person=READER, purpose=PURPOSE) == "not-found"
    grant(world, lead_id, act_id)
    opened = police.open_identity(act_id, person=READER, purpose=PURPOSE)
    assert opened.identity == IDENTITY


def test_until_an_opening_runs_and_for_everybody_else_there_is_nothing(world: World) -> None:
    lead_id, act_id = sealed_lead(world)
    digest, unknown = part_of(world, act_id), "0" * 64
    names = ("township", "police", "regulator", "supervision")
    nothing = ask(world.agency("police"), f"/v1/attachments/{unknown}", HEADERS)
    for name in names:
        answer = ask(world.agency(name), f"/v1/attachments/{digest}", HEADERS)
        assert (answer.status_code, answer.json()["detail"]) == (404, nothing.json()["detail"])
    grant(world, lead_id, act_id)
    assert fetch(world.agency("police"), digest) == (200, "")
    for name in ("township", "regulator", "supervision"):
        assert fetch(world.agency(name), digest) == (404, "not-found")


def test_a_fetch_says_who_reads_and_why_and_the_person_is_a_named_reader(world: World) -> None:
    lead_id, act_id = sealed_lead(world)
    grant(world, lead_id, act_id)
    police, digest = world.agency("police"), part_of(world, act_id)
    for silent in ({}, {"X-Purpose": HEADERS["X-Purpose"]}, {"X-Acting-Person": HEADERS["X-Acting-Person"]}):
        answer = ask(police, f"/v1/attachments/{digest}", silent)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-document")
    assert fetch(police, digest, **{"X-Acting-Person": quote("周某某")}) == (403, "forbidden-act")
    assert fetch(police, digest, **{"X-Acting-Person": quote(" 孙 某某")}) == (200, "")
    assert len(police.openings(lead_id)[0]["fetches"]) == 1


def test_the_origin_sees_each_view_and_an_uninvolved_party_none(world: World) -> None:
    lead_id, act_id = sealed_lead(world)
    opening_id = grant(world, lead_id, act_id)
    town, police = world.agency("township"), world.agency("police")
    assert town.openings(lead_id)[0]["fetches"] == []
    for person in (READER, "钱某某"):
        police.open_identity(act_id, person=person, purpose=PURPOSE)
    (seen,) = town.openings(lead_id)
    assert (seen["opening_id"], seen["opener"], seen["purpose"]) == (opening_id, police.node_id, PURPOSE)
    assert (seen["readers"], seen["running"]) == (["孙某某", "钱某某"], True)
    fetches = [(one["node"], one["person"], one["purpose"]) for one in seen["fetches"]]
    assert fetches == [(police.node_id, "钱某某", PURPOSE), (police.node_id, READER, PURPOSE)]
    assert acts_seen(town, lead_id)[-1] == "identity.open"
    office, stranger = world.agency("office"), world.agency("supervision")
    assert ask(stranger, f"/v1/leads/{lead_id}/openings").status_code == 404
    assert ask(office, f"/v1/leads/{lead_id}/openings").status_code == 404


def test_two_openings_run_at_once_and_each_shows_its_own_views(world: World) -> None:
    lead_id, act_id = sealed_lead(world)
    first = grant(world, lead_id, act_id, readers=[{"name": "孙某某", "title": "民警"}])
    second = grant(world, lead_id, act_id, readers=[{"name": "李某", "title": "民警"}])
    police = world.agency("police")
    police.open_identity(act_id, person="孙某某", purpose=PURPOSE)
    police.open_identity(act_id, person="李某", purpose=PURPOSE)
    seen = {one["opening_id"]: [view["person"] for view in one["fetches"]] for one in police.openings(lead_id)}
    assert seen == {first: ["孙某某"], second: ["李某"]}


def test_equal_approvers_strangers_and_openings_without_an_end_are_refused(world: World) -> None:
    lead_id, act_id = sealed_lead(world)
    twice = [APPROVERS[0], {**APPROVERS[0], "title": "副局长"}]
    assert refused(grant, world, lead_id, act_id, approvers=twice) == "rule-violated R-TWO-APPROVERS"
    assert refused(grant, world, lead_id, act_id, approvers=APPROVERS[:1]) == "invalid-document"
    assert refused(grant, world, lead_id, act_id, days=-1) == "rule-violated R-OPENING-ENDS"
    assert refused(grant, world, lead_id, act_id, days=31) == "rule-violated R-OPENING-ENDS"
    given: dict[str, Any] = {"approvers": APPROVERS, "readers": APPROVERS, "purpose": PURPOSE}
    ends = datetime.now(UTC)
    assert refused(world.agency("township").grant_opening, lead_id, act_id, expires_at=ends, **given) == "forbidden-act"
    stranger, prev = world.agency("supervision"), "0" * 64
    stranger.seen.newest[lead_id] = prev
    assert refused(stranger.grant_opening, lead_id, act_id, expires_at=ends, **given) == "not-found"


def test_the_holder_seals_it_anew_for_the_next_agency_and_it_is_the_same_identity(world: World) -> None:
    lead_id, act_id = sealed_lead(world)
    grant(world, lead_id, act_id)
    police, regulator = world.agency("police"), world.agency("regulator")
    (leg,) = [one["transfer_id"] for one in police.leads() if one["lead_id"] == lead_id]
    parts = police.reseal_identity(act_id, [regulator.node_id], person=READER, purpose="转送时重新封装")
    assert parts.commitment == police.get_act(act_id).document["sealed_commitment"]
    letter = {"basis": LETTER["basis"], "competence_reason": LETTER["competence_reason"]}
    forwarded = police.forward(leg, regulator.node_id, **letter, **parts.envelope)
    world.hear(regulator, "transfer.forward", lead_id)

    def opened() -> None:
        regulator.grant_opening(
            lead_id,
            forwarded.act_id,
            approvers=APPROVERS,
            readers=[{"name": "冯某", "title": "科员"}],
            purpose=PURPOSE,
            expires_at=datetime.now(UTC) + timedelta(days=1),
        )

    with pytest.raises(Refused, match="forbidden-act"):
        opened()  # before it signed for the lead it has no part in it
    (onward,) = [one["transfer_id"] for one in regulator.leads() if one["lead_id"] == lead_id]
    regulator.sign_receipt(onward, attachments_received=0)
    opened()
    assert regulator.open_identity(forwarded.act_id, person="冯某", purpose=PURPOSE).identity == IDENTITY
    assert [one["opener"] for one in police.openings(lead_id)] == [police.node_id, regulator.node_id]
    assert fetch(regulator, part_of(world, act_id)) == (404, "not-found")


def test_a_substituted_seal_key_is_refused_whatever_the_register_says(world: World) -> None:
    police = world.agency("police")
    pinned, mine = {police.keys.act.kid}, police.keys.seal
    assert mine is not None
    shown = police.key(police.node_id, newest_seal_key(police.node(police.node_id)))
    acting = police.key(police.node_id, signer_of(shown))
    assert verified_seal_key(shown, acting, police.node_id, pinned, EXCHANGE_ID).kid == mine.kid
    false = generate_sealing()

    def lie(**members: Any) -> dict[str, Any]:
        return shown | members

    registration = shown["registration"]
    body = json.loads(base64.urlsafe_b64decode(registration["body"] + "=="))
    body["keys"] = [one if one["purpose"] != "seal" else {**one, "jwk": false.public_jwk} for one in body["keys"]]
    raw = json.dumps(body).encode()
    forger = Raw(world.agency("regulator"))
    forged = {**registration, "body": base64.urlsafe_b64encode(raw).decode().rstrip("=")}
    resigned = {**forged, "jws": forger.sign(raw, typ="lead-enrolment+jws", iss=police.node_id)}
    swapped = {"kid": false.kid, "jwk": false.public_jwk}
    with_their_act_key = acting | {"jwk": forger.agency.keys.act.public_jwk}
    for lied, signer in (
        (lie(**swapped), acting),
        (lie(jwk=false.public_jwk), acting),
        (lie(**swapped, registration=forged), acting),
        (lie(**swapped, registration=resigned), acting),
        (lie(**swapped, registration=resigned), with_their_act_key),
        (lie(registration={**registration, "jws": "x..y"}), acting),
        (shown, None),
        (shown, acting | {"purpose": "auth"}),
    ):
        with pytest.raises(Unproven):
            verified_seal_key(lied, signer, police.node_id, pinned, EXCHANGE_ID)
    with pytest.raises(Unproven):
        verified_seal_key(shown, acting, police.node_id, set(), EXCHANGE_ID)
    with pytest.raises(Unproven):
        verified_seal_key(shown, acting, "regulator-990121", pinned, EXCHANGE_ID)
    with pytest.raises(Unproven):
        newest_seal_key({"node_id": police.node_id, "keys": []})
    with pytest.raises(Unproven):
        signer_of(lie(registration={**registration, "jws": "x..y"}))


def test_nothing_is_sealed_for_an_agency_that_was_not_pinned(world: World) -> None:
    town, office = world.agency("township"), world.agency("office")
    with pytest.raises(Unproven):
        town.seal_identity("019ccd10-0000-7000-8000-000000000001", IDENTITY, [office.node_id])


def test_a_file_is_sealed_or_attached_and_never_both(world: World) -> None:
    lead_id, act_id = sealed_lead(world)
    town, digest = world.agency("township"), part_of(world, act_id)
    part = {"sha256": digest, "size": 500, "media_type": "application/jose", "name": "a.jwe"}
    size = world.rows("SELECT size FROM upload WHERE sha256 = :digest", digest=bytes.fromhex(digest))[0].size
    note = {"of_act": act_id, "text": "更正"}
    attached: Any = {"attachments": [{**part, "size": size}]}
    assert refused(town.act, "correction.note", lead_id, note, **attached) == "missing-attachment"
    sealed = dict(town.get_act(act_id).document)
    members = {"sealed": sealed["sealed"], "sealed_commitment": sealed["sealed_commitment"]}
    assert refused(town.act, "correction.note", lead_id, note, **attached, **members) == "invalid-document"
    twice = {**members, "sealed": [*members["sealed"], {**members["sealed"][0], "recipient": "regulator-990121"}]}
    assert refused(town.act, "correction.note", lead_id, note, **twice) == "invalid-document"
    town.act("correction.note", lead_id, note, **members)


def test_bundles_never_carry_a_sealed_part(world: World) -> None:
    lead_id, act_id = sealed_lead(world)
    grant(world, lead_id, act_id)
    digest = part_of(world, act_id)
    for name in ("township", "police"):
        agency = world.agency(name)
        bundle = agency.get_raw(f"/v1/leads/{lead_id}/bundle").content
        assert b"acts/001-lead.register" in bundle
        assert f"attachments/{digest}".encode() not in bundle


def test_an_opening_that_has_ended_opens_nothing(world: World) -> None:
    lead_id, act_id = sealed_lead(world)
    grant(world, lead_id, act_id, days=3 / 86400)
    police = world.agency("police")
    police.open_identity(act_id, person=READER, purpose=PURPOSE)
    until("the opening ends", lambda: not police.openings(lead_id)[0]["running"])
    assert refused(police.open_identity, act_id, person=READER, purpose=PURPOSE) == "not-found"
    assert len(police.openings(lead_id)[0]["fetches"]) == 1


def test_the_database_and_all_keys_of_the_exchange_together_do_not_open_a_sealed_part(
    world: World, data_dir: Path
) -> None:
    lead_id, act_id = sealed_lead(world)
    grant(world, lead_id, act_id)
    world.agency("police").open_identity(act_id, person=READER, purpose=PURPOSE)
    vault = open_vault(Settings(data_dir=data_dir))
    cases = world.rows('SELECT root_id, data_key, snapshot FROM "case"')
    keys = {row.root_id: root_key(vault, str(row.root_id), row.data_key) for row in cases}
    readable = [stored_case(keys[row.root_id], str(row.root_id), row.snapshot).model_dump_json() for row in cases]
    acts = world.rows("SELECT root_id, act_id, body FROM act")
    readable += [stored_body(keys[row.root_id], str(row.act_id), row.body).decode() for row in acts]
    # What the exchange holds of the identity, decrypted with all that it has: the JWE, and no key to it.
    part = world.agency("police").with_token("GET", f"/v1/attachments/{part_of(world, act_id)}", headers=HEADERS)
    readable.append(part.text)
    secrets = [IDENTITY["name"], IDENTITY["phone"], "\\u9a6c"]
    for name in ("township", "police"):
        seal = world.agency(name).keys.seal
        assert seal is not None
        secrets.append(b64url.encode(seal.handle.private_bytes_raw()))
    assert not [secret for secret in secrets for text in readable if secret in text]
    shown = world.rows("SELECT jwk::text AS jwk FROM node_key WHERE purpose = 'seal'")
    assert shown
    assert not any('"d"' in row.jwk for row in shown)
