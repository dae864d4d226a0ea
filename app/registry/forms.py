"""Form-encoded bodies of the token endpoints, small and without surprises (RFC 6749 appendix B)."""

from urllib.parse import parse_qsl

from fastapi import Request

from app.bodies import whole_body
from app.errors import PayloadTooLarge

MAX_BYTES = 16 * 1024
MEDIA_TYPE = "application/x-www-form-urlencoded"


class BadForm(Exception):
    """Not a form, too large, or a member twice (RFC 6749 section 3.2 forbids it)."""


async def read_form(request: Request) -> dict[str, str]:
    """Return the members of a form-encoded body of at most 16 KiB; raises BadForm."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise BadForm
    try:
        body = await whole_body(request, MAX_BYTES)
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=20,
        )
    except (ValueError, PayloadTooLarge) as error:
        raise BadForm from error
    if len(dict(pairs)) != len(pairs):
        raise BadForm
    return dict(pairs)
