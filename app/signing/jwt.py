"""Compact JWTs (RFC 7519) of our three kinds: a client's assertion, a node's and a person's access token.

Read as strictly as detached signatures are, by `app.signing` itself: the JOSE library at hand warns at every
token that says `EdDSA`, which most clients still do, and takes base64url that two readers can read differently.
"""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature

from app.errors import MalformedJson
from app.signing import b64url, strict_json
from app.signing.algorithms import ALGORITHMS, NAMES
from app.signing.keys import PublicKey, SigningKey

_COMPACT = re.compile(r"([A-Za-z0-9_-]{1,1024})\.([A-Za-z0-9_-]{1,4096})\.([A-Za-z0-9_-]{86})")


class BadToken(Exception):
    """The token is malformed, forged, or not for this use. Why is nobody's business."""


def read_unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of a token that nobody has verified: for finding its key. Raises BadToken."""
    match = _COMPACT.fullmatch(token)
    if match is None:
        raise BadToken
    try:
        header, claims = (strict_json.loads(b64url.decode(part)) for part in match.groups()[:2])
    except (ValueError, MalformedJson) as error:
        raise BadToken from error
    if type(header) is not dict or type(claims) is not dict:
        raise BadToken
    return header, claims


def verify(token: str, key: PublicKey, *, typ: str) -> dict[str, Any]:
    """Return the claims, signed by `key` under exactly `typ`. The claims' meaning is the caller's to check.

    Raises BadToken. The algorithm is the key's: a header can only agree with it.
    """
    header, claims = read_unverified(token)
    alg = header.get("alg")
    if not isinstance(alg, str) or NAMES.get(alg) != key.alg or header.get("typ") != typ:
        raise BadToken
    if "crit" in header or "b64" in header:
        raise BadToken
    signed, _, signature = token.rpartition(".")
    try:
        ALGORITHMS[key.alg].verify(key.handle, b64url.decode(signature), signed.encode("ascii"))
    except (InvalidSignature, ValueError) as error:
        raise BadToken from error
    return claims


def verify_by_one(token: str, keys: Iterable[PublicKey], *, typ: str) -> dict[str, Any]:
    """Return the claims, signed by that one of `keys` which the header names; else raise BadToken."""
    kid = read_unverified(token)[0].get("kid")
    for key in keys:
        if key.kid == kid:
            return verify(token, key, typ=typ)
    raise BadToken


def sign(claims: Mapping[str, Any], key: SigningKey, *, typ: str) -> str:
    """Return the claims as a compact JWT signed by `key`."""
    header = {"alg": key.alg, "typ": typ, "kid": key.kid}
    signed = ".".join(b64url.encode(strict_json.dumps(part)) for part in (header, dict(claims)))
    signature = key.sign(signed.encode("ascii"))
    return f"{signed}.{b64url.encode(signature)}"


def require_times(claims: Mapping[str, Any], now: datetime, *, skew: float = 0.0) -> float:
    """Return `exp`; raise BadToken unless it lies ahead, and `nbf` and `iat`, if there, not beyond `skew`."""
    expires = _number(claims.get("exp"))
    if expires <= now.timestamp():
        raise BadToken
    for name in ("nbf", "iat"):
        if name in claims and _number(claims[name]) > now.timestamp() + skew:
            raise BadToken
    return expires


def require_assertion_times(claims: Mapping[str, Any], now: datetime, *, longest: int, leeway: int) -> float:
    """Return the time (seconds since 1970) until which an assertion would be taken; raise BadToken if it is past.

    The client's clock may be `leeway` seconds off. `exp` lies at most `longest` seconds after `iat`, or after the
    client's now where there is no `iat`.
    """
    here, expires = now.timestamp(), _number(claims.get("exp"))
    issued = _number(claims["iat"]) if "iat" in claims else here + leeway
    # Whole seconds: a client that adds 60 to a rounded time must not be refused for the rounding.
    if abs(issued - here) > leeway or expires > math.ceil(issued) + longest:
        raise BadToken
    if expires + leeway <= here or ("nbf" in claims and _number(claims["nbf"]) > here + leeway):
        raise BadToken
    return expires + leeway


def _number(value: object) -> float:
    if type(value) is not int and type(value) is not float:
        raise BadToken
    return float(value)
