"""Everything that an agency can read, before and after the end of a part that it does not know of."""

import io
import zipfile
from pathlib import Path
from typing import Any

from app.casework.acts import CATALOGUE
from app.client import Agency, uuid7
from tests.agencies import World
from tests.docket.test_splitting import EVENTS, LETTER, PERSONS, part
from tests.erasure.steps import DIGEST, PAPER, close, command, erase, noted, status, years_later
from tests.evidence.bundles import by_command, by_shell, download
from tests.registry_app import Hand

UPSTREAM = ("township", "regulator", "procuratorate")
STATES = ("split", "archived", "merged", "returned", "screened")


def forwarded_and_split(exchange: World) -> tuple[str, dict[str, Any], dict[str, Any], list[str]]:
    """A lead that a regulator forwarded to the police, who wrote a letter about it and split it."""
    town, regulator, police = (exchange.agency(name) for name in ("township", "regulator", "police"))
    lead_id, first, second = uuid7(), uuid7(), uuid7()
    town.register_lead(
        lead_id=lead_id,
        source={"type": "public_report", "channel": "visit", "received_at": "2026-03-02T08:40:00+08:00"},
        place_code="990121101",
        allegation="群众反映",
        persons=PERSONS,
        events=EVENTS,
        document_no="甲政移〔2026〕8号",
        attachments=[town.upload(PAPER, name="来信.txt", media_type="text/plain")],
    )
    town.screen(lead_id, category="general", opinion="有具体事件", basis="依职责")
    town.offer(lead_id, regulator.node_id, transfer_id=first, letter={**LETTER, "route": "report_up"})
    exchange.hear(regulator, "transfer.offer", lead_id)
    regulator.sign_receipt(first, attachments_received=1)
    regulator.forward(
        first, police.node_id, new_transfer_id=second, basis="行政处罚法第二十七条", competence_reason="治安"
    )
    exchange.hear(police, "transfer.forward", lead_id)
    police.sign_receipt(second, attachments_received=1)
    letter = {**CATALOGUE["letter.send"].example, "letter_id": uuid7(), "to": exchange.agency("procuratorate").node_id}
    police.act("letter.send", lead_id, letter, recipients=[letter["to"]])
    exchange.hear(exchange.agency("procuratorate"), "letter.send", lead_id)
    answer = {"letter_id": letter["letter_id"], "text": "已阅", "measures": []}
    exchange.agency("procuratorate").act("letter.reply", lead_id, answer, recipients=[police.node_id])
    known, unknown = part(1, category="disorder"), part(2, category="official_misconduct", leg=False)
    police.act("lead.split", lead_id, {"parts": [unknown, known]})
    police.accept(known["transfer_id"])
    return lead_id, known, unknown, [first, second, known["transfer_id"]]


def everything(agency: Agency, transfers: list[str], *lead_ids: str) -> dict[str, Any]:
    """Return what every read answers, or its status; of a bundle the names and what is in its acts."""
    paths = ["/v1/leads", "/v1/ledger", "/v1/deadlines", "/v1/inbox?limit=200", "/v1/statistics"]
    paths += [f"/v1/leads?state={one}" for one in STATES]
    paths += [f"/v1/leads?role={one}" for one in ("origin", "holder", "participant")]
    paths += ["/v1/leads?category=general", "/v1/leads?category=disorder"]
    paths += ["/v1/leads?due_before=2199-01-01T00:00:00Z", "/v1/leads?q=甲政移〔2026〕8号"]
    paths += [f"/v1/transfers/{one}" for one in transfers] + [f"/v1/attachments/{DIGEST}"]
    found: dict[str, Any] = {}
    for lead_id in lead_ids:
        own = f"/v1/leads/{lead_id}"
        paths += [own, f"{own}/timeline?limit=200", f"{own}/openings"]
        if status(agency, own) == 200:
            found |= {f"bundle {lead_id}": _bundle(agency, lead_id)}
            paths += [f"/v1/acts/{item['act_id']}" for item in agency.timeline(lead_id)]
    for path in paths:
        found[path] = agency.get(path) if status(agency, path) == 200 and "attachments" not in path else None
        found[path] = found[path] or status(agency, path)
    return found


def _bundle(agency: Agency, lead_id: str) -> dict[str, bytes]:
    answer = agency.get_raw(f"/v1/leads/{lead_id}/bundle")
    assert answer.status_code == 200, answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        lasting = (".body", ".jws", "entry.bin", "receipt.json")
        return {name: archive.read(name) if name.endswith(lasting) else b"" for name in archive.namelist()} | {
            "manifest.jws": b""
        }


def test_no_read_upstream_changes_when_a_part_unknown_there_is_erased(
    exchange: World, hand: Hand, data_dir: Path, tmp_path: Path
) -> None:
    whole, known, unknown, transfers = forwarded_and_split(exchange)
    agencies = [exchange.agency(name) for name in UPSTREAM]
    close(exchange, known["lead_id"], known["transfer_id"], "10年")
    police, supervision, transfer_id = exchange.agency("police"), exchange.agency("supervision"), uuid7()
    police.offer(unknown["lead_id"], supervision.node_id, transfer_id=transfer_id, letter={**LETTER})
    exchange.hear(supervision, "transfer.offer", unknown["lead_id"])
    supervision.sign_receipt(transfer_id, attachments_received=1)
    supervision.accept(transfer_id)
    close(exchange, unknown["lead_id"], transfer_id, "10年", holder="supervision")
    years_later(exchange, hand, 10)
    assert status(agencies[0], f"/v1/leads/{whole}") == 200
    kept = download(exchange, "township", whole, tmp_path)
    erase(exchange, known["lead_id"])
    years_later(exchange, hand, 0)
    leads = (whole, known["lead_id"], unknown["lead_id"])
    before = {one.node_id: everything(one, transfers, *leads) for one in agencies}
    for words in (("audit", "--attachments", "--bundle", str(kept.zip), "--jobs", "1"), ("rebuild", "--check")):
        assert command(exchange, data_dir, *words)[0] == 0, words
    erase(exchange, unknown["lead_id"], "supervision")
    noted(exchange)
    years_later(exchange, hand, 0)
    assert {one.node_id: everything(one, transfers, *leads) for one in agencies} == before
    for words in (("audit", "--attachments", "--bundle", str(kept.zip), "--jobs", "1"), ("rebuild", "--check")):
        assert command(exchange, data_dir, *words)[0] == 0, words
    (tmp_path / "later").mkdir()
    empty = download(exchange, "township", whole, tmp_path / "later")
    policy = empty.policy()
    for said in (by_shell(empty.folder, policy), by_command(empty.zip, "--policy", policy)):
        assert (said.status, "there is no act in it: it proves nothing" in said.output) == (1, True)
