"""Names that stand on screens for somebody: legible, in one script, and no two that look the same.

Nothing is decided again by these rules, so they may follow the tables of the Python at hand.
"""

import unicodedata

from app.casework.folding import UNSEEN
from app.casework.names import comparable_name

# Letters that are drawn as a Latin one. Unicode's confusables.txt has thousands; these are the ones of the alphabets
# that a keyboard in an agency can write: Cyrillic and Greek, and among the Latin ones and digits themselves.
_DRAWN_ALIKE = str.maketrans("аеорсухіјѕһԁԛԝкмтвнαβγεικνορτυχω01i", "aeopcyxljshdqwkmtbhabyelknoptuxwoll")


def is_shown(name: str) -> bool:
    """Return whether a reader sees all of a name: no control, format or unassigned character, no blank but single ones.

    Bidirectional controls and zero-width characters are of these; so are fillers, which Unicode calls letters.
    """
    one_line = name.isprintable() and name == " ".join(name.split()) and UNSEEN.isdisjoint(name)
    return one_line and any(unicodedata.category(character)[0] in "LN" for character in name)


def scripts(name: str) -> frozenset[str]:
    """Return the scripts of a name's letters, by the first word of each character's name: LATIN, CYRILLIC, CJK."""
    letters = (character for character in name if character.isalpha())
    return frozenset(unicodedata.name(letter, "CJK").split()[0] for letter in letters)


def skeleton(name: str) -> str:
    """Return a name as it looks: two names with one skeleton could be taken for each other."""
    return comparable_name(name).translate(_DRAWN_ALIKE)
