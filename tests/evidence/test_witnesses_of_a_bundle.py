"""Cosignatures in a bundle, and policies that ask for them."""

import shutil
from pathlib import Path

import pytest

from app.signing.keys import generate_private
from app.transparency.note import COSIGNATURE, cosign, verifier_of
from tests.evidence.bundles import Bundle, by_command, by_shell
from tests.evidence.test_tampering import resign

NAMES = ("w1.example", "w2.example", "w3.example")


@pytest.mark.parametrize(
    ("quorum", "status"),
    [
        ("quorum first", 3),
        ("group g 2 first second third\nquorum g", 3),
        ("group g any first third\ngroup h all g second\nquorum h", 3),
        ("group g all first third\nquorum g", 1),
        ("group g 2 first first\nquorum g", 1),
        ("group g two first\nquorum g", 1),
        ("group g 99999999999999999999 first\nquorum g", 1),
        ("group g 1 nobody\nquorum g", 1),
        ("quorum nobody", 1),
    ],
)
def test_both_count_the_witnesses_alike_and_refuse_a_policy_that_means_nothing(
    bundle: Bundle, tmp_path: Path, quorum: str, status: int
) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(bundle.folder, folder)
    keys = [generate_private("Ed25519") for _ in NAMES]
    for path in folder.rglob("entry.tlog-proof"):
        proof = path.read_text()
        text = proof.split("\n\n")[1] + "\n"
        signed = [cosign(text, name, key, 1795420000) for name, key in zip(NAMES[:2], keys[:2], strict=True)]
        path.write_text(proof + "".join(f"{line}\n" for line in signed))
    resign(folder)
    log = next(line for line in (folder / "policy.txt").read_text().splitlines() if line.startswith("log "))
    vkeys = [verifier_of(name, key, COSIGNATURE) for name, key in zip(NAMES, keys, strict=True)]
    witnesses = [f"witness {name} {vkey}" for name, vkey in zip(("first", "second", "third"), vkeys, strict=True)]
    policy = tmp_path / "policy"
    policy.write_text("\n".join([log, *witnesses, quorum]) + "\n")
    for outcome in (by_command(folder, "--policy", policy), by_shell(folder, policy)):
        assert outcome.status == status, outcome.output
