"""Cases of receipts, of the log, of proofs of possession and of client assertions."""

import json

from make.acts import Taken
from make.acts_cases import UNLIKE, flipped, token
from make.enrolments import assertion, sign
from make.keys import CIVIL, EXCHANGE, POLICE, Files
from make.log import Logged

from app.signing import b64url
from app.signing.keys import SigningKey
from app.transparency.checkpoint import Log
from app.transparency.note import Note, NoteSignature
from app.transparency.proof import LogProof


def receipt_cases(before: Taken, one: Taken, keys: dict[str, SigningKey]) -> dict[str, Files]:
    """Return the cases of what is no receipt of the second act."""
    header = json.loads(b64url.decode(one.receipt_jws.partition(".")[0]))
    agency, exchange = keys[f"{CIVIL}.act"], keys[f"{EXCHANGE}.signing"]
    answers = {
        "receipt-one-bit": (flipped(one.receipt, 60), one.receipt_jws),
        "receipt-of-another-act": (before.receipt, before.receipt_jws),
        "receipt-to-another-agency": (one.receipt, token(header | {"aud": POLICE}, one.receipt, exchange)),
        "receipt-by-an-agency": (one.receipt, token(header | {"kid": agency.kid}, one.receipt, agency)),
    }
    return {name: {"receipt.json": body, "receipt.jws": jws.encode()} for name, (body, jws) in answers.items()}


def log_cases(one: Taken, logged: Logged, keys: dict[str, SigningKey]) -> dict[str, Files]:
    """Return the cases of what does not prove that an act is in the log."""
    index, size = logged.entries.index(one.entry), len(logged.entries)
    good = logged.proof(index)
    note, hashes = good.note, good.hashes
    by_log, by_witness = note.signatures
    by_stranger = Log(logged.log.origin, keys[f"{CIVIL}.act"]).sign(size, logged.hash((0, size))).signatures
    wrong = NoteSignature(by_witness.name, by_witness.key_id, flipped(by_witness.raw, 20))
    unknown = NoteSignature("somebody-else", bytes(4), bytes(64))
    proofs = {
        "entry-one-bit": good,
        "path-one-bit": LogProof(index, (flipped(hashes[0], 0), *hashes[1:]), note),
        "path-too-short": LogProof(index, hashes[:-1], note),
        "path-too-long": LogProof(index, (*hashes, hashes[0]), note),
        "index-of-the-sibling": LogProof(index + 1, hashes, note),
        "index-beyond-the-log": LogProof(size, hashes, note),
        "note-another-size": LogProof(
            index, hashes, Note(note.text.replace(f"\n{size}\n", f"\n{size + 1}\n"), note.signatures)
        ),
        "note-by-a-stranger": LogProof(index, hashes, Note(note.text, by_stranger)),
        "note-by-the-witness-alone": LogProof(index, hashes, Note(note.text, (by_witness,))),
        "note-known-signature-wrong": LogProof(index, hashes, Note(note.text, (by_log, wrong))),
        "note-unknown-signature": LogProof(index, hashes, Note(note.text, (*note.signatures, unknown))),
    }
    cases = {name: {"entry.bin": one.entry, "entry.tlog-proof": str(proof).encode()} for name, proof in proofs.items()}
    cases["entry-one-bit"]["entry.bin"] = flipped(one.entry, 50)
    return cases


def proof_cases(keys: dict[str, SigningKey]) -> dict[str, Files]:
    """Return the case of a proof of possession that was made for another code."""
    proof = sign(b"another-code", keys[f"{CIVIL}.auth"], CIVIL, "auth").encode()
    return {"proof-of-another-code": {"proof.jws": proof}}


def assertion_cases(keys: dict[str, SigningKey]) -> dict[str, Files]:
    """Return the cases of what is no client assertion for this exchange."""
    auth = keys[f"{CIVIL}.auth"]
    made = {
        "assertion-by-act-key": assertion(keys[f"{CIVIL}.act"]),
        "assertion-another-exchange": assertion(auth, aud=UNLIKE),
        "assertion-plain-jwt": assertion(auth, typ="JWT"),
    }
    return {name: {"assertion.jwt": one.encode()} for name, one in made.items()}
