"""What is found in a file while it passes, however it is encoded and cut."""

import hashlib
import json

import pytest

from app.attachments.examination import LARGEST_FILE, Examination
from app.casework.secrecy import CLASSIFIED_VALUES, ENCODINGS, MOST_BLANKS, bears_mark, refuse_classified
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
@pytest.mark.parametrize("gap", ["", " ", "\u3000 \r\n\t", " " * MOST_BLANKS], ids=["none", "one", "mixed", "many"])
def test_a_mark_is_found_in_every_encoding(encoding: str, word: str, gap: str) -> None:
    with pytest.raises(ClassifiedMaterial):
        examine(f"关于某事的报告 {word}{gap}★1年 正文".encode(encoding), 1000)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_mark_is_found_wherever_two_chunks_meet_in_it(encoding: str) -> None:
    content = f"前文{'　' * 300}绝密{'　' * 300}★30年".encode(encoding)
    for meeting in range(1, len(content), 7):
        with pytest.raises(ClassifiedMaterial):
            examine_parts(content[:meeting], content[meeting:])


# As documents, scanners and keyboards have them.
MARKED = [
    "机密★1年",
    "秘密★",
    "绝密★启用前",
    "绝密⭐启用前",
    "绝密⭐\ufe0f启用前",
    "机密☆1年",
    "机密＊１年",
    "机 密★1年",
    "机\u3000密 ★ 1年",
    "机\u200b密★1年",
    "机密\u200b★1年",
    "机密\ufeff\u00ad\u2060★1年",
    "秘\u3164密\u2800★",
    "绝\n密\r\n★",
    "機密★1年",
    "絕密☆",
    "机密机密★",
    "★机密★",
]
UNMARKED = [
    "机密",
    "★★★",
    "五星★机密",
    "机密文件★",
    "本单位无秘密。★",
    "密★",
    "保密 ★",
    "商业秘密，★★★★级",
    "机关★密",
    "涉及商业秘密*",
    "机·密★",
]


@pytest.mark.parametrize("text", MARKED)
def test_a_document_a_file_and_the_name_of_a_file_are_marked_by_one_rule(text: str) -> None:
    assert bears_mark(text)
    for body in ({"title": text}, {"attachments": [{"name": f"附件：{text}.pdf"}]}, {text: None}):
        for raw in (json.dumps(body), json.dumps(body, ensure_ascii=False)):
            with pytest.raises(ClassifiedMaterial):
                refuse_classified(body, raw)
    for encoding in ENCODINGS:
        content = f"前{text}后".encode(encoding)
        for step in (1, 2, 3, len(content)):
            with pytest.raises(ClassifiedMaterial):
                examine(content, step)


@pytest.mark.parametrize("text", UNMARKED)
def test_a_word_or_a_star_alone_is_no_mark(text: str) -> None:
    refuse_classified({"title": text}, json.dumps(text))
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
