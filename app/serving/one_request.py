"""One request between the protocol and the application: its end, whoever brings it about."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from app.errors import Problem
from app.problems import problem_response
from app.serving.bounds import DRAINED_BYTES, DRAINED_SECONDS

Application = Callable[[Any, Any, Any], Awaitable[None]]
GONE: Message = {"type": "http.disconnect"}
KEPT_BYTES = 64 * 1024  # so much of an unread body is read away, rather than the connection closed


class Line(Protocol):
    """What a request knows of its connection."""

    half_closed: bool
    in_body: bool
    transport: asyncio.Transport


class OneRequest:
    """Hands messages on in both directions, and adds what the server leaves out.

    A request that is `given_up`, because its body came too slowly, is answered with that refusal, whatever the
    application made of it. What nobody read of a body is read away within a bound, so that the answer arrives. Sending
    to a client that has gone raises `ClientDisconnect`. `HEAD` is answered as `GET` is, without the content.
    """

    def __init__(self, line: Line, scope: Scope, receive: Receive, send: Send) -> None:
        self._line = line
        self._scope = scope
        self._receive = receive
        self._send = send
        self.given_up: Problem | None = None
        self._whole = False
        self._taken = 0
        self._started = False
        self._refused = False
        self._head = scope["method"] == "HEAD"

    @property
    def scope(self) -> Scope:
        """What the application is asked."""
        return {**self._scope, "method": "GET"} if self._head else self._scope

    async def receive(self) -> Message:
        message = await self._receive()
        if self.given_up is not None or (self._whole and self._line.half_closed):
            return GONE
        if message["type"] == "http.request":
            self._taken += len(message.get("body", b""))
            self._whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if self.given_up is not None:
            await self.refuse()
        if self._refused:
            return
        if self._line.transport.is_closing():
            raise ClientDisconnect
        if message["type"] == "http.response.start":
            await self._start(message)
        elif self._head:
            # What `GET` would have sent behind this stays unsent, and unmade.
            raise ClientDisconnect
        elif message.get("more_body", False) or self._whole or not self._line.in_body:
            await self._send(message)
        else:
            await self._end(message)

    async def _start(self, message: Message) -> None:
        self._started = True
        headers = list(message.get("headers", ()))
        names = {name.lower() for name, _ in headers}
        # What a browser would guess of an answer, or keep of it, is nobody's business but the caller's.
        if b"x-content-type-options" not in names:
            headers.append((b"x-content-type-options", b"nosniff"))
        if b"cache-control" not in names and self._scope["path"].startswith("/v1/"):
            headers.append((b"cache-control", b"no-store"))
        if self._line.in_body and not self._whole and self._unread() > KEPT_BYTES:
            headers.append((b"connection", b"close"))
        await self._send({**message, "headers": headers})
        if self._head:
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def _unread(self) -> int:
        headers = Headers(scope=self._scope)
        if "transfer-encoding" in headers or "expect" in headers:
            return KEPT_BYTES + 1
        return int(headers.get("content-length", "0")) - self._taken

    async def _end(self, message: Message) -> None:
        """Send the last of an answer, then read away what still comes: a reset would take the answer with it."""
        await self._send({**message, "more_body": True})
        drained = 0
        try:
            async with asyncio.timeout(DRAINED_SECONDS):
                while not self._whole and drained < DRAINED_BYTES:
                    piece = await self._receive()
                    if piece["type"] != "http.request":
                        break
                    drained += len(piece.get("body", b""))
                    self._whole = not piece.get("more_body", False)
        except TimeoutError:
            pass
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        if not self._whole:
            self._line.transport.close()

    async def refuse(self) -> None:
        """Answer with what the request was given up for, unless an answer has begun."""
        if self.given_up is None or self._started:
            return
        language = Headers(scope=self._scope).get("accept-language")
        answer = problem_response(self.given_up, language, self._scope["path"], {"Connection": "close"})
        self._started = self._refused = True
        await answer(self._scope, self._receive, self._send)
