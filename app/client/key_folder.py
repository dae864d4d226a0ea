"""A folder that holds one agency's keys and what it pinned at enrolment: enough to act again tomorrow."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from app.client.connection import NodeKeys
from app.signing.algorithms import Alg
from app.signing.keys import PrivateKey, generate_private, load_private_pem, private_to_pem
from app.signing.sealing import SealingKey, generate_sealing, load_sealing_pem, sealing_to_pem

PURPOSES = ("act", "auth")
SEAL = "seal"


class Enrolment(TypedDict):
    """Where and as whom an agency is enrolled, with its keys and the exchange's."""

    url: str
    node_id: str
    exchange_id: str
    keys: NodeKeys
    jwks: Mapping[str, Any]


@dataclass(frozen=True)
class KeyFolder:
    """`act.pem`, `auth.pem`, `seal.pem` (PKCS#8, mode 0600), their public JWKs, and `node.json` once enrolled."""

    path: Path

    def create_key(self, purpose: str, alg: Alg = "Ed25519") -> PrivateKey:
        """Make a key and write it. Raises FileExistsError rather than overwrite one."""
        key = generate_private(alg)
        self._write(purpose, private_to_pem(key), {**key.public_jwk, "kid": key.kid, "alg": key.alg})
        return key

    def create_seal_key(self) -> SealingKey:
        """Make the key that opens what is sealed for this agency, always X25519; as `create_key`."""
        key = generate_sealing()
        self._write(SEAL, sealing_to_pem(key), {**key.public_jwk, "kid": key.kid, "alg": "ECDH-ES+A256KW"})
        return key

    def _write(self, purpose: str, pem: bytes, public: Mapping[str, str]) -> None:
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        # O_EXCL with the mode at creation: the key is never there with wider permissions, nor written over.
        descriptor = os.open(self.path / f"{purpose}.pem", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
        (self.path / f"{purpose}.public.jwk.json").write_text(json.dumps(public, indent=2) + "\n")

    def keys(self) -> NodeKeys:
        """Load the keys; a seal key may be missing. Raises FileNotFoundError, and WeakKey for what is no such key."""
        act, auth = (load_private_pem((self.path / f"{purpose}.pem").read_bytes()) for purpose in PURPOSES)
        seal = self.path / f"{SEAL}.pem"
        return NodeKeys(act, auth, load_sealing_pem(seal.read_bytes()) if seal.exists() else None)

    def remember(self, *, url: str, node_id: str, exchange_id: str, jwks: Mapping[str, Any]) -> None:
        """Write down where and as whom these keys are enrolled, with the exchange's keys to pin."""
        enrolled = {"url": url, "node_id": node_id, "exchange_id": exchange_id, "jwks": jwks}
        (self.path / "node.json").write_text(json.dumps(enrolled, indent=2, ensure_ascii=False) + "\n")

    @property
    def enrolled(self) -> bool:
        return (self.path / "node.json").exists()

    def enrolment(self, url: str | None = None) -> Enrolment:
        """Return what `Agency(**folder.enrolment())` needs, at `url` when the exchange has moved.

        Raises FileNotFoundError before `remember`.
        """
        kept = json.loads((self.path / "node.json").read_text())
        return Enrolment(
            url=url or kept["url"],
            node_id=kept["node_id"],
            exchange_id=kept["exchange_id"],
            keys=self.keys(),
            jwks=kept["jwks"],
        )
