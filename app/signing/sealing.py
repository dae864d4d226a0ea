"""Sealed parts: what only one recipient may open, as a compact JWE (RFC 7516; docs/protocol.md section 2.9).

ECDH-ES+A256KW over X25519 and A256GCM, nothing else and never compressed. The protected header, which the encryption
binds, names key, sender, recipient and lead, so that a part cannot pass for one of another act. AES-GCM does not commit
to its key: the signed body holds the SHA-256 of the plaintext, one for all recipients, and who opens compares it.
"""

import hashlib
import hmac
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from joserfc.errors import JoseError
from joserfc.jwe import JWERegistry, decrypt_compact, encrypt_compact
from joserfc.jwk import OKPKey

from app.errors import Problem, WeakKey
from app.signing import b64url, strict_json
from app.signing.keys import SealKey, load_seal_jwk

SALT_BYTES = 32
LARGEST_PLAINTEXT = 32 * 1024
LARGEST_PART = 64 * 1024
_ALG, _ENC = "ECDH-ES+A256KW", "A256GCM"
_MEMBERS = {"alg", "enc", "epk", "kid", "iss", "aud", "lead_id"}
# Members beside the registered ones are judged here, exactly; the library would refuse `iss` and `lead_id`.
_REGISTRY = JWERegistry(algorithms=[_ALG, _ENC], strict_check_header=False)


class NotOpened(ValueError):
    """A sealed part that is not what the signed body says, or not for this key. Nothing of it is given out."""


@dataclass(frozen=True, slots=True)
class SealingKey:
    """The private half of a seal key. Its repr shows no secret; `public_jwk` may be published."""

    kid: str
    public_jwk: dict[str, str] = field(compare=False, repr=False)
    handle: X25519PrivateKey = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Context:
    """What a sealed part belongs to: who sealed it, for whom, on which lead."""

    iss: str
    aud: str
    lead_id: str


def generate_sealing() -> SealingKey:
    """Return a fresh X25519 key from the operating system's randomness."""
    return _sealing(X25519PrivateKey.generate())


def sealing_to_pem(key: SealingKey) -> bytes:
    """Return the key as unencrypted PKCS#8 PEM. Where it lies is the caller's care."""
    return key.handle.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def load_sealing_pem(pem: bytes) -> SealingKey:
    """Return the X25519 key of an unencrypted PEM file; raise `WeakKey` for any other content."""
    try:
        handle = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError):
        handle = None
    if not isinstance(handle, X25519PrivateKey):
        raise WeakKey(
            "A seal key is an X25519 key in unencrypted PEM form.", "封装密钥应为未加密 PEM 格式的 X25519 私钥。"
        )
    return _sealing(handle)


def _sealing(handle: X25519PrivateKey) -> SealingKey:
    raw = handle.public_key().public_bytes_raw()
    public = load_seal_jwk({"kty": "OKP", "crv": "X25519", "x": b64url.encode(raw)})
    return SealingKey(public.kid, dict(public.jwk), handle)


def salted(identity: dict[str, Any]) -> bytes:
    """Return the plaintext of an identity: 32 fresh random bytes, then UTF-8 JSON. Raises ValueError beyond 32 KiB."""
    plaintext = os.urandom(SALT_BYTES) + strict_json.dumps(identity)
    if len(plaintext) > LARGEST_PLAINTEXT:
        raise ValueError("an identity has at most 32 KiB; documents go as attachments")
    return plaintext


def commitment(plaintext: bytes) -> str:
    """Return what the signed body says of a plaintext: `sealed_commitment`."""
    return hashlib.sha256(plaintext).hexdigest()


def seal(plaintext: bytes, to: SealKey, context: Context) -> bytes:
    """Return the compact JWE of a plaintext for one recipient's key."""
    header = {
        "alg": _ALG,
        "enc": _ENC,
        "kid": to.kid,
        "iss": context.iss,
        "aud": context.aud,
        "lead_id": context.lead_id,
    }
    return encrypt_compact(header, plaintext, OKPKey.import_key(dict(to.jwk)), registry=_REGISTRY).encode("ascii")


def binding(kid: str, context: Context) -> bytes:
    """Return the SHA-256 over key, sender, recipient and lead by which a sealed part is known without being kept."""
    said = {"kid": kid, "iss": context.iss, "aud": context.aud, "lead_id": context.lead_id}
    return hashlib.sha256(strict_json.dumps(said)).digest()


def bound(part: bytes) -> bytes | None:
    """Return the `binding` that a compact JWE of the one form claims, None for any other bytes.

    Who cannot open it learns no more: that what it says is sealed, and for this key, only its recipient finds out.
    """
    if part.count(b".") != 4 or len(part) > LARGEST_PART:
        return None
    try:
        header = _header(part)
        if not all(b64url.decode(piece.decode("ascii")) for piece in part.split(b".")):
            return None
    except (ValueError, NotOpened):
        return None
    if (header.get("alg"), header.get("enc")) != (_ALG, _ENC) or "zip" in header:
        return None
    said = [str(value) for value in map(header.get, ("kid", "iss", "aud", "lead_id")) if isinstance(value, str)]
    return binding(said[0], Context(*said[1:])) if len(said) == 4 else None


def unseal(part: bytes, key: SealingKey, context: Context, committed: str) -> bytes:
    """Return the plaintext of a sealed part, once it is all that the signed body says of it; raise `NotOpened`."""
    header = _header(part)
    said = {"alg": _ALG, "enc": _ENC, "kid": key.kid, "iss": context.iss, "aud": context.aud}
    if header.keys() != _MEMBERS or any(header[name] != value for name, value in said.items()):
        raise NotOpened("the sealed part is of another form, for another key, or from somebody else")
    if header["lead_id"] != context.lead_id:
        raise NotOpened("the sealed part belongs to another lead")
    _require_ephemeral(header["epk"])
    private: dict[str, str | list[str]] = {**key.public_jwk, "d": b64url.encode(key.handle.private_bytes_raw())}
    try:
        plaintext = decrypt_compact(part, OKPKey.import_key(private), registry=_REGISTRY).plaintext
    except (JoseError, ValueError) as error:
        raise NotOpened("the sealed part does not open with this key") from error
    if plaintext is None or not hmac.compare_digest(commitment(plaintext), committed):
        raise NotOpened("what is sealed is not what the sender committed to")
    return plaintext


def identity_of(plaintext: bytes) -> dict[str, Any]:
    """Return the identity in a plaintext; raise `NotOpened` if it is none."""
    try:
        identity = strict_json.loads(plaintext[SALT_BYTES:])
    except Problem as error:
        raise NotOpened("what was sealed is no JSON") from error
    if len(plaintext) <= SALT_BYTES or not isinstance(identity, dict):
        raise NotOpened("what was sealed is no identity")
    return identity


def _require_ephemeral(epk: object) -> None:
    # The library meets an unknown curve or a point of low order with errors of many kinds.
    try:
        if not isinstance(epk, dict):
            raise NotOpened("the sealed part has no ephemeral key")
        load_seal_jwk(epk)
    except WeakKey as error:
        raise NotOpened("the ephemeral key of the sealed part is none") from error


def _header(part: bytes) -> dict[str, Any]:
    try:
        header = strict_json.loads(b64url.decode(part.partition(b".")[0].decode("ascii")))
    except (ValueError, Problem) as error:
        raise NotOpened("this is no compact JWE") from error
    if not isinstance(header, dict):
        raise NotOpened("this is no compact JWE")
    return header
