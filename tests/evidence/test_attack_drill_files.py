"""The attack drill on the files themselves: their objects are deleted, cut, exchanged, written anew."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.attachments.chunks import PREFIX_BYTES, ChunkCipher
from app.audit.files import StoreUnreadable
from app.casework.acts import CATALOGUE
from app.vault import decrypt
from tests.agencies import World, world
from tests.conftest import database_name, new_database
from tests.evidence.drill import Attacker

LARGE = os.urandom(1024) * (5 * 1024 + 1)  # more than is read at once
REPORTER = {"name": "林某某"}


@dataclass
class Files:
    """A lead with a large file, a small one that two acts name, and a sealed identity."""

    url: str
    data_dir: Path
    lead: str


@pytest.fixture(scope="module")
def files(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Files]:
    data = tmp_path_factory.mktemp("files") / "data"
    with new_database(server_url, template=template) as url:
        with world(url, data) as exchange:
            town, police = exchange.agency("township"), exchange.agency("police")
            town.pin(police.node_id, police.keys.act.kid)
            large = town.upload(LARGE, name="a.bin", media_type="application/octet-stream")
            small = town.upload(b"small", name="b.txt", media_type="text/plain")
            lead = town.register_lead(**CATALOGUE["lead.register"].example, attachments=[large, small]).lead_id
            parts = town.seal_identity(lead, REPORTER, [police.node_id])
            town.screen(
                lead,
                category="general",
                opinion="有具体事件",
                basis="依职责",
                attachments=[small],
                sealed=parts.sealed,
                sealed_commitment=parts.commitment,
            )
            exchange.offered()
        yield Files(url, data, lead)


@pytest.fixture
def attacker(files: Files, server_url: str, tmp_path: Path) -> Iterator[Attacker]:
    shutil.copytree(files.data_dir, tmp_path / "data")
    with new_database(server_url, template=database_name(files.url)) as copy:
        exchange = World("", copy, None, None)  # type: ignore[arg-type]  # no service runs
        yield Attacker(exchange, tmp_path / "data", (files.lead, files.lead))


def stored(attacker: Attacker, size: int) -> tuple[Path, str, bytes]:
    """Return the object of a file of this size, how an audit calls the first act that names it, and its key."""
    ((act_id, root, digest, object_key, sealed),) = attacker.do(
        "SELECT act_id, root_id, encode(sha256, 'hex'), object_key, file_key FROM enclosed WHERE size = :size "
        "ORDER BY act_id LIMIT 1",
        size=size,
    )
    file_key = decrypt(attacker.data_key(str(root)), sealed, object_key.encode())
    return attacker.data_dir / "attachments" / object_key, f"enclosed {act_id} {digest}", file_key


def test_before_the_attack_every_file_is_what_its_acts_say(attacker: Attacker) -> None:
    assert asyncio.run(attacker.look(files=True)).files == 3
    assert asyncio.run(attacker.look()).files is None


def test_a_deleted_object_is_missed_by_who_looks_at_files_alone(attacker: Attacker) -> None:
    path, name, _ = stored(attacker, len(LARGE))
    path.unlink()
    assert attacker.audited() == ""
    assert attacker.audited(files=True) == f"{name}: the object of the file is gone"


@pytest.mark.parametrize("size", [len(LARGE), len(b"small")])
def test_a_flipped_bit_and_a_lost_end_are_found(attacker: Attacker, size: int) -> None:
    path, name, _ = stored(attacker, size)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:])
    contradiction = f"{name}: the object is not the file: it has other bytes than were written"
    assert attacker.audited(files=True) == contradiction
    path.write_bytes(whole[:-1])
    assert attacker.audited(files=True) == contradiction
    path.write_bytes(b"")
    assert attacker.audited(files=True) == contradiction
    path.write_bytes(whole)
    assert attacker.audited(files=True) == ""


def test_an_object_in_the_place_of_another_does_not_open(attacker: Attacker) -> None:
    (one, _, _), (other, _, _) = stored(attacker, len(LARGE)), stored(attacker, len(b"small"))
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)
    assert attacker.audited(files=True).endswith("it has other bytes than were written")


def test_another_file_of_the_same_size_under_the_same_key_has_another_digest(attacker: Attacker) -> None:
    path, name, key = stored(attacker, len(b"small"))
    cipher = ChunkCipher(key, os.urandom(PREFIX_BYTES))
    path.write_bytes(cipher.header + cipher.seal(0, b"SMALL", last=True))
    assert attacker.audited(files=True) == f"{name}: the object is not the file: it has other bytes than were written"


def test_several_processes_name_the_same_file_first(attacker: Attacker) -> None:
    contradictions = []
    for size in (len(LARGE), len(b"small")):
        path, name, _ = stored(attacker, size)
        path.unlink()
        contradictions.append((path.parent.name + "/" + path.name, name))
    assert attacker.audited(files=True, jobs=2) == f"{min(contradictions)[1]}: the object of the file is gone"


def test_a_store_that_cannot_be_read_proves_nothing_and_is_no_lie(attacker: Attacker) -> None:
    with pytest.raises(StoreUnreadable, match="is no folder"):
        asyncio.run(attacker.look(files=True, attachments=str(attacker.data_dir / "elsewhere")))
    with pytest.raises(StoreUnreadable, match="while opening the store"):
        asyncio.run(attacker.look(files=True, attachments="nowhere://here"))
    assert not (attacker.data_dir / "elsewhere").exists()
