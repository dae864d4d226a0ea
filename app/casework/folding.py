"""How text is folded before it is compared, by tables that never change.

Acts are decided again years later, under another Python. So what is white or unseen stands here, and the rest follows
the tables of Unicode 3.2 (RFC 3454), which the standard library keeps for ever.
"""

from itertools import groupby
from unicodedata import ucd_3_2_0 as unicode_3_2


def _characters(ranges: str) -> frozenset[str]:
    bounds = (bound.partition("-") for bound in ranges.split())
    return frozenset(
        chr(code) for first, _, last in bounds for code in range(int(first, 16), int(last or first, 16) + 1)
    )


# The property White_Space (PropList.txt, Unicode 15), and the separators U+001C to U+001F.
WHITE_SPACE = _characters("0009-000D 001C-0020 0085 00A0 1680 2000-200A 2028-2029 202F 205F 3000")
# The property Default_Ignorable_Code_Point (DerivedCoreProperties.txt, Unicode 15): fillers, joiners, bidi controls,
# variation selectors, tags; and the blank pattern of braille.
UNSEEN = _characters(
    "00AD 034F 061C 115F-1160 17B4-17B5 180B-180F 200B-200F 202A-202E 2060-206F 2800 3164 FE00-FE0F FEFF FFA0 "
    "FFF0-FFF8 1BCA0-1BCA3 1D173-1D17A E0000-E0FFF"
)


def folded(written: str) -> str:
    """Return a text without what nobody sees, with width and compatibility forms folded (NFKC).

    A character that the tables do not know (private use, younger extensions of CJK) stays as it is.
    """
    seen = groupby((character for character in written if character not in UNSEEN), is_known)
    whole = "".join(unicode_3_2.normalize("NFKC", "".join(run)) if known else "".join(run) for known, run in seen)
    return "".join(character for character in whole if character not in UNSEEN)


def is_known(character: str) -> bool:
    """Return whether a character is assigned in Unicode 3.2, other than for private use."""
    return unicode_3_2.category(character) not in ("Cn", "Co")
