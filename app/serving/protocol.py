"""HTTP/1.1 as this service speaks it: uvicorn's protocol over httptools, with an end to everything that is sent."""

import asyncio
from typing import Any, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.errors import Problem
from app.serving.bounds import (
    BYTES_PER_SECOND,
    HEAD_BYTES,
    HEAD_FIELDS,
    PIPELINED,
    URL_BYTES,
    WRITE_SECONDS,
    headers_too_large,
    malformed_request,
    request_timeout,
    uri_too_long,
)
from app.serving.connections import Connections
from app.serving.one_request import Application, OneRequest
from app.serving.refusal import refusal

LINGERING = 1.0  # seconds in which a refusal is read before the connection is reset


class BoundedProtocol(HttpToolsProtocol):
    """One connection. An offer to speak another protocol is ignored (RFC 9110 section 7.8), its request is answered."""

    def __init__(self, *, connections: Connections, **given: Any) -> None:
        super().__init__(**given)
        self._connections = connections
        self._inner: Application = self.app
        self.app = self._answer
        self.address = ""
        self.half_closed = False
        self.request: OneRequest | None = None  # the one under way, while its body may still come
        self._refusal: Problem | None = None
        self._refused = False
        self._fault: Problem | None = None
        self.in_body = False
        self._unparsed = 0  # bytes of a head so far
        self._overhead = 0  # bytes of a body's framing and trailers
        self._body = 0
        self._waited = 0.0
        self._unwritten = 0

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        request = self.request = OneRequest(self, scope, receive, send)
        await self._inner(request.scope, request.receive, request.send)
        if request.given_up is not None:
            await request.refuse()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self.address = self._connections.place_of(self.client[0] if self.client else "")
        self._refusal = self._connections.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._connections.leave(self)
        super().connection_lost(exc)

    def eof_received(self) -> bool:  # type: ignore[override]
        """Answer a client that has said all it had to say and closed its side; no other."""
        cycle = self._under_way()
        if cycle is None or cycle.more_body:
            return False
        self.half_closed = True
        cycle.keep_alive = False
        cycle.message_event.set()
        return True

    def end(self) -> None:
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        self._unset_keepalive_if_required()
        if self.in_body:
            self._overhead += len(data)
        else:
            self._unparsed += len(data)
        self._feed(data)
        if self._unparsed > HEAD_BYTES:
            self._refuse(headers_too_large())
        elif self.in_body and self._overhead > HEAD_BYTES + 8 * self._body:
            self._refuse(malformed_request())

    def _feed(self, data: bytes) -> None:
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as offer:
                if self.parser.get_method() == b"CONNECT":
                    self._refuse(malformed_request())
                    return
                data = self._without_offer() + data[offer.args[0] :]
            except httptools.HttpParserError:
                self._refuse(self._fault or malformed_request())
                return
            else:
                return

    def _without_offer(self) -> bytes:
        """Return the head just read, without its offer, for a fresh parser: the old one takes no body behind one."""
        version = self.parser.get_http_version().encode()
        lines = [self.parser.get_method() + b" " + self.url + b" HTTP/" + version]
        lines += [name + b": " + value for name, value in self.headers if name != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def on_message_begin(self) -> None:
        super().on_message_begin()
        # From 2.4 on a stream learns of a client that has gone by what it sends: `OneRequest` tells it.
        self.scope["asgi"]["spec_version"] = "2.4"

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > URL_BYTES:
            self._fault = uri_too_long()
            raise self._fault

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.in_body:
            # A trailer is no header (RFC 9110 section 6.5.1).
            return
        headers = self.headers
        if len(headers) >= HEAD_FIELDS:
            self._fault = headers_too_large()
            raise self._fault
        # What surrounds a value is none of it (section 5.5).
        value = value.rstrip(b" \t")
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():
            return
        self._fault = self._refusal or self._too_much()
        if self._fault is not None:
            raise self._fault
        self.in_body = True
        self._unparsed = self._overhead = self._body = 0
        self._waited = 0.0
        self._connections.busy(self)
        super().on_headers_complete()

    def _too_much(self) -> Problem | None:
        if self._unparsed > HEAD_BYTES and sum(len(name) + len(value) for name, value in self.headers) > HEAD_BYTES:
            return headers_too_large()
        return malformed_request() if len(self.pipeline) >= PIPELINED else None

    def on_body(self, body: bytes) -> None:
        self._body += len(body)
        self._overhead -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            self.in_body = False
            self._unparsed = 0
            super().on_message_complete()

    def on_response_complete(self) -> None:
        self._waited = 0.0
        if not self.pipeline:
            self._connections.idle(self)
        super().on_response_complete()

    def tick(self, seconds: float) -> None:
        """Count the time in which the client is waited for, and give up what takes too long."""
        cycle = self._under_way()
        if cycle is None:
            if self.timeout_keep_alive_task is None:
                self._wait_for_head(seconds)
        elif cycle.more_body:
            if not self.flow.read_paused:
                self._wait_for_body(cycle, seconds)
        elif self.flow.write_paused:
            self._wait_for_reader(seconds)

    def _wait_for_head(self, seconds: float) -> None:
        self._waited += seconds
        if self._waited > self._connections.bounds.head_seconds:
            if self._unparsed:
                self._refuse(request_timeout())
            else:
                self.transport.close()

    def _wait_for_body(self, cycle: RequestResponseCycle, seconds: float) -> None:
        self._waited += seconds
        if self._waited > self._connections.bounds.body_seconds + self._body / BYTES_PER_SECOND:
            if self.request is not None:
                self.request.given_up = request_timeout()
            cycle.message_event.set()

    def _wait_for_reader(self, seconds: float) -> None:
        unwritten = self.transport.get_write_buffer_size()
        self._waited = self._waited + seconds if unwritten == self._unwritten else 0.0
        self._unwritten = unwritten
        if self._waited > WRITE_SECONDS:
            self.transport.abort()

    def _under_way(self) -> RequestResponseCycle | None:
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return None if cycle is None or cycle.response_complete else cycle

    def _refuse(self, problem: Problem) -> None:
        """Answer for the last time, unless an answer is under way already; then nothing can be said any more."""
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        if self._under_way() is not None:
            self.transport.close()
            return
        headers = cast("list[tuple[bytes, bytes]] | None", self.headers)
        self.transport.write(refusal(problem, headers or [], b"" if headers is None else self.url))
        self.transport.pause_reading()
        self.loop.call_later(LINGERING, self.transport.close)
