"""Bundles as a court has them: downloaded over HTTP, unpacked, and verified by either program."""

import io
import os
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.agencies import World
from tests.cli.command_line import leadbridge
from tests.waiting import until


@dataclass(frozen=True)
class Bundle:
    """The zip as it came, and the folder it was unpacked into."""

    lead_id: str
    zip: Path
    folder: Path

    def names(self) -> list[str]:
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())

    def policy(self, *without: str) -> Path:
        """The suggested policy as if every line had been confirmed, except lines that begin with `without`."""
        lines = (self.folder / "policy.txt").read_text().splitlines(keepends=True)
        path = self.zip.with_name(f"trusted-{len(without)}.policy")
        path.write_text("".join(line for line in lines if not without or not line.startswith(without)))
        return path


@dataclass(frozen=True)
class Outcome:
    """What a verifier said."""

    status: int
    output: str


def ask(world: World, name: str, lead_id: str) -> httpx.Response:
    """Ask for a bundle until every act of it is logged."""
    agency = world.agency(name)

    def answered() -> list[httpx.Response]:
        headers = {"Authorization": f"Bearer {agency.token()}"}
        answer = agency.http.get(f"/v1/leads/{lead_id}/bundle", headers=headers)
        assert answer.status_code != 503 or "retry-after" in answer.headers
        return [answer] if answer.status_code != 503 else []  # a response is false where it is a refusal

    return until(f"every act on {lead_id} is logged", answered)[0]


def download(world: World, name: str, lead_id: str, folder: Path) -> Bundle:
    answer = ask(world, name, lead_id)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    path, unpacked = folder / "bundle.zip", folder / "bundle"
    path.write_bytes(answer.content)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(unpacked)
    return Bundle(lead_id, path, unpacked)


def by_shell(folder: Path, *arguments: Path, shell: str = "sh", path: Path | None = None) -> Outcome:
    """Run the verifier that travels in the bundle."""
    run = subprocess.run(
        [shell, str(folder / "verify.sh"), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={"PATH": str(path) if path else os.environ["PATH"]},
    )
    return Outcome(run.returncode, run.stdout + run.stderr)


def by_command(bundle: Path, *arguments: Path | str) -> Outcome:
    """Run `leadbridge verify` in a process of its own."""
    run = leadbridge("verify", *arguments, bundle)
    return Outcome(run.returncode, run.stdout + run.stderr)
