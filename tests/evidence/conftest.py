"""An exchange for the module with a bundle of a lead that went to the police, and one for a test alone."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app import embedded_postgres, migrate
from app.client import Agency, NodeKeys
from app.client.ids import uuid7
from app.client.transfers import OfferLetter
from app.signing import sm2
from app.signing.algorithms import Alg
from app.signing.keys import generate_private
from tests.agencies import CAST, World
from tests.agencies import world as running_world
from tests.conftest import database_name, new_database
from tests.evidence.bundles import Bundle, download
from tests.registry_app import Hand
from tests.server import EXCHANGE_ID

LETTER: OfferLetter = {"route": "report_up", "basis": "依职责", "competence_reason": "属地", "known_facts": "未经核实"}
PAPERS = "来信一件，未经核实。\n".encode() * 50


@pytest.fixture(scope="module")
def world(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running_world(module_database_url, tmp_path_factory.mktemp("exchange")) as running:
        yield running


@pytest.fixture(scope="module")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of our own into which the superuser may log in, as whoever owns the machine arranges it."""
    folder = tmp_path_factory.mktemp("server")
    with embedded_postgres.running(folder, durable=False) as url:
        with (folder / "postgres" / "pg_hba.conf").open("a") as access:
            access.write("local all postgres trust\nhost all postgres 127.0.0.1/32 trust\n")
        os.kill(int((folder / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0]), signal.SIGHUP)
        yield url


@pytest.fixture(scope="module")
def template(server_url: str) -> Iterator[str]:
    with new_database(server_url) as url:
        migrate.upgrade(url)
        yield database_name(url)


@pytest.fixture
def hand() -> Hand:
    return Hand(datetime(2026, 3, 2, 1, 0, tzinfo=UTC))


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def exchange(database_url: str, data_dir: Path, hand: Hand) -> Iterator[World]:
    """An exchange of a test's own, whose clock `hand` moves, and five agencies."""
    with running_world(database_url, data_dir, clock=hand) as running:
        for name in ("office", "township", "police", "regulator", "supervision"):
            running.agency(name)
        hand.forward(minutes=5)
        yield running


def enrolled(world: World, name: str, alg: Alg) -> Agency:
    """An agency of the cast whose act key is of another algorithm than that of the others."""
    node_id = next(one for one in CAST if one.startswith(name))
    kind, title, division, level = CAST[node_id]
    world.admin.create_node(node_id, kind=kind, name=title, division_code=division, level=level)
    made = Agency(world.url, node_id, EXCHANGE_ID, NodeKeys(generate_private(alg), generate_private("Ed25519")))
    world.stack.callback(made.close)
    made.defaults = {
        "signatory": {"name": "何某某", "title": "负责人"},
        "handler": {"name": "许某某", "phone": "0990-5550101"},
    }
    made.enrol(world.admin.enrolment_code(node_id)["code"])
    world.enrolled[name] = made
    return made


@pytest.fixture(scope="module")
def bundle(world: World, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The township's bundle: acts signed by Ed25519, ES256 and, where this machine can, SM2; one enclosure."""
    town = world.agency("township")
    police = enrolled(world, "police", "ES256")
    regulator = enrolled(world, "regulator", "SM2-SM3" if sm2.available() else "Ed25519")
    lead_id, first, second = world.register(), uuid7(), uuid7()
    town.screen(lead_id, category="general", opinion="有具体事件", basis="依职责")
    paper = town.upload(PAPERS, name="来信.txt", media_type="text/plain")
    town.offer(lead_id, regulator.node_id, transfer_id=first, letter=LETTER, attachments=[paper])
    world.hear(regulator, "transfer.offer", lead_id)
    regulator.sign_receipt(first, attachments_received=1)
    regulator.return_(first, reason_code="misrouted", basis="不属本单位职责")
    world.hear(town, "transfer.return", lead_id)
    town.offer(lead_id, police.node_id, transfer_id=second, letter=LETTER, attachments=[paper])
    world.hear(police, "transfer.offer", lead_id)
    police.sign_receipt(second, attachments_received=1)
    police.accept(second)
    return download(world, "township", lead_id, tmp_path_factory.mktemp("bundle"))
