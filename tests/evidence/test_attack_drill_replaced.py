"""The attack drill on keys that were replaced: a second registrar, 72 hours, and a node that was told."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.client import Agency, NodeKeys
from app.signing.keys import generate_private
from tests.agencies import World, add_registrar, world
from tests.conftest import database_name, new_database
from tests.evidence.drill import Attacker
from tests.evidence.test_replaced_keys import Hand, confirm, key_news, registrar
from tests.server import EXCHANGE_ID

TOWN = "township-990121101"


@pytest.fixture(scope="module")
def replaced(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The township lost its keys, and was enrolled anew as the contract says."""
    data, clock = tmp_path_factory.mktemp("replaced") / "data", Hand()
    with new_database(server_url, template=template) as url:
        with world(url, data, clock=clock) as exchange:
            asyncio.run(add_registrar(url, "second"))
            exchange.offered()
            town, police = exchange.agency("township"), exchange.agency("police")
            keys = NodeKeys(generate_private("Ed25519"), generate_private("Ed25519"))
            new = Agency(exchange.url, town.node_id, EXCHANGE_ID, keys, clock=clock)
            exchange.stack.callback(new.close)
            pending = new.enrol(registrar(exchange, "registrar").enrolment_code(town.node_id)["code"])
            assert confirm(registrar(exchange, "second"), pending["enrolment_id"]).status_code == 201
            clock.now += timedelta(hours=72)
            assert key_news(police, 7)[-1]["event"] == "enrolment_effective"
        yield url, data


@pytest.fixture
def attacker(replaced: tuple[str, Path], server_url: str) -> Iterator[Attacker]:
    url, data = replaced
    with new_database(server_url, template=database_name(url)) as copy:
        yield Attacker(World("", copy, None, None), data, ("", ""))  # type: ignore[arg-type]  # no service runs


def test_before_the_attack_the_replacement_holds(attacker: Attacker) -> None:
    assert attacker.audited() == ""


def test_a_replacement_that_one_registrar_made_alone_is_found(attacker: Attacker) -> None:
    contradiction = f"key_event {TOWN} 4: it replaces the keys of a node, and no second registrar confirmed that"
    attacker.do(
        "ALTER TABLE pending_enrolment DROP CONSTRAINT ck_pending_enrolment_confirmed_by_another",
        "UPDATE pending_enrolment SET confirmed_by = issued_by",
    )
    assert attacker.audited() == contradiction
    attacker.do("DELETE FROM pending_enrolment")
    assert attacker.audited() == contradiction


def test_a_replacement_of_which_the_node_was_not_told_is_found(attacker: Attacker) -> None:
    """Whoever owns the exchange's keys can leave the notice out; then the registration stands in the log without."""
    attacker.do("UPDATE pending_enrolment SET enrolment_id = gen_random_uuid()")
    assert attacker.audited() == f"key_event {TOWN} 4: it replaces the keys of a node that was not told before"
