"""What `/docs/guide/` says over HTTP, without a browser."""

import http.client
import tomllib
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from app import problems
from app.docs_ui import guide, routes
from app.docs_ui.contents import find
from app.docs_ui.markdown import render, resolver
from app.docs_ui.papers import Library, project_folder, read_library
from tests.docs_ui.conftest import Served

LIBRARY = read_library(project_folder())
POLICY = (
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; style-src 'self'; img-src 'self'"
)


class Seen(HTMLParser):
    """What stands on a page: its language, the addresses that it names, its ids and the names of its elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.ids: list[str] = []
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.language: str | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.elements.add(tag)
        self.attributes |= named.keys()
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.addresses += [value for name, value in attrs if name in ("href", "src") and value]
        if tag == "html":
            self.language = named["lang"]


@pytest.fixture(scope="module")
def site(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def pages(site: httpx.Client) -> dict[str, Seen]:
    """Every page by its path, as it was answered."""
    answers = {f"/docs/guide/{address}": site.get(f"/docs/guide/{address}") for address in ("", *LIBRARY.papers)}
    assert {answer.status_code for answer in answers.values()} == {200}
    assert {answer.headers["Content-Type"] for answer in answers.values()} == {"text/html; charset=utf-8"}
    return {path: Seen(answer.text) for path, answer in answers.items()}


def test_every_markdown_file_of_the_project_is_a_page_in_its_language(pages: dict[str, Seen]) -> None:
    root = project_folder()
    assert root is not None
    written = {path.relative_to(root).as_posix() for path in (*root.glob("*.md"), *root.glob("docs/**/*.md"))}
    assert {paper.source for paper in LIBRARY.papers.values()} == written
    for address, paper in LIBRARY.papers.items():
        chinese = paper.source.endswith(".zh-CN.md")
        assert pages[f"/docs/guide/{address}"].language == ("zh-CN" if chinese else "en")


def test_a_wheel_carries_all_that_a_checkout_shows() -> None:
    root = project_folder()
    assert root is not None
    build = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    carried = {name: f"app/docs_ui/project/{name}" for name in ("docs", *(page.name for page in root.glob("*.md")))}
    assert build["targets"]["wheel"]["force-include"] == carried


def test_no_link_is_broken(site: httpx.Client, pages: dict[str, Seen]) -> None:
    outside, ids = {"http", "https", "mailto"}, {path: set(seen.ids) for path, seen in pages.items()}
    broken = []
    found: dict[str, bool] = {}
    for path, seen in pages.items():
        for link in seen.addresses:
            if urlsplit(link).scheme in outside:
                continue
            target, fragment = urldefrag(urljoin(path, link))
            if target not in found:
                found[target] = site.get(target).status_code == 200
            if not found[target] or (fragment and unquote(fragment) not in ids[target]):
                broken.append((path, link))
    assert broken == []


def test_every_page_is_reached_from_the_first(pages: dict[str, Seen]) -> None:
    linked = {urldefrag(urljoin("/docs/guide/", link)).url for link in pages["/docs/guide/"].addresses}
    assert pages.keys() <= linked | {"/docs/guide/"}
    assert {f"/docs/guide/{address}" for address in LIBRARY.files} <= linked


def test_no_id_stands_twice_on_a_page_and_no_page_has_script_or_style(pages: dict[str, Seen]) -> None:
    for path, seen in pages.items():
        assert len(seen.ids) == len(set(seen.ids)), path
        assert not seen.elements & {"script", "style", "iframe", "object", "form"}, path
        assert not {name for name in seen.attributes if name == "style" or name.startswith("on")}, path


def test_a_page_and_its_translation_lead_to_each_other(pages: dict[str, Seen]) -> None:
    assert "./glossary.zh-CN" in pages["/docs/guide/glossary"].addresses
    assert "./glossary" in pages["/docs/guide/glossary.zh-CN"].addresses


def test_a_page_has_a_policy_that_allows_nothing_but_the_style_sheet_and_pictures(site: httpx.Client) -> None:
    for path in ("/docs/guide/", "/docs/guide/README"):
        answer = site.get(path)
        assert answer.headers["Content-Security-Policy"] == POLICY
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("address", "media_type"),
    [
        ("flow.svg", "image/svg+xml"),
        ("examples/first_act.sh", "text/plain; charset=utf-8"),
        ("examples/LeadSigner.java", "text/plain; charset=utf-8"),
    ],
)
def test_a_file_that_is_no_page_comes_byte_for_byte(site: httpx.Client, address: str, media_type: str) -> None:
    answer = site.get(f"/docs/guide/{address}")
    root = project_folder()
    assert root is not None
    assert answer.content == (root / "docs" / address).read_bytes()
    assert answer.headers["Content-Type"] == media_type
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_the_address_without_a_stroke_leads_to_the_guide_also_behind_a_prefix(site: httpx.Client) -> None:
    answer = site.get("/docs/guide")
    assert answer.is_redirect
    assert urljoin("https://proxy.test/exchange/docs/guide", answer.headers["Location"]).endswith(
        "/exchange/docs/guide/"
    )
    assert site.get("/docs/guide", follow_redirects=True).url.path == "/docs/guide/"


@pytest.mark.parametrize(
    "path",
    [
        "/docs/guide/../../pyproject.toml",
        "/docs/guide/..%2f..%2fpyproject.toml",
        "/docs/guide/%2e%2e/%2e%2e/app/main.py",
        "/docs/guide//etc/passwd",
        "/docs/guide/%2fetc%2fpasswd",
        "/docs/guide/..%5c..%5cpyproject.toml",
        "/docs/guide/README%00",
        "/docs/guide/examples",
        "/docs/guide/examples/",
        "/docs/guide/pyproject.toml",
        "/docs/guide/nothing",
    ],
)
def test_what_is_not_in_the_table_is_no_page(served: Served, path: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(served.url).netloc, timeout=10)
    connection.request("GET", path, headers={"Accept-Language": "zh-CN"})  # as it is: httpx would tidy it up
    answer = connection.getresponse()
    assert answer.status == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Content-Language"] == "zh-CN"
    connection.close()


def test_the_api_page_leads_to_the_guide(site: httpx.Client) -> None:
    description = site.get("/openapi.json").json()["info"]["description"]
    assert "(docs/guide/)" in description
    assert site.get("/docs/guide/README").status_code == 200


@pytest.mark.anyio
async def test_without_the_docs_folder_the_api_page_is_served_and_the_guide_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(guide, "project_folder", lambda: None)
    app = FastAPI(docs_url=None, redoc_url=None)
    routes.install(app)
    problems.install(app)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://exchange.test") as client:
        statuses = [(await client.get(path)).status_code for path in ("/docs", "/docs/guide/", "/docs/guide/README")]
    assert statuses == [200, 404, 404]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def leading(links: Iterable[str]) -> list[str | None]:
    library = Library({}, {}, {"docs/a.md": "a", "docs/deep/b.md": "deep/b", "README.md": "README"})
    resolve = resolver("docs/deep/b.md", "deep/b", lambda source: find(library, source))
    return [resolve(link) for link in links]


def test_links_between_papers_lead_to_their_pages_and_others_nowhere() -> None:
    assert leading(["../a.md#one", "../../README.md", "b.md", "#here"]) == [
        "../a#one",
        "../README",
        "../deep/b",
        "#here",
    ]
    assert leading(["../../app/main.py", "/etc/passwd", "../../../elsewhere.md"]) == [None, None, None]
    assert leading(["https://c2sp.org/tlog-tiles"]) == ["https://c2sp.org/tlog-tiles"]


def test_a_link_to_what_is_not_served_is_shown_as_code() -> None:
    assert render("See [the rules](../app/rules.py), [a `b`](x.py).", lambda _: None).html == (
        "<p>See <code>the rules</code>, <code>a </code><code>b</code>.</p>\n"
    )


def test_raw_html_and_scripts_in_links_stay_text() -> None:
    html = render("<script>alert(1)</script> [x](javascript:alert(1)) ![y](data:text/html,z)", lambda link: link).html
    assert "<script" not in html
    assert "href" not in html
    assert "src" not in html


def test_headings_have_the_ids_that_github_gives_them() -> None:
    text = "# Ten *minutes* to `a.b` (now)\n## 密钥与登录：第一步\n## Same\n## Same\n### D1 – D5, _x_\n"
    rendered = render(text, lambda link: link)
    assert [part.split('"')[0] for part in rendered.html.split('id="')[1:]] == [
        "ten-minutes-to-ab-now",
        "密钥与登录第一步",
        "same",
        "same-1",
        "d1--d5-x",
    ]
    assert rendered.sections == (("密钥与登录第一步", "密钥与登录：第一步"), ("same", "Same"), ("same-1", "Same"))


def test_long_code_may_be_broken_where_its_parts_end() -> None:
    html = render("`/v1/leads/{lead_id}/splits` `a<b,c` `items[{item_id,why}]`", lambda link: link).html
    assert html == (
        "<p><code>/v1/<wbr>leads/<wbr>{lead_id}/<wbr>splits</code> <code>a&lt;b,c</code> "
        "<code>items[<wbr>{<wbr>item_id,<wbr>why}]</code></p>\n"
    )


def test_a_line_that_ends_amid_chinese_leaves_no_blank() -> None:
    assert render("签收，\n**受理**\n和 act\n退回", lambda link: link).html == (
        "<p>签收，<strong>受理</strong>和 act\n退回</p>\n"
    )


def test_an_aligned_column_needs_no_inline_style() -> None:
    html = render("|a|\n|--:|\n|1|\n", lambda link: link).html
    assert '<td class="right">1</td>' in html
    assert "style" not in html


def test_a_link_that_leaves_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text("# Page\n")
    (tmp_path / "docs" / ".hidden").write_text("x")
    (tmp_path / "secret.txt").write_text("x")
    (tmp_path / "docs" / "outside.txt").symlink_to(Path("/etc/hostname"))
    library = read_library(tmp_path)
    assert (list(library.papers), list(library.files)) == (["page"], [])
