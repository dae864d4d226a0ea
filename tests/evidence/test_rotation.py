"""The exchange's own keys are followed by others while it runs: nobody restarts, and nothing proven is lost."""

import asyncio
import base64
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.config import Settings
from app.db import create_engine
from app.registry.exchange_keys import WrappedKeys
from app.registry.rotation import rotate
from app.signing.jws import read_header
from app.transparency.note import parse_note, parse_vkey, verify_note
from app.vault import open_vault
from tests.agencies import World, world
from tests.cli.command_line import leadbridge
from tests.evidence.bundles import Bundle, by_command, by_shell, download
from tests.server import EXCHANGE_ID
from tests.waiting import until


def follow(running: World, folder: Path, purpose: str, **how: bool) -> tuple[str, str]:
    async def run() -> tuple[str, str]:
        engine = create_engine(running.database_url, pool_size=1)
        try:
            store = WrappedKeys(open_vault(Settings(data_dir=folder)))
            return await rotate(engine, store, EXCHANGE_ID, purpose, datetime.now(UTC), **how)
        finally:
            await engine.dispose()

    return asyncio.run(run())


def described(running: World) -> dict[str, Any]:
    found: dict[str, Any] = running.admin.http.get("/.well-known/leadbridge").json()
    return found


def until_described(running: World, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    until("the exchange describes itself anew", lambda: fits(described(running)), there=lambda: described(running))
    return described(running)


def publishes(running: World, kid: str) -> bool:
    return bool(running.admin.http.get("/.well-known/jwks.json").json()["keys"][-1]["kid"] == kid)


def head(running: World) -> Any:
    return parse_note(running.admin.http.get("/log/checkpoint").content)


def kinds(note: Any, *vkeys: str) -> int:
    return len(verify_note(note, [parse_vkey(one) for one in vkeys]))


def both(bundle: Bundle, policy: Path, status: int) -> None:
    for outcome in (by_command(bundle.zip, "--policy", policy), by_shell(bundle.folder, policy)):
        assert outcome.status == status, outcome.output


def test_receipts_and_checkpoints_go_over_to_new_keys_and_either_key_verifies_a_bundle(
    database_url: str, tmp_path: Path
) -> None:
    with world(database_url, tmp_path / "exchange") as running:
        town, folder = running.agency("township"), tmp_path / "exchange"
        before = described(running)
        lead_id = running.register()
        first = read_header(town.get(f"/v1/acts/{town.timeline(lead_id)[0]['act_id']}")["receipt_jws"]).kid
        chain = [first]
        for _ in range(2):
            former, new = follow(running, folder, "signing")
            assert former == chain[-1]
            chain.append(new)
            until("the exchange publishes its new key", partial(publishes, running, new))
        receipt = town.screen(lead_id, category="general", opinion="有具体事件", basis="依职责")
        assert read_header(receipt.jws).kid == chain[-1]
        old_log, new_log = follow(running, folder, "log", at_once=True)
        assert old_log != new_log
        after = until_described(running, lambda now: now["log_vkey"] != before["log_vkey"])
        assert after["former_log_vkeys"] == [before["log_vkey"]]
        until("the new key signs a head", lambda: kinds_or_none(head(running), after["log_vkey"]))
        assert not kinds_or_none(head(running), before["log_vkey"])
        found = download(running, "township", lead_id, tmp_path)
    assert len([one for one in found.names() if one.startswith(f"key-events/{EXCHANGE_ID}-")]) == 12
    suggested = found.policy().read_text()
    others = [line for line in suggested.splitlines() if not line.startswith(("exchange ", "log "))]
    policy = tmp_path / "pinned"
    for log in (before["log_vkey"], after["log_vkey"]):
        for kid in chain:
            policy.write_text("\n".join([f"log {log}", *others, f"exchange {EXCHANGE_ID} {kid}", ""]))
            both(found, policy, 0)
    policy.write_text("\n".join([f"log {log}", *others, f"exchange {EXCHANGE_ID} {'A' * 43}", ""]))
    both(found, policy, 1)
    stranger = before["log_vkey"].replace(EXCHANGE_ID, "exchange-other")
    with pytest.raises(ValueError, match="id"):
        parse_vkey(stranger)


def kinds_or_none(note: Any, *vkeys: str) -> int:
    try:
        return kinds(note, *vkeys)
    except ValueError:
        return 0


def test_during_the_overlap_a_checkpoint_bears_both_signatures(database_url: str, tmp_path: Path) -> None:
    with world(database_url, tmp_path) as running:
        running.register()
        until("a checkpoint", lambda: running.admin.http.get("/log/checkpoint").is_success)
        before = described(running)
        follow(running, tmp_path, "log")
        after = until_described(running, lambda now: now["log_vkey"] != before["log_vkey"])
        both_keys = (before["log_vkey"], after["log_vkey"])
        until("a head with both signatures", lambda: kinds_or_none(head(running), *both_keys) == 2)
        running.register()
        until("a head with the former signature", lambda: kinds_or_none(head(running), before["log_vkey"]) == 1)
        assert kinds_or_none(head(running), after["log_vkey"]) == 1


def test_every_flip_in_an_event_of_the_exchange_fails_in_both_verifiers(database_url: str, tmp_path: Path) -> None:
    with world(database_url, tmp_path / "exchange") as running:
        lead_id = running.register()
        follow(running, tmp_path / "exchange", "signing")
        found = download(running, "township", lead_id, tmp_path)
    policy = found.policy()
    both(found, policy, 0)
    for name in ("request.jws", "request.body", "entry.bin", "entry.tlog-proof"):
        path = found.folder / f"key-events/{EXCHANGE_ID}-001" / name
        whole = path.read_bytes()
        for place in range(3, len(whole), max(1, len(whole) // 2)):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            assert by_command(found.folder, "--policy", policy).status == 1
            assert by_shell(found.folder, policy).status == 1
        path.write_bytes(whole)


def test_the_command_rotates_beside_a_running_service(database_url: str, tmp_path: Path) -> None:
    with world(database_url, tmp_path) as running:
        settings = {
            "LEADBRIDGE_DATABASE_URL": database_url,
            "LEADBRIDGE_DATA_DIR": str(tmp_path),
            "LEADBRIDGE_EXCHANGE_ID": EXCHANGE_ID,
        }
        done = leadbridge("keys", "rotate", "witness", **settings)
        assert done.returncode == 0, done.stderr
        until_described(running, lambda now: bool(now["former_witness_vkeys"]))
        lacking = leadbridge("keys", "rotate", "sm2", **settings)
        said = "leadbridge: the exchange has no sm2 key yet / 本平台尚无 sm2 密钥\n"
        assert (lacking.returncode, lacking.stderr) == (1, said)
        assert base64.b64decode(described(running)["witness_vkey"].split("+", 2)[2])[0] == 4
