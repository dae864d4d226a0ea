"""Keys as JWK (RFC 7517, 7518, 8037): loaded strictly, named by their RFC 7638 thumbprint.

One key has exactly one JWK and so one thumbprint: coordinates are canonical base64url of canonical numbers.
Refusals are `WeakKey`, whose text never repeats a value of the key.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from app.errors import WeakKey
from app.signing import b64url, sm2, strict_json
from app.signing.algorithms import ALGORITHMS, BY_CURVE, COORDINATE_BYTES, NAMES, Alg, Algorithm
from app.signing.libcrypto import Unavailable

_PRIVATE_MEMBERS = ("d", "p", "q", "dp", "dq", "qi", "oth", "k")
_FOREIGN_REFERENCES = ("jku", "x5u", "x5c")
_THUMBPRINT_MEMBERS = {"OKP": ("crv", "kty", "x"), "EC": ("crv", "kty", "x", "y")}
_SEAL_ALGS = ("ECDH-ES", "ECDH-ES+A256KW")
_X25519_PRIME = 2**255 - 19


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signatures are verified with. Equal when algorithm and thumbprint are.

    `jwk` has no other member than the thumbprint's own; `handle` is for `app.signing` alone.
    """

    alg: Alg
    kid: str
    jwk: dict[str, str] = field(compare=False, repr=False)
    handle: Any = field(compare=False, repr=False)


class SigningKey(Protocol):
    """What signs for somebody: its private half may lie here, or in a token (PKCS#11) that never gives it out."""

    @property
    def alg(self) -> Alg: ...

    @property
    def kid(self) -> str: ...

    @property
    def public_jwk(self) -> dict[str, str]: ...

    @property
    def public(self) -> PublicKey: ...

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of `alg` over the message."""
        ...


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A `SigningKey` in this process's memory. Its repr shows no secret; `public_jwk` may be published."""

    alg: Alg
    kid: str
    public_jwk: dict[str, str] = field(compare=False, repr=False)
    handle: Any = field(compare=False, repr=False)

    @property
    def public(self) -> PublicKey:
        return PublicKey(self.alg, self.kid, self.public_jwk, self.handle.public_key())

    def sign(self, message: bytes) -> bytes:
        return ALGORITHMS[self.alg].sign(self.handle, message)


@dataclass(frozen=True, slots=True)
class SealKey:
    """An X25519 key that documents are sealed to; the service itself never holds its private half."""

    kid: str
    jwk: dict[str, str] = field(compare=False)


def thumbprint(jwk: Mapping[str, object]) -> str:
    """Return the RFC 7638 SHA-256 thumbprint of an OKP or EC JWK, 43 characters; else raise `WeakKey`."""
    names = _THUMBPRINT_MEMBERS.get(_text(jwk, "kty"))
    if names is None:
        _refuse("Only OKP and EC keys are accepted.", "只接受 OKP 与 EC 类型的密钥。")
    required = {name: _text(jwk, name) for name in names}
    return b64url.encode(hashlib.sha256(strict_json.dumps(required)).digest())


def load_public_jwk(jwk: Mapping[str, object]) -> PublicKey:
    """Return the verification key of a public JWK, Ed25519, P-256 or SM2; raise `WeakKey` for any other.

    Refused: a private member, a reference to a key elsewhere (`jku`, `x5u`, `x5c`), a coordinate that is
    not 32 bytes in canonical base64url, a point off the curve or of low order, and a `kid`, `alg`, `use` or
    `key_ops` that contradicts the key. Other members are dropped (RFC 7517 section 4).
    """
    algorithm = _algorithm_of(jwk)
    _refuse_members(jwk, _PRIVATE_MEMBERS + _FOREIGN_REFERENCES)
    public = {"kty": algorithm.kty, "crv": algorithm.crv} | {name: _text(jwk, name) for name in algorithm.coordinates}
    try:
        handle = algorithm.load_public(tuple(_coordinate(jwk, name) for name in algorithm.coordinates))
    except ValueError as error:
        raise WeakKey(f"This {algorithm.name} key is refused: {error}.", "密钥无效或强度不足。") from error
    kid = thumbprint(public)
    _require_consistent(jwk, kid=kid, algs=_names_of(algorithm), use="sig", key_op="verify")
    return PublicKey(algorithm.name, kid, public, handle)


def load_seal_jwk(jwk: Mapping[str, object]) -> SealKey:
    """Return the sealing key of a public OKP X25519 JWK; refuse any other as `load_public_jwk` does."""
    if (_text(jwk, "kty"), _text(jwk, "crv")) != ("OKP", "X25519"):
        _refuse("A seal key must be an OKP key on X25519.", "封装密钥必须为 OKP 类型、X25519 曲线。")
    _refuse_members(jwk, _PRIVATE_MEMBERS + _FOREIGN_REFERENCES)
    raw = _coordinate(jwk, "x")
    if int.from_bytes(raw, "little") >= _X25519_PRIME:
        _refuse("The X25519 key is not in canonical form.", "X25519 密钥编码不规范。")
    try:
        # Any clamped scalar sends a low-order point, and no other, to zero, which the library refuses to
        # return (RFC 7748 section 6.1). The scalar is no secret: nothing is encrypted with it.
        X25519PrivateKey.from_private_bytes(bytes(32)).exchange(X25519PublicKey.from_public_bytes(raw))
    except ValueError as error:
        raise WeakKey("The X25519 point is of low order.", "X25519 公钥点的阶过低。") from error
    public = {"kty": "OKP", "crv": "X25519", "x": b64url.encode(raw)}
    kid = thumbprint(public)
    _require_consistent(jwk, kid=kid, algs=_SEAL_ALGS, use="enc", key_op=None)
    return SealKey(kid, public)


def generate_private(alg: Alg) -> PrivateKey:
    """Return a fresh key from the operating system's randomness; raise `WeakKey` for SM2 where no libcrypto can."""
    try:
        return _private(ALGORITHMS[alg], ALGORITHMS[alg].generate())
    except Unavailable as error:
        raise _unavailable(error) from error


def load_private_jwk(jwk: Mapping[str, object]) -> PrivateKey:
    """Return the signing key of a private JWK; raise `WeakKey` if it is none, or of two keys' halves."""
    algorithm = _algorithm_of(jwk)
    _refuse_members(jwk, _FOREIGN_REFERENCES)
    secret = _coordinate(jwk, "d")
    try:
        key = _private(algorithm, algorithm.load_private(secret))
    except Unavailable as error:
        raise _unavailable(error) from error
    except ValueError as error:
        raise WeakKey(f"This is no private {algorithm.name} key.", "不是有效的私钥。") from error
    if any(jwk.get(name) != key.public_jwk[name] for name in algorithm.coordinates):
        _refuse("The private and public halves do not belong together.", "私钥与公钥不匹配。")
    _require_consistent(jwk, kid=key.kid, algs=_names_of(algorithm), use="sig", key_op="sign")
    return key


def private_jwk(key: PrivateKey) -> dict[str, str]:
    """Return the key as a private JWK, secret included, for `load_private_jwk`."""
    return key.public_jwk | {"d": b64url.encode(ALGORITHMS[key.alg].secret_of(key.handle))}


def private_to_pem(key: PrivateKey) -> bytes:
    """Return the key as unencrypted PKCS#8 PEM, which openssl reads. Where it lies is the caller's care."""
    return ALGORITHMS[key.alg].private_pem(key.handle)


def public_to_pem(key: PublicKey) -> bytes:
    """Return the key as SubjectPublicKeyInfo PEM, which openssl reads."""
    return ALGORITHMS[key.alg].public_pem(key.handle)


def load_private_pem(pem: bytes) -> PrivateKey:
    """Return the Ed25519, P-256 or SM2 key of an unencrypted PEM file; raise `WeakKey` for any other content."""
    handle: object
    try:
        handle = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        handle = _sm2_from_pem(pem)
    for algorithm in ALGORITHMS.values():
        if isinstance(handle, algorithm.private_class) and _has_curve(handle, algorithm):
            return _private(algorithm, handle)
    raise WeakKey("Only Ed25519, P-256 and SM2 keys are accepted.", "只接受 Ed25519、P-256 与 SM2 密钥。")


def _sm2_from_pem(pem: bytes) -> sm2.Sm2PrivateKey:
    try:
        return sm2.load_pem(pem)
    except Unavailable as error:
        raise _unavailable(error) from error
    except ValueError as error:
        raise WeakKey("This is no unencrypted private key in PEM form.", "不是未加密的 PEM 私钥。") from error


def _unavailable(error: Unavailable) -> WeakKey:
    return WeakKey(f"{error}.", "本机没有支持 SM2 的 libcrypto（OpenSSL 3.0 以上）。")


def _has_curve(handle: object, algorithm: Algorithm) -> bool:
    """P-256 and its neighbours share one class, so the class alone does not tell the algorithm."""
    return not isinstance(handle, ec.EllipticCurvePrivateKey) or (
        isinstance(handle.curve, ec.SECP256R1) and algorithm.crv == "P-256"
    )


def _private(algorithm: Algorithm, handle: Any) -> PrivateKey:
    raw = algorithm.coordinates_of(handle.public_key())
    public = {"kty": algorithm.kty, "crv": algorithm.crv}
    public |= {name: b64url.encode(part) for name, part in zip(algorithm.coordinates, raw, strict=True)}
    return PrivateKey(algorithm.name, thumbprint(public), public, handle)


def _algorithm_of(jwk: Mapping[str, object]) -> Algorithm:
    algorithm = BY_CURVE.get((_text(jwk, "kty"), _text(jwk, "crv")))
    if algorithm is None:
        _refuse(
            "The key must be OKP on Ed25519, or EC on P-256 or SM2.", "密钥必须为 OKP/Ed25519、EC/P-256 或 EC/SM2。"
        )
    return algorithm


def _names_of(algorithm: Algorithm) -> tuple[str, ...]:
    return tuple(name for name, meant in NAMES.items() if meant == algorithm.name)


def _text(jwk: Mapping[str, object], name: str) -> str:
    value = jwk.get(name)
    if type(value) is not str or not value.isascii():
        _refuse(f'The key needs a text in "{name}".', f"密钥缺少文本成员 “{name}”。")
    return value


def _coordinate(jwk: Mapping[str, object], name: str) -> bytes:
    try:
        raw = b64url.decode(_text(jwk, name))
    except ValueError:
        raw = b""
    if len(raw) != COORDINATE_BYTES:
        _refuse(
            f'"{name}" must be {COORDINATE_BYTES} bytes in base64url without padding.',
            f"“{name}” 必须是 {COORDINATE_BYTES} 字节、无填充的 base64url。",
        )
    return raw


def _refuse_members(jwk: Mapping[str, object], names: tuple[str, ...]) -> None:
    for name in names:
        if name in jwk:
            _refuse(f'The key must not have the member "{name}".', f"密钥不得含有成员 “{name}”。")


def _require_consistent(
    jwk: Mapping[str, object], *, kid: str, algs: tuple[str, ...], use: str, key_op: str | None
) -> None:
    """A label that contradicts the key would be believed by someone: better no key than two opinions."""
    operations = jwk.get("key_ops", [])
    contradicted = {
        "kid": jwk.get("kid", kid) != kid,
        "alg": "alg" in jwk and jwk["alg"] not in algs,
        "use": jwk.get("use", use) != use,
        "key_ops": not isinstance(operations, list) or any(operation != key_op for operation in operations),
    }
    for name, wrong in contradicted.items():
        if wrong:
            _refuse(f'"{name}" contradicts the key.', f"“{name}” 与密钥不符。")


def _refuse(detail: str, detail_zh: str) -> NoReturn:
    raise WeakKey(detail, detail_zh)
