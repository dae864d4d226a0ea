"""Every region of a bundle flipped, in both verifiers: each file, each line, each part of the zip."""

import io
import os
import random
import re
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from app.client.ids import uuid7
from tests.agencies import World
from tests.evidence.bundles import Bundle, Outcome, by_shell, download
from tests.evidence.conftest import LETTER, PAPERS
from tests.evidence.test_tampering import refused

WORKERS = (os.cpu_count() or 2) + 1


class Flip(NamedTuple):
    """One bit of one file."""

    name: str
    at: int
    bit: int


@pytest.fixture(scope="module")
def small(world: World, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """A bundle of three acts and an enclosure: small, since each flip is a run of the shell."""
    town, police, lead_id = world.agency("township"), world.agency("police"), world.register()
    town.screen(lead_id, category="general", opinion="有具体事件", basis="依职责")
    paper = town.upload(PAPERS, name="来信.txt", media_type="text/plain")
    town.offer(lead_id, police.node_id, transfer_id=uuid7(), letter=LETTER, attachments=[paper])
    return download(world, "township", lead_id, tmp_path_factory.mktemp("small"))


def regions(path: Path, name: str) -> Iterator[Flip]:
    """A bit of head, middle and end, and one of each line of a text."""
    content, chance = path.read_bytes(), random.Random(name)
    places = {0, len(content) // 2, len(content) - 1}
    if name.rsplit("/", 1)[-1] != "act.body" and not name.startswith("attachments/"):
        start = 0
        for line in content.splitlines(keepends=True):
            places.add(start + chance.randrange(len(line)))
            start += len(line)
    for at in sorted(places):
        yield Flip(name, at, chance.randrange(8))


def flips_of(bundle: Bundle) -> list[Flip]:
    # The program that travels along may do anything once it is changed; only the manifest in Python knows.
    return [flip for name in bundle.names() if name != "verify.sh" for flip in regions(bundle.folder / name, name)]


@contextmanager
def flipped(folder: Path, flip: Flip) -> Iterator[None]:
    path = folder / flip.name
    content = path.read_bytes()
    path.write_bytes(content[: flip.at] + bytes([content[flip.at] ^ 1 << flip.bit]) + content[flip.at + 1 :])
    try:
        yield
    finally:
        path.write_bytes(content)


def in_shells(bundle: Bundle, folder: Path, flips: Sequence[Flip], run: Callable[[Path], Outcome]) -> list[Flip]:
    """Run the shell verifier once a flip, some at a time, each in a copy of its own; return what it did not refuse."""

    def share(first: int) -> list[Flip]:
        copy, missed = folder / str(first), []
        shutil.copytree(bundle.folder, copy)
        for flip in flips[first::WORKERS]:
            with flipped(copy, flip):
                outcome = run(copy)
            if outcome.status != 1 or "NOT VERIFIED" not in outcome.output:
                missed.append(flip)
        return missed

    with ThreadPoolExecutor(WORKERS) as pool:
        return [flip for missed in pool.map(share, range(WORKERS)) for flip in missed]


def test_each_region_of_each_file_fails_in_the_shell(small: Bundle, tmp_path: Path) -> None:
    policy = small.policy()
    assert by_shell(small.folder, policy).status == 0
    flips = flips_of(small)
    assert len(flips) > 200
    assert in_shells(small, tmp_path, flips, lambda copy: by_shell(copy, policy)) == []


def test_each_region_of_each_file_fails_in_python(small: Bundle, tmp_path: Path) -> None:
    policy, copy = small.policy().read_text(), tmp_path / "copy"
    shutil.copytree(small.folder, copy)
    assert not refused(copy, policy)
    for flip in [*flips_of(small), *regions(copy / "verify.sh", "verify.sh")]:
        with flipped(copy, flip):
            assert refused(copy, policy), flip


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {one.filename: archive.read(one) for one in archive.infolist() if not one.is_dir()}


def test_a_bit_of_the_zip_is_refused_or_belongs_to_no_file(small: Bundle, tmp_path: Path) -> None:
    """Every header, every member's bytes, the directory and its end: what still verifies holds the very same files."""
    content, path = small.zip.read_bytes(), tmp_path / "flipped.zip"
    policy, whole, chance = small.policy().read_text(), unpacked(small.zip.read_bytes()), random.Random(1)
    starts = [found.start() for found in re.finditer(rb"PK(?:\x01\x02|\x03\x04|\x05\x06|\x07\x08)", content)]
    ends = [*starts[1:], len(content)]
    places = [at for start, end in zip(starts, ends, strict=True) for at in range(start, min(end, start + 46), 5)]
    places += [chance.randrange(start, end) for start, end in zip(starts, ends, strict=True)]
    accepted = 0
    for at in places:
        path.write_bytes(content[:at] + bytes([content[at] ^ 1 << chance.randrange(8)]) + content[at + 1 :])
        if not refused(path, policy):
            accepted += 1
            assert unpacked(path.read_bytes()) == whole, at
    assert 0 < accepted < len(places)  # dates and attributes of the container belong to no file
