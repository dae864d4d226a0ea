"""`GET /docs/guide/`: all of `docs/`, readable in a browser without any other network and without a script."""

from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import cast
from urllib.parse import quote

from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from app.docs_ui.contents import FILES, called, contents, find
from app.docs_ui.markdown import Rendered, render, resolver
from app.docs_ui.papers import Language, Library, Paper, project_folder, read_library
from app.errors import NotFound

_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_HEADERS = {"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
PAGE_HEADERS = _HEADERS | {"Content-Security-Policy": f"{_POLICY}; style-src 'self'; img-src 'self'"}
FILE_HEADERS = _HEADERS | {"Content-Security-Policy": f"{_POLICY}; sandbox"}

TITLE = "LeadBridge 线索桥"
WORDS: dict[Language, dict[str, str]] = {
    "en": {"pages": "All pages", "api": "API page", "other": "中文"},
    "zh-CN": {"pages": "全部页面", "api": "接口页面", "other": "English"},
}
MOST_FILES_SHOWN = 12
PAGE = """\
<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" type="image/svg+xml" href="{up}../{icon}">
<link rel="stylesheet" href="{up}../{stylesheet}">
</head>
<body>
<header>
<a class="home" href="{up}">LeadBridge <span lang="zh-CN">线索桥</span></a>
<span class="links">{links}</span>
</header>
<main>
{body}</main>
{pages}</body>
</html>
"""


class Guide:
    """The pages of a library. Each is made when it is first asked for, and kept."""

    def __init__(self, library: Library, *, stylesheet: str, icon: str) -> None:
        self._library = library
        self._contents = contents(library)
        self._frame = {"stylesheet": escape(stylesheet), "icon": escape(icon)}
        self._made: dict[str, str] = {}

    def page(self, address: str) -> str:
        """Return the HTML of the page at an address below the guide's; `""` is the list of all. Raises NotFound."""
        if address not in self._made:
            if address == "" and self._library.papers:
                self._made[address] = self._list()
            elif (paper := self._library.papers.get(address)) is not None:
                self._made[address] = self._shown(paper)
            else:
                raise NotFound
        return self._made[address]

    def _shown(self, paper: Paper) -> str:
        library = self._library
        rendered = render(paper.text, resolver(paper.source, paper.address, lambda source: find(library, source)))
        up = "../" * paper.address.count("/") or "./"
        words = WORDS[paper.language]
        other = library.in_language(paper.subject, _other(paper.language))
        links = [f'<a class="to-pages" href="#guide-pages">{words["pages"]}</a>', _to_api(up, words["api"])]
        links += [_link(up, other, words["other"])] if other else []
        body = f"<article>\n{rendered.html}</article>\n"
        pages = f'<nav id="guide-pages" aria-label="{words["pages"]}">\n{self._navigation(paper, up, rendered)}</nav>\n'
        title = paper.title if TITLE in paper.title else f"{paper.title} · {TITLE}"
        return self._framed(paper.language, title, up, links, body, pages)

    def _navigation(self, here: Paper, up: str, rendered: Rendered) -> str:
        lines = []
        for group, subjects in self._contents:
            title = group.title_zh if here.language == "zh-CN" else group.title
            papers = [self._best(subject, here.language) for subject in subjects]
            lines.append(f"<h2>{escape(title)}</h2>\n<ul>\n")
            for paper in papers:
                mark = ' aria-current="page"' if paper is here else ""
                sections = _sections(rendered) if paper is here else ""
                lines.append(f"<li>{_link(up, paper, called(paper), mark)}{sections}</li>\n")
            lines.append("</ul>\n")
        return "".join(lines)

    def _best(self, subject: str, language: Language) -> Paper:
        """Return the paper about a subject in a language, or in the other one where it was not translated."""
        library = self._library
        found = library.in_language(subject, language) or library.in_language(subject, _other(language))
        return cast(Paper, found)  # a subject is that of a paper

    def _list(self) -> str:
        body = f'<article class="all">\n<h1>{TITLE}</h1>\n{"".join(self._groups())}</article>\n'
        return self._framed("en", f"Guide · {TITLE}", "./", [_to_api("./", "API page · 接口页面")], body, "")

    def _groups(self) -> Iterator[str]:
        for group, subjects in self._contents:
            yield _heading(group.anchor, group.title, group.title_zh)
            for subject in subjects:
                editions = (self._library.in_language(subject, language) for language in ("en", "zh-CN"))
                shown = " · ".join(_link("./", paper, called(paper)) for paper in editions if paper)
                yield f"<li>{shown}</li>\n"
            yield "</ul></section>\n"
        if self._library.files:
            yield _heading(FILES, "Files", "文件")
            for folder, addresses in groupby(self._library.files, lambda address: address.partition("/")[0]):
                yield _files(folder, list(addresses))
            yield "</ul></section>\n"

    def _framed(self, language: Language, title: str, up: str, links: list[str], body: str, pages: str) -> str:
        return PAGE.format(
            language=language,
            title=escape(title),
            up=up,
            links="\n".join(links),
            body=body,
            pages=pages,
            **self._frame,
        )


def _other(language: Language) -> Language:
    return "en" if language == "zh-CN" else "zh-CN"


def _heading(anchor: str, title: str, title_zh: str) -> str:
    return f'<section><h2 id="{anchor}">{escape(title)} <span lang="zh-CN">{escape(title_zh)}</span></h2>\n<ul>\n'


def _to_api(up: str, words: str) -> str:
    return f'<a href="{up}../../docs">{words}</a>'


def _link(up: str, paper: Paper, words: str, mark: str = "") -> str:
    return f'<a href="{up}{quote(paper.address)}" lang="{paper.language}"{mark}>{escape(words)}</a>'


def _files(folder: str, addresses: list[str]) -> str:
    shown = "".join(f'<li><a href="./{quote(address)}">{escape(address)}</a></li>\n' for address in addresses)
    if len(addresses) <= MOST_FILES_SHOWN:
        return shown
    return f"<li><details><summary>{escape(folder)}/ ({len(addresses)})</summary>\n<ul>\n{shown}</ul></details></li>\n"


def _sections(rendered: Rendered) -> str:
    lines = [f'<li><a href="#{escape(anchor)}">{escape(words)}</a></li>\n' for anchor, words in rendered.sections]
    return f"\n<ul>\n{''.join(lines)}</ul>\n" if lines else ""


def install(app: FastAPI, *, stylesheet: str, icon: str) -> None:
    """Add the guide to `app`, outside its OpenAPI document. Without a `docs/` folder every address of it is 404."""
    library = read_library(project_folder())
    guide = Guide(library, stylesheet=stylesheet, icon=icon)

    @app.get("/docs/guide", include_in_schema=False)
    async def to_guide() -> Response:
        return RedirectResponse("guide/")

    @app.get("/docs/guide/{address:path}", include_in_schema=False)
    def guide_page(address: str) -> Response:  # not async: making a page takes its time
        file = library.files.get(address)
        if file is not None:
            return Response(file.content, headers=FILE_HEADERS | {"Content-Type": file.media_type})
        return HTMLResponse(guide.page(address), headers=PAGE_HEADERS)
