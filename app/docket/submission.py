"""What intake hands to the docket: an act whose signature and document are good, with the bytes as they came."""

from dataclasses import dataclass
from typing import Any

from app.casework.document import Act


@dataclass(frozen=True, slots=True)
class Submission:
    """A verified act, byte for byte. `key_event` numbers the event that made the signing key valid."""

    act: Act[Any]
    jws: str
    body: bytes
    body_sha256: bytes
    kid: str
    key_event: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The stored receipt of an act; `replayed` if the act had been taken before."""

    receipt: bytes
    receipt_jws: str
    replayed: bool = False
