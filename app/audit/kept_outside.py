"""What others kept: checkpoints and bundles, held against the database. So a rewritten or restored one is found."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from app.audit.contradiction import Contradiction
from app.audit.log.stretch import KnownRoot
from app.bundles.verifying.files import open_files
from app.bundles.verifying.verify import verify_bundle
from app.signing.jws import read_header
from app.transparency.checkpoint import MalformedCheckpoint, parse_checkpoint
from app.transparency.note import NoteError, parse_note
from app.transparency.proof import parse_proof

_ACT = """
    SELECT a.jws, a.body_sha256, a.receipt, a.receipt_jws, l.log_index, l.entry
    FROM act a LEFT JOIN log_entry l ON l.act_id = a.act_id WHERE a.act_id = $1
"""


class UnusableCheckpoint(ValueError):
    """A file that is no checkpoint, or a checkpoint of another log."""


@dataclass(frozen=True, slots=True)
class KeptAct:
    """One act as a bundle has it; notices have no receipt."""

    source: str
    act_id: str
    jws: str
    entry: bytes
    index: int
    receipt: bytes | None
    receipt_jws: str | None


@dataclass(frozen=True, slots=True)
class KeptOutside:
    """Roots of the log and acts that were kept outside the exchange."""

    roots: tuple[KnownRoot, ...] = ()
    acts: tuple[KeptAct, ...] = field(default=(), repr=False)


def read_kept(checkpoints: Sequence[Path], bundles: Sequence[Path], origin: str) -> KeptOutside:
    """Return what was kept in these files; raise `UnusableCheckpoint`, or `BundleRefused` for a bundle that is wrong.

    Whoever kept a file vouches for it: it is not asked whose keys signed it, because whoever rewrites a log has them.
    """
    roots = [_checkpoint(path.read_bytes(), str(path), origin) for path in checkpoints]
    acts: list[KeptAct] = []
    for path in bundles:
        verify_bundle(path, None)
        note, kept = _bundle(path)
        acts += kept
        if note is not None:
            roots.append(_checkpoint(note.encode(), str(path), origin))
    return KeptOutside(tuple(roots), tuple(acts))


async def require_kept(connection: "asyncpg.Connection[Any]", outside: KeptOutside) -> None:
    """Raise `Contradiction` for the first act of a bundle that is not stored, byte for byte, at its place."""
    for kept in sorted(outside.acts, key=lambda act: act.index):
        row = await connection.fetchrow(_ACT, UUID(kept.act_id))
        if row is None:
            raise Contradiction("act", kept.act_id, f"it is gone; {kept.source} has it")
        stored = (row["jws"], row["receipt"], row["receipt_jws"], row["log_index"], row["entry"])
        if stored != (kept.jws, kept.receipt, kept.receipt_jws, kept.index, kept.entry):
            raise Contradiction(
                "act", kept.act_id, f"signature, receipt or place in the log are not those in {kept.source}"
            )


def _checkpoint(raw: bytes, source: str, origin: str) -> KnownRoot:
    text = raw
    if b"\n\n" not in raw:
        try:
            text = base64.b64decode(raw.strip(), validate=True)
        except binascii.Error:
            raise UnusableCheckpoint(f"{source} is neither a checkpoint nor an X-Log-Checkpoint header") from None
    try:
        checkpoint = parse_checkpoint(parse_note(text).text)
    except (NoteError, MalformedCheckpoint) as error:
        raise UnusableCheckpoint(f"{source} is no checkpoint: {error}") from error
    if checkpoint.origin != origin:
        raise UnusableCheckpoint(f"{source} is a checkpoint of {checkpoint.origin}, not of {origin}")
    return KnownRoot(source, checkpoint.size, checkpoint.root)


def _bundle(path: Path) -> tuple[str | None, list[KeptAct]]:
    note, acts = None, []
    with open_files(path) as files:
        for name in files.names:
            folder, _, last = name.rpartition("/")
            if not folder.startswith("acts/") or last != "act.jws":
                continue
            present = {path.rpartition("/")[2] for path in files.names if path.startswith(f"{folder}/")}
            receipted = "receipt.json" in present
            token = files.read(name).decode("ascii")
            proof = parse_proof(files.read(f"{folder}/entry.tlog-proof"))
            note = str(proof.note)
            acts.append(
                KeptAct(
                    source=str(path),
                    act_id=read_header(token).jti,
                    jws=token,
                    entry=files.read(f"{folder}/entry.bin"),
                    index=proof.index,
                    receipt=files.read(f"{folder}/receipt.json") if receipted else None,
                    receipt_jws=files.read(f"{folder}/receipt.jws").decode("ascii") if receipted else None,
                )
            )
    return note, acts
