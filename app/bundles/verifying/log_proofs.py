"""Steps 4 and 5 of a verification: one checkpoint over the whole bundle, and the proofs that lead to its root."""

from dataclasses import dataclass, field

from app.bundles.verifying.files import BundleRefused, Files
from app.transparency.checkpoint import Checkpoint
from app.transparency.note import Note
from app.transparency.policy import Policy
from app.transparency.proof import parse_proof, trusted_checkpoint
from app.transparency.tree import ProofError, leaf_hash, verify_inclusion

PROOF = "entry.tlog-proof"


@dataclass(slots=True)
class LogProofs:
    """The proofs of a bundle. Without any of them `checkpoint` is None, and no entry is proven."""

    checkpoint: Checkpoint | None
    note: Note | None
    _places: set[int] = field(default_factory=set)

    def place_of(self, entry: bytes, raw: bytes) -> int:
        """Return the place of an entry in the log; raise `BundleRefused` unless the proof leads to the signed root.

        Two checkpoints in one bundle are refused: nothing here proves that they are of one tree.
        """
        try:
            proof = parse_proof(raw)
            # Anyone could write into the extra data, so no exchange does.
            if proof.extra is not None or str(proof).encode() != raw:
                raise BundleRefused("the proof is not as an exchange writes it")
            if self.checkpoint is None or str(proof.note) != str(self.note):
                raise BundleRefused("the proofs are under different checkpoints")
            root, size = self.checkpoint.root, self.checkpoint.size
            verify_inclusion(proof.index, size, leaf_hash(entry), root, proof.hashes)
        except ProofError as error:
            raise BundleRefused(f"the proof does not hold: {error}") from error
        if proof.index in self._places:
            raise BundleRefused("two entries have one place in the log")
        self._places.add(proof.index)
        return proof.index


def read_checkpoint(files: Files, policy: Policy) -> LogProofs:
    """Verify the checkpoint of the first proof under the policy; raise `BundleRefused` if it may not be trusted."""
    # The acts come first in the order of the names, then the key events.
    first = next((name for name in files.names if name.endswith(f"/{PROOF}")), None)
    if first is None:
        return LogProofs(None, None)
    try:
        note = parse_proof(files.read(first)).note
        return LogProofs(trusted_checkpoint(note, policy), note)
    except ProofError as error:
        raise BundleRefused(f"the proof does not hold: {error}") from error
