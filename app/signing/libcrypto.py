"""The system's own libcrypto, OpenSSL 3 or one that speaks like it, for what `cryptography` leaves out: SM2 with SM3.

The library may have been built without SM2, as some distributions do. So it is asked at its first use, by a
signature of the standard, and a system that cannot is told apart from a signature that is wrong.
"""

import ctypes
import ctypes.util
import sys
from collections.abc import Iterable
from ctypes import POINTER, byref, c_char_p, c_int, c_long, c_size_t, c_ulong, c_void_p

OLDEST = 0x3000_0000  # before 3.0 an SM2 key is an EC key under an alias, and none of what follows holds

_FUNCTIONS: dict[str, tuple[object, tuple[object, ...]]] = {
    "OpenSSL_version_num": (c_ulong, ()),
    "ERR_clear_error": (None, ()),
    "d2i_PUBKEY": (c_void_p, (c_void_p, POINTER(c_char_p), c_long)),
    "d2i_AutoPrivateKey": (c_void_p, (c_void_p, POINTER(c_char_p), c_long)),
    "i2d_PUBKEY": (c_int, (c_void_p, POINTER(c_char_p))),
    "EVP_PKEY_is_a": (c_int, (c_void_p, c_char_p)),
    "EVP_PKEY_get_bn_param": (c_int, (c_void_p, c_char_p, POINTER(c_void_p))),
    "EVP_PKEY_free": (None, (c_void_p,)),
    "BN_bn2binpad": (c_int, (c_void_p, c_char_p, c_int)),
    "BN_clear_free": (None, (c_void_p,)),
    "EVP_MD_fetch": (c_void_p, (c_void_p, c_char_p, c_char_p)),
    "EVP_MD_CTX_new": (c_void_p, ()),
    "EVP_MD_CTX_free": (None, (c_void_p,)),
    "EVP_PKEY_CTX_set1_id": (c_int, (c_void_p, c_char_p, c_int)),
    "EVP_DigestSignInit": (c_int, (c_void_p, POINTER(c_void_p), c_void_p, c_void_p, c_void_p)),
    "EVP_DigestSign": (c_int, (c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t)),
    "EVP_DigestVerifyInit": (c_int, (c_void_p, POINTER(c_void_p), c_void_p, c_void_p, c_void_p)),
    "EVP_DigestVerify": (c_int, (c_void_p, c_char_p, c_size_t, c_char_p, c_size_t)),
}
_PUBLIC_DER_BYTES = 91  # of a key on a 256-bit curve, its point uncompressed
_LONGEST_SIGNATURE = 72  # DER: two integers of at most 33 bytes


class Unavailable(ValueError):
    """This machine has no libcrypto that can SM2; the text says what was found instead."""


def names() -> list[str]:
    """Return the names that libcrypto goes by here, the likeliest first."""
    if sys.platform == "win32":
        return ["libcrypto-3-x64.dll", "libcrypto-3.dll"]
    if sys.platform == "darwin":
        # Never the plain libcrypto.dylib: macOS kills the process that loads it.
        return ["libcrypto.3.dylib", "/opt/homebrew/lib/libcrypto.3.dylib", "/usr/local/lib/libcrypto.3.dylib"]
    found = ctypes.util.find_library("crypto")
    return list(dict.fromkeys(["libcrypto.so.3", *([found] if found else [])]))


class Libcrypto:
    """The few functions needed. Keys are opaque pointers, to be given back with `free` once and not used after it.

    Threads may share it and the keys: every call has a context of its own, and OpenSSL's queue of errors is
    emptied behind each, as the interpreter's own `ssl` looks into the same queue.
    """

    def __init__(self, candidates: Iterable[str]) -> None:
        """Open the first library that loads; raise `Unavailable` if none does, or if it is too old or cannot SM3."""
        self._c, name = _load(candidates)
        for function, (result, arguments) in _FUNCTIONS.items():
            try:
                bound = getattr(self._c, function)
            except AttributeError as error:
                raise Unavailable(f"{name} has no {function}: OpenSSL 3.0 or later is needed") from error
            bound.restype, bound.argtypes = result, arguments
        if self._c.OpenSSL_version_num() < OLDEST:
            raise Unavailable(f"{name} is older than OpenSSL 3.0")
        self._sm3 = self._c.EVP_MD_fetch(None, b"SM3", None)
        if not self._sm3:
            self._c.ERR_clear_error()
            raise Unavailable(f"{name} was built or configured without SM3")
        self.name = name

    def load_public(self, der: bytes) -> int:
        """Return the SM2 key of a SubjectPublicKeyInfo; raise ValueError for any other key."""
        return self._sm2_key(self._c.d2i_PUBKEY, der)

    def load_private(self, der: bytes) -> int:
        """Return the SM2 key of a PKCS#8 or SEC 1 structure; raise ValueError for any other key."""
        return self._sm2_key(self._c.d2i_AutoPrivateKey, der)

    def _sm2_key(self, load: "ctypes._NamedFuncPointer", der: bytes) -> int:
        key: int | None = load(None, byref(c_char_p(der)), len(der))
        self._c.ERR_clear_error()
        if not key:
            raise ValueError("libcrypto does not take this key")
        if not self._c.EVP_PKEY_is_a(key, b"SM2"):
            self.free(key)
            raise ValueError("this is no SM2 key")
        return key

    def free(self, key: int) -> None:
        self._c.EVP_PKEY_free(key)

    def public_der(self, key: int) -> bytes:
        """Return the SubjectPublicKeyInfo of a key."""
        buffer = ctypes.create_string_buffer(_PUBLIC_DER_BYTES)
        if self._c.i2d_PUBKEY(key, None) != _PUBLIC_DER_BYTES:
            raise ValueError("the key has another form than a named curve and an uncompressed point")
        self._c.i2d_PUBKEY(key, byref(ctypes.cast(buffer, c_char_p)))
        return buffer.raw

    def secret(self, key: int) -> bytes:
        """Return the 32 bytes of a private key's number; raise ValueError if it has none."""
        number, buffer = c_void_p(), ctypes.create_string_buffer(32)
        try:
            if self._c.EVP_PKEY_get_bn_param(key, b"priv", byref(number)) != 1:
                raise ValueError("the key has no private half")
            if self._c.BN_bn2binpad(number, buffer, len(buffer)) != len(buffer):
                raise ValueError("the private number is too long")
        finally:
            self._c.BN_clear_free(number)
            self._c.ERR_clear_error()
        return buffer.raw

    def sign(self, key: int, message: bytes, distinguishing_id: bytes) -> bytes:
        """Return the DER signature of SM3(Z || message) by SM2, Z from the id and the public key."""
        context = self._c.EVP_MD_CTX_new()
        try:
            self._begin(self._c.EVP_DigestSignInit, context, key, distinguishing_id)
            signature, size = ctypes.create_string_buffer(_LONGEST_SIGNATURE), c_size_t(_LONGEST_SIGNATURE)
            if self._c.EVP_DigestSign(context, signature, byref(size), message, len(message)) != 1:
                raise RuntimeError("libcrypto made no SM2 signature")
            return signature.raw[: size.value]
        finally:
            self._c.EVP_MD_CTX_free(context)
            self._c.ERR_clear_error()

    def is_signed(self, key: int, signature: bytes, message: bytes, distinguishing_id: bytes) -> bool:
        """Tell whether a DER signature is this key's over the message."""
        context = self._c.EVP_MD_CTX_new()
        try:
            self._begin(self._c.EVP_DigestVerifyInit, context, key, distinguishing_id)
            # 0 is a wrong signature, below 0 one that is none: neither is good.
            verdict: int = self._c.EVP_DigestVerify(context, signature, len(signature), message, len(message))
            return verdict == 1
        finally:
            self._c.EVP_MD_CTX_free(context)
            self._c.ERR_clear_error()

    def _begin(
        self, begin: "ctypes._NamedFuncPointer", context: int | None, key: int, distinguishing_id: bytes
    ) -> None:
        """Prepare a context, which owns the inner one that takes the id. Raises RuntimeError: it is out of memory."""
        inner = c_void_p()
        if not context or begin(context, byref(inner), self._sm3, None, key) != 1:
            raise RuntimeError("libcrypto gave no context for SM2")
        if self._c.EVP_PKEY_CTX_set1_id(inner, distinguishing_id, len(distinguishing_id)) != 1:
            raise RuntimeError("libcrypto did not take the distinguishing id")


def _load(candidates: Iterable[str]) -> tuple[ctypes.CDLL, str]:
    for name in candidates:
        try:
            return ctypes.CDLL(name), name
        except OSError:
            continue
    raise Unavailable("no libcrypto of OpenSSL 3.0 or later was found")
