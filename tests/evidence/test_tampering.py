"""Bundles that somebody touched: whatever was changed, both verifiers refuse them."""

import hashlib
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from app.bundles.verifying.files import BundleRefused
from app.bundles.verifying.verify import verify_bundle
from app.signing.jws import sign_detached
from app.signing.keys import PrivateKey, generate_private, public_to_pem
from app.transparency.policy import PolicyError
from tests.evidence.bundles import Bundle, by_command, by_shell
from tests.server import EXCHANGE_ID


@pytest.fixture
def copy(bundle: Bundle, tmp_path: Path) -> Bundle:
    """A copy of the bundle's folder that may be spoilt."""
    shutil.copytree(bundle.folder, tmp_path / "bundle")
    shutil.copy(bundle.zip, tmp_path)
    return Bundle(bundle.lead_id, tmp_path / "bundle.zip", tmp_path / "bundle")


@contextmanager
def flipped(path: Path, at: int, bit: int) -> Iterator[None]:
    content = path.read_bytes()
    changed = bytearray(content)
    changed[at] ^= 1 << bit
    path.write_bytes(changed)
    try:
        yield
    finally:
        path.write_bytes(content)


def places(path: Path, regions: int) -> list[tuple[int, int]]:
    """One bit at a random place of each region of a file; the first and the last byte are always among them."""
    size, chance = path.stat().st_size, random.Random(path.name)
    inner = [chance.randrange(region * size // regions, (region + 1) * size // regions) for region in range(regions)]
    return [(at, chance.randrange(8)) for at in {0, size - 1, *inner}]


def refused(folder: Path, policy: str | None) -> bool:
    try:
        verify_bundle(folder, policy)
    except (BundleRefused, PolicyError):
        return True
    return False


def resign(folder: Path) -> None:
    """Sign the manifest anew as somebody who is not the exchange, over whatever lies there now."""
    key = generate_private("Ed25519")
    (folder / f"keys/{key.kid}.pem").write_bytes(public_to_pem(key.public))
    sign_again(folder, key)


def sign_again(folder: Path, key: PrivateKey) -> None:
    withheld = [line for line in (folder / "manifest.txt").read_text().splitlines() if line.startswith("withheld")]
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    names = sorted(files.keys() - {"manifest.txt", "manifest.jws"})
    lines = [f"{hashlib.sha256(files[name].read_bytes()).hexdigest()}  {name}" for name in names] + withheld
    body = "".join(f"{line}\n" for line in lines).encode()
    (folder / "manifest.txt").write_bytes(body)
    fields: dict[str, Any] = {"iss": EXCHANGE_ID, "aud": "township-990121101", "iat": 1, "jti": str(uuid4())}
    (folder / "manifest.jws").write_text(sign_detached(body, key, typ="lead-manifest+jws", **fields))


def test_a_manifest_signed_anew_hides_no_flip_in_python(copy: Bundle) -> None:
    """The manifest catches every flip, so without it the other checks show what they are worth."""
    key = generate_private("Ed25519")
    (copy.folder / f"keys/{key.kid}.pem").write_bytes(public_to_pem(key.public))
    sign_again(copy.folder, key)
    assert not refused(copy.folder, None)
    assert refused(copy.folder, copy.policy().read_text())
    for name in copy.names():
        if not name.startswith(("acts/", "key-events/", "keys/", "attachments/")):
            continue
        for at, bit in places(copy.folder / name, 3):
            with flipped(copy.folder / name, at, bit):
                sign_again(copy.folder, key)
                assert refused(copy.folder, None), (name, at, bit)


def test_a_manifest_signed_anew_hides_no_flip_in_the_shell(copy: Bundle) -> None:
    key = generate_private("Ed25519")
    (copy.folder / f"keys/{key.kid}.pem").write_bytes(public_to_pem(key.public))
    sign_again(copy.folder, key)
    assert by_shell(copy.folder).status == 3
    assert by_shell(copy.folder, copy.policy()).status == 1
    tried = ("acts/004-", "key-events/regulator-990121-001/", "attachments/")
    for name in [name for name in copy.names() if name.startswith(tried)]:
        at, bit = random.Random(name).choice(places(copy.folder / name, 3))
        with flipped(copy.folder / name, at, bit):
            sign_again(copy.folder, key)
            outcome = by_shell(copy.folder)
        assert outcome.status == 1, (name, at, bit, outcome)


@pytest.mark.parametrize(
    "name", ["acts/008-transfer.accept", "key-events/police-990121-002", "attachments", "README", "manifest.jws"]
)
def test_what_is_left_out_is_missed(copy: Bundle, name: str) -> None:
    path = copy.folder / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    for outcome in (by_command(copy.folder, "--policy", copy.policy()), by_shell(copy.folder, copy.policy())):
        assert outcome.status == 1, outcome.output


@pytest.mark.parametrize("name", ["notes.txt", "acts/001-lead.register/more", "attachments/x", ".hidden"])
def test_what_is_added_is_noticed_even_in_a_manifest_signed_anew(copy: Bundle, name: str) -> None:
    (copy.folder / name).write_text("nothing")
    for _ in range(2):
        for outcome in (by_command(copy.folder), by_shell(copy.folder)):
            assert outcome.status == 1, outcome.output
        resign(copy.folder)


def test_acts_that_are_left_out_with_their_lines_break_the_chain(copy: Bundle) -> None:
    shutil.rmtree(copy.folder / "acts/002-lead.screen")
    for number, path in enumerate(sorted((copy.folder / "acts").iterdir()), 1):
        path.rename(path.with_name(f"{number:03d}{path.name[3:]}"))
    resign(copy.folder)
    for outcome in (by_command(copy.folder), by_shell(copy.folder)):
        assert outcome.status == 1, outcome.output
        assert "does not list what is withheld" in outcome.output


def test_a_damaged_zip_is_refused_in_one_line(bundle: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "damaged.zip"
    path.write_bytes(bundle.zip.read_bytes()[:-100])
    outcome = by_command(path)
    assert (outcome.status, outcome.output.count("\n")) == (1, 1)
