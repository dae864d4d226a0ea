"""Proofs that an entry is in a log, as a file that verifies offline (c2sp.org/tlog-proof@v1). Pure."""

import base64
import binascii
from dataclasses import dataclass

from app.transparency.checkpoint import (
    Checkpoint,
    MalformedCheckpoint,
    decode_hash,
    encode_hash,
    parse_checkpoint,
    parse_decimal,
)
from app.transparency.note import Note, NoteError, names_of, parse_note, verify_note
from app.transparency.policy import Policy
from app.transparency.tree import ProofError, leaf_hash, verify_inclusion

MAGIC = "c2sp.org/tlog-proof@v1"
MEDIA_TYPE = "text/plain; charset=utf-8"
MOST_HASHES = 63


@dataclass(frozen=True, slots=True)
class LogProof:
    """The index of an entry, the hashes from its sibling up, and the note under whose root they lead.

    `extra` is opaque, and nobody vouches for it.
    """

    index: int
    hashes: tuple[bytes, ...]
    note: Note
    extra: bytes | None = None

    def __str__(self) -> str:
        """Return the file."""
        head = [MAGIC]
        if self.extra is not None:
            head.append(f"extra {base64.b64encode(self.extra).decode('ascii')}")
        head.append(f"index {self.index}")
        return "\n".join([*head, *(encode_hash(sibling) for sibling in self.hashes), "", str(self.note)])


def parse_proof(raw: bytes) -> LogProof:
    """Return what the file says, unverified; raise `ProofError` if it is malformed."""
    head, blank, note = raw.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
        if not blank or lines.pop(0) != MAGIC or not lines:
            raise ProofError("not a tlog-proof of version 1")
        extra = _extra(lines.pop(0)) if lines[0].startswith("extra ") else None
        if not lines or not lines[0].startswith("index ") or len(lines) > 1 + MOST_HASHES:
            raise ProofError("the proof has no index, or too many hashes")
        index = parse_decimal(lines[0].removeprefix("index "))
        return LogProof(index, tuple(decode_hash(line) for line in lines[1:]), parse_note(note), extra)
    except (UnicodeDecodeError, MalformedCheckpoint, NoteError) as error:
        raise ProofError("malformed proof") from error


def trusted_checkpoint(note: Note, policy: Policy) -> Checkpoint:
    """Return the checkpoint in a note of a log that `policy` trusts, cosigned as it asks.

    Raises `ProofError`: the log is another, a known signature is wrong, or too few witnesses cosigned.
    """
    try:
        checkpoint = parse_checkpoint(note.text)
        logs = [log for log in policy.logs if log.name == checkpoint.origin]
        signers = names_of(verify_note(note, [*logs, *policy.verifiers]))
    except (MalformedCheckpoint, NoteError) as error:
        raise ProofError(f"the checkpoint is not to be trusted: {error}") from error
    if not signers.intersection(logs):
        raise ProofError("the checkpoint is not signed by a log of the policy")
    if not policy.is_quorum(signers):
        raise ProofError("fewer witnesses cosigned the checkpoint than the policy asks for")
    return checkpoint


def verify_proof(raw: bytes, entry: bytes, policy: Policy) -> Checkpoint:
    """Return the checkpoint under which `entry` is in a log that `policy` trusts, cosigned as it asks.

    Raises `ProofError`: the file is malformed, its checkpoint is not to be trusted, or the hashes do not lead from
    the entry to the signed root.
    """
    proof = parse_proof(raw)
    checkpoint = trusted_checkpoint(proof.note, policy)
    verify_inclusion(proof.index, checkpoint.size, leaf_hash(entry), checkpoint.root, proof.hashes)
    return checkpoint


def _extra(line: str) -> bytes:
    try:
        return base64.b64decode(line.removeprefix("extra "), validate=True)
    except (binascii.Error, ValueError):
        raise ProofError("malformed extra data") from None
