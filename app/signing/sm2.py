"""SM2 signatures with SM3: GB/T 32918 (GM/T 0003), keys on the curve of part 5, distinguishing id of GM/T 0009.

What is hashed is SM3(Z || message), Z made from the id and the public key. The id is always the default one and is
never taken from a message. All arithmetic is libcrypto's; the checks that a key is canonical are made here.
"""

import base64
import re
import secrets
import weakref
from functools import cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from app.signing.libcrypto import Libcrypto, Unavailable, names

DISTINGUISHING_ID = b"1234567812345678"  # GM/T 0009-2012 section 10
COORDINATE_BYTES = 32

# GB/T 32918.5: the recommended curve, y² = x³ - 3x + b.
PRIME = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123

_CURVE_OID = bytes.fromhex("06082a811ccf5501822d")  # 1.2.156.10197.1.301
_ALGORITHM = bytes.fromhex("301306072a8648ce3d0201") + _CURVE_OID  # id-ecPublicKey on that curve
_PUBLIC = bytes.fromhex("3059") + _ALGORITHM + bytes.fromhex("03420004")
_SECRET_ONLY = bytes.fromhex("3041020100") + _ALGORITHM + bytes.fromhex("042730250201010420")
_PRIVATE = bytes.fromhex("308187020100") + _ALGORITHM + bytes.fromhex("046d306b0201010420")
_PRIVATE_THEN_PUBLIC = bytes.fromhex("a14403420004")
_PEM = re.compile(
    rb"-----BEGIN (?P<label>(?:EC )?PRIVATE KEY)-----(?P<base64>[A-Za-z0-9+/=\s]+)-----END (?P=label)-----"
)

# GM/T 0003.5-2012, annex A: what a library that can SM2 must find good.
_SAMPLE_X = bytes.fromhex("09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020")
_SAMPLE_Y = bytes.fromhex("ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13")
_SAMPLE_R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
_SAMPLE_S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA


@cache
def _opened() -> Libcrypto | Unavailable:
    try:
        return open_library(names())
    except Unavailable as reason:
        return reason


def open_library(candidates: list[str]) -> Libcrypto:
    """Return the first library of these names, proven to verify the standard's example; raise `Unavailable`."""
    library = Libcrypto(candidates)
    try:
        key = library.load_public(_PUBLIC + _SAMPLE_X + _SAMPLE_Y)
    except ValueError as error:
        raise Unavailable(f"{library.name} was built or configured without SM2") from error
    try:
        sample = encode_dss_signature(_SAMPLE_R, _SAMPLE_S)
        if not library.is_signed(key, sample, b"message digest", DISTINGUISHING_ID):
            raise Unavailable(f"{library.name} does not verify the example of GM/T 0003.5")
    except RuntimeError as error:
        raise Unavailable(f"{library.name} cannot use an SM2 key") from error
    finally:
        library.free(key)
    return library


def unavailable() -> str | None:
    """Return why this process cannot SM2, or None if it can. The first call opens the library, once and for all."""
    opened = _opened()
    return str(opened) if isinstance(opened, Unavailable) else None


def available() -> bool:
    """Tell whether SM2 can be used."""
    return unavailable() is None


def _library() -> Libcrypto:
    opened = _opened()
    if isinstance(opened, Unavailable):
        raise Unavailable(f"SM2 is not available: {opened}") from opened
    return opened


class Sm2PublicKey:
    """A verification key; its memory in libcrypto goes with it."""

    def __init__(self, x: bytes, y: bytes) -> None:
        """Raise ValueError for a point that is not canonical or off the curve, `Unavailable` without a libcrypto."""
        _require_point(int.from_bytes(x, "big"), int.from_bytes(y, "big"))
        self._library = _library()
        self._pointer = self._library.load_public(_PUBLIC + x + y)
        weakref.finalize(self, self._library.free, self._pointer).atexit = False
        self.coordinates = (x, y)

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return nothing, or raise `InvalidSignature`; the signature is r || s, 64 bytes."""
        r, s = (int.from_bytes(half, "big") for half in (signature[:COORDINATE_BYTES], signature[COORDINATE_BYTES:]))
        der = encode_dss_signature(r, s)
        if not self._library.is_signed(self._pointer, der, message, DISTINGUISHING_ID):
            raise InvalidSignature

    def pem(self) -> bytes:
        """Return the key as SubjectPublicKeyInfo PEM."""
        return _pem("PUBLIC KEY", _PUBLIC + b"".join(self.coordinates))


class Sm2PrivateKey:
    """A signing key; no repr shows its secret."""

    def __init__(self, secret: bytes) -> None:
        """Raise ValueError unless `secret` is 32 bytes of a number in 1 … n-2, `Unavailable` without a libcrypto."""
        # n-1 is left out by the standard: with it 1 + d has no inverse, and no signature could be made.
        if len(secret) != COORDINATE_BYTES or not 1 <= int.from_bytes(secret, "big") <= ORDER - 2:
            raise ValueError("the private number is outside its range")
        self._library = _library()
        self._pointer = self._library.load_private(_SECRET_ONLY + secret)
        weakref.finalize(self, self._library.free, self._pointer).atexit = False
        point = self._library.public_der(self._pointer)[len(_PUBLIC) :]
        self._public = Sm2PublicKey(point[:COORDINATE_BYTES], point[COORDINATE_BYTES:])
        self._secret = secret

    def public_key(self) -> Sm2PublicKey:
        return self._public

    def sign(self, message: bytes) -> bytes:
        """Return r || s, 64 bytes, another pair each time."""
        der = self._library.sign(self._pointer, message, DISTINGUISHING_ID)
        return b"".join(number.to_bytes(COORDINATE_BYTES, "big") for number in decode_dss_signature(der))

    def secret(self) -> bytes:
        """Return the private number, 32 bytes."""
        return self._secret

    def pem(self) -> bytes:
        """Return the key as unencrypted PKCS#8 PEM, as openssl writes it."""
        point = b"".join(self._public.coordinates)
        return _pem("PRIVATE KEY", _PRIVATE + self._secret + _PRIVATE_THEN_PUBLIC + point)


def generate() -> Sm2PrivateKey:
    """Return a fresh key from the operating system's randomness; raise `Unavailable`."""
    return Sm2PrivateKey((1 + secrets.randbelow(ORDER - 2)).to_bytes(COORDINATE_BYTES, "big"))


def load_pem(pem: bytes) -> Sm2PrivateKey:
    """Return the SM2 key of an unencrypted PKCS#8 or SEC 1 PEM; raise ValueError for other content, `Unavailable`."""
    found = _PEM.search(pem)
    der = base64.b64decode(b"".join(found["base64"].split()), validate=True) if found else b""
    if _CURVE_OID not in der:
        raise ValueError("this is no unencrypted SM2 key in PEM form")
    library = _library()
    pointer = library.load_private(der)
    try:
        # Only the number is taken over: whatever public half the file claims, the key's own follows from it.
        return Sm2PrivateKey(library.secret(pointer))
    finally:
        library.free(pointer)


def _require_point(x: int, y: int) -> None:
    if x >= PRIME or y >= PRIME:
        raise ValueError("the point is not in canonical form")
    if (y * y - x * x * x + 3 * x - _B) % PRIME:
        raise ValueError("the point is not on the curve")


def _pem(label: str, der: bytes) -> bytes:
    text = base64.b64encode(der).decode("ascii")
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", "")).encode("ascii")
