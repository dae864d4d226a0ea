"""What identifies the persons that a lead names: ids, phones and plates, each in one spelling. Pure.

`phone` and `plate` are free text, as the paper has them. What has the form of a phone or of a plate counts, each
number of a member by itself. A placeholder is nobody: it would make one person of all whose number is not known.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from app.casework.acts.register import Person
from app.casework.folding import folded

TraitKind = Literal["resident_id", "phone", "plate", "credit_code"]
Trait = tuple[TraitKind, str]

# Well formed and nobody's: a carrier's own line and the number that forms and manuals print. Besides these no number
# counts whose last digits are all the same, and no mobile number whose last eight count up or down.
NOBODYS = frozenset({"13800138000", "13900139000"})
_COUNTED = ("01234567890", "9876543210")

_GAP = r"[\s().·–—-]{0,3}"
# 国家代码 86, then the 0 of long distance or none; or that 0 alone.
_LONG_DISTANCE = rf"(?:(?:\+|00)?86{_GAP}(?:0{_GAP})?|\(?0)"
_PHONE = re.compile(
    r"(?<!\d)(?:"
    rf"{_LONG_DISTANCE}?(?P<mobile>1[3-9](?:{_GAP}\d){{9}})"
    rf"|{_LONG_DISTANCE}(?P<area>10|2\d|[3-9]\d\d){_GAP}(?P<local>\d{{7,8}}|\d{{3,4}}[\s-]\d{{4}})"
    rf"|(?P<service>[48]00(?:{_GAP}\d){{7}})"
    rf"|(?:\+|00)(?!86)(?P<abroad>[1-9](?:{_GAP}\d){{6,14}})"
    r")(?!\d)",
    re.ASCII,
)

# GA 36. A province or 使, letters, digits; no I and no O in a serial; separators anywhere.
_SEPARATOR = r"[\s·•・‧._–—-]"
_PROVINCE, _LETTER, _DIGIT = "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]", "[A-Z]", "[0-9]"
_SERIAL, _NEW_ENERGY, _ENDING = "[A-HJ-NP-Z0-9]", "[A-HJK]", "[警学挂港澳试超使领]"
_FORMS = (
    (_PROVINCE, _LETTER, _NEW_ENERGY, _SERIAL, *[_DIGIT] * 4),
    (_PROVINCE, _LETTER, *[_DIGIT] * 5, _NEW_ENERGY),
    (_PROVINCE, _LETTER, *[_SERIAL] * 4, _ENDING),
    (_PROVINCE, _LETTER, *[_SERIAL] * 5),
    (_PROVINCE, _LETTER, *[_SERIAL] * 4, "应", "急"),
    ("使", *[_DIGIT] * 6),
    (r"(?<![A-Z0-9])[0-9]", *[_DIGIT] * 5, "使"),
    ("(?<![A-Z0-9])W", "J", _PROVINCE, *[_DIGIT] * 4, "[0-9A-Z]"),  # armed police
    ("(?<![A-Z0-9])[A-Z]", _LETTER, *[_DIGIT] * 5),  # armed forces
    (_PROVINCE, *[_DIGIT] * 2, *[_SERIAL] * 5),  # farm machines
)
_PLATE = re.compile(f"(?:{'|'.join((_SEPARATOR + '{0,2}').join(form) for form in _FORMS)})(?![A-Z0-9])", re.ASCII)


def traits(persons: Iterable[Person]) -> frozenset[Trait]:
    """Return what identifies the persons: ids and codes, mobile numbers without the country code, others with their
    area or country, plates without separators."""
    found: set[Trait] = set()
    for person in persons:
        if person.id_no is not None:
            found.add(("resident_id", person.id_no))
        if person.credit_code is not None:
            found.add(("credit_code", person.credit_code))
        found |= {("phone", number) for number in _phones(person.phone or "")}
        found |= {("plate", number) for number in _plates(person.plate or "")}
    return frozenset(found)


def _phones(written: str) -> Iterator[str]:
    for match in _PHONE.finditer(folded(written)):
        digits = {name: re.sub(r"\D", "", part) for name, part in match.groupdict(default="").items()}
        kind = match.lastgroup
        if kind == "mobile" and not _is_nobodys(digits["mobile"], 8, counting=True):
            yield digits["mobile"]
        elif kind == "local" and not _is_nobodys(digits["local"], 7):
            yield f"0{digits['area']}{digits['local']}"
        elif kind == "service" and not _is_nobodys(digits["service"], 7):
            yield digits["service"]
        elif kind == "abroad" and not _is_nobodys(digits["abroad"], 6):
            yield f"+{digits['abroad']}"


def _is_nobodys(number: str, last: int, *, counting: bool = False) -> bool:
    end = number[-last:]
    return number in NOBODYS or len(set(end)) == 1 or (counting and any(end in row for row in _COUNTED))


def _plates(written: str) -> Iterator[str]:
    for match in _PLATE.finditer(folded(written).upper()):
        plate = re.sub(_SEPARATOR, "", match[0])
        serial = re.sub(r"^[A-Z]{1,2}", "", re.sub("[^A-Z0-9]", "", plate))
        if len(set(serial)) > 1:
            yield plate
