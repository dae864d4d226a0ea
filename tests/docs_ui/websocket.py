"""The client half of RFC 6455 that DevTools needs: text messages over a local, unencrypted connection."""

import base64
import os
import socket
import struct
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class WebSocket:
    """One open connection. `receive` raises TimeoutError after `timeout` seconds, EOFError when closed."""

    def __init__(self, url: str, *, timeout: float) -> None:
        address = urlsplit(url)
        assert address.hostname
        assert address.port
        self._socket = socket.create_connection((address.hostname, address.port), timeout)
        key = base64.b64encode(os.urandom(16)).decode()
        self._socket.sendall(
            f"GET {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):  # byte by byte: the first frame may follow at once
            answer += self._exactly(1)
        if not answer.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(answer.decode())

    def send(self, text: str) -> None:
        self._send_frame(0x1, text.encode())

    def receive(self) -> str:
        """Return the next text message, its continuation frames joined; pings are answered on the way."""
        message = b""
        while True:
            first, second = self._exactly(2)
            length = second & 0x7F
            if length == 126:
                (length,) = struct.unpack("!H", self._exactly(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", self._exactly(8))
            payload = self._exactly(length)
            opcode = first & 0x0F
            if opcode == 0x8:
                raise EOFError("the browser closed the connection")
            if opcode == 0x9:
                self._send_frame(0xA, payload)
            elif opcode in (0x0, 0x1):
                message += payload
                if first & 0x80:
                    return message.decode()

    def _send_frame(self, opcode: int, payload: bytes) -> None:
        if len(payload) < 126:
            head = struct.pack("!BB", 0x80 | opcode, 0x80 | len(payload))
        elif len(payload) < 1 << 16:
            head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, len(payload))
        else:
            head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, len(payload))
        # A client must mask (RFC 6455, 5.3); the mask hides nothing here, so zeros serve.
        self._socket.sendall(head + b"\0\0\0\0" + payload)

    def _exactly(self, count: int) -> bytes:
        received = b""
        while len(received) < count:
            chunk = self._socket.recv(count - len(received))
            if not chunk:
                raise EOFError("the connection ended")
            received += chunk
        return received

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
