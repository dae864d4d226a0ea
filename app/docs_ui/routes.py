"""`GET /docs` and the files it needs. The browser is told to load nothing from elsewhere."""

import hashlib
from dataclasses import dataclass
from html import escape
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse

from app.docs_ui import guide
from app.errors import NotFound

HERE = Path(__file__).parent

# The whole list of what is served: a request names an entry here, never a path on the disk.
FILES = {
    "swagger-ui-bundle.js": (HERE / "vendor", "text/javascript; charset=utf-8"),
    "swagger-ui.css": (HERE / "vendor", "text/css; charset=utf-8"),
    "init.js": (HERE / "static", "text/javascript; charset=utf-8"),
    "favicon.svg": (HERE / "static", "image/svg+xml"),
    "guide.css": (HERE / "static", "text/css; charset=utf-8"),
}

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; "  # the style sheet's own icons are data: addresses
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)

PAGE_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}

# Addresses are relative, so that the page also works behind a proxy that puts a prefix before /docs.
PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" type="image/svg+xml" href="{favicon.svg}">
<link rel="stylesheet" href="{swagger-ui.css}">
</head>
<body>
<div id="swagger-ui" data-openapi-url="{openapi}"></div>
<noscript>This page needs JavaScript; its source is {openapi}. 本页面需要启用 JavaScript。</noscript>
<script src="{swagger-ui-bundle.js}"></script>
<script src="{init.js}"></script>
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file of the page, held in memory; `version` changes whenever a byte of it does."""

    content: bytes
    media_type: str
    version: str


def read_files() -> dict[str, StaticFile]:
    """Return every file of `FILES`. Raises OSError when the installation is incomplete."""
    files = {}
    for name, (folder, media_type) in FILES.items():
        content = (folder / name).read_bytes()
        files[name] = StaticFile(content, media_type, hashlib.sha256(content).hexdigest()[:16])
    return files


def page(title: str, openapi_url: str, files: dict[str, StaticFile]) -> str:
    """Return the HTML of the page, in which each file's address carries that file's version."""
    html = PAGE.replace("{title}", escape(title)).replace("{openapi}", escape(openapi_url.lstrip("/")))
    for name, file in files.items():
        html = html.replace("{" + name + "}", f"docs/{address(name, file)}")
    return html


def address(name: str, file: StaticFile) -> str:
    """Return where a file is found below `/docs/`."""
    return f"static/{name}?v={file.version}"


def install(app: FastAPI) -> None:
    """Add `/docs`, `/docs/static/{name}` and the guide to `app`, outside its OpenAPI document.

    Raises ValueError unless the application was made with `docs_url=None, redoc_url=None` and has an
    `openapi_url`: FastAPI's own pages load their scripts from a CDN, and would be found first.
    """
    if app.docs_url or app.redoc_url or not app.openapi_url:
        raise ValueError("make the application with docs_url=None, redoc_url=None and an openapi_url")
    files = read_files()
    html = page(app.title, app.openapi_url, files)
    guide.install(
        app,
        stylesheet=address("guide.css", files["guide.css"]),
        icon=address("favicon.svg", files["favicon.svg"]),
    )

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(html, headers=PAGE_HEADERS)

    @app.get("/docs/static/{name}", include_in_schema=False)
    async def static_file(name: str, request: Request) -> Response:
        file = files.get(name)
        if file is None:
            raise NotFound
        # An address without the present version must not be kept for a year under the wrong name.
        current = request.query_params.get("v") == file.version
        return Response(
            file.content,
            headers={
                "Content-Type": file.media_type,
                "Cache-Control": "public, max-age=31536000, immutable" if current else "no-cache",
                "X-Content-Type-Options": "nosniff",
                "Cross-Origin-Resource-Policy": "same-origin",
            },
        )
