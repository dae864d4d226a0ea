"""Cursors of keyset pages: opaque to clients, and forging one only changes where a page begins."""

import struct
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from app.errors import InvalidDocument
from app.signing import b64url

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_POSITION = struct.Struct(">q16s")


class Position(NamedTuple):
    """A place in a list that is sorted by a time and, within it, by id."""

    at: datetime
    ident: UUID


def encode_position(at: datetime, ident: UUID) -> str:
    return b64url.encode(_POSITION.pack((at - _EPOCH) // timedelta(microseconds=1), ident.bytes))


def decode_position(cursor: str) -> Position:
    """Return the place that `encode_position` wrote; raise `InvalidDocument` for anything else."""
    try:
        micros, ident = _POSITION.unpack(b64url.decode(cursor))
        return Position(_EPOCH + timedelta(microseconds=micros), UUID(bytes=ident))
    except (ValueError, OverflowError, struct.error) as error:
        raise bad_cursor() from error


def encode_id(ident: UUID) -> str:
    return b64url.encode(ident.bytes)


def decode_id(cursor: str) -> UUID:
    """Return the id that `encode_id` wrote; raise `InvalidDocument` for anything else."""
    try:
        return UUID(bytes=b64url.decode(cursor))
    except ValueError as error:
        raise bad_cursor() from error


def bad_cursor() -> InvalidDocument:
    return InvalidDocument("`cursor` is none that this list gave out.", "cursor 不是本列表给出的翻页标记。")
