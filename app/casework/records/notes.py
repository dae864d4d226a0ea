"""澄清: which acts clarified the conclusion of a lead that stands now."""

from typing import ClassVar

from app.casework.case import Chapter


class Clarifications(Chapter):
    """澄清: the acts that clarified the conclusion that stands now."""

    key: ClassVar[str] = "clarifications"
    issued: tuple[str, ...] = ()
