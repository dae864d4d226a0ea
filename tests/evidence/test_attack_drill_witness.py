"""The attack drill on witnessing: what this exchange remembers of other logs, and what others cosigned of its own."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from app.signing.keys import generate_private
from app.transparency.checkpoint import Checkpoint, Log, WitnessKey
from tests.agencies import World
from tests.conftest import database_name, new_database
from tests.evidence.drill import Attacker
from tests.server import EXCHANGE_ID, serving
from tests.transparency.sites import FOREIGN, LEAVES, submission, tree_of

WITNESS = WitnessKey("exchange-990004/witness", generate_private("Ed25519"))


@dataclass
class Witnessed:
    """An exchange that cosigned a foreign log at 5 and 300, and whose own empty log somebody cosigned."""

    url: str
    data_dir: Path
    policy: Path


@pytest.fixture(scope="module")
def witnessed(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Witnessed]:
    folder = tmp_path_factory.mktemp("witness")
    policy = folder / "policy"
    policy.write_text(f"log {FOREIGN.verifier}\nwitness other {WITNESS.verifier}\nquorum none\n")
    with new_database(server_url, template=template) as url:
        with serving(url, folder / "data", witness_policy=policy) as address:
            for old, size in ((0, 5), (5, 300)):
                body = submission(old, size).encode()
                assert httpx.post(f"{address}/log/witness/add-checkpoint", content=body).status_code == 200
        yield Witnessed(url, folder / "data", policy)


@pytest.fixture
def attacker(witnessed: Witnessed, server_url: str) -> Iterator[Attacker]:
    with new_database(server_url, template=database_name(witnessed.url)) as copy:
        made = Attacker(World("", copy, None, None), witnessed.data_dir, ("", ""))  # type: ignore[arg-type]  # no service
        made.settings["witness_policy"] = witnessed.policy
        cosigned(made, WITNESS)
        yield made


def cosigned(attacker: Attacker, witness: WitnessKey) -> None:
    """Keep a cosignature of the log's newest head, as the service does when a witness answers."""
    ((size, note),) = attacker.do("SELECT size, note FROM checkpoint ORDER BY size DESC LIMIT 1")
    text, at = note.split("\n\n")[0] + "\n", 1_795_000_000
    attacker.do(
        "INSERT INTO checkpoint_cosignature (size, witness, line, at) VALUES (:size, :witness, :line, :at)",
        size=size,
        witness=str(witness.verifier),
        line=witness.cosign(text, at).removesuffix("\n"),
        at=datetime.fromtimestamp(at, UTC),
    )


def test_before_the_attack_heads_and_cosignatures_hold_by_the_keys_of_the_policy(attacker: Attacker) -> None:
    found = asyncio.run(attacker.look()).witnessing
    assert found.heads == {FOREIGN.origin: (300, tree_of(LEAVES[:300]).root())}
    assert (found.unpinned, found.strangers) == ((), ())


def test_without_a_policy_it_is_said_whose_keys_nobody_pinned(attacker: Attacker) -> None:
    attacker.settings.clear()
    found = asyncio.run(attacker.look()).witnessing
    assert (found.unpinned, found.strangers) == ((FOREIGN.origin,), (str(WITNESS.verifier),))


def test_an_edited_head_is_not_that_of_its_note(attacker: Attacker) -> None:
    attacker.do("UPDATE witnessed_log SET size = 400")
    assert attacker.audited() == f"witnessed_log {FOREIGN.origin}: the note is of another log, size or root"
    attacker.do("UPDATE witnessed_log SET size = 300, root = sha256('x')")
    assert attacker.audited() == f"witnessed_log {FOREIGN.origin}: the note is of another log, size or root"
    attacker.do("UPDATE witnessed_log SET note = ''")
    assert "the note is not signed" in attacker.audited()


def test_a_head_with_a_note_by_another_key_is_not_signed_by_the_log(attacker: Attacker) -> None:
    forged = Log(FOREIGN.origin, generate_private("Ed25519")).sign(7, tree_of(LEAVES[:7]).root())
    root = tree_of(LEAVES[:7]).root()
    attacker.do("UPDATE witnessed_log SET size = 7, root = :root, note = :note", root=root, note=str(forged))
    assert "the note is not signed by a key that is pinned" in attacker.audited()


def test_a_head_that_went_back_is_found_by_who_audited_before(attacker: Attacker, tmp_path: Path) -> None:
    """Its note is genuine: a witness that forgot would cosign a second history."""
    state = tmp_path / "state"
    assert attacker.audited(state=state) == ""
    assert json.loads(state.read_text())["witnessed"][FOREIGN.origin][0] == 300
    root = tree_of(LEAVES[:5]).root()
    note = str(FOREIGN.sign(5, root))
    attacker.do("UPDATE witnessed_log SET size = 5, root = :root, note = :note", root=root, note=note)
    assert attacker.audited() == "", "alone nothing contradicts it"
    assert attacker.audited(state=state) == f"witnessed_log {FOREIGN.origin}: it went back from size 300 to 5"
    other = tree_of(LEAVES[1:301]).root()
    note = str(FOREIGN.sign(300, other))
    attacker.do("UPDATE witnessed_log SET size = 300, root = :root, note = :note", root=other, note=note)
    contradiction = f"witnessed_log {FOREIGN.origin}: an earlier audit found another root at size 300"
    assert attacker.audited(state=state) == contradiction
    attacker.do("DELETE FROM witnessed_log")
    assert (
        attacker.audited(state=state)
        == f"witnessed_log {FOREIGN.origin}: it is gone; an earlier audit found it at size 300"
    )


def test_a_cosignature_that_was_edited_moved_or_dated_otherwise_is_found(attacker: Attacker) -> None:
    attacker.do("UPDATE checkpoint_cosignature SET at = at + interval '1 hour'")
    assert attacker.audited().endswith(": it is no cosignature of that time")
    attacker.do("DELETE FROM checkpoint_cosignature")
    ((size,),) = attacker.do("SELECT max(size) FROM checkpoint")
    line = WITNESS.cosign(str(Checkpoint(f"{EXCHANGE_ID}/log", size, bytes(32))), 1_795_000_000)
    attacker.do(
        "INSERT INTO checkpoint_cosignature (size, witness, line, at) VALUES (:size, :witness, :line, now())",
        size=size,
        witness=str(WITNESS.verifier),
        line=line.removesuffix("\n"),
    )
    assert attacker.audited().startswith(f"checkpoint_cosignature {size} {WITNESS.verifier}: ")


def test_a_deleted_checkpoint_is_proven_by_its_cosignature(attacker: Attacker) -> None:
    attacker.do("UPDATE checkpoint_cosignature SET size = 99")
    assert attacker.audited() == f"checkpoint 99: it is gone; {WITNESS.verifier} has cosigned it"
