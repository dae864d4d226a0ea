"""The attack drill on what waits for the log, and on keys: nothing here has a place in a signed tree yet."""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from app.audit.contradiction import Contradiction
from app.audit.register.key_queue import KeyQueue
from app.casework.acts import CATALOGUE
from app.client import Agency, NodeKeys
from app.signing import strict_json
from app.signing.jws import read_header, sign_detached
from app.signing.keys import PrivateKey, generate_private
from app.stored import stored_body
from app.transparency.entries import act_entry, key_entry
from app.transparency.tree import leaf_hash
from app.vault import encrypt
from tests.agencies import World, world
from tests.conftest import database_name, new_database
from tests.evidence.drill import Attacker
from tests.evidence.test_key_changes import offering, revoking, send
from tests.server import EXCHANGE_ID, serving


@dataclass
class Waiting:
    """A database without a sequencer: what came last waits. `old` and `new` are the township's keys."""

    url: str
    data_dir: Path
    logged: str
    lead: str
    old: PrivateKey
    new: PrivateKey


@pytest.fixture(scope="module")
def queue(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Waiting]:
    """The township registers a key, registers a lead by it with a file, screens it by the old one and revokes that."""
    data = tmp_path_factory.mktemp("queue") / "data"
    with new_database(server_url, template=template) as url:
        with world(url, data) as exchange:
            town = exchange.agency("township")
            exchange.agency("regulator")
            logged, _ = exchange.offered()
        new = generate_private("Ed25519")
        with serving(url, data, worker=False) as address, ExitStack() as stack:
            jwks = httpx.get(f"{address}/.well-known/jwks.json").json()

            def desk(key: PrivateKey) -> Agency:
                made = Agency(address, town.node_id, EXCHANGE_ID, NodeKeys(key, town.keys.auth), jwks=jwks)
                made.defaults = town.defaults
                stack.callback(made.close)
                return made

            old, later = desk(town.keys.act), desk(new)
            jti = str(uuid4())
            send(old, town.keys.act, f"/v1/nodes/{town.node_id}/keys", {"keys": [offering(old, new, jti)]}, jti)
            paper = later.upload(b"paper", name="a.txt", media_type="text/plain")
            lead = later.register_lead(**CATALOGUE["lead.register"].example, attachments=[paper]).lead_id
            old.screen(lead, category="general", opinion="有具体事件", basis="依职责")
            revoking(later, town.keys.act, new)
        yield Waiting(url, data, logged, lead, town.keys.act, new)


@pytest.fixture
def attacker(queue: Waiting, server_url: str) -> Iterator[Attacker]:
    with new_database(server_url, template=database_name(queue.url)) as copy:
        exchange = World("", copy, None, None)  # type: ignore[arg-type]  # no service runs
        yield Attacker(exchange, queue.data_dir, (queue.lead, queue.logged))


def place_of(attacker: Attacker, act_id: str) -> int:
    return int(attacker.do("SELECT ordinal FROM unsequenced WHERE act_id = :act", act=act_id)[0][0])


def test_before_the_attack_what_waits_holds(attacker: Attacker) -> None:
    waiting = {row[0] for row in attacker.do("SELECT kind FROM unsequenced")}
    assert waiting == {"key", "act", "notice", "revocation"}
    assert attacker.audited() == ""


def test_a_waiting_body_edited_with_digest_receipt_and_entry_lacks_the_agencys_signature(attacker: Attacker) -> None:
    register = attacker.act("lead.register")
    key = attacker.data_key(attacker.leads[0])
    ((jws, body, receipt, token),) = attacker.do(
        "SELECT jws, body, receipt, receipt_jws FROM act WHERE act_id = :act", act=register
    )
    clear = stored_body(key, register, body)
    forged = clear.replace("砂石".encode(), "木材".encode())
    assert forged != clear
    header = read_header(token)
    digest = hashlib.sha256(clear).hexdigest().encode(), hashlib.sha256(forged).hexdigest().encode()
    receipt = receipt.replace(*digest)
    token = sign_detached(
        receipt, attacker.keys().signing, typ=header.typ, iss=header.iss, aud=header.aud, iat=header.iat, jti=header.jti
    )
    attacker.do(
        "UPDATE act SET body = :body, body_sha256 = sha256(:clear), receipt = :receipt, receipt_jws = :token "
        "WHERE act_id = :act",
        "UPDATE unsequenced SET entry = :entry WHERE act_id = :act",
        body=encrypt(key, forged, register.encode()),
        clear=forged,
        receipt=receipt,
        token=token,
        entry=act_entry(jws=jws, body=forged, receipt=receipt, receipt_jws=token),
        act=register,
    )
    assert attacker.audited() == f"act {register}: a signature does not verify, or a document is malformed"


def test_a_waiting_act_that_would_be_told_to_another_or_never_or_twice_is_found(attacker: Attacker) -> None:
    screen = attacker.act("lead.screen")
    ordinal = place_of(attacker, screen)
    attacker.do("UPDATE unsequenced SET addressed = '{regulator-990121}' WHERE act_id = :act", act=screen)
    assert attacker.audited() == f"unsequenced {ordinal}: addressed is not that of act {screen}"
    attacker.do("UPDATE unsequenced SET addressed = '{}', entry = entry || 'x' WHERE act_id = :act", act=screen)
    assert attacker.audited() == f"unsequenced {ordinal}: it is not the entry of act {screen}"
    attacker.do(
        "UPDATE unsequenced SET entry = substring(entry FROM 1 FOR octet_length(entry) - 1) WHERE act_id = :act",
        "INSERT INTO unsequenced (kind, entry, committed_at, act_id, act, lead_id, sender) "
        "SELECT kind, entry, committed_at, act_id, act, lead_id, sender FROM unsequenced WHERE act_id = :act",
        act=screen,
    )
    assert attacker.audited() == f"unsequenced {screen}: the act waits for the log more than once"
    attacker.do("DELETE FROM unsequenced WHERE act_id = :act", act=screen)
    assert attacker.audited() == f"act {screen}: it is neither in the log nor waiting for it"


def test_a_logged_act_that_waits_again_is_found(attacker: Attacker) -> None:
    register = attacker.act("lead.register", 1)
    attacker.do(
        "INSERT INTO unsequenced (kind, entry, committed_at, act_id, act, lead_id, sender) "
        "SELECT 'act', l.entry, a.received_at, a.act_id, a.act, a.lead_id, a.sender "
        "FROM act a JOIN log_entry l USING (act_id) WHERE act_id = :act",
        act=register,
    )
    assert "it waits for the log, and is in it at " in attacker.audited()


def test_a_file_of_a_waiting_act_is_held_against_the_act(attacker: Attacker) -> None:
    register = attacker.act("lead.register")
    attacker.do("UPDATE enclosed SET size = size + 1 WHERE act_id = :act", act=register)
    assert attacker.audited().endswith("root, size or recipient are not those of the act")
    attacker.do("DELETE FROM enclosed WHERE act_id = :act", act=register)
    assert attacker.audited().startswith(f"enclosed {register} ")


def test_a_revocation_that_waits_before_an_act_by_its_key_is_found(attacker: Attacker, queue: Waiting) -> None:
    """The key state is that of the moment: the old key signed, and only then was it revoked."""
    screen = attacker.act("lead.screen")
    attacker.do(
        "INSERT INTO unsequenced (ordinal, kind, entry, committed_at) OVERRIDING SYSTEM VALUE "
        "SELECT -1, kind, entry, committed_at FROM unsequenced WHERE kind = 'revocation'",
        "DELETE FROM unsequenced WHERE kind = 'revocation' AND ordinal > 0",
    )
    assert attacker.audited().endswith("the request does not verify under the key that it names")
    between = place_of(attacker, screen)
    attacker.do(
        "INSERT INTO unsequenced (ordinal, kind, entry, committed_at, act_id, act, lead_id, sender) "
        "OVERRIDING SYSTEM VALUE SELECT ordinal + 500, kind, entry, committed_at, act_id, act, lead_id, sender "
        "FROM unsequenced WHERE act_id = :act",
        "DELETE FROM unsequenced WHERE act_id = :act AND ordinal < 500",
        "INSERT INTO unsequenced (ordinal, kind, entry, committed_at) OVERRIDING SYSTEM VALUE "
        "SELECT :between, kind, entry, committed_at FROM unsequenced WHERE ordinal = -1",
        "DELETE FROM unsequenced WHERE ordinal = -1",
        act=screen,
        between=between,
    )
    assert attacker.audited() == f"act {screen}: signed by {queue.old.kid}, which was revoked before it"


def test_a_key_that_its_owner_never_signed_for_is_found_even_if_an_agency_helps(
    attacker: Attacker, queue: Waiting
) -> None:
    """The township signs a registration of somebody else's key; the exchange takes it all the same."""
    ((request, number, node, jws, body),) = attacker.do(
        "SELECT request_id, number, e.node_id, jws, body FROM key_event e JOIN key_request q USING (request_id) "
        "WHERE kid = :kid",
        kid=queue.new.kid,
    )
    document, header = strict_json.loads(body), read_header(jws)
    document["keys"][0]["proof"] = sign_detached(
        header.jti.encode(), queue.old, typ=header.typ, iss=node, aud=EXCHANGE_ID, iat=header.iat, jti=header.jti
    )
    body = strict_json.dumps(document)
    jws = sign_detached(body, queue.old, typ=header.typ, iss=node, aud=EXCHANGE_ID, iat=header.iat, jti=header.jti)
    entry = key_entry(node=node, kid=queue.new.kid, purpose="act", event="register", key_event=number, request_jws=jws)
    attacker.do(
        "UPDATE key_request SET jws = :jws, body = :body WHERE request_id = :request",
        "UPDATE key_event SET leaf_hash = :leaf WHERE kid = :kid AND event = 'register'",
        "UPDATE unsequenced SET entry = :entry WHERE kind = 'key'",
        jws=jws,
        body=body,
        request=request,
        leaf=leaf_hash(entry),
        kid=queue.new.kid,
        entry=entry,
    )
    assert attacker.audited() == f"key_event {node} {number}: the key has not signed for its own registration"


def test_why_a_key_was_revoked_and_what_it_is_follow_from_the_signed_requests(
    attacker: Attacker, queue: Waiting
) -> None:
    attacker.do("UPDATE node_key SET revoke_reason = 'compromised' WHERE kid = :kid", kid=queue.old.kid)
    assert attacker.audited() == f"node_key {queue.old.kid}: no signed request on record made it what it is"


def test_a_key_notice_that_is_kept_for_another_node_is_found(attacker: Attacker) -> None:
    attacker.do("UPDATE key_notice SET node_id = 'regulator-990121'")
    assert attacker.audited().endswith("it is kept for another node than it was signed for")


def test_a_key_entry_that_no_event_makes_is_found(attacker: Attacker) -> None:
    attacker.do(
        "INSERT INTO unsequenced (kind, entry, committed_at) SELECT kind, entry || 'x', now() FROM unsequenced "
        "WHERE kind = 'key'"
    )
    assert attacker.audited().endswith("no key event on record makes such an entry")


def test_a_key_entry_that_waits_twice_is_found() -> None:
    row = {"ordinal": 7, "kind": "key", "entry": b"entry"}
    with pytest.raises(Contradiction, match="unsequenced 8: it waits for the log twice"):
        KeyQueue([row, {**row, "ordinal": 8}])
