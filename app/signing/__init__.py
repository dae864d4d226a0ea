"""Signed documents: strict JSON, keys as JWK, and the detached JWS that every act travels under.

Pure: the standard library and `cryptography` only. `strict_json` reads and writes JSON, `keys` loads and
makes keys, `jws` signs and verifies. Nothing here knows who owns a key, what time it is, or whether a key
was revoked.
"""

from app.signing.jws import VerifiedJws, sign_detached, verify_detached
from app.signing.keys import (
    PrivateKey,
    PublicKey,
    SealKey,
    generate_private,
    load_private_jwk,
    load_public_jwk,
    load_seal_jwk,
    thumbprint,
)

__all__ = [
    "PrivateKey",
    "PublicKey",
    "SealKey",
    "VerifiedJws",
    "generate_private",
    "load_private_jwk",
    "load_public_jwk",
    "load_seal_jwk",
    "sign_detached",
    "thumbprint",
    "verify_detached",
]
