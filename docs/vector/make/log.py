"""The log: its entries, every hash of its tree, the note with a witness's cosignature, and the proofs of the acts."""

from collections.abc import Iterator
from dataclasses import dataclass

from make.keys import EXCHANGE, WITNESS, Files
from make.story import START

from app.registry.exchange_keys import log_origin, witness_name
from app.signing.keys import SigningKey
from app.transparency.checkpoint import Log, WitnessKey
from app.transparency.note import Note, parse_note
from app.transparency.proof import LogProof
from app.transparency.tiles import HashTiles, TilePath, entry_bundle
from app.transparency.tree import EMPTY, Range, grow, inclusion_path, leaf_hash, range_hash

COSIGNED_AT = int(START.timestamp()) + 3600


@dataclass(frozen=True, slots=True)
class Logged:
    """The log of the vector, whole."""

    log: Log
    witness: WitnessKey
    entries: list[bytes]
    note: Note

    def hash(self, wanted: Range) -> bytes:
        leaves = b"".join(map(leaf_hash, self.entries))
        return range_hash(wanted, HashTiles({(0, 0): leaves}).node)

    def proof(self, index: int) -> LogProof:
        """Return the proof that the entry `index` is in the log."""
        path = inclusion_path(index, len(self.entries))
        return LogProof(index, tuple(self.hash(wanted) for wanted in path), self.note)


def log_all(entries: list[bytes], keys: dict[str, SigningKey]) -> Logged:
    """Return the log of these entries; a neighbouring exchange has cosigned its checkpoint."""
    log = Log(log_origin(EXCHANGE), keys[f"{EXCHANGE}.log"])
    witness = WitnessKey(witness_name(WITNESS), keys[f"{WITNESS}.witness"])
    tree, _ = grow(EMPTY, map(leaf_hash, entries))
    note = log.sign(tree.size, tree.root())
    cosigned = parse_note(f"{note}{witness.cosign(note.text, COSIGNED_AT)}".encode())
    return Logged(log, witness, entries, cosigned)


def nodes(start: int, end: int) -> Iterator[Range]:
    """Yield the ranges of entries that the nodes of a tree stand for, children before their parent."""
    if end - start > 1:
        middle = start + (1 << ((end - start - 1).bit_length() - 1))
        yield from nodes(start, middle)
        yield from nodes(middle, end)
    yield start, end


def log_files(logged: Logged) -> Files:
    """Return the files of the log."""
    size = len(logged.entries)
    tile = TilePath(0, size)
    lines = (f"{start} {end} {logged.hash((start, end)).hex()}\n" for start, end in nodes(0, size))
    return {
        **{f"log/entries/{index}.bin": entry for index, entry in enumerate(logged.entries)},
        "log/nodes.txt": "".join(lines).encode(),
        "log/checkpoint": str(logged.note).encode(),
        "log/log.vkey": str(logged.log.verifier).encode(),
        "log/witness.vkey": str(logged.witness.verifier).encode(),
        f"log/tile/0/{tile}": b"".join(map(leaf_hash, logged.entries)),
        f"log/tile/entries/{tile}": entry_bundle(logged.entries),
    }
