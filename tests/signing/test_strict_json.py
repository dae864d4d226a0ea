"""Strict JSON: the standard library's reading wherever that is safe, and one error for the rest."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import MalformedJson
from app.signing import strict_json
from app.signing.strict_json import MAX_INTEGER

# The first text drawn on a machine builds a table of Unicode, which says nothing about the code under test.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

texts = st.text(st.characters(codec="utf-8"), max_size=30)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5),
    max_leaves=20,
)
FRAGMENTS = (
    *(
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        '"',
        '"a"',
        "\\",
        '\\"',
        '{"a":1,"a":2}',
        "[" * 40,
        '"\\ud800"',
        '"\\ud83d\\ude00"',
    ),
    *(
        "0",
        "-",
        "1e400",
        "1E5",
        "9" * 30,
        "NaN",
        "-Infinity",
        "true",
        "nul",
        " ",
        "\n",
        "\x00",
        "\ufeff",
        "线索",
    ),
)
fragments = st.lists(st.sampled_from(FRAGMENTS), max_size=60).map(lambda parts: "".join(parts).encode())


def refused(raw: bytes) -> str:
    with pytest.raises(MalformedJson) as caught:
        strict_json.loads(raw)
    assert caught.value.detail_zh
    return caught.value.detail


@patient
@given(values, st.booleans(), st.sampled_from([None, 0, 3]))
def test_it_agrees_with_the_standard_library_on_whatever_that_writes(
    value: Any, ascii_only: bool, indent: int | None
) -> None:
    raw = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    assert strict_json.loads(raw) == json.loads(raw)
    assert repr(strict_json.loads(raw)) == repr(json.loads(raw)), "the types agree too"


@patient
@given(values)
def test_what_is_written_reads_back_compact_and_unescaped(value: Any) -> None:
    raw = strict_json.dumps(value)
    assert strict_json.loads(raw) == value
    assert raw == json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


@patient
@given(st.binary(max_size=200) | fragments)
def test_arbitrary_bytes_are_read_or_refused_and_nothing_else(raw: bytes) -> None:
    try:
        value = strict_json.loads(raw)
    except MalformedJson:
        return
    assert repr(value) == repr(json.loads(raw))
    assert strict_json.loads(strict_json.dumps(value)) == value


@pytest.mark.parametrize("raw", [b'{"a":1,"a":1}', b'[{"x":{"a":1,"b":2,"a":3}}]', b'{"a":1,"\\u0061":2}'])
def test_a_member_named_twice_is_refused(raw: bytes) -> None:
    assert "twice" in refused(raw)


@pytest.mark.parametrize("raw", [b"NaN", b"[Infinity]", b'{"a":-Infinity}', b"1e400", b"[-1E+999]", b"1" * 400 + b".0"])
def test_numbers_that_are_no_numbers_are_refused(raw: bytes) -> None:
    refused(raw)


@pytest.mark.parametrize("number", [MAX_INTEGER, -MAX_INTEGER, 0])
def test_integers_up_to_two_to_the_53_less_one_are_read(number: int) -> None:
    assert strict_json.loads(str(number).encode()) == number


@pytest.mark.parametrize("digits", [str(MAX_INTEGER + 1), str(-MAX_INTEGER - 1), "9" * 5_000, "-" + "9" * 200_000])
def test_integers_beyond_are_refused_however_long(digits: str) -> None:
    assert "integer" in refused(digits.encode())


@pytest.mark.parametrize(
    "raw",
    [
        rb'"\ud800"',
        rb'"\uDFFF"',
        rb'{"\udc00":1}',
        rb'[{"a":["\ud83dx"]}]',
        rb'"\ude00\ud83d"',
        b'"\xed\xa0\x80"',
    ],
)
def test_a_lone_surrogate_is_refused_in_texts_and_in_names(raw: bytes) -> None:
    refused(raw)


def test_a_surrogate_pair_and_an_escaped_backslash_are_no_lone_surrogate() -> None:
    assert strict_json.loads(rb'["\ud83d\ude00","\\ud800"]') == ["\U0001f600", "\\ud800"]


@pytest.mark.parametrize("raw", [b"\xef\xbb\xbf{}", "{}".encode("utf-16"), '{"a":1}'.encode("utf-16-le"), b'"\xff"'])
def test_only_utf_8_without_a_byte_order_mark_is_read(raw: bytes) -> None:
    refused(raw)


NEAR_JSON = (
    *(
        "",
        " ",
        "{}x",
        "{} {}",
        "{'a':1}",
        "[1,]",
        '{"a":1,}',
        "{1:2}",
        "tru",
        "nul",
        "//x\n1",
        "\x0c1",
        "\u00a01",
    ),
    *("01", "+1", "1.", ".5", "-", "1e", "0x10", "\uff11", '"', "[", "{"),
    *('"\n"', '"\x00"', '"\\x"', '"\\u12"'),
)


@pytest.mark.parametrize("raw", [text.encode() for text in NEAR_JSON])
def test_near_json_is_refused(raw: bytes) -> None:
    refused(raw)


def nested(depth: int) -> bytes:
    """Arrays and objects in turn, `depth` of them, one inside the other."""
    opening, closing = b"", b""
    for level in range(depth):
        opening += b"[" if level % 2 else b'{"a":'
        closing = (b"]" if level % 2 else b"}") + closing
    return opening + b"1" + closing


@pytest.mark.parametrize("sibling", [b"1", b'"]"', b"[[],{}]", b'"\\"["'])
def test_nesting_is_read_to_32_and_refused_from_33_whatever_stands_beside(sibling: bytes) -> None:
    strict_json.loads(b"[" + sibling + b"," + nested(31) + b"," + sibling + b"]")
    assert "nested" in refused(b"[" + sibling + b"," + nested(32) + b"," + sibling + b"]")


def test_brackets_in_texts_and_wide_documents_are_not_deep() -> None:
    assert strict_json.loads(b'{"a":"' + b"[{" * 50 + b'\\"[["}') == {"a": "[{" * 50 + '"[['}
    assert len(strict_json.loads(b"[" + b"[[]]," * 500 + b"{}]")) == 501


@pytest.mark.parametrize("opener", [b"[", b'{"a":', b'[{"a":', b'"x"[', b'\\"['])
def test_a_hundred_thousand_levels_are_refused_without_exhausting_the_stack(opener: bytes) -> None:
    refused(opener * 100_000)
    refused(opener * 100_000 + b"]" * 100_000)


@pytest.mark.parametrize(
    "raw",
    [
        b"[" * 40 + b'"' + b'\\"' * 128_000,
        b"[" * 40 + b'"' * 255_999,
        b"[]" * 128_000,
        b"[" * 40 + b"\\" * 256_000,
    ],
)
def test_hostile_documents_are_read_from_end_to_end_once(raw: bytes) -> None:
    # Of sixteen times the size that intake takes: begun again at each quote, it would not end within hours.
    refused(raw * 16)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", {"\udfff": 1}])
def test_what_could_not_be_read_back_is_not_written(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        strict_json.dumps(value)


def test_a_refusal_does_not_repeat_the_document() -> None:
    for raw in (b'{"secret-name":1,"secret-name":2}', b'{"a": secret-name}', b'["secret-name\\ud800"]'):
        with pytest.raises(MalformedJson) as caught:
            strict_json.loads(raw)
        assert "secret-name" not in f"{caught.value} {caught.value.detail_zh}"
