"""The files of a bundle, from the zip or from the folder it was unpacked into. Nothing in them is believed yet."""

import hashlib
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol

DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, RuntimeError, NotImplementedError, ValueError)
MOST_BYTES = 16 * 1024 * 1024
_PIECE = 1024 * 1024
# None begins with a dash: to `verify.sh` that would be an option.
_NAME = re.compile(r"(?!-)(?:[A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*")


class BundleRefused(Exception):
    """A bundle is wrong; the text says in one line how."""


class FileStore(Protocol):
    """Where the files lie."""

    def names(self) -> list[str]: ...

    def open(self, name: str) -> IO[bytes]: ...


class Files:
    """The files of a bundle by name; names are plain relative paths, each there once."""

    def __init__(self, store: FileStore) -> None:
        self._store = store
        self.names = sorted(store.names())
        if len(set(self.names)) < len(self.names):
            raise BundleRefused("a file is there twice")
        for name in self.names:
            if _NAME.fullmatch(name) is None:
                raise BundleRefused(f"a file has an impossible name: {name!r}")

    def read(self, name: str) -> bytes:
        """Return a small file; raise `BundleRefused` if it is missing or has more than 16 MiB."""
        if name not in self.names:
            raise BundleRefused(f"{name} is missing")
        with self._store.open(name) as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise BundleRefused(f"{name} is too large")
        return content

    def measure(self, name: str) -> tuple[str, int]:
        """Return SHA-256 (hex) and size of a file, of any size."""
        digest, size = hashlib.sha256(), 0
        with self._store.open(name) as file:
            while piece := file.read(_PIECE):
                digest.update(piece)
                size += len(piece)
        return digest.hexdigest(), size


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def names(self) -> list[str]:
        found = []
        for path in self._path.rglob("*"):
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise BundleRefused(f"{path.name} is neither a file nor a folder")
            if path.is_file():
                found.append(path.relative_to(self._path).as_posix())
        return found

    def open(self, name: str) -> IO[bytes]:
        return (self._path / name).open("rb")


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def names(self) -> list[str]:
        members = self._archive.infolist()
        if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
            raise BundleRefused("a file is compressed in a way that no bundle is")
        return [member.filename for member in members if not member.is_dir() or member.file_size]

    def open(self, name: str) -> IO[bytes]:
        return self._archive.open(name)


@contextmanager
def open_files(path: Path) -> Iterator[Files]:
    """Yield the files of a zip or a folder; a damaged zip is `BundleRefused`, wherever the damage shows."""
    if path.is_dir():
        yield Files(_Folder(path))
        return
    try:
        with zipfile.ZipFile(path) as archive:
            yield Files(_Zip(archive))
    # What the library raises depends on where a zip is damaged: it promises no one class.
    except DAMAGE as error:
        raise BundleRefused(f"the zip is damaged: {error}") from error
