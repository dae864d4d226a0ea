"""The attack drill with keys of the exchange that others followed: whoever kept one signs nothing new with it."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.config import Settings
from app.db import create_engine
from app.registry.exchange_keys import WrappedKeys, log_origin
from app.registry.rotation import rotate
from app.signing.jws import read_header, sign_detached
from app.signing.keys import SigningKey
from app.times import utc_now
from app.transparency.checkpoint import Log
from app.vault import open_vault
from tests.agencies import World, world
from tests.conftest import database_name, new_database
from tests.evidence.drill import Attacker
from tests.server import EXCHANGE_ID


@dataclass
class Followed:
    """An exchange whose log and signing keys were each followed by another, between two leads; then one more."""

    url: str
    data_dir: Path
    leads: tuple[str, str]


@pytest.fixture(scope="module")
def followed(server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Followed]:
    data = tmp_path_factory.mktemp("followed") / "data"
    with new_database(server_url, template=template) as url:
        with world(url, data) as exchange:
            first, _ = exchange.offered()
            for purpose in ("log", "signing"):
                asyncio.run(_rotated(url, data, purpose))
            exchange.sequenced()
            second, _ = exchange.offered()
        yield Followed(url, data, (first, second))


async def _rotated(url: str, data: Path, purpose: str) -> None:
    engine = create_engine(url, pool_size=1)
    try:
        store = WrappedKeys(open_vault(Settings(data_dir=data)))
        await rotate(engine, store, EXCHANGE_ID, purpose, utc_now(), at_once=True)
    finally:
        await engine.dispose()


@pytest.fixture
def attacker(followed: Followed, server_url: str) -> Iterator[Attacker]:
    with new_database(server_url, template=database_name(followed.url)) as copy:
        exchange = World("", copy, None, None)  # type: ignore[arg-type]  # no service runs
        yield Attacker(exchange, followed.data_dir, followed.leads)


def former(attacker: Attacker, purpose: str) -> SigningKey:
    ((kid, jwk, kept),) = attacker.do(
        "SELECT kid, jwk::text, wrapped FROM exchange_key WHERE purpose = :purpose AND retired_at IS NOT NULL",
        purpose=purpose,
    )
    return WrappedKeys(open_vault(Settings(data_dir=attacker.data_dir))).open(purpose, json.loads(jwk), kid, kept)


def test_before_the_attack_both_keys_hold_each_in_its_time(attacker: Attacker) -> None:
    assert attacker.audited() == ""


def test_a_head_that_a_followed_log_key_signs_is_none(attacker: Attacker) -> None:
    ((size, root),) = attacker.do("SELECT size, root FROM checkpoint ORDER BY size DESC LIMIT 1")
    note = Log(log_origin(EXCHANGE_ID), former(attacker, "log")).sign(size, root)
    attacker.do("UPDATE checkpoint SET note = :note WHERE size = :size", note=str(note), size=size)
    assert attacker.audited().startswith(f"checkpoint {size}: the note is not signed by the log")


def resigned(attacker: Attacker, act_id: str, key: SigningKey, later: int = 0) -> None:
    """Sign a receipt by another key, at another time; its entry in the log is then another, which matters later."""
    ((receipt, token),) = attacker.do("SELECT receipt, receipt_jws FROM act WHERE act_id = :act", act=act_id)
    header = read_header(token)
    token = sign_detached(
        receipt, key, typ=header.typ, iss=header.iss, aud=header.aud, iat=header.iat + later, jti=header.jti
    )
    attacker.do("UPDATE act SET receipt_jws = :token WHERE act_id = :act", token=token, act=act_id)


def test_a_receipt_that_a_followed_key_signs_is_at_least_not_the_one_in_the_log(attacker: Attacker) -> None:
    """How long after is held against the key book alone: the leads of this drill are seconds apart."""
    key, register = former(attacker, "signing"), attacker.act("lead.register", 1)
    resigned(attacker, register, key, later=60)
    assert attacker.audited() == f"act {register}: receipt_jws was signed at another time than the receipt says"
    resigned(attacker, register, key, later=-60)
    # Within the moment that a process may need to hear of it nothing but the log entry is against it.
    assert attacker.audited().endswith(f"it is not the entry of act {register}")
