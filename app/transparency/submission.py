"""What a log sends to a witness (c2sp.org/tlog-witness, add-checkpoint). Pure."""

from dataclasses import dataclass

from app.transparency.checkpoint import (
    Checkpoint,
    MalformedCheckpoint,
    decode_hash,
    encode_hash,
    parse_checkpoint,
    parse_decimal,
)
from app.transparency.note import Note, NoteError, parse_note

MOST_HASHES = 63
SIZE_MEDIA_TYPE = "text/x.tlog.size"


class MalformedSubmission(ValueError):
    """A request that is no submission of a checkpoint."""


@dataclass(frozen=True, slots=True)
class CheckpointSubmission:
    """A signed checkpoint, and the proof that it continues the tree of `old` leaves."""

    old: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint

    def __str__(self) -> str:
        """Return the request's body."""
        return "\n".join([f"old {self.old}", *(encode_hash(sibling) for sibling in self.proof), "", str(self.note)])


def parse_submission(raw: bytes) -> CheckpointSubmission:
    """Return what a request says, unverified; raise `MalformedSubmission`."""
    head, blank, rest = raw.partition(b"\n\n")
    try:
        first, *hashes = head.decode("ascii").split("\n")
        if not blank or not first.startswith("old ") or len(hashes) > MOST_HASHES:
            raise MalformedSubmission("the request is not lines, an empty line and a checkpoint")
        note = parse_note(rest)
        checkpoint = parse_checkpoint(note.text)
        old = parse_decimal(first.removeprefix("old "))
        proof = tuple(decode_hash(line) for line in hashes)
    except (UnicodeDecodeError, MalformedCheckpoint, NoteError) as error:
        raise MalformedSubmission("the request is malformed") from error
    if old > checkpoint.size:
        raise MalformedSubmission("the old size is larger than the checkpoint's")
    return CheckpointSubmission(old, proof, note, checkpoint)
