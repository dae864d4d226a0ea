"""`lead.erase` over HTTP: what is gone, for everybody and in the database, and what stays proven."""

import asyncio
import base64
import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from cryptography.exceptions import InvalidTag

from app.attachments.service import sweep
from app.attachments.store import open_store
from app.casework.acts import CATALOGUE
from app.client import Erased, Refused, uuid7
from app.config import Settings
from app.db import create_engine
from app.stored import root_key, stored_body, stored_case
from app.vault import open_vault
from tests.agencies import Raw, World
from tests.docket.test_matching import compared
from tests.docket.test_splitting import LETTER, split
from tests.erasure.steps import (
    ALLEGATION,
    DIGEST,
    PAPER,
    PERSON,
    close,
    command,
    ended,
    erase,
    noted,
    seen,
    status,
    years_later,
)
from tests.evidence.bundles import by_command, by_shell, download
from tests.identity.steps import APPROVERS, IDENTITY, PURPOSE, READER, READERS, part_of
from tests.registry_app import Hand

WORDS = (ALLEGATION, str(PERSON["name"]), str(PERSON["phone"]), "甲政移〔2026〕7号", "一般")


def decoded(answer: dict[str, Any]) -> str:
    return base64.urlsafe_b64decode(answer["body"] + "==").decode()


def test_the_content_is_gone_for_everybody_and_the_acts_stay_proven(
    exchange: World, hand: Hand, data_dir: Path, tmp_path: Path
) -> None:
    lead_id = ended(exchange)
    town, police, office = (exchange.agency(name) for name in ("township", "police", "office"))
    before = seen(town, lead_id)[lead_id]
    acts = {item["act"]: item["act_id"] for item in before["timeline"]}
    proof = town.get_raw(f"/v1/acts/{acts['lead.register']}/proof").text
    assert before["found"] == [lead_id]
    assert town.download(DIGEST) == PAPER
    with pytest.raises(Refused) as early:
        erase(exchange, lead_id)
    assert (early.value.problem["rule"], early.value.problem["source"].split(":")[0]) == ("R-RETENTION", "default")
    years_later(exchange, hand, 10)
    receipt = erase(exchange, lead_id)
    assert receipt.lead_state == "archived"
    after = seen(town, lead_id)[lead_id]
    assert [item["act"] for item in after["timeline"]] == [*(i["act"] for i in before["timeline"]), "lead.erase"]
    for item in before["timeline"]:
        was, now = before["acts"][item["act_id"]], after["acts"][item["act_id"]]
        assert now == was | {"body": None, "erased_by": receipt.act_id}
    assert '"reason"' in decoded(after["acts"][receipt.act_id])
    assert after["acts"][receipt.act_id]["erased_by"] is None
    gone: dict[str, Any] = {"category": None, "outcome": None, "deadlines": [], "erased_by": receipt.act_id}
    assert after["entry"] == before["entry"] | gone
    with pytest.raises(Erased, match=receipt.act_id):
        town.get_act(acts["lead.register"])
    assert town.get_raw(f"/v1/acts/{acts['lead.register']}/proof").text.split("\n")[:2] == proof.split("\n")[:2]
    for agency in (town, police, office):
        assert [one["lead_id"] for one in agency.leads(q=before["entry"]["lead_no"])] == []
        assert [one["lead_id"] for one in agency.leads(q="甲政移〔2026〕7号")] == []
        assert lead_id in [one["lead_id"] for one in agency.leads()]
        assert status(agency, f"/v1/attachments/{DIGEST}") == 404
        rows = {row["lead_no"]: row for row in agency.get("/v1/ledger")["items"]}
        row = rows[before["entry"]["lead_no"]]
        assert row["remark"] == "erased"
        assert not any(value for name, value in row.items() if name not in ("lead_no", "remark"))
    bundle = download(exchange, "township", lead_id, tmp_path)
    assert {name.split("/")[1] for name in bundle.names() if name.startswith("acts/")} == {"001-lead.erase"}
    policy = bundle.policy()
    assert by_shell(bundle.folder, policy).status == by_command(bundle.zip, "--policy", policy).status == 0
    assert command(exchange, data_dir, "audit", "--jobs", "1") == (0, "")
    assert command(exchange, data_dir, "rebuild", "--check")[0] == 0


def figures(exchange: World) -> list[Any]:
    """The statistics of all nodes, folded or not; how many acts there were counts the erasure too."""
    return exchange.rows("""
        SELECT node_id, audience, measure, sum(n) FROM (
            SELECT node_id, audience, measure, delta AS n FROM stat_delta
            UNION ALL SELECT node_id, audience, measure, total FROM stat_rollup WHERE grain = 'ever'
        ) AS both_of_them WHERE measure <> 'acts' GROUP BY 1, 2, 3 HAVING sum(n) <> 0 ORDER BY 1, 2, 3
    """)


def objects(data_dir: Path) -> set[str]:
    folder = data_dir / "attachments"
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def swept(exchange: World, data_dir: Path) -> int:
    async def run() -> int:
        engine = create_engine(exchange.database_url, pool_size=1)
        try:
            store = open_store(Settings(data_dir=data_dir))
            return await sweep(engine, store, datetime.now(UTC) + timedelta(seconds=5))
        finally:
            await engine.dispose()

    return asyncio.run(run())


def test_nothing_of_it_opens_or_stands_in_the_database_any_more(exchange: World, hand: Hand, data_dir: Path) -> None:
    lead_id, other = ended(exchange), ended(exchange)
    vault, counted = open_vault(Settings(data_dir=data_dir)), figures(exchange)
    ((old,),) = exchange.rows('SELECT data_key FROM "case" WHERE root_id = :root', root=lead_id)
    years_later(exchange, hand, 10)
    erased = erase(exchange, lead_id)
    for table in ("lead_number", "blind_index", "match_queue"):
        assert exchange.rows(f"SELECT 1 FROM {table} WHERE lead_id = :lead", lead=lead_id) == []  # noqa: S608 (ours)
    assert exchange.rows("SELECT 1 FROM enclosed WHERE root_id = :root", root=lead_id) == []
    ((new, snapshot),) = exchange.rows('SELECT data_key, snapshot FROM "case" WHERE root_id = :root', root=lead_id)
    assert new != old
    key = root_key(vault, lead_id, new)
    left = stored_case(key, lead_id, snapshot).model_dump_json()
    assert not any(word in left for word in WORDS)
    for act_id, body in exchange.rows("SELECT act_id, body FROM act WHERE root_id = :root", root=lead_id):
        if str(act_id) == erased.act_id:
            assert stored_body(key, str(act_id), body)
            continue
        with pytest.raises(InvalidTag):
            stored_body(key, str(act_id), body)
    assert figures(exchange) == counted
    # The township uploaded the paper once and named it in both leads: what the other names stays.
    assert exchange.agency("police").download(DIGEST) == PAPER
    uploaded = "SELECT 1 FROM upload WHERE sha256 = :digest"
    assert exchange.rows(uploaded, digest=bytes.fromhex(DIGEST)) != []
    erase(exchange, other)
    assert exchange.rows(uploaded, digest=bytes.fromhex(DIGEST)) == []
    assert exchange.rows("SELECT 1 FROM enclosed") == []
    noted(exchange)
    assert swept(exchange, data_dir) == 3  # the paper, and a sealed part of each lead
    assert objects(data_dir) == {f"erased/{lead_id}", f"erased/{other}"}


def test_an_act_sent_again_still_finds_its_receipt_and_nothing_new_is_taken(exchange: World, hand: Hand) -> None:
    lead_id = ended(exchange)
    raw = Raw(exchange.agency("township"))
    document = raw.document(lead_id=uuid7())
    body = json.dumps(document).encode()
    token = raw.sign(body, iat=int(hand.now.timestamp()))
    headers = {"Content-Type": "application/json", "X-JWS-Signature": token}
    first = raw.http.post("/v1/leads", content=body, headers=headers)
    assert first.status_code == 201, first.text
    years_later(exchange, hand, 10)
    erase(exchange, lead_id)
    again = raw.http.post("/v1/leads", content=body, headers=headers)
    assert (again.status_code, again.content) == (200, first.content)
    town, police = exchange.agency("township"), exchange.agency("police")
    of_act = town.timeline(lead_id)[0]["act_id"]
    for agency, act, content in (
        (town, "correction.note", {"of_act": of_act, "text": "更正"}),
        (police, "lead.reopen", {"new_facts": "又有司机反映"}),
        (police, "lead.erase", CATALOGUE["lead.erase"].example),
    ):
        with pytest.raises(Refused) as late:
            agency.act(act, lead_id, content)
        assert late.value.slug == "wrong-state"
    with pytest.raises(Refused) as foreign:
        erase(exchange, lead_id, "regulator")
    assert foreign.value.slug == "not-found"


def test_a_sealed_identity_goes_with_the_rest_while_an_opening_runs(exchange: World, hand: Hand) -> None:
    lead_id = ended(exchange)
    police, town = exchange.agency("police"), exchange.agency("township")
    act_id = town.timeline(lead_id)[0]["act_id"]
    years_later(exchange, hand, 10)
    part = part_of(exchange, act_id)
    reader: dict[str, Any] = {"approvers": APPROVERS, "readers": READERS, "purpose": PURPOSE, "opening_id": uuid7()}
    police.grant_opening(lead_id, act_id, expires_at=hand.now + timedelta(days=7), **reader)
    assert police.open_identity(act_id, person=READER, purpose=PURPOSE).identity == IDENTITY
    erase(exchange, lead_id)
    with pytest.raises((Refused, Erased)):
        police.open_identity(act_id, person=READER, purpose=PURPOSE)
    headers = {"X-Acting-Person": quote(READER), "X-Purpose": quote(PURPOSE)}
    with pytest.raises(Refused) as gone:
        police.with_token("GET", f"/v1/attachments/{part}", headers=headers)
    assert gone.value.status == 404
    assert police.openings(lead_id) == []


def test_what_is_enclosed_with_the_erasure_itself_stays(exchange: World, hand: Hand, data_dir: Path) -> None:
    lead_id, police = ended(exchange), exchange.agency("police")
    years_later(exchange, hand, 10)
    paper = police.upload(PAPER, name="来信.txt", media_type="text/plain")
    with pytest.raises(Refused) as kept:
        erase(exchange, lead_id, attachments=[paper])
    assert kept.value.problem["rule"] == "R-NOTHING-KEPT"
    register = police.upload(b"destruction register", name="a.txt", media_type="text/plain")
    erase(exchange, lead_id, attachments=[register])
    for name in ("township", "police"):
        assert exchange.agency(name).download(register["sha256"]) == b"destruction register"
    assert command(exchange, data_dir, "audit", "--jobs", "1") == (0, "")


def test_the_persons_of_an_erased_lead_match_nobody_any_more(exchange: World, hand: Hand) -> None:
    lead_id = ended(exchange)
    years_later(exchange, hand, 10)
    erase(exchange, lead_id)
    exchange.register("regulator", persons=[PERSON])
    compared(exchange)
    for name in ("township", "police"):
        assert "notice.match" not in [item["act"] for item in exchange.agency(name).inbox()]


def halves(exchange: World, hand: Hand) -> tuple[str, str, str]:
    """A split lead, its parts archived: return the whole, the part that upstream knows, and the hidden one."""
    lead_id, known, unknown = split(exchange)
    police, supervision = exchange.agency("police"), exchange.agency("supervision")
    police.accept(known["transfer_id"])
    close(exchange, known["lead_id"], known["transfer_id"], "10年")
    transfer_id = uuid7()
    police.offer(unknown["lead_id"], supervision.node_id, transfer_id=transfer_id, letter={**LETTER})
    exchange.hear(supervision, "transfer.offer", unknown["lead_id"])
    supervision.sign_receipt(transfer_id, attachments_received=0)
    supervision.accept(transfer_id)
    close(exchange, unknown["lead_id"], transfer_id, "30年", holder="supervision")
    years_later(exchange, hand, 10)
    return lead_id, known["lead_id"], unknown["lead_id"]


def test_that_a_hidden_part_lives_on_is_seen_by_nobody_upstream(exchange: World, hand: Hand, data_dir: Path) -> None:
    whole, known, unknown = halves(exchange, hand)
    town, police, supervision = (exchange.agency(name) for name in ("township", "police", "supervision"))
    alive = seen(supervision, unknown)
    first = erase(exchange, known)
    assert {act["body"] is None for one in seen(town, whole, known).values() for act in one["acts"].values()} == {
        True,
        False,
    }
    told = seen(town, whole, known)
    assert [told[one]["entry"]["erased_by"] for one in (whole, known)] == [first.act_id] * 2
    readable = [act for one in told.values() for act, kept in one["acts"].items() if kept["body"] is not None]
    assert readable == [first.act_id]
    # Whoever still works on the other part reads all that it needs.
    assert seen(supervision, unknown) == alive
    assert police.lead(whole)["erased_by"] is None
    for words in (("audit", "--jobs", "1"), ("rebuild", "--check")):
        assert command(exchange, data_dir, *words)[0] == 0, words
    years_later(exchange, hand, 20)
    town_before = seen(town, whole, known)
    second = erase(exchange, unknown, "supervision")
    assert seen(town, whole, known) == town_before
    assert (police.lead(whole)["erased_by"], police.lead(known)["erased_by"]) == (second.act_id, first.act_id)
    with pytest.raises(Erased):
        police.get_act(next(iter(seen(police, whole)[whole]["acts"])))
    assert command(exchange, data_dir, "audit", "--jobs", "1") == (0, "")
    assert command(exchange, data_dir, "rebuild", "--check")[0] == 0


def test_a_duplicate_waits_for_the_lead_that_it_was_merged_into(exchange: World, hand: Hand) -> None:
    lead_id, town = ended(exchange), exchange.agency("township")
    duplicate = exchange.register()
    # The lead is archived: what is merged goes into one that lives, so a second one is brought to its end after it.
    living, transfer_id = exchange.offered()
    town.act("lead.merge", duplicate, {"into": living, "reason": "同一事件"})
    police = exchange.agency("police")
    police.sign_receipt(transfer_id, attachments_received=0)
    police.accept(transfer_id)
    close(exchange, living, transfer_id, "10年")
    years_later(exchange, hand, 10)
    with pytest.raises(Refused) as early:
        erase(exchange, duplicate, "township")
    assert early.value.problem["rule"] == "R-RETENTION"
    erase(exchange, living)
    erase(exchange, duplicate, "township")
    assert town.lead(duplicate)["state"] == "merged"
    assert lead_id in [one["lead_id"] for one in town.leads(state="archived")]


def test_two_erasures_at_once_are_one(exchange: World, hand: Hand) -> None:
    lead_id = ended(exchange)
    years_later(exchange, hand, 10)
    raw = Raw(exchange.agency("police"))
    prev = exchange.agency("police").get_act(exchange.agency("police").timeline(lead_id)[-1]["act_id"]).jws_sha256
    document = raw.document("lead.erase", lead_id=lead_id, prev=prev, issued_at=hand.now.isoformat())
    requests = []
    for _ in range(2):
        body = json.dumps(document | {"nonce": secrets.token_urlsafe(16)}).encode()
        headers = {"Content-Type": "application/json", "X-JWS-Signature": raw.sign(body, iat=int(hand.now.timestamp()))}
        requests.append((body, headers))
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(
                lambda one: httpx.post(f"{exchange.url}/v1/leads/{lead_id}/erasures", content=one[0], headers=one[1]),
                requests,
            )
        )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
