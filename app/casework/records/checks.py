"""一案三查: which of the three checks of a lead were answered, and how."""

from typing import ClassVar, Literal

from app.casework.case import Chapter, Frozen

Check = Literal["crime", "official_protection", "supervisory_duty"]
CHECKS: tuple[Check, ...] = ("crime", "official_protection", "supervisory_duty")


class Checked(Frozen):
    """The newest answer to one check, and the act that gave it."""

    check: Check
    answer: Literal["transferred", "none_found"]
    act_id: str
    transferred_to: str | None = None


class Checks(Chapter):
    """一案三查: one answer for each check that was answered."""

    key: ClassVar[str] = "checks"
    answers: tuple[Checked, ...] = ()

    @property
    def missing(self) -> tuple[Check, ...]:
        answered = {answer.check for answer in self.answers}
        return tuple(check for check in CHECKS if check not in answered)
