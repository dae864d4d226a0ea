"""What is entered in the docket: an act whose signature and document are good, or what the exchange itself has to say.

What it says of itself: that time has passed for a case, or that another lead names the same subject.
"""

from dataclasses import dataclass
from typing import Any

from app.casework.document import Act
from app.registry.directory import SignedByNode


@dataclass(frozen=True, slots=True)
class Submission:
    """A verified act: its document as the rules see it, and the bytes that were signed."""

    act: Act[Any]
    signed: SignedByNode


@dataclass(frozen=True, slots=True)
class Answer:
    """The stored receipt of an act; `replayed` if the act had been taken before.

    `receipt_jws_sm2` is None for a receipt that was signed once only.
    """

    receipt: bytes
    receipt_jws: str
    receipt_jws_sm2: str | None
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """An act that was taken before: by whom it was sent, the digest of its body, and its answer."""

    sender: str
    body_sha256: bytes
    answer: Answer


@dataclass(frozen=True, slots=True)
class Lapse:
    """Time has passed for a deadline: what has become true by now is to be said, if it was not said yet."""

    root_id: str
    deadline_id: str


@dataclass(frozen=True, slots=True)
class Recount:
    """The calendar changed: the provisional deadlines of a case are to be counted anew."""

    root_id: str


@dataclass(frozen=True, slots=True)
class Match:
    """Two leads name the same subject: the holder of the one registered earlier may be told of the later one."""

    root_id: str
    later_id: str


ExchangeTask = Lapse | Recount | Match
