"""The detached JWS with unencoded payload (RFC 7515 appendix F, RFC 7797): `header..signature` beside a body.

A reader of our own over `cryptography`, because every JOSE library at hand takes something here that it
should not: an attached payload instead of the body given, a header member twice, padding, `b64` outside
`crit`. There is one token form, one member set, and one answer to everything else: `BadSignature`.

Never take a token's digest for the identity of a document: for ES256 anyone can turn (r, s) into (r, n-s), a
second good signature over the same bytes. Identity is the sender and its `jti`.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature

from app.errors import BadSignature, MalformedJson
from app.signing import b64url, strict_json
from app.signing.algorithms import ALGORITHMS, NAMES, Alg
from app.signing.keys import PublicKey, SigningKey, load_public_jwk

_TOKEN = re.compile(r"([A-Za-z0-9_-]{1,2048})\.\.([A-Za-z0-9_-]{86})")
_MEMBERS = frozenset(("alg", "kid", "typ", "iss", "aud", "iat", "jti", "b64", "crit"))
_ALG = re.compile(r"[A-Za-z0-9-]{1,16}")
_KID = re.compile(r"[A-Za-z0-9_-]{43}")
_TYP = re.compile(r"[a-z0-9][a-z0-9.+-]{0,63}")
_NODE_ID = re.compile(r"[a-z][a-z0-9-]{2,62}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Header:
    """A protected header of the one form that docs/protocol.md section 2.2 allows.

    `alg` is `Ed25519` also where the sender wrote `EdDSA`. `iss` and `aud` have the form of a node id,
    `jti` of a lower-case UUID. `iat` is in seconds, from 0 to 2^53-1: compare it as a number, a calendar
    may not hold it.
    """

    alg: Alg
    kid: str
    typ: str
    iss: str
    aud: str
    iat: int
    jti: str


@dataclass(frozen=True, slots=True)
class Unverified:
    """A token taken apart, nothing of it proven yet: enough to look the key up."""

    token: str
    header: Header
    signature: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class VerifiedJws:
    """A body and the token that signs it; `sha256` is the hex SHA-256 of the token's ASCII, as in `prev`."""

    header: Header
    body: bytes = field(repr=False)
    token: str
    sha256: str


def read(token: str) -> Unverified:
    """Take a token apart without verifying it; raise `BadSignature` unless it has exactly the form above.

    For the hot path: `verify_detached` takes the result in place of the token and does not parse again.
    """
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise BadSignature
    try:
        signature = b64url.decode(match[2])
        members = strict_json.loads(b64url.decode(match[1]))
    except (ValueError, MalformedJson) as error:
        raise BadSignature from error
    return Unverified(token, _header(members), signature)


def read_header(token: str) -> Header:
    """Return the header of a token, **unverified**: for finding the key, and for nothing else.

    Raises `BadSignature` unless the token has exactly the form that `sign_detached` makes (members in any
    order).
    """
    return read(token).header


def verify_detached(
    token: str | Unverified,
    body: bytes,
    key: PublicKey | Mapping[str, object],
    *,
    typ: str | None = None,
    aud: str | None = None,
    iss: str | None = None,
) -> VerifiedJws:
    """Return the body as verified under `key`; raise `BadSignature` otherwise.

    Verified: the form of the token, that its `alg` and `kid` are the key's, the signature over header and
    body, and `typ`, `aud`, `iss` where given. **Not** verified, and the caller's to check: any of those
    three left out, `iat`, replay of `jti`, who owns the key, its purpose and its revocation.

    A mapping is read as a public JWK first, and raises `WeakKey` if it is none. An empty body can be signed.
    """
    unverified = read(token) if isinstance(token, str) else token
    header = unverified.header
    if not isinstance(key, PublicKey):
        key = load_public_jwk(key)
    # The algorithm is the key's, never the header's: the header may only agree.
    if header.alg != key.alg or header.kid != key.kid:
        raise BadSignature
    for expected, found in ((typ, header.typ), (aud, header.aud), (iss, header.iss)):
        if expected is not None and expected != found:
            raise BadSignature
    ascii_token = unverified.token.encode("ascii")
    protected = ascii_token[: ascii_token.index(b".") + 1]
    try:
        ALGORITHMS[key.alg].verify(key.handle, unverified.signature, protected + body)
    except InvalidSignature as error:
        raise BadSignature from error
    return VerifiedJws(header, body, unverified.token, hashlib.sha256(ascii_token).hexdigest())


def sign_detached(body: bytes, key: SigningKey, *, typ: str, iss: str, aud: str, iat: int, jti: str) -> str:
    """Return the detached JWS of `body`, for the `X-JWS-Signature` header.

    Raises ValueError for a value that `read_header` would refuse.
    """
    for value, form in ((typ, _TYP), (iss, _NODE_ID), (aud, _NODE_ID), (jti, _UUID)):
        if form.fullmatch(value) is None:
            raise ValueError(f"{value!r} cannot stand in a protected header")
    if type(iat) is not int or not 0 <= iat <= strict_json.MAX_INTEGER:
        raise ValueError("iat must be a whole number of seconds since 1970")
    # Written out by hand because it is on the path of every receipt, and may be: no value that passed the
    # forms above needs escaping in JSON.
    header = (
        f'{{"alg":"{key.alg}","kid":"{key.kid}","typ":"{typ}","iss":"{iss}","aud":"{aud}",'
        f'"iat":{iat},"jti":"{jti}","b64":false,"crit":["b64"]}}'
    )
    protected = b64url.encode(header.encode("ascii"))
    signature = key.sign(protected.encode("ascii") + b"." + body)
    return f"{protected}..{b64url.encode(signature)}"


def _header(members: Any) -> Header:
    if type(members) is not dict or members.keys() != _MEMBERS:
        raise BadSignature
    if members["b64"] is not False or members["crit"] != ["b64"]:
        raise BadSignature
    iat = members["iat"]
    if type(iat) is not int or iat < 0:
        raise BadSignature
    alg = NAMES.get(_matching(members["alg"], _ALG))
    if alg is None:
        raise BadSignature
    return Header(
        alg=alg,
        kid=_matching(members["kid"], _KID),
        typ=_matching(members["typ"], _TYP),
        iss=_matching(members["iss"], _NODE_ID),
        aud=_matching(members["aud"], _NODE_ID),
        iat=iat,
        jti=_matching(members["jti"], _UUID),
    )


def _matching(value: object, form: re.Pattern[str]) -> str:
    if type(value) is not str or form.fullmatch(value) is None:
        raise BadSignature
    return value
