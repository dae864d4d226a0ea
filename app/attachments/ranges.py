"""A part of a file that a client asks for: `Range` and `If-Range` (RFC 9110 sections 13.1.5 and 14.2)."""

import re

from app.errors import RangeNotSatisfiable

_ONE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def asked_part(wanted: str | None, only_if: str | None, etag: str, size: int) -> range | None:
    """Return the positions that are asked for, or None for the whole file.

    Whole is also answered where `If-Range` names another file, and where several parts or no bytes are asked for.
    Raises RangeNotSatisfiable for a part that begins behind the end.
    """
    found = _ONE.fullmatch((wanted or "").replace(" ", ""))
    if found is None or (only_if is not None and only_if != etag):
        return None
    first, last = found.groups()
    if not first:
        if not last:
            return None
        part = range(max(0, size - int(last)), size)
    else:
        if last and int(last) < int(first):
            return None
        part = range(int(first), min(int(last) + 1, size) if last else size)
    if not part:
        raise RangeNotSatisfiable(
            "The part begins behind the end of the file.",
            "请求的起始位置超出文件末尾。",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return part
