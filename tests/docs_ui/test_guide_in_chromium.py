"""What a person meets at `/docs/guide/`, in a real browser."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.docs_ui.chromium import Page, hosts_asked_for, opened_page
from tests.docs_ui.conftest import Served

pytestmark = pytest.mark.browser

READ = "document.readyState == 'complete' && document.querySelector('article h1')?.innerText"


def look(page: Page, address: str, *, width: int) -> None:
    page.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
    page.open(address)
    page.wait_for(f"location.href == {address!r} && {READ}")


def test_a_reader_goes_from_the_api_page_to_the_guide_to_a_page_and_its_translation(page: Page, served: Served) -> None:
    page.open(f"{served.url}/docs")
    page.wait_for("document.querySelector('.info a[href=\"docs/guide/\"]')")
    page.open(f"{served.url}/docs/guide")
    page.wait_for(f"location.pathname == '/docs/guide/' && {READ}")
    page.click("a[href='./glossary']")
    page.wait_for("document.documentElement.lang == 'en' && document.querySelector('h1').innerText == 'Glossary'")
    page.click("header a[lang='zh-CN'][href]")
    page.wait_for("document.documentElement.lang == 'zh-CN' && document.querySelector('h1').innerText == '术语表'")
    assert page.evaluate("violations") == []
    assert page.complaints == []


def test_a_page_with_tables_fits_a_desk_and_a_telephone(page: Page, served: Served) -> None:
    for path in ("glossary.zh-CN", "security", "README"):
        for width in (1280, 400):
            look(page, f"{served.url}/docs/guide/{path}", width=width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
    assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
    assert page.evaluate("violations") == []
    assert page.complaints == []


def test_the_style_sheet_is_applied_and_there_is_no_script(page: Page, served: Served) -> None:
    look(page, f"{served.url}/docs/guide/README", width=1280)
    assert page.evaluate("getComputedStyle(document.body).display") == "grid"
    assert page.evaluate("document.scripts.length") == 0


def test_no_request_of_the_guide_leaves_this_machine(chromium: str, tmp_path: Path, served: Served) -> None:
    with opened_page(chromium, tmp_path) as page:
        look(page, f"{served.url}/docs/guide/README", width=1280)
    assert {urlsplit(address).hostname for address in page.requests} == {"127.0.0.1"}
    assert hosts_asked_for(tmp_path / "net-log.json", served.url) == {"127.0.0.1"}
