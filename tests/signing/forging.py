"""Tokens, honest and forged: any header text, under a signature that is good all the same."""

import json
from typing import Any

import pytest

from app.errors import BadSignature
from app.signing import b64url, jws, sm2
from app.signing.algorithms import ALGORITHMS, Alg
from app.signing.keys import PrivateKey

ALGS: tuple[Alg, ...] = ("Ed25519", "ES256", *(("SM2-SM3",) if sm2.available() else ()))
"""What this machine can: SM2 needs a libcrypto that was built with it."""
BODY = '{"act":"lead.register","title":"关于某村砂石场的线索"}'.encode()
JTI = "0198c2f1-7a64-7c31-9a0e-5b1f0c6d2e11"
IAT = 1_795_420_000
WHO = {"typ": "lead-act+jws", "iss": "township-990121101", "aud": "exchange-local"}


def members(key: PrivateKey, **changes: Any) -> dict[str, Any]:
    """A good protected header, with `changes`."""
    good = {
        "alg": key.alg,
        "kid": key.kid,
        **WHO,
        "iat": IAT,
        "jti": JTI,
        "b64": False,
        "crit": ["b64"],
    }
    return good | changes


def forge(header: dict[str, Any] | bytes, key: PrivateKey, body: bytes = BODY) -> str:
    """A detached token over `body` with this header, signed with `key`."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    protected = b64url.encode(raw)
    signature = ALGORITHMS[key.alg].sign(key.handle, protected.encode() + b"." + body)
    return f"{protected}..{b64url.encode(signature)}"


def sign(key: PrivateKey, body: bytes = BODY) -> str:
    """An honest token over `body`."""
    return jws.sign_detached(body, key, **WHO, iat=IAT, jti=JTI)


def refused(token: str, key: PrivateKey, body: bytes = BODY) -> None:
    """Assert that the token is a bad signature of `body` under `key`."""
    with pytest.raises(BadSignature):
        jws.verify_detached(token, body, key.public)
