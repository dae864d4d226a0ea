"""Notes, cosignatures, policies and proof files: read strictly, and trusted only as far as a policy goes."""

import base64
import re
from collections.abc import Callable

import pytest

from app.signing.keys import PrivateKey, generate_private
from app.transparency.checkpoint import Log, MalformedCheckpoint, WitnessKey, parse_checkpoint
from app.transparency.note import (
    COSIGNATURE,
    Note,
    NoteError,
    NoteSignature,
    Verifier,
    parse_note,
    parse_signatures,
    parse_vkey,
    verify_note,
)
from app.transparency.policy import Policy, PolicyError, parse_policy
from app.transparency.proof import LogProof, parse_proof, verify_proof
from app.transparency.submission import CheckpointSubmission, MalformedSubmission, parse_submission
from app.transparency.tree import EMPTY, ProofError, grow, leaf_hash


def fresh() -> PrivateKey:
    return generate_private("Ed25519")


LOG = Log("exchange-test/log", fresh())
WITNESSES = [WitnessKey(f"exchange-w{number}/witness", fresh()) for number in range(3)]
ENTRIES = [b"one\n", b"two\n"]
ROOT = grow(EMPTY, [leaf_hash(entry) for entry in ENTRIES])[0].root()


def cosigned(*witnesses: WitnessKey, log: Log = LOG) -> Note:
    note = log.sign(2, ROOT)
    lines = "".join(witness.cosign(note.text, 1_795_420_000) for witness in witnesses)
    return Note(note.text, note.signatures + (parse_signatures(lines) if lines else ()))


def policy(quorum: str, *witnesses: WitnessKey, log: Log = LOG) -> Policy:
    named = [f"witness w{number} {one.verifier}" for number, one in enumerate(witnesses)]
    return parse_policy("\n".join([f"log {log.verifier}", *named, *quorum.split("|")]))


def proof(note: Note, index: int = 1) -> bytes:
    return str(LogProof(index, (leaf_hash(ENTRIES[1 - index]),), note)).encode()


def test_a_cosignature_verifies_and_tells_its_time() -> None:
    signed = verify_note(cosigned(WITNESSES[0]), [WITNESSES[0].verifier])
    assert [(one.verifier, one.at) for one in signed] == [(WITNESSES[0].verifier, 1_795_420_000)]
    assert parse_vkey(str(WITNESSES[0].verifier)).kind == COSIGNATURE


def test_a_cosignature_is_bound_to_its_time_and_text() -> None:
    note = cosigned(WITNESSES[0])
    line = note.signatures[1]
    later = NoteSignature(
        line.name, line.key_id, (int.from_bytes(line.raw[:8], "big") + 1).to_bytes(8, "big") + line.raw[8:]
    )
    for bad in (Note(note.text, (later,)), Note(note.text.replace("\n2\n", "\n3\n"), (line,))):
        with pytest.raises(NoteError):
            verify_note(bad, [WITNESSES[0].verifier])


def test_signatures_of_unknown_kinds_and_keys_are_ignored() -> None:
    note = cosigned()
    strange = NoteSignature("exchange-pq/witness", b"\x00\x01\x02\x03", bytes(2428))
    namesake = NoteSignature(LOG.origin, b"\x00\x01\x02\x03", bytes(64))
    assert [
        one.verifier for one in verify_note(Note(note.text, (strange, namesake, *note.signatures)), [LOG.verifier])
    ] == [LOG.verifier]


@pytest.mark.parametrize(
    ("found", "instead"),
    [
        ("\u2014 ", "- "),
        ("\n\u2014 ", "\r\n\u2014 "),
        ("=\n\\Z", "\n"),
        ("\n\\Z", ""),
        ("\\Z", "\n"),
        ("(.)=\n\\Z", lambda last: f"{chr(ord(last[1]) + 1)}=\n"),
    ],
)
def test_a_note_has_one_spelling(found: str, instead: str | Callable[[re.Match[str]], str]) -> None:
    spoiled, times = re.subn(found, instead, str(cosigned()))
    assert times == 1
    with pytest.raises(NoteError):
        parse_note(spoiled.encode())


@pytest.mark.parametrize(
    "text",
    ["", "a\n1\n", "\n1\nx\n", "a\n01\n{}\n", "a\n-1\n{}\n", "a\n1\n{}", "a\n1\n{}\n\nb\n", "a\n1\n AA=\n",
     "a\n\u0663\n{}\n", "a\n9223372036854775808\n{}\n"],
)  # fmt: skip
def test_a_checkpoint_is_read_strictly(text: str) -> None:
    with pytest.raises(MalformedCheckpoint):
        parse_checkpoint(text.format(base64.b64encode(ROOT).decode()))


def test_a_proof_reads_back_with_its_extra_data() -> None:
    made = LogProof(1, (ROOT,), cosigned(*WITNESSES), b"\x00opaque")
    assert parse_proof(str(made).encode()) == made
    assert str(made).startswith("c2sp.org/tlog-proof@v1\nextra AG9wYXF1ZQ==\nindex 1\n")


@pytest.mark.parametrize("index", [0, 1])
def test_a_proof_verifies_under_a_policy(index: int) -> None:
    two_of_three = policy("group g 2 w0 w1 w2|quorum g", *WITNESSES)
    found = verify_proof(proof(cosigned(*WITNESSES[1:]), index), ENTRIES[index], two_of_three)
    assert (found.origin, found.size, found.root) == (LOG.origin, 2, ROOT)


def test_a_proof_is_refused_under_any_other_policy() -> None:
    good = proof(cosigned(WITNESSES[0]))
    assert verify_proof(good, ENTRIES[1], policy("quorum none")).root == ROOT
    assert verify_proof(good, ENTRIES[1], policy("quorum w0", WITNESSES[0])).root == ROOT
    forged = Log(LOG.origin, fresh())
    for bad, entry, trusted in (
        (good, ENTRIES[0], policy("quorum none")),
        (good, ENTRIES[1], policy("group g 2 w0 w1|quorum g", *WITNESSES[:2])),
        (good, ENTRIES[1], policy("quorum none", log=Log("exchange-test/log", fresh()))),
        (good, ENTRIES[1], policy("quorum none", log=Log("exchange-other/log", LOG.key))),
        (proof(cosigned(log=forged)), ENTRIES[1], policy("quorum none")),
        (good.replace(b"index 1", b"index 0"), ENTRIES[1], policy("quorum none")),
        (good.replace(b"@v1", b"@v2"), ENTRIES[1], policy("quorum none")),
        (good.replace(b"index 1", b"index 01"), ENTRIES[1], policy("quorum none")),
    ):
        with pytest.raises(ProofError):
            verify_proof(bad, entry, trusted)


def test_no_flipped_bit_of_a_proof_goes_unnoticed() -> None:
    good, trusted = proof(cosigned(WITNESSES[0])), policy("quorum w0", WITNESSES[0])
    for place in range(len(good)):
        bad = bytearray(good)
        bad[place] ^= 1 << place % 8
        with pytest.raises(ProofError):
            verify_proof(bytes(bad), ENTRIES[1], trusted)


def test_groups_of_groups_count_as_the_specification_says() -> None:
    nested = policy("group x any w0 w1|group all all x w2|quorum all", *WITNESSES)
    keys = [one.verifier for one in WITNESSES]
    assert nested.is_quorum({keys[1], keys[2]})
    assert not nested.is_quorum({keys[0], keys[1]})
    assert not nested.is_quorum(set())


@pytest.mark.parametrize(
    "lines",
    ["", "quorum x", "quorum none\nquorum none", "log {log}\nlog {log}\nquorum none", "witness a {log}\nquorum a",
     "log {w0}\nquorum none", "witness none {w0}\nquorum none", "witness a {w0}\nwitness a {w1}\nquorum a",
     "witness a {w0}\nwitness b {w0}\nquorum a", "group g 1 a\nquorum g", "witness a {w0}\ngroup g 2 a\nquorum g",
     "witness a {w0}\ngroup g 0 a\nquorum g", "witness a {w0}\ngroup g any a a\nquorum g",
     "witness a {w0}\ngroup g any a\ngroup h any a\nquorum g", "witness a {w0}\ngroup g any\nquorum none",
     "quorum none\r\n", "frobnicate\nquorum none", "log x+00000000+AAAA\nquorum none"],
)  # fmt: skip
def test_a_policy_is_read_strictly(lines: str) -> None:
    keys = {"log": LOG.verifier, "w0": WITNESSES[0].verifier, "w1": WITNESSES[1].verifier}
    with pytest.raises(PolicyError):
        parse_policy(lines.format(**keys))


def test_a_submission_reads_back_and_is_read_strictly() -> None:
    note = cosigned()
    whole = str(CheckpointSubmission(1, (ROOT,), note, parse_checkpoint(note.text)))
    assert str(parse_submission(whole.encode())) == whole
    for bad in (
        whole.replace("old 1", "old 01"),
        whole.replace("old 1", "old 3"),
        whole.replace("old 1", "new 1"),
        whole.replace("\n\n", "\n", 1),
        whole.replace("old 1\n", "old 1\n" + whole.split("\n")[1] * 2 + "\n"),
        whole.replace("old 1\n", "old 1\n" + (whole.split("\n")[1] + "\n") * 63),
        "",
    ):
        with pytest.raises(MalformedSubmission):
            parse_submission(bad.encode())


def test_a_low_order_key_verifies_nothing() -> None:
    weak = Verifier("x", 1, (1).to_bytes(32, "little"))
    with pytest.raises(NoteError):
        verify_note(Note("x\n", (NoteSignature("x", weak.key_id, (1).to_bytes(32, "little") + bytes(32)),)), [weak])
