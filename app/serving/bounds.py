"""How much one connection, one address and all of them together may take, and for how long."""

from dataclasses import dataclass

from app import errors

HEAD_BYTES = 32 * 1024
HEAD_FIELDS = 100
URL_BYTES = 8 * 1024
BYTES_PER_SECOND = 1024  # the least that a body makes, after its first seconds
WRITE_SECONDS = 60  # an answer that nobody reads any of
PIPELINED = 16
DRAINED_BYTES = 256 * 1024
DRAINED_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an operator may set. Seconds count while the client is waited for, and only while this process runs."""

    connections: int
    connections_per_address: int
    head_seconds: float
    body_seconds: float


class MalformedRequest(errors.Problem):
    slug, status = "malformed-request", 400
    title, title_zh = "Malformed request", "请求不符合 HTTP 规范"

    def __init__(self) -> None:
        super().__init__("This is no HTTP/1.1 request.", "收到的内容不是合规的 HTTP/1.1 请求。")


class RequestTimeout(errors.Problem):
    slug, status = "request-timeout", 408
    title, title_zh = "Request timeout", "请求超时"

    def __init__(self) -> None:
        super().__init__("The request came too slowly and was given up.", "请求传输过慢，已中止接收。")


class UriTooLong(errors.Problem):
    slug, status = "uri-too-long", 414
    title, title_zh = "URI too long", "请求地址过长"

    def __init__(self) -> None:
        super().__init__(f"An address has at most {URL_BYTES} bytes.", f"请求地址不得超过 {URL_BYTES} 字节。")


class HeadersTooLarge(errors.Problem):
    slug, status = "headers-too-large", 431
    title, title_zh = "Header fields too large", "请求头过大"

    def __init__(self) -> None:
        super().__init__(
            f"A head has at most {HEAD_FIELDS} fields and {HEAD_BYTES} bytes.",
            f"请求头不得超过 {HEAD_FIELDS} 项、{HEAD_BYTES} 字节。",
        )


class TooManyConnections(errors.Overloaded):
    def __init__(self) -> None:
        super().__init__("Too many connections are open.", "同时打开的连接过多。", retry_after=5)
