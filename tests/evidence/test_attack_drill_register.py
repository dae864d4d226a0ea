"""The attack drill on the register: keys and agencies that vanish, enrolments that are called back to life."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from app.client import Administrator, Agency, NodeKeys
from app.signing.keys import generate_private
from tests.agencies import PASSWORD, World, world
from tests.conftest import database_name, new_database
from tests.evidence.drill import Attacker
from tests.evidence.test_key_changes import send
from tests.server import EXCHANGE_ID

NODE = "township-990121101"
SET = "UPDATE pending_enrolment SET"
CONFIRMED = "confirmed_by = 'li', confirmed_at = now()"


@pytest.fixture(scope="module")
def untouched(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The township cancelled an enrolment that would have replaced its keys; another waits."""
    data = tmp_path_factory.mktemp("register") / "data"
    with new_database(server_url, template=template) as url:
        with world(url, data) as exchange:
            town = exchange.agency("township")
            exchange.offered()
            registrar = Administrator(exchange.url).login("registrar", PASSWORD)
            exchange.stack.callback(registrar.http.close)
            for last in (False, True):
                keys = NodeKeys(generate_private("Ed25519"), generate_private("Ed25519"))
                stranger = Agency(exchange.url, NODE, EXCHANGE_ID, keys)
                exchange.stack.callback(stranger.close)
                waits = stranger.enrol(registrar.enrolment_code(NODE)["code"])["enrolment_id"]
                if not last:
                    path = f"/v1/nodes/{NODE}/enrolments/{waits}/cancellation"
                    send(town, town.keys.act, path, {"enrolment_id": waits}, str(uuid4()))
        yield url, data


@pytest.fixture
def attacker(untouched: tuple[str, Path], server_url: str) -> Iterator[Attacker]:
    url, data = untouched
    with new_database(server_url, template=database_name(url)) as copy:
        yield Attacker(World("", copy, None, None), data, ("", ""))  # type: ignore[arg-type]  # no service runs


def test_before_the_attack_nothing_lies(attacker: Attacker) -> None:
    assert attacker.audited() == ""


@pytest.mark.parametrize(
    ("attack", "contradiction"),
    [
        ("DELETE FROM node_key WHERE purpose = 'seal' AND node_id LIKE 'police%'", ": it is gone; the request that"),
        ("DELETE FROM node_key WHERE purpose = 'auth' AND node_id LIKE 'police%'", ": it is gone; the request that"),
        ("DELETE FROM node WHERE node_id = 'police-990121'", "node police-990121: it is gone; its key events"),
        (
            f"{SET} state = 'pending', ended_at = NULL, ended_by = NULL WHERE state = 'cancelled'",
            ": it is pending, against what a key of the node signed",
        ),
        (f"{SET} ended_by = 'somebody' WHERE state = 'cancelled'", ": another key ended it"),
        (
            f"{SET} state = 'cancelled', ended_at = now(), ended_by = 'x' WHERE state = 'pending'",
            ": it is cancelled, against what a key of the node signed",
        ),
        (
            f"{SET} state = 'effective', {CONFIRMED}, ended_at = now() + interval '4 days' WHERE state = 'pending'",
            ": it is effective, and its key events say otherwise",
        ),
        ("DELETE FROM pending_enrolment WHERE state = 'pending'", ": it is gone; its signed request is not"),
        ("DELETE FROM pending_enrolment WHERE state = 'cancelled'", ": it is gone; its signed request is not"),
    ],
)
def test_what_the_register_lost_or_made_up_is_found(attacker: Attacker, attack: str, contradiction: str) -> None:
    attacker.do("DROP INDEX uq_pending_enrolment_one_a_node", attack)
    assert contradiction in attacker.audited()
