"""JSON as signed documents use it (docs/protocol.md section 1.5): what two careful readers cannot read differently.

The standard library's scanner does the work, in C; its hooks and two look-aheads refuse what it would let
pass: duplicate members, NaN and Infinity, numbers that overflow, lone surrogates, a byte order mark, deep
nesting.
"""

import json
import re
from math import isinf
from typing import Any, NoReturn

from app.errors import MalformedJson

MAX_DEPTH = 32
MAX_INTEGER = 2**53 - 1

_INTEGER_CHARACTERS = len(str(-MAX_INTEGER))
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
# The closing quote is optional so that an unterminated string is swallowed once, to the end. Were it
# required, the search would start again at every escaped quote inside, and 256 KiB of them would take
# minutes.
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_TO_SQUARE = bytes.maketrans(b"{}", b"[]")
_NOT_A_BRACKET = bytes(byte for byte in range(256) if byte not in b"[]{}")


def loads(raw: bytes) -> Any:
    """Return the JSON value that `raw` holds; raise `MalformedJson` unless it is strict JSON.

    Strict: UTF-8 without a byte order mark; one value and nothing after it; no member twice in an object;
    no NaN, no Infinity, no number beyond a double; integers within ±(2^53-1); no lone surrogate in a text
    or a name; arrays and objects nested at most 32 deep. Raises nothing else, whatever the bytes. Size is
    the caller's matter.

    Note that `\\u0000` is good JSON, and comes back as a character that PostgreSQL cannot store in a text.
    """
    if raw.startswith(_BYTE_ORDER_MARK):
        raise MalformedJson("The document starts with a byte order mark.", "文书以字节顺序标记（BOM）开头。")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedJson(
            f"The document is not UTF-8 at byte {error.start}.",
            f"文书第 {error.start} 字节处不是 UTF-8 编码。",
        ) from error
    # Nesting needs a bracket a level: most documents have too few to be too deep, and skip the exact look.
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:
        _require_shallow(raw)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise MalformedJson(
            f"The document is not JSON: see line {error.lineno}, column {error.colno}.",
            f"文书不是 JSON：见第 {error.lineno} 行第 {error.colno} 列。",
        ) from error
    if b"\\u" in raw and _SURROGATE_ESCAPE.search(raw) is not None:
        _require_unicode(value)
    return value


def dumps(value: Any) -> bytes:
    """Return `value` as compact UTF-8 JSON, members in their order; no NaN, no lone surrogate: ValueError.

    The bytes are made once and kept: nothing here promises that another writer would make the same.
    """
    return _ENCODER.encode(value).encode("utf-8")


def _require_shallow(raw: bytes) -> None:
    """Refuse deep nesting before the parser meets it, which would answer with RecursionError.

    Without its strings a document's brackets alone remain; each round removes the innermost layer.
    """
    brackets = _STRING.sub(b"", raw).translate(_TO_SQUARE, _NOT_A_BRACKET)
    for _ in range(MAX_DEPTH):
        brackets = brackets.replace(b"[]", b"")
        if not brackets:
            return
    raise MalformedJson(
        f"The document is nested deeper than {MAX_DEPTH}, or its brackets do not match.",
        f"文书嵌套超过 {MAX_DEPTH} 层，或括号不配对。",
    )


def _require_unicode(value: Any) -> None:
    """Refuse a text or a name with half of a surrogate pair: it has no UTF-8 form to store or to sign."""
    try:
        dumps(value)
    except UnicodeEncodeError as error:
        raise MalformedJson(
            "A text holds half of a surrogate pair.", "文本中含有不成对的代理字符（surrogate）。"
        ) from error


def _unique_members(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise MalformedJson("An object names the same member twice.", "同一对象中有重复的成员名。")
    return found


def _safe_integer(digits: str) -> int:
    # The length comes first: int() of a long text is slow, and refuses 4,301 digits with an error of its own.
    if len(digits) <= _INTEGER_CHARACTERS and -MAX_INTEGER <= (number := int(digits)) <= MAX_INTEGER:
        return number
    raise MalformedJson("An integer is beyond ±(2^53-1).", "整数超出 ±(2^53-1) 的范围。")


def _finite(digits: str) -> float:
    number = float(digits)
    if isinf(number):
        raise MalformedJson("A number is too large.", "数值过大。")
    return number


def _no_constant(name: str) -> NoReturn:
    raise MalformedJson(f"{name} is not JSON.", f"{name} 不是合法的 JSON 值。")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique_members,
    parse_int=_safe_integer,
    parse_float=_finite,
    parse_constant=_no_constant,
)
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
