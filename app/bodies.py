"""The body of a request, read by the route that wants it: after whoever speaks was judged, and never beyond a bound."""

from fastapi import Request

from app.errors import PayloadTooLarge


async def whole_body(request: Request, most: int) -> bytes:
    """Return the body; raise `PayloadTooLarge` beyond `most` bytes, unread where its length is announced."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most:
        raise _too_large(most)
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > most:
            raise _too_large(most)
    return bytes(body)


def _too_large(most: int) -> PayloadTooLarge:
    return PayloadTooLarge(f"A body has at most {most // 1024} KiB here.", f"请求内容不得超过 {most // 1024} KiB。")
