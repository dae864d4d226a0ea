"""An answer that the protocol itself gives, where no application has seen the request."""

from http import HTTPStatus
from urllib.parse import quote

from app.errors import Problem
from app.problems import MEDIA_TYPE, problem_body, speaks_chinese


def refusal(problem: Problem, headers: list[tuple[bytes, bytes]], url: bytes) -> bytes:
    """Return a whole HTTP/1.1 answer that carries `problem`, as bytes; `headers` and `url` as far as they came."""
    preferred = next((value.decode("latin-1") for name, value in headers if name == b"accept-language"), None)
    path = quote(url.partition(b"?")[0][:200].decode("latin-1"), safe="/%")
    body = problem_body(problem, preferred, path or "/")
    fields = {
        "content-type": MEDIA_TYPE,
        "content-length": str(len(body)),
        "content-language": "zh-CN" if speaks_chinese(preferred) else "en",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "connection": "close",
        **problem.headers,
    }
    lines = [f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body
