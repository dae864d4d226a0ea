"""What `/docs` and its files say over HTTP, without a browser."""

import hashlib
import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from app.docs_ui import routes
from tests.docs_ui.conftest import Served

PUBLISHED = {
    "swagger-ui-bundle.js": "e6a898692f2d768e807c3ba4626068a69a2c5dd960dd6c76f3e4d3a3de180af2",
    "swagger-ui.css": "5ed08757e53da3e026d6cbecc61fe5d43585c9560b302d534ad56692519a273d",
}
REMOVED = {"swagger-ui.css": b"/*# sourceMappingURL=swagger-ui.css.map*/"}
VENDOR = routes.HERE / "vendor"


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_vendored_file_is_the_published_one_less_its_source_map_comment(name: str) -> None:
    content = (VENDOR / name).read_bytes()
    assert b"sourceMappingURL" not in content
    assert hashlib.sha256(content + REMOVED.get(name, b"")).hexdigest() == PUBLISHED[name]


def test_the_vendor_folder_holds_nothing_else() -> None:
    assert {file.name for file in Path(VENDOR).iterdir()} == {*PUBLISHED, "LICENSE", "NOTICE", "VERSION"}


def test_the_page_has_no_inline_script_or_style_and_a_policy_that_forbids_them(served: Served) -> None:
    answer = httpx.get(f"{served.url}/docs", trust_env=False)
    assert answer.headers["Content-Security-Policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert re.findall(r"<script[^>]*>([^<]+)", answer.text) == []
    assert "style=" not in answer.text
    assert "<style" not in answer.text


def test_every_address_on_the_page_answers_with_its_type_and_may_be_kept_for_ever(served: Served) -> None:
    html = httpx.get(f"{served.url}/docs", trust_env=False).text
    types = {}
    for address in re.findall(r'(?:src|href)="([^"]+)"', html):
        answer = httpx.get(f"{served.url}/{address}", trust_env=False)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        types[address.partition("?")[0].removeprefix("docs/static/")] = answer.headers["Content-Type"]
    of_the_guide = {"guide.css"}
    assert types == {name: kind for name, (_, kind) in routes.FILES.items() if name not in of_the_guide}


def test_an_address_of_another_version_is_not_kept(served: Served) -> None:
    answer = httpx.get(f"{served.url}/docs/static/init.js?v=0", trust_env=False)
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", ["LICENSE", "..%2froutes.py", "%2e%2e/routes.py", "init.js%00", "nothing.js"])
def test_no_other_file_is_served(name: str, served: Served) -> None:
    assert httpx.get(f"{served.url}/docs/static/{name}", trust_env=False).status_code == 404


def test_the_page_and_its_files_are_not_operations_of_the_api(served: Served) -> None:
    assert not [
        path
        for path in httpx.get(f"{served.url}/openapi.json", trust_env=False).json()["paths"]
        if path.startswith("/docs")
    ]


def test_an_application_that_keeps_fastapis_own_page_is_refused() -> None:
    with pytest.raises(ValueError, match="docs_url=None"):
        routes.install(FastAPI())
