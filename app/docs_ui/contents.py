"""In which order the guide names its papers. A paper that no group names stands under the last one."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.docs_ui.papers import Library, Paper


@dataclass(frozen=True, slots=True)
class GuideSection:
    """A heading of the guide. `members` are subjects, or folders that end with a stroke."""

    anchor: str
    title: str
    title_zh: str
    members: tuple[str, ...]


GROUPS = (
    GuideSection("start", "First steps", "入门", ("README", "glossary", "CHANGELOG")),
    GuideSection("systems", "For agencies' systems", "接口与接入", ("protocol", "vector/", "log")),
    GuideSection("operators", "For operators", "部署与运行", ("operating", "security", "performance")),
    GuideSection("reference", "Reference", "参考", ("reference/",)),
    GuideSection("maintainers", "For maintainers", "开发与维护", ("architecture", "CONTRIBUTING", "adding-an-act")),
    GuideSection("decisions", "Decisions", "设计决定", ("decisions/",)),
    GuideSection("more", "More", "其他", ("",)),
)
FILES = "files"
_CALLED = {"README": "Begin here", "README.zh-CN": "由此开始"}  # their own titles name the project


def called(paper: Paper) -> str:
    """Return what a paper is called in a list."""
    return _CALLED.get(paper.address, paper.title)


def contents(library: Library) -> list[tuple[GuideSection, list[str]]]:
    """Return each group that has papers, with their subjects in order."""
    left = sorted({paper.subject for paper in library.papers.values()})
    listed = []
    for group in GROUPS:
        here = [subject for member in group.members for subject in left if _named(member, subject)]
        left = [subject for subject in left if subject not in here]
        if here:
            listed.append((group, here))
    return listed


def find(library: Library, source: str) -> str | None:
    """Return the address of a path in the project, or None if nothing of it is served.

    A folder's address is that of its README, else its heading in the list of all pages.
    """
    for exact in (source, f"{source}/README.md"):
        if exact in library.sources:
            return library.sources[exact]
    inside = [address for path, address in library.sources.items() if path.startswith(f"{source}/")]
    if not inside:
        return "" if source == "." else None
    return f"#{_heading(library, inside)}"


def _heading(library: Library, addresses: Iterable[str]) -> str:
    subjects = {paper.subject for address in addresses if (paper := library.papers.get(address))}
    return next((group.anchor for group, listed in contents(library) if subjects & set(listed)), FILES)


def _named(member: str, subject: str) -> bool:
    whole_folder = not member or member.endswith("/")
    return subject == member or (whole_folder and subject.startswith(member))
