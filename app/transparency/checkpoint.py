"""Checkpoints (c2sp.org/tlog-checkpoint): what a log signs of itself at one size. Pure."""

import base64
import binascii
import re
from dataclasses import dataclass

from app.signing.keys import SigningKey
from app.transparency.note import COSIGNATURE, ED25519, Note, Verifier, cosign, sign_note, verifier_of
from app.transparency.tree import HASH_BYTES

_DECIMAL = re.compile("0|[1-9][0-9]{0,18}")


class MalformedCheckpoint(ValueError):
    """A text that is no checkpoint."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log's tree: `root` is the Merkle Tree Hash of its first `size` entries."""

    origin: str
    size: int
    root: bytes

    def __str__(self) -> str:
        """Return the text that is signed, three lines."""
        return f"{self.origin}\n{self.size}\n{encode_hash(self.root)}\n"


@dataclass(frozen=True, slots=True)
class Log:
    """This exchange's own log: the first line of its checkpoints, and the Ed25519 key that signs them.

    For a while after a rotation the `former` keys sign beside it, for readers who know only them.
    """

    origin: str
    key: SigningKey
    former: tuple[SigningKey, ...] = ()

    @property
    def verifier(self) -> Verifier:
        return verifier_of(self.origin, self.key, ED25519)

    async def current(self, _connection: object, *, anew: bool) -> "Log":  # noqa: ARG002 (a log whose keys stay)
        """Return itself, as the keeper of keys that never change."""
        return self

    def sign(self, size: int, root: bytes) -> Note:
        """Return the signed checkpoint. Whoever asks answers for it that no other root was signed at this size."""
        text = str(Checkpoint(self.origin, size, root))
        return Note(text, tuple(sign_note(text, self.origin, key) for key in (self.key, *self.former)))


@dataclass(frozen=True, slots=True)
class WitnessKey:
    """The name and Ed25519 key under which this exchange cosigns the checkpoints of others."""

    name: str
    key: SigningKey

    @property
    def verifier(self) -> Verifier:
        return verifier_of(self.name, self.key, COSIGNATURE)

    def cosign(self, text: str, at: int) -> str:
        """Return the signature line, with its newline, over a checkpoint's text at `at`, seconds since 1970."""
        return f"{cosign(text, self.name, self.key, at)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Return what a checkpoint's text says; extension lines are allowed and mean nothing here.

    Raises `MalformedCheckpoint`. The text is not to be trusted before its note is verified.
    """
    *lines, rest = text.split("\n")
    if rest or len(lines) < 3 or not all(lines):
        raise MalformedCheckpoint("a checkpoint has three lines or more, none of them empty")
    return Checkpoint(lines[0], parse_decimal(lines[1]), decode_hash(lines[2]))


def parse_decimal(text: str) -> int:
    """Return a number in its only spelling: ASCII digits, no leading zero; else raise `MalformedCheckpoint`."""
    number = int(text) if _DECIMAL.fullmatch(text) else -1
    # PostgreSQL's bigint and the specification's own bound.
    if not 0 <= number < 1 << 63:
        raise MalformedCheckpoint("malformed number")
    return number


def encode_hash(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


def decode_hash(text: str) -> bytes:
    """Return 32 bytes from canonical base64; else raise `MalformedCheckpoint`."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise MalformedCheckpoint("malformed hash") from None
    if len(raw) != HASH_BYTES or encode_hash(raw) != text:
        raise MalformedCheckpoint("malformed hash")
    return raw
