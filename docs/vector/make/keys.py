"""The published test keys. Each private half is the SHA-256 of a public sentence: it cannot pass for a secret."""

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from app.signing import strict_json
from app.signing.algorithms import ALGORITHMS, COORDINATE_BYTES, Alg
from app.signing.keys import (
    PrivateKey,
    PublicKey,
    SigningKey,
    load_private_pem,
    private_jwk,
    private_to_pem,
    public_to_pem,
)

Files = dict[str, bytes]

CIVIL, POLICE = "civil-affairs-990121", "police-990121"
EXCHANGE, WITNESS = "exchange-example", "exchange-neighbour"

# Each name is OWNER.PURPOSE, and the name of the folder.
KEYS: dict[str, Alg] = {
    f"{CIVIL}.act": "Ed25519",
    f"{CIVIL}.auth": "Ed25519",
    f"{POLICE}.act": "ES256",
    f"{POLICE}.auth": "Ed25519",
    f"{EXCHANGE}.signing": "Ed25519",
    f"{EXCHANGE}.log": "Ed25519",
    f"{WITNESS}.witness": "Ed25519",
}
_DETERMINISTIC = ec.ECDSA(SHA256(), deterministic_signing=True)


@dataclass(frozen=True, slots=True)
class Deterministic:
    """A P-256 key that signs as RFC 6979 says: the same bytes get the same signature, as those of Ed25519 do."""

    key: PrivateKey

    @property
    def alg(self) -> Alg:
        return self.key.alg

    @property
    def kid(self) -> str:
        return self.key.kid

    @property
    def public_jwk(self) -> dict[str, str]:
        return self.key.public_jwk

    @property
    def public(self) -> PublicKey:
        return self.key.public

    def sign(self, message: bytes) -> bytes:
        """Return r and s side by side, 32 bytes each (RFC 7518 section 3.4)."""
        numbers = decode_dss_signature(self.key.handle.sign(message, _DETERMINISTIC))
        return b"".join(number.to_bytes(COORDINATE_BYTES, "big") for number in numbers)


def private_key(name: str, alg: Alg) -> PrivateKey:
    """Return the key of a name; its 32 private bytes are the SHA-256 of a sentence that README.md gives."""
    secret = hashlib.sha256(f"LeadBridge published test key: {name}".encode()).digest()
    algorithm = ALGORITHMS[alg]
    return load_private_pem(algorithm.private_pem(algorithm.load_private(secret)))


def signing_keys() -> dict[str, SigningKey]:
    """Return every key by name, each signing deterministically."""
    made = {name: private_key(name, alg) for name, alg in KEYS.items()}
    return {name: Deterministic(key) if key.alg == "ES256" else key for name, key in made.items()}


def key_files() -> Files:
    """Return the files of all keys. `public.jwk` is written as RFC 7638 hashes it."""
    files: Files = {}
    for name, alg in KEYS.items():
        key = private_key(name, alg)
        files |= {
            f"published-test-keys/{name}/private.pem": private_to_pem(key),
            f"published-test-keys/{name}/private.jwk": strict_json.dumps(private_jwk(key)),
            f"published-test-keys/{name}/public.pem": public_to_pem(key.public),
            f"published-test-keys/{name}/public.jwk": strict_json.dumps(dict(sorted(key.public_jwk.items()))),
            f"published-test-keys/{name}/kid": key.kid.encode(),
        }
    return files
