"""What the guide is made of: the project's own papers and the files beside them, read once into memory."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

HERE = Path(__file__).parent
CHINESE = ".zh-CN"
Language = Literal["en", "zh-CN"]
_MEDIA_TYPES = {".svg": "image/svg+xml", ".png": "image/png", ".json": "application/json"}


@dataclass(frozen=True, slots=True)
class Paper:
    """One Markdown file. `source` is its path in the project, `address` its path below the guide's own.

    `subject` is the address without its language: a paper and its translation have one subject.
    """

    source: str
    address: str
    subject: str
    language: Language
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class PlainFile:
    """A file that is handed out as it is: a picture, an example, a test vector."""

    address: str
    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Library:
    """Everything that is served, by address; `sources` leads from a path in the project to its address."""

    papers: Mapping[str, Paper]
    files: Mapping[str, PlainFile]
    sources: Mapping[str, str]

    def in_language(self, subject: str, language: Language) -> Paper | None:
        """Return the paper about a subject in one language, or None."""
        return self.papers.get(subject + (CHINESE if language == "zh-CN" else ""))


def project_folder() -> Path | None:
    """Return the folder that holds `docs/` and the README, or None if this installation came without them.

    A wheel carries them inside this package; a checkout and the image have them beside `app`.
    """
    return next((folder for folder in (HERE / "project", HERE.parent.parent) if (folder / "docs").is_dir()), None)


def read_library(folder: Path | None) -> Library:
    """Return what lies in `docs/` and the Markdown files beside it; without a folder, nothing.

    A link that leads out of the folder is not followed, and what is hidden or compiled is left out.
    """
    papers, files, sources = {}, {}, {}
    for path in _paths(folder) if folder else ():
        source = path.relative_to(folder).as_posix() if folder else ""
        address = source.removeprefix("docs/")
        if path.suffix == ".md":
            paper = _paper(source, address.removesuffix(".md"), path.read_text("utf-8"))
            papers[paper.address] = paper
            sources[source] = paper.address
        else:
            content = path.read_bytes()
            files[address] = PlainFile(address, content, _media_type(path.suffix, content))
            sources[source] = address
    return Library(papers, files, sources)


def _paths(folder: Path) -> Iterable[Path]:
    found = [*folder.glob("*.md"), *(folder / "docs").rglob("*")]
    for path in sorted(found):
        parts = path.relative_to(folder).parts
        unwanted = any(part.startswith(".") or part == "__pycache__" for part in parts)
        if path.is_file() and not unwanted and path.resolve().is_relative_to(folder.resolve()):
            yield path


def _paper(source: str, address: str, text: str) -> Paper:
    chinese = address.endswith(CHINESE)
    heading = re.search(r"^# +(.+?)\s*#*$", text, re.MULTILINE)
    return Paper(
        source,
        address,
        address.removesuffix(CHINESE),
        "zh-CN" if chinese else "en",
        heading[1].replace("`", "") if heading else PurePosixPath(address).name,
        text,
    )


def _media_type(suffix: str, content: bytes) -> str:
    """Return how a file is handed out: scripts and sources as text, which a browser shows and does not run."""
    if suffix in _MEDIA_TYPES:
        return _MEDIA_TYPES[suffix]
    try:
        content.decode()
    except UnicodeDecodeError:
        return "application/octet-stream"
    return "text/plain; charset=utf-8"
