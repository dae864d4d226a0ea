"""Signed notes (c2sp.org/signed-note) with Ed25519 keys, and the cosignatures of witnesses (c2sp.org/tlog-cosignature).

Pure, and strict: one note has one spelling. Signatures by keys that the reader does not know are ignored, whatever
their algorithm; a signature by a known key that does not verify spoils the whole note.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature

from app.signing import b64url
from app.signing.algorithms import ALGORITHMS
from app.signing.keys import SigningKey

ED25519: Final = 0x01
COSIGNATURE: Final = 0x04
MOST_SIGNATURES = 100
MOST_BYTES = 65_536
_KEY_BYTES = 32
_ID_BYTES = 4
_TIME_BYTES = 8
_DASH = "\N{EM DASH} "
_VKEY = re.compile(r"([^+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")
_ALGORITHM = ALGORITHMS["Ed25519"]


class NoteError(ValueError):
    """A note or verifier key that is malformed, or signed by nobody who is known."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """The public key of a signer under its name; `kind` is the signature type. Its text is the C2SP vkey."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(f"{self.name}\n".encode() + bytes([self.kind]) + self.public).digest()[:_ID_BYTES]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes([self.kind]) + self.public)}"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line, verified or not; `raw` is what follows the key id."""

    name: str
    key_id: bytes
    raw: bytes

    def __str__(self) -> str:
        """Return the line without its newline."""
        return f"{_DASH}{self.name} {_base64(self.key_id + self.raw)}"


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note. `text` ends in a newline; nothing is verified yet."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def __str__(self) -> str:
        return self.text + "\n" + "".join(f"{signature}\n" for signature in self.signatures)


@dataclass(frozen=True, slots=True)
class VerifiedSignature:
    """A signature that verified, and whose. `at` is a witness's time, in seconds since 1970."""

    verifier: Verifier
    signature: NoteSignature
    at: int | None


def parse_vkey(vkey: str) -> Verifier:
    """Return the key of a C2SP vkey, of type 0x01 or 0x04; raise `NoteError` for any other."""
    match = _VKEY.fullmatch(vkey)
    if match is None or not _is_name(match[1]):
        raise NoteError("malformed verifier key")
    key = _bytes(match[3])
    if len(key) != 1 + _KEY_BYTES or key[0] not in (ED25519, COSIGNATURE):
        raise NoteError("a verifier key of an unknown type")
    verifier = Verifier(match[1], key[0], key[1:])
    if verifier.key_id.hex() != match[2]:
        raise NoteError("the verifier key's id is not its own")
    return verifier


def parse_note(raw: bytes) -> Note:
    """Return a note's text and signatures, unverified; raise `NoteError` if it is malformed or too large."""
    if len(raw) > MOST_BYTES:
        raise NoteError("the note is too large")
    try:
        whole = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise NoteError("the note is not UTF-8") from None
    if any(sign < " " and sign != "\n" for sign in whole):
        raise NoteError("the note has control characters")
    # The text may have empty lines of its own: the last one separates.
    text, blank, lines = whole.rpartition("\n\n")
    if not blank or not lines.endswith("\n"):
        raise NoteError("the note has no signatures")
    return Note(text + "\n", parse_signatures(lines))


def parse_signatures(lines: str) -> tuple[NoteSignature, ...]:
    """Return the signatures of one or more lines, each ended by a newline; else raise `NoteError`."""
    *whole, rest = lines.split("\n")
    if rest or not 0 < len(whole) <= MOST_SIGNATURES:
        raise NoteError("malformed signature lines")
    return tuple(_signature(line) for line in whole)


def verify_note(note: Note, verifiers: Sequence[Verifier]) -> list[VerifiedSignature]:
    """Return the signatures by known keys, at least one and one a key, in the order of their lines.

    Raises `NoteError` if there is none, if one of them is wrong, or if two of `verifiers` claim the same line.
    """
    found: dict[Verifier, VerifiedSignature] = {}
    for signature in note.signatures:
        known = [
            verifier
            for verifier in verifiers
            if verifier.name == signature.name and verifier.key_id == signature.key_id
        ]
        if len(known) > 1:
            raise NoteError("ambiguous verifier keys")
        if known and known[0] not in found:
            found[known[0]] = VerifiedSignature(known[0], signature, _verify(note.text, signature, known[0]))
    if not found:
        raise NoteError("no signature by a known key")
    return list(found.values())


def sign_note(text: str, name: str, key: SigningKey) -> NoteSignature:
    """Return the Ed25519 signature (type 0x01) of a text that ends in a newline."""
    return NoteSignature(name, verifier_of(name, key, ED25519).key_id, key.sign(text.encode()))


def cosign(text: str, name: str, key: SigningKey, at: int) -> NoteSignature:
    """Return a witness's cosignature/v1 (type 0x04) of a checkpoint's text, made at `at`, seconds since 1970."""
    made = key.sign(_cosigned(text, at))
    return NoteSignature(name, verifier_of(name, key, COSIGNATURE).key_id, at.to_bytes(_TIME_BYTES, "big") + made)


def verifier_of(name: str, key: SigningKey, kind: int) -> Verifier:
    """Return the public side of an Ed25519 key that signs under a name."""
    return Verifier(name, kind, b64url.decode(key.public_jwk["x"]))


def names_of(signatures: Iterable[VerifiedSignature]) -> set[Verifier]:
    """Return who signed."""
    return {signature.verifier for signature in signatures}


def _verify(text: str, signature: NoteSignature, verifier: Verifier) -> int | None:
    at, message, raw = None, text.encode(), signature.raw
    if verifier.kind == COSIGNATURE:
        at = int.from_bytes(raw[:_TIME_BYTES], "big")
        message, raw = _cosigned(text, at), raw[_TIME_BYTES:]
        if at >= 1 << 63:
            raise NoteError("a cosignature's time is out of range")
    try:
        _ALGORITHM.verify(_ALGORITHM.load_public((verifier.public,)), raw, message)
    except (InvalidSignature, ValueError):
        raise NoteError("the signature of a known key is wrong") from None
    return at


def _cosigned(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _signature(line: str) -> NoteSignature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not _is_name(name):
        raise NoteError("malformed signature line")
    raw = _bytes(encoded)
    if len(raw) <= _ID_BYTES:
        raise NoteError("malformed signature line")
    return NoteSignature(name, raw[:_ID_BYTES], raw[_ID_BYTES:])


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(sign.isspace() for sign in name)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def _bytes(encoded: str) -> bytes:
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise NoteError("malformed base64") from None
    # The decoder takes stray bits in the last character: then one signature would have several spellings.
    if _base64(raw) != encoded:
        raise NoteError("malformed base64")
    return raw
