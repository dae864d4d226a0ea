"""The signature algorithms, one row each.

A further one joins by one row in `ALGORITHMS` and its name in `Alg`. A row turns coordinates into keys and back,
and signs and verifies with 64-byte signatures. All cryptography is `cryptography`'s, or libcrypto's for SM2; what
is written here are the checks that they leave to their caller.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from app.signing import sm2
from app.signing.libcrypto import Unavailable

Alg = Literal["Ed25519", "ES256", "SM2-SM3"]

COORDINATE_BYTES = 32

_ED25519_PRIME = 2**255 - 19
_ED25519_D = -121665 * pow(121666, -1, _ED25519_PRIME) % _ED25519_PRIME
_P256_PRIME = 2**256 - 2**224 + 2**192 + 2**96 - 1
_ES256 = ec.ECDSA(SHA256())


@dataclass(frozen=True, slots=True)
class Algorithm:
    """One algorithm. `Any` is its own key class: only the functions of the same row meet it.

    `load_public` and `load_private` raise ValueError for a key that may not be used. `verify` returns
    nothing, or raises `cryptography.exceptions.InvalidSignature`; its signature must be 64 bytes long.
    The PEM functions return SubjectPublicKeyInfo and unencrypted PKCS#8.
    """

    name: Alg
    kty: str
    crv: str
    coordinates: tuple[str, ...]
    load_public: Callable[[tuple[bytes, ...]], Any]
    coordinates_of: Callable[[Any], tuple[bytes, ...]]
    generate: Callable[[], Any]
    load_private: Callable[[bytes], Any]
    secret_of: Callable[[Any], bytes]
    private_class: type
    public_pem: Callable[[Any], bytes]
    private_pem: Callable[[Any], bytes]
    sign: Callable[[Any, bytes], bytes]
    verify: Callable[[Any, bytes, bytes], None]


def _load_ed25519(coordinates: tuple[bytes, ...]) -> Ed25519PublicKey:
    """RFC 8032 section 5.1.3, plus the refusal of points of small order.

    The library loads any 32 bytes, the neutral point included, under which one fixed signature verifies for
    every message. Rather than list the fourteen bad encodings, the three tests below say what they have in
    common.
    """
    (raw,) = coordinates
    y = int.from_bytes(raw, "little") & ((1 << 255) - 1)
    if y >= _ED25519_PRIME:
        raise ValueError("the point is not in canonical form")
    y2 = y * y % _ED25519_PRIME
    # Order 1 and 2: y = ±1. Order 4: y = 0. Order 8: twice the point has y = 0, so x² + y² = 0: the quartic.
    if y2 in (0, 1) or (_ED25519_D * y2 * y2 + 2 * y2 - 1) % _ED25519_PRIME == 0:
        raise ValueError("the point is of low order")
    x2 = (y2 - 1) * pow(_ED25519_D * y2 + 1, -1, _ED25519_PRIME) % _ED25519_PRIME
    if pow(x2, (_ED25519_PRIME - 1) // 2, _ED25519_PRIME) != 1:
        raise ValueError("the point is not on the curve")
    return Ed25519PublicKey.from_public_bytes(raw)


def _sign_ed25519(key: Ed25519PrivateKey, message: bytes) -> bytes:
    return key.sign(message)


def _verify_ed25519(key: Ed25519PublicKey, signature: bytes, message: bytes) -> None:
    key.verify(signature, message)


def _load_p256(coordinates: tuple[bytes, ...]) -> ec.EllipticCurvePublicKey:
    x, y = (int.from_bytes(raw, "big") for raw in coordinates)
    if x >= _P256_PRIME or y >= _P256_PRIME:
        raise ValueError("the point is not in canonical form")
    try:
        return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    except ValueError as error:
        raise ValueError("the point is not on the curve") from error


def _p256_coordinates(key: ec.EllipticCurvePublicKey) -> tuple[bytes, ...]:
    numbers = key.public_numbers()
    return numbers.x.to_bytes(COORDINATE_BYTES, "big"), numbers.y.to_bytes(COORDINATE_BYTES, "big")


def _load_p256_private(secret: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1())


def _p256_secret(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_numbers().private_value.to_bytes(COORDINATE_BYTES, "big")


def _sign_p256(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    r, s = decode_dss_signature(key.sign(message, _ES256))
    return r.to_bytes(COORDINATE_BYTES, "big") + s.to_bytes(COORDINATE_BYTES, "big")


def _verify_p256(key: ec.EllipticCurvePublicKey, signature: bytes, message: bytes) -> None:
    """RFC 7518 section 3.4: r and s side by side, where the library wants DER."""
    r, s = (int.from_bytes(half, "big") for half in (signature[:COORDINATE_BYTES], signature[COORDINATE_BYTES:]))
    key.verify(encode_dss_signature(r, s), message, _ES256)


def _load_sm2(coordinates: tuple[bytes, ...]) -> sm2.Sm2PublicKey:
    x, y = coordinates
    try:
        return sm2.Sm2PublicKey(x, y)
    except Unavailable as error:
        raise ValueError("this exchange cannot verify SM2") from error


def _public_pem(key: Any) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return bytes(key.public_bytes(serialization.Encoding.PEM, form))


def _private_pem(key: Any) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))


ALGORITHMS: dict[str, Algorithm] = {
    row.name: row
    for row in (
        Algorithm(
            name="Ed25519",
            kty="OKP",
            crv="Ed25519",
            coordinates=("x",),
            load_public=_load_ed25519,
            coordinates_of=lambda key: (key.public_bytes_raw(),),
            generate=Ed25519PrivateKey.generate,
            load_private=Ed25519PrivateKey.from_private_bytes,
            secret_of=lambda key: bytes(key.private_bytes_raw()),
            private_class=Ed25519PrivateKey,
            public_pem=_public_pem,
            private_pem=_private_pem,
            sign=_sign_ed25519,
            verify=_verify_ed25519,
        ),
        Algorithm(
            name="ES256",
            kty="EC",
            crv="P-256",
            coordinates=("x", "y"),
            load_public=_load_p256,
            coordinates_of=_p256_coordinates,
            generate=lambda: ec.generate_private_key(ec.SECP256R1()),
            load_private=_load_p256_private,
            secret_of=_p256_secret,
            private_class=ec.EllipticCurvePrivateKey,
            public_pem=_public_pem,
            private_pem=_private_pem,
            sign=_sign_p256,
            verify=_verify_p256,
        ),
        Algorithm(
            name="SM2-SM3",
            kty="EC",
            crv="SM2",
            coordinates=("x", "y"),
            load_public=_load_sm2,
            coordinates_of=lambda key: key.coordinates,
            generate=sm2.generate,
            load_private=sm2.Sm2PrivateKey,
            secret_of=sm2.Sm2PrivateKey.secret,
            private_class=sm2.Sm2PrivateKey,
            public_pem=sm2.Sm2PublicKey.pem,
            private_pem=sm2.Sm2PrivateKey.pem,
            sign=sm2.Sm2PrivateKey.sign,
            verify=sm2.Sm2PublicKey.verify,
        ),
    )
}

BY_CURVE: dict[tuple[str, str], Algorithm] = {(row.kty, row.crv): row for row in ALGORITHMS.values()}

# RFC 9864 names the algorithm Ed25519; older senders still write EdDSA for it.
NAMES: dict[str, Alg] = {"EdDSA": "Ed25519", **{row.name: row.name for row in ALGORITHMS.values()}}
