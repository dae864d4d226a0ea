"""How names of persons are compared: what one reads as the same is the same, and no two persons count as one."""

import hashlib
import sys

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.casework.names import comparable_name, require_legible
from app.errors import InvalidDocument

# Every unified ideograph: the block of 1993, extensions A and B to J, the zero of 〇 and private use, where agencies
# put the characters that their fonts lack. Also those that this Python's own tables do not know.
HAN = st.one_of(
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
    st.characters(min_codepoint=0x3400, max_codepoint=0x4DBF),
    st.characters(min_codepoint=0x20000, max_codepoint=0x2F7FF),
    st.characters(min_codepoint=0x30000, max_codepoint=0x3347F),
    st.characters(min_codepoint=0xE000, max_codepoint=0xF8FF),
    st.characters(min_codepoint=0xF0000, max_codepoint=0xFFFFD),
    st.just("〇"),
)


@given(HAN, HAN, st.sampled_from(["", "王", "阿依古丽·"]))
def test_two_different_han_characters_are_never_equal(one: str, other: str, before: str) -> None:
    assume(one != other)
    assert comparable_name(before + one) != comparable_name(before + other)
    require_legible(one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("王\ue863", "王\ue864"),
        ("王\U00031350", "王\U00031351"),  # extension H
        ("王\U000323b0", "王"),  # extension J, of Unicode 17
        ("王\U0002ebf0", "王\U0002ebf1"),  # extension I
        ("王某", "王某某"),
        ("王〇", "王零"),
        ("བོད", "བུད"),  # a vowel sign is no ornament
        ("José", "Jose"),
        ("王○", "王△"),
    ],
)
def test_two_persons_are_two(one: str, other: str) -> None:
    assert comparable_name(one) != comparable_name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("王某某", " 王 某\u3000某\u00a0"),
        ("阿依古丽·买买提", "阿依古丽•买买提"),
        ("阿依古丽·买买提", "阿依古丽．买买提"),
        ("阿依古丽·买买提", "阿依古丽 买买提"),
        ("阿依古丽·买买提", "阿依古丽・买买提"),
        ("阿依古丽·买买提", "阿依古丽买买提"),
        ("Zhang San", "ＺＨＡＮＧ　ＳＡＮ"),
        ("José", "Jose\u0301"),
        ("王某", "王\u200b某\ufeff"),
        ("王某", "王\u3164某\uffa0\u2800\u2064\u2066"),
        ("葛", "葛\U000e0100"),  # a variation sequence: the same character
        ("金某", "\uf90a某"),  # a compatibility ideograph
        ("人某", "\u2f08某"),  # a radical, as copies out of PDF files have it
        ("ß", "ss"),
    ],
)
def test_one_person_is_one(one: str, other: str) -> None:
    assert comparable_name(one) == comparable_name(other)


@pytest.mark.parametrize("blank", ["", " \u3000", "·", "★", "\u3164", "\u2800", "\u0301", "\U000e0100", "\u2066\u2069"])
def test_what_nobody_can_read_is_no_name(blank: str) -> None:
    with pytest.raises(InvalidDocument):
        require_legible("王某", blank)


def test_every_character_compares_as_it_did_under_every_python() -> None:
    characters = (chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF)
    whole = "\n".join(comparable_name(one) for one in characters)
    assert (
        hashlib.sha256(whole.encode()).hexdigest() == "24600db382a552a35711aa57ce694479a89b814c8e1545eed93c23c2b30ada6e"
    )
