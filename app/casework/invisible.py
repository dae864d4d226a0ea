"""Characters that nobody sees, as fixed tables: what is decided by them stays decided under every later Unicode."""


def _characters(ranges: str) -> frozenset[str]:
    bounds = (one.partition("-") for one in ranges.split())
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
