"""A limit of requests for each client address: one client cannot starve the others of this process."""

import time
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import TooManyRequests
from app.problems import problem_response

MOST_CLIENTS = 10_000


class RequestLimit:
    """Answers 429 with `Retry-After` beyond `per_second` requests of one address; a burst of one second is free."""

    def __init__(self, app: ASGIApp, per_second: int) -> None:
        self._app = app
        self._rate = per_second
        self._buckets: dict[str, tuple[float, float]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._take((scope.get("client") or ("",))[0]):
            await self._app(scope, receive, send)
            return
        problem = TooManyRequests(
            "Too many requests from this address; try again later.",
            "该地址请求过于频繁，请稍后再试。",
            headers={"Retry-After": "1"},
        )
        language = Headers(scope=scope).get("accept-language")
        await problem_response(problem, language, quote(scope["path"]))(scope, receive, send)

    def _take(self, client: str) -> bool:
        now = time.monotonic()
        left, since = self._buckets.pop(client, (float(self._rate), now))
        left = min(float(self._rate), left + (now - since) * self._rate)
        if len(self._buckets) >= MOST_CLIENTS:
            self._buckets.pop(next(iter(self._buckets)))
        self._buckets[client] = (left - 1 if left >= 1 else left, now)
        return left >= 1
