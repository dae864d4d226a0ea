"""Public keys as a bundle carries them: PEM of a SubjectPublicKeyInfo (RFC 5280, RFC 8410), in its one spelling."""

import base64
import binascii
import re

from app.bundles.verifying.files import BundleRefused
from app.signing import b64url
from app.signing.algorithms import BY_CURVE
from app.signing.keys import PublicKey, load_public_jwk, public_to_pem

_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=\n]+)-----END PUBLIC KEY-----\n")
_COORDINATES = 32
# What stands before the coordinates: the algorithm, its curve, and for points the mark of the uncompressed form.
_PREFIXES = {
    bytes.fromhex("302a300506032b6570032100"): ("OKP", "Ed25519"),
    bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004"): ("EC", "P-256"),
    bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004"): ("EC", "SM2"),
}


def public_from_pem(pem: bytes) -> PublicKey:
    """Return the key; raise `BundleRefused` for any other file, `WeakKey` for a key that may not be used."""
    match = _PEM.fullmatch(pem)
    try:
        der = base64.b64decode(match[1].replace(b"\n", b""), validate=True) if match else b""
    except binascii.Error:
        der = b""
    for prefix, curve in _PREFIXES.items():
        names = BY_CURVE[curve].coordinates
        if der.startswith(prefix) and len(der) == len(prefix) + _COORDINATES * len(names):
            parts = [der[at : at + _COORDINATES] for at in range(len(prefix), len(der), _COORDINATES)]
            coordinates = {name: b64url.encode(part) for name, part in zip(names, parts, strict=True)}
            key = load_public_jwk({"kty": curve[0], "crv": curve[1], **coordinates})
            if public_to_pem(key) == pem:
                return key
    raise BundleRefused("a file in keys is no public key")
