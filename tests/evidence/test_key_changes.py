"""Bundles over a change of keys: what an ended key signed stays proven, and a new key goes back to the old one."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from app.client import Agency, NodeKeys
from app.signing.jws import sign_detached
from app.signing.keys import PrivateKey, generate_private
from tests.agencies import World
from tests.evidence.bundles import by_command, by_shell, download
from tests.evidence.conftest import enrolled
from tests.server import EXCHANGE_ID


def header(agency: Agency, jti: str) -> dict[str, Any]:
    return {"iss": agency.node_id, "aud": EXCHANGE_ID, "iat": int(datetime.now(UTC).timestamp()), "jti": jti}


def send(agency: Agency, key: PrivateKey, path: str, document: dict[str, Any], jti: str) -> None:
    body = json.dumps(document).encode()
    token = sign_detached(body, key, typ="lead-key+jws", **header(agency, jti))
    headers = {"Content-Type": "application/json", "X-JWS-Signature": token}
    answer = agency.http.post(path, content=body, headers=headers)
    assert answer.is_success, answer.text


def offering(agency: Agency, new: PrivateKey, jti: str) -> dict[str, Any]:
    """A key to be registered, with its proof of possession over the request's `jti`."""
    proof = sign_detached(jti.encode(), new, typ="lead-key+jws", **header(agency, str(uuid4())))
    return {"purpose": "act", "jwk": new.public_jwk, "proof": proof}


def revoking(agency: Agency, old: PrivateKey, signer: PrivateKey, **why: str) -> None:
    gone = {"kid": old.kid, "reason": "superseded", **why}
    send(agency, signer, f"/v1/nodes/{agency.node_id}/keys/{old.kid}/revocation", gone, str(uuid4()))


def test_a_new_key_goes_back_to_the_pinned_one_and_a_revoked_one_proves_what_came_before(
    world: World, tmp_path: Path
) -> None:
    town = enrolled(world, "township", "ES256")
    lead_id = world.register()
    old, new = town.keys.act, generate_private("Ed25519")
    jti = str(uuid4())
    send(town, old, f"/v1/nodes/{town.node_id}/keys", {"keys": [offering(town, new, jti)]}, jti)
    revoking(town, old, new, reason="compromised", compromised_from=datetime.now(UTC).isoformat())
    jwks = world.admin.http.get("/.well-known/jwks.json").json()
    later = Agency(world.url, town.node_id, EXCHANGE_ID, NodeKeys(new, town.keys.auth), jwks=jwks)
    world.stack.callback(later.close)
    later.defaults = town.defaults
    later.screen(lead_id, category="general", opinion="有具体事件", basis="依职责")
    found = download(world, "township", lead_id, tmp_path)
    assert f"node {town.node_id} {old.kid}\n" in found.policy().read_text()
    assert len(list((found.folder / "key-events").iterdir())) == 4
    for outcome in (by_command(found.zip, "--policy", found.policy()), by_shell(found.folder, found.policy())):
        assert outcome.status == 0, outcome.output
        assert f"disputed: key {old.kid} of {town.node_id} was reported compromised\n" in outcome.output
    only_new = tmp_path / "only-new"
    only_new.write_text(found.policy().read_text().replace(old.kid, new.kid))
    for outcome in (by_command(found.zip, "--policy", only_new), by_shell(found.folder, only_new)):
        assert outcome.status == 1, outcome.output
        assert old.kid in outcome.output
