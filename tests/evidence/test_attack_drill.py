"""The attack drill: whoever owns the database, with superuser rights and the exchange's own keys, changes the record.

Each test is one row of the table in docs/security.md: what was done, and what finds it.
"""

import base64
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from app.casework.case import LeadState
from app.registry.exchange_keys import log_origin, log_vkey, raw_public
from app.signing import strict_json
from app.signing.jws import read_header, sign_detached
from app.signing.keys import PrivateKey, generate_private
from app.stored import stored_body
from app.vault import encrypt
from tests.agencies import World, world
from tests.conftest import database_name, new_database
from tests.evidence.bundles import download
from tests.evidence.drill import Attacker, superuser
from tests.evidence.test_rebuild import of_lead, tampered
from tests.server import EXCHANGE_ID, serving
from tests.waiting import until

Audited = Callable[..., str]


@pytest.fixture(scope="module")
def untouched(
    server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path, tuple[str, str]]]:
    """A database in which two leads were handed over, with what the township kept: a bundle and a checkpoint."""
    folder = tmp_path_factory.mktemp("drill")
    with new_database(server_url, template=template) as url:
        with world(url, folder / "data") as exchange:
            first, _ = exchange.offered()
            (folder / "early").write_bytes(httpx.get(f"{exchange.url}/log/checkpoint").content)
            second, transfer = exchange.offered()
            exchange.agency("police").sign_receipt(transfer, attachments_received=0)
            exchange.hear(exchange.agency("township"), "transfer.receipt", second)
            download(exchange, "township", second, folder)
            note = httpx.get(f"{exchange.url}/log/checkpoint").content
            (folder / "checkpoint").write_bytes(base64.b64encode(note))
        yield url, folder, (first, second)


@pytest.fixture
def attacker(untouched: tuple[str, Path, tuple[str, str]], server_url: str) -> Iterator[Attacker]:
    url, folder, leads = untouched
    with new_database(server_url, template=database_name(url)) as copy:
        yield Attacker(World("", copy, None, None), folder / "data", leads)  # type: ignore[arg-type]  # no service runs


@pytest.fixture
def audit(attacker: Attacker) -> Audited:
    """Audit the attacked database, against what lies in `checkpoint` or `bundle`; return what it finds, or nothing."""
    return attacker.audited


@pytest.fixture
def kept(untouched: tuple[str, Path, tuple[str, str]]) -> Path:
    """What lies outside the exchange: `bundle.zip`, and `checkpoint`, the header of a receipt."""
    return untouched[1]


def test_before_the_attack_nothing_lies_and_what_was_kept_fits(audit: Audited, kept: Path) -> None:
    assert audit(checkpoint=kept / "checkpoint", bundle=kept / "bundle.zip") == ""


def test_a_deleted_act_is_proven_by_its_log_entry(attacker: Attacker, audit: Audited) -> None:
    act_id = attacker.act("lead.screen")
    attacker.do("DELETE FROM act WHERE act_id = :act", act=act_id)
    found = audit()
    assert found.startswith(f"act {act_id}: it is gone; log entry ")


def test_an_edited_body_does_not_open_or_is_not_what_was_signed(attacker: Attacker, audit: Audited) -> None:
    act_id = attacker.act("lead.screen")
    attacker.do("UPDATE act SET body = set_byte(body, 40, get_byte(body, 40) # 1) WHERE act_id = :act", act=act_id)
    assert audit() == f"act {act_id}: the body does not open: other bytes than were written"
    ((body,),) = attacker.do("SELECT body FROM act WHERE act_id = :act", act=attacker.act("lead.register"))
    key, register = attacker.data_key(attacker.leads[0]), attacker.act("lead.register")
    forged = stored_body(key, register, body).replace("砂石".encode(), "木材".encode())
    attacker.do(
        "UPDATE act SET body = :body WHERE act_id = :act", body=encrypt(key, forged, register.encode()), act=register
    )
    assert audit() == f"act {register}: the body is not the one that was signed"


def test_a_body_edited_with_every_digest_and_a_new_receipt_lacks_the_agencys_signature(
    attacker: Attacker, audit: Audited
) -> None:
    register, key = attacker.act("lead.register"), attacker.data_key(attacker.leads[0])
    ((body,),) = attacker.do("SELECT body FROM act WHERE act_id = :act", act=register)
    forged = stored_body(key, register, body).replace("砂石".encode(), "木材".encode())
    attacker.do(
        "UPDATE act SET body = :body, body_sha256 = sha256(:clear) WHERE act_id = :act",
        body=encrypt(key, forged, register.encode()),
        clear=forged,
        act=register,
    )
    assert audit() == f"act {register}: a signature does not verify, or a document is malformed"


def test_an_edited_receipt_is_not_the_one_that_was_signed_or_logged(attacker: Attacker, audit: Audited) -> None:
    register = attacker.act("lead.register")
    ((receipt,),) = attacker.do("SELECT receipt FROM act WHERE act_id = :act", act=register)
    forged = receipt.replace(b'"registered"', b'"archived"')
    attacker.do("UPDATE act SET receipt = :receipt WHERE act_id = :act", receipt=forged, act=register)
    assert audit().startswith(f"act {register}: a signature does not verify")
    resigned(attacker, register, forged)
    assert audit().endswith(f": it is not the entry of act {register}")


def resigned(attacker: Attacker, act_id: str, receipt: bytes, earlier: timedelta = timedelta(0)) -> None:
    """Put another receipt in the place of an act's, signed by the exchange's own key."""
    ((old,),) = attacker.do("SELECT receipt_jws FROM act WHERE act_id = :act", act=act_id)
    header = read_header(old)
    iat = header.iat - int(earlier.total_seconds())
    token = sign_detached(
        receipt, attacker.keys().signing, typ=header.typ, iss=header.iss, aud=header.aud, iat=iat, jti=header.jti
    )
    attacker.do(
        "UPDATE act SET receipt = :receipt, receipt_jws = :token WHERE act_id = :act",
        receipt=receipt,
        token=token,
        act=act_id,
    )


def test_two_inbox_items_that_changed_places_are_against_the_order_of_the_log(
    attacker: Attacker, audit: Audited
) -> None:
    attacker.do(
        "UPDATE inbox SET seq = 99 WHERE node_id = 'police-990121' AND seq = 1",
        "UPDATE inbox SET seq = 1 WHERE node_id = 'police-990121' AND seq = 2",
        "UPDATE inbox SET seq = 2 WHERE node_id = 'police-990121' AND seq = 99",
    )
    assert audit().startswith("inbox police-990121 ")


def test_an_inbox_item_that_is_gone_or_that_nothing_addressed_is_found(attacker: Attacker, audit: Audited) -> None:
    attacker.do("UPDATE inbox SET node_id = 'regulator-990121' WHERE node_id = 'police-990121' AND seq = 2")
    assert "addresses it and is not in it" in audit()
    attacker.do("UPDATE inbox SET node_id = 'police-990121' WHERE node_id = 'regulator-990121'")
    attacker.do(
        "INSERT INTO inbox SELECT 'regulator-990121', 1, act_id, act, lead_id, sender, received_at, log_index "
        "FROM inbox WHERE node_id = 'police-990121' AND seq = 1"
    )
    assert audit() == "inbox regulator-990121 1: no act in the log addresses it"


def test_a_time_set_back_contradicts_the_signed_receipt(attacker: Attacker, audit: Audited) -> None:
    act_id = attacker.act("lead.screen")
    attacker.do("UPDATE act SET received_at = received_at - interval '2 days' WHERE act_id = :act", act=act_id)
    assert audit() == f"act {act_id}: received_at is not the received_at that was signed"


def backdated(attacker: Attacker, by: timedelta) -> str:
    """Set the second lead's registration back, with the exchange's keys and a log signed anew."""
    register = attacker.act("lead.register", 1)
    ((receipt, at),) = attacker.do("SELECT receipt, received_at FROM act WHERE act_id = :act", act=register)
    said = strict_json.loads(receipt)["received_at"]
    earlier = (datetime.fromisoformat(said) - by).isoformat("T", "milliseconds")
    resigned(attacker, register, receipt.replace(said.encode(), earlier.encode()), by)
    attacker.do(
        "UPDATE act SET received_at = :at WHERE act_id = :act",
        "UPDATE inbox SET received_at = :at WHERE act_id = :act",
        at=at - by,
        act=register,
    )
    attacker.log_anew()
    return register


def test_backdating_with_the_exchanges_keys_contradicts_the_time_that_the_agency_signed(
    attacker: Attacker, audit: Audited
) -> None:
    register = backdated(attacker, timedelta(days=1))
    assert audit() == f"act {register}: it was signed at quite another time than it is said to have been received"


def test_backdating_by_minutes_with_the_exchanges_keys_changes_the_log_that_others_hold(
    attacker: Attacker, audit: Audited, kept: Path
) -> None:
    backdated(attacker, timedelta(minutes=5))
    assert "the log was rewritten" in audit(checkpoint=kept / "checkpoint")
    assert "the log was rewritten" in audit(bundle=kept / "bundle.zip")


def test_entries_that_changed_places_in_the_log_are_against_the_signed_roots(
    attacker: Attacker, audit: Audited
) -> None:
    attacker.do(
        "UPDATE log_entry SET log_index = 900 WHERE log_index = 4",
        "UPDATE log_entry SET log_index = 4 WHERE log_index = 5",
        "UPDATE log_entry SET log_index = 5 WHERE log_index = 900",
    )
    found = audit()
    assert found.startswith("checkpoint ")
    assert found.endswith(": the root is not that of the entries")


def forgotten(attacker: Attacker, lead_id: str) -> None:
    """Remove a lead as if it had never been, and sign a log in which it never was."""
    attacker.do(
        "DELETE FROM inbox USING act WHERE inbox.act_id = act.act_id AND root_id = :root",
        "DELETE FROM log_entry USING act WHERE log_entry.act_id = act.act_id AND root_id = :root",
        "DELETE FROM act_reader WHERE root_id = :root",
        "DELETE FROM act WHERE root_id = :root",
        "DELETE FROM deadline WHERE root_id = :root",
        "DELETE FROM lead_entry WHERE root_id = :root",
        "DELETE FROM subject WHERE root_id = :root",
        'DELETE FROM "case" WHERE root_id = :root',
        "DELETE FROM lead_number WHERE lead_id = :root",
        "UPDATE inbox SET seq = seq + 1000",
        "UPDATE inbox SET seq = new.seq FROM (SELECT node_id, act_id, row_number() OVER "
        "(PARTITION BY node_id ORDER BY seq) AS seq FROM inbox) AS new "
        "WHERE inbox.node_id = new.node_id AND inbox.act_id = new.act_id",
        root=lead_id,
    )
    attacker.log_anew()


def test_the_last_minutes_dropped_and_rewritten_with_the_exchanges_keys_need_what_others_kept(
    attacker: Attacker, audit: Audited, kept: Path
) -> None:
    forgotten(attacker, attacker.leads[1])
    assert audit() == "", "nothing inside contradicts itself any more"
    assert "gone" in audit(checkpoint=kept / "checkpoint")
    assert "gone" in audit(bundle=kept / "bundle.zip")
    assert audit(checkpoint=kept / "early") == "", "what was kept before does not help"


def test_a_lead_taken_out_of_the_middle_of_a_log_signed_anew_is_found_by_the_early_checkpoint(
    attacker: Attacker, audit: Audited, kept: Path
) -> None:
    forgotten(attacker, attacker.leads[0])
    assert audit() == ""
    assert "the log was rewritten" in audit(checkpoint=kept / "early")


def test_a_witness_refuses_the_rewritten_log_with_409(
    attacker: Attacker, server_url: str, template: str, tmp_path: Path, kept: Path
) -> None:
    vkey = log_vkey(log_origin(EXCHANGE_ID), raw_public(attacker.keys().log.public_jwk))
    policy = tmp_path / "policy"
    policy.write_text(f"log {vkey}\nquorum none\n")
    before = base64.b64decode((kept / "checkpoint").read_bytes()).decode()
    forgotten(attacker, attacker.leads[1])
    ((after,),) = attacker.do("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1")
    with (
        new_database(server_url, template=template) as other,
        serving(other, tmp_path / "witness", exchange_id="exchange-witness", witness_policy=policy) as url,
    ):
        address = f"{url}/log/witness/add-checkpoint"
        assert httpx.post(address, content=f"old 0\n\n{before}".encode()).status_code == 200
        refused = httpx.post(address, content=f"old 0\n\n{after}".encode())
        assert refused.status_code == 409
        assert refused.text == before.split("\n")[1] + "\n"


def test_a_nodes_key_replaced_in_the_register_has_no_signed_request(attacker: Attacker, audit: Audited) -> None:
    key: PrivateKey = generate_private("Ed25519")
    attacker.do(
        "UPDATE node_key SET jwk = CAST(:jwk AS jsonb) WHERE node_id = 'police-990121' AND purpose = 'act'",
        jwk=strict_json.dumps(key.public_jwk).decode(),
    )
    assert audit().endswith(": the key is not the one that its thumbprint names")
    attacker.do(
        "UPDATE key_event SET kid = :kid WHERE node_id = 'police-990121' AND purpose = 'act'",
        "UPDATE node_key SET kid = :kid WHERE node_id = 'police-990121' AND purpose = 'act'",
        kid=key.kid,
    )
    assert audit().endswith("its leaf hash is not that of its own log entry")


def test_a_key_event_that_is_gone_is_missing_in_its_nodes_numbers_or_in_the_log(
    attacker: Attacker, audit: Audited
) -> None:
    attacker.do("DELETE FROM key_event WHERE node_id = 'police-990121' AND number = 1")
    assert audit() == "key_event police-990121 2: event 1 of the node is missing"
    attacker.do(
        "DELETE FROM key_event WHERE node_id = 'police-990121'",
        "DELETE FROM key_request WHERE node_id = 'police-990121'",
        "DELETE FROM node_key WHERE node_id = 'police-990121'",
        "UPDATE node SET key_events = 0 WHERE node_id = 'police-990121'",
    )
    assert audit().endswith("it is gone; the log proves that it was there")


def test_yesterdays_backup_is_true_in_itself_and_too_short_for_what_others_kept(
    attacker: Attacker, audit: Audited, server_url: str, kept: Path
) -> None:
    # The backup is the copy as it is; meanwhile the exchange goes on, and the township keeps what it is told.
    with (
        new_database(server_url, template=database_name(attacker.exchange.database_url)) as going_on,
        serving(going_on, attacker.data_dir) as url,
    ):
        ((size,),) = superuser(going_on, "SELECT max(size) FROM checkpoint")
        superuser(
            going_on,
            "INSERT INTO unsequenced (kind, entry, committed_at) VALUES ('refused-classified', "
            "convert_to('leadbridge/entry/v1' || chr(10) || '{\"t\":\"refused-classified\"}' || chr(10), 'UTF8'), "
            "now())",
        )

        def longer() -> str | None:
            note = httpx.get(f"{url}/log/checkpoint").text
            return note if note.split("\n")[1] != str(size) else None

        note = until(f"a checkpoint of more than {size} entries", longer)
    later = kept / "later"
    later.write_text(note)
    assert audit(checkpoint=later) == f"log_entry {size} to {size}: gone: {later} has a longer log"


def test_readers_cases_deadlines_lists_and_files_follow_from_the_acts_alone(attacker: Attacker, audit: Audited) -> None:
    lead_id = attacker.leads[0]
    attacker.do(
        "INSERT INTO act_reader SELECT 'regulator-990121', act_id, lead_id, root_id, root_seq FROM act_reader "
        "WHERE lead_id = :lead AND root_seq = 1",
        lead=lead_id,
    )
    assert audit().startswith("act_reader regulator-990121 ")
    attacker.do("DELETE FROM act_reader WHERE node_id = 'regulator-990121'")
    attacker.do("UPDATE deadline SET due = due + interval '1 day' WHERE lead_id = :lead", lead=lead_id)
    assert audit().startswith("deadline ")
    attacker.do("UPDATE deadline SET due = due - interval '1 day' WHERE lead_id = :lead", lead=lead_id)
    attacker.do("UPDATE deadline SET next_at = NULL WHERE lead_id = :lead", lead=lead_id)
    assert audit().startswith("deadline ")


def test_a_deleted_or_an_added_row_beside_a_case_is_found(attacker: Attacker, audit: Audited) -> None:
    attacker.do("DELETE FROM lead_entry WHERE node_id = 'police-990121' AND lead_id = :lead", lead=attacker.leads[0])
    assert audit().startswith(f"lead_entry police-990121 {attacker.leads[0]}: it is missing")


def test_an_added_row_that_belongs_to_nothing_is_found(attacker: Attacker, audit: Audited) -> None:
    attacker.do(
        "INSERT INTO act_reader SELECT 'regulator-990121', act_id, gen_random_uuid(), root_id, root_seq "
        "FROM act_reader WHERE root_seq = 1 LIMIT 1"
    )
    assert audit().startswith("act_reader regulator-990121 ")


def test_an_edited_case_is_not_what_its_acts_make_of_it(attacker: Attacker, audit: Audited) -> None:
    lead_id = attacker.leads[0]
    tampered(attacker.exchange, attacker.data_dir, lead_id, of_lead(lead_id, state=LeadState.CLEARED))
    assert audit() == f"case {lead_id}: leads.{lead_id}.state: cleared stored, in_transfer rebuilt"


def test_a_deleted_case_is_missed_by_its_acts(attacker: Attacker, audit: Audited) -> None:
    attacker.do('DELETE FROM "case" WHERE root_id = :root', root=attacker.leads[0])
    assert audit().startswith(f"case {attacker.leads[0]}: it is gone; act ")


def test_tree_checkpoints_and_cosignatures_are_held_against_the_entries(attacker: Attacker, audit: Audited) -> None:
    attacker.do("UPDATE checkpoint SET note = replace(note, '/log ', '/lig ')")
    assert audit().startswith("checkpoint 0: the note is not signed by the log")
    attacker.do("DELETE FROM checkpoint")
    assert audit().startswith("checkpoint 0: the newest one; the log has ")
    attacker.do("INSERT INTO log_subtree VALUES (1, 0, sha256('x'))")
    assert audit().startswith("log_subtree level 1: 1 stored, the log has 0")


def test_a_number_of_acts_in_another_order_than_the_log_is_found(attacker: Attacker, audit: Audited) -> None:
    attacker.do(
        "UPDATE act SET root_seq = 90 WHERE root_id = :root AND root_seq = 1",
        "UPDATE act SET root_seq = 1 WHERE root_id = :root AND root_seq = 2",
        "UPDATE act SET root_seq = 2 WHERE root_id = :root AND root_seq = 90",
        root=attacker.leads[0],
    )
    assert audit().endswith("its case has it in another order than the log")


def test_a_closed_day_of_the_access_log_that_was_never_logged_is_found(attacker: Attacker, audit: Audited) -> None:
    attacker.do("INSERT INTO access_day (day, reads, chain, closed_at) VALUES ('2026-01-01', 0, sha256('x'), now())")
    assert audit().startswith("access_log 2026-01-01: ")
