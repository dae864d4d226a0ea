"""A bundle with a large enclosure, as it is sent."""

import os
import zipfile
from pathlib import Path

import pytest

from app.casework.acts import CATALOGUE
from tests.agencies import World
from tests.evidence.bundles import by_command

MEBIBYTE = 1024 * 1024
STATUS = Path("/proc/self/statm")


def resident() -> int:
    """The bytes of memory that this process, the exchange in it included, takes now."""
    return int(STATUS.read_text().split()[1]) * os.sysconf("SC_PAGESIZE")


@pytest.mark.skipif(not STATUS.exists(), reason="only Linux tells a process its size so")
def test_fifty_mebibytes_are_never_in_memory_at_once(world: World, tmp_path: Path) -> None:
    town, content = world.agency("township"), os.urandom(MEBIBYTE) * 50
    paper = town.upload(content, name="video.bin", media_type="application/octet-stream")
    lead_id = town.register_lead(**CATALOGUE["lead.register"].example, attachments=[paper]).lead_id
    world.sequenced()  # what goes on beside is over, and its memory counted before
    path, before, most = tmp_path / "bundle.zip", resident(), 0
    headers = {"Authorization": f"Bearer {town.token()}"}
    with town.http.stream("GET", f"/v1/leads/{lead_id}/bundle", headers=headers) as answer, path.open("wb") as file:
        assert answer.status_code == 200
        for piece in answer.iter_raw():
            file.write(piece)
            most = max(most, resident())
    with zipfile.ZipFile(path) as archive:
        assert archive.getinfo(f"attachments/{paper['sha256']}").file_size == 50 * MEBIBYTE
    assert most - before < 30 * MEBIBYTE
    assert by_command(path).status == 3
