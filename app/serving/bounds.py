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


def malformed_request() -> errors.MalformedRequest:
    return errors.MalformedRequest("This is no HTTP/1.1 request.", "收到的内容不是合规的 HTTP/1.1 请求。")


def request_timeout() -> errors.RequestTimeout:
    return errors.RequestTimeout("The request came too slowly and was given up.", "请求传输过慢，已中止接收。")


def uri_too_long() -> errors.UriTooLong:
    return errors.UriTooLong(f"An address has at most {URL_BYTES} bytes.", f"请求地址不得超过 {URL_BYTES} 字节。")


def headers_too_large() -> errors.HeadersTooLarge:
    return errors.HeadersTooLarge(
        f"A head has at most {HEAD_FIELDS} fields and {HEAD_BYTES} bytes.",
        f"请求头不得超过 {HEAD_FIELDS} 项、{HEAD_BYTES} 字节。",
    )


def too_many_connections() -> errors.Overloaded:
    return errors.Overloaded("Too many connections are open.", "同时打开的连接过多。", retry_after=5)
