"""The proofs of a bundle: all of them under one checkpoint, which is verified once for what it says."""

from app.bundles.verifying.files import BundleRefused
from app.transparency.checkpoint import Checkpoint
from app.transparency.policy import Policy
from app.transparency.proof import parse_proof, verify_proof
from app.transparency.tree import ProofError


class LogProofs:
    """`checkpoint` is None until the first proof was verified."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._note: str | None = None
        self.checkpoint: Checkpoint | None = None
        self.indexes: set[int] = set()

    def index_of(self, entry: bytes, raw: bytes) -> int:
        """Return the place of an entry in the log; raise `BundleRefused` unless the proof holds under the policy.

        Two checkpoints in one bundle are refused: nothing here proves that they are of one tree.
        """
        try:
            proof = parse_proof(raw)
            checkpoint = verify_proof(raw, entry, self._policy)
        except ProofError as error:
            raise BundleRefused(f"the proof does not hold: {error}") from error
        # Anyone could write into it, so no exchange does.
        if proof.extra is not None or str(proof).encode() != raw:
            raise BundleRefused("the proof is not as an exchange writes it")
        if self._note not in (None, str(proof.note)):
            raise BundleRefused("the proofs are under different checkpoints")
        if proof.index in self.indexes:
            raise BundleRefused("two entries have one place in the log")
        self._note, self.checkpoint = str(proof.note), checkpoint
        self.indexes.add(proof.index)
        return proof.index
