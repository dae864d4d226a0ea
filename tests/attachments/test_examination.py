"""What is found in a file while it passes, however it is encoded and cut."""

import hashlib

import pytest

from app.attachments.examination import ENCODINGS, LARGEST_FILE, MOST_SPACES, Examination
from app.casework.document import CLASSIFIED_VALUES
from app.errors import ClassifiedMaterial, InvalidDocument, PayloadTooLarge


def examine_parts(*parts: bytes) -> None:
    examination = Examination()
    for part in parts:
        examination.take(part)
    examination.require(hashlib.sha256(b"".join(parts)).hexdigest())


def examine(content: bytes, step: int) -> None:
    examine_parts(*(content[start : start + step] for start in range(0, len(content), step)))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("word", CLASSIFIED_VALUES)
@pytest.mark.parametrize("gap", ["", " ", "\u3000 \r\n\t", " " * MOST_SPACES], ids=["none", "one", "mixed", "many"])
def test_a_mark_is_found_in_every_encoding(encoding: str, word: str, gap: str) -> None:
    with pytest.raises(ClassifiedMaterial):
        examine(f"关于某事的报告 {word}{gap}★1年 正文".encode(encoding), 1000)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_mark_is_found_wherever_two_chunks_meet_in_it(encoding: str) -> None:
    content = f"前文{'　' * 300}绝密{'　' * 300}★30年".encode(encoding)
    for meeting in range(1, len(content), 7):
        with pytest.raises(ClassifiedMaterial):
            examine_parts(content[:meeting], content[meeting:])


@pytest.mark.parametrize("text", ["机密", "★★★", "五星★机密", "机密文件★", "本单位无秘密。★", "密★", "保密 ★"])
def test_a_word_or_a_star_alone_is_no_mark(text: str) -> None:
    for encoding in ENCODINGS:
        examine(text.encode(encoding), 5)


def test_bytes_with_another_digest_are_refused() -> None:
    examination = Examination()
    examination.take(b"other bytes")
    with pytest.raises(InvalidDocument):
        examination.require(hashlib.sha256(b"these bytes").hexdigest())


def test_a_file_may_have_512_mib_and_not_a_byte_more() -> None:
    examination = Examination()
    examination.size = LARGEST_FILE - 3
    examination.take(b"abc")
    with pytest.raises(PayloadTooLarge):
        examination.take(b"d")
