"""The mark of a state secret (机密★1年, 绝密★启用前): one rule for documents, names of files and files. Pure."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from app.casework.folding import UNSEEN, WHITE_SPACE
from app.errors import ClassifiedMaterial, Source

CLASSIFIED_VALUES = ("秘密", "机密", "绝密")
SECRETS_LAW = Source.law("保守国家秘密法 第三十一条: no state secrets on a system that is not built for them")
# A mark is one of the first characters (機 and 絕 are the traditional 机 and 绝), 密, and a star as keyboards give it.
FIRST, SECOND, STARS = "秘机绝機絕", "密", "★☆⭐＊"
# What may stand between them, and how often: what is white or unseen, in the Basic Multilingual Plane.
BLANKS = "".join(sorted(character for character in WHITE_SPACE | UNSEEN if character <= "\uffff"))
MOST_BLANKS = 500
ENCODINGS = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
# The longest mark in bytes: a character has at most four in any of the encodings.
LONGEST_MARK = 4 * (2 * MOST_BLANKS + 3)


def refuse_classified(body: Any, text: str) -> None:
    """Raise `ClassifiedMaterial` if the document says it is a state secret or bears such a mark in its text.

    `body` is the parsed JSON, `text` the raw body: without a star in it, written or escaped, no string bears a mark.
    """
    if isinstance(body, dict) and body.get("classification") in CLASSIFIED_VALUES:
        raise classified()
    if ("\\u" in text or any(star in text for star in STARS)) and any(map(bears_mark, _strings(body))):
        raise classified()


def bears_mark(text: str) -> bool:
    """Return whether a text bears the mark of a state secret."""
    return _IN_TEXT.search(text) is not None


def bytes_bear_mark(content: bytes) -> bool:
    """Return whether bytes bear the mark in one of the encodings, wherever in them it begins."""
    return any(ending.search(content) and whole.search(content) for ending, whole in _IN_BYTES)


def classified() -> ClassifiedMaterial:
    return ClassifiedMaterial(
        "Material marked as a state secret must not enter this system. Nothing of it was kept. "
        "Use the classified channel.",
        "本系统不得处理标注国家秘密的材料，内容未予保存。请通过涉密渠道办理。",
        rule="R-SECRETS",
        source=SECRETS_LAW,
    )


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from _strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from _strings(member)


def _pattern(one_of: Callable[[str], str], *characters: str) -> str:
    return (one_of(BLANKS) + f"{{0,{MOST_BLANKS}}}").join(map(one_of, characters))


def _in_bytes(encoding: str) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Return the patterns of the end of a mark and of a whole one.

    The end begins with one literal, which is found at the speed of a plain search; several beginnings are not. So the
    whole pattern is asked only where the end was found.
    """

    def one_of(characters: str) -> str:
        if not characters:
            return ""
        raws = [character.encode(encoding).decode("latin-1") for character in characters]
        return re.escape(raws[0]) if len(raws) == 1 else f"(?:{'|'.join(_alternatives(raws))})"

    whole = _pattern(one_of, FIRST, SECOND, STARS)
    # What follows is mostly a letter: one look at its first byte saves the look at every blank.
    nexts = {character.encode(encoding)[:1].decode("latin-1") for character in BLANKS + STARS}
    ending = one_of(SECOND) + f"(?=[{re.escape(''.join(sorted(nexts)))}])" + _pattern(one_of, "", STARS)
    return re.compile(ending.encode("latin-1")), re.compile(whole.encode("latin-1"))


def _alternatives(raws: Iterable[str]) -> Iterable[str]:
    """Yield a pattern for each group of byte strings that differ in one byte alone, the last or the first."""
    by_head, by_tail = defaultdict(list), defaultdict(list)
    for raw in raws:
        by_head[raw[:-1]].append(raw[-1])
        by_tail[raw[1:]].append(raw[0])
    if len(by_head) <= len(by_tail):
        return [re.escape(head) + f"[{re.escape(''.join(last))}]" for head, last in by_head.items()]
    return [f"[{re.escape(''.join(first))}]" + re.escape(tail) for tail, first in by_tail.items()]


_IN_TEXT = re.compile(_pattern(lambda characters: f"[{re.escape(characters)}]", FIRST, SECOND, STARS))
_IN_BYTES = tuple(_in_bytes(encoding) for encoding in ENCODINGS)
