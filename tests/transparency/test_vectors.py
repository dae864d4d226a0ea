"""Every public vector: Merkle proofs of transparency-dev, notes of golang.org/x/mod and of C2SP."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from app.transparency.checkpoint import parse_checkpoint
from app.transparency.note import NoteError, names_of, parse_note, parse_vkey, verify_note
from app.transparency.tree import EMPTY_ROOT, ProofError, verify_consistency, verify_inclusion

VECTORS = Path(__file__).parent.parent / "vectors"


def merkle(kind: str) -> list[Any]:
    cases = json.loads((VECTORS / "merkle" / f"{kind}.json").read_text())
    return [pytest.param(case, id=name) for name, case in cases.items()]


def hashes(case: dict[str, Any], *names: str) -> list[bytes]:
    return [base64.b64decode(case[name] or "") for name in names]


def proof_of(case: dict[str, Any]) -> list[bytes]:
    return [base64.b64decode(one) for one in case["proof"] or []]


def proves(case: dict[str, Any], verify: Any) -> None:
    if case["wantErr"]:
        with pytest.raises(ProofError):
            verify(case)
    else:
        verify(case)


@pytest.mark.parametrize("case", merkle("inclusion"))
def test_inclusion(case: dict[str, Any]) -> None:
    def verify(case: dict[str, Any]) -> None:
        leaf, root = hashes(case, "leafHash", "root")
        verify_inclusion(case["leafIdx"], case["treeSize"], leaf, root, proof_of(case))

    proves(case, verify)


@pytest.mark.parametrize("case", merkle("consistency"))
def test_consistency(case: dict[str, Any]) -> None:
    def verify(case: dict[str, Any]) -> None:
        old, new = hashes(case, "root1", "root2")
        assert verify_consistency(case["size1"], case["size2"], old, new, proof_of(case)) == new

    proves(case, verify)


@pytest.mark.parametrize("case", merkle("subtreeconsistency"))
def test_consistency_of_a_subtree(case: dict[str, Any]) -> None:
    def verify(case: dict[str, Any]) -> None:
        old, new = hashes(case, "root1", "root2")
        if case["start"] == case["end"] <= case["size"] and not case["proof"] and old == EMPTY_ROOT:
            return  # an empty subtree: no proof is defined for it, and callers decide
        verify_consistency(case["end"], case["size"], old, new, proof_of(case), start=case["start"])

    proves(case, verify)


@pytest.mark.parametrize("case", merkle("subtreeinclusion"))
def test_inclusion_in_a_subtree(case: dict[str, Any]) -> None:
    def verify(case: dict[str, Any]) -> None:
        start, size = case["start"], case["end"] - case["start"]
        if size < 1 or start % (1 << (size - 1).bit_length()):
            raise ProofError("no such subtree")
        leaf, root = hashes(case, "leafHash", "root")
        verify_inclusion(case["leafIdx"] - start, size, leaf, root, proof_of(case))

    proves(case, verify)


NOTES = json.loads((VECTORS / "golang-note" / "note_cases.json").read_text())["cases"]


@pytest.mark.parametrize("case", [case for case in NOTES if "vkeys" in case])
def test_notes(case: dict[str, Any]) -> None:
    raw = bytes.fromhex(case["note_hex"]) if case["note_hex"] else case["note"].encode()
    verifiers = [parse_vkey(vkey) for vkey in case["vkeys"]]
    if case["result"] == "valid":
        signed = verify_note(parse_note(raw), verifiers)
        assert [one.verifier.name for one in signed] == case["verified"]
    else:
        with pytest.raises(NoteError):
            verify_note(parse_note(raw), verifiers)


@pytest.mark.parametrize("case", [case for case in NOTES if "vkey" in case])
def test_verifier_keys(case: dict[str, Any]) -> None:
    if case["result"] == "valid":
        assert str(parse_vkey(case["vkey"])) == case["vkey"]
    else:
        with pytest.raises(NoteError):
            parse_vkey(case["vkey"])


def test_the_examples_of_the_specifications() -> None:
    examples = json.loads((VECTORS / "c2sp-spec-examples" / "examples.json").read_text())
    verifier = parse_vkey(examples["signed_note"]["vkey"])
    note = parse_note(examples["signed_note"]["note"].encode())
    assert names_of(verify_note(note, [verifier])) == {verifier}
    cosigned = parse_note(examples["cosigned_checkpoint_parse_only"]["note"].encode())
    assert str(cosigned) == examples["cosigned_checkpoint_parse_only"]["note"]
    checkpoint = parse_checkpoint(cosigned.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert str(checkpoint) == cosigned.text
