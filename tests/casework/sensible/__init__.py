"""What agencies would sensibly do next on a lead: for each act, who could send it, saying what, to whom.

An act that is not listed is tried with its example by every party, to nobody and to the holder. Nothing here knows
whether an act will be taken: that is for the rules to say.
"""

from tests.casework.sensible import answer, beside, counsel, way
from tests.casework.sensible.course import BESIDE, COURSE, SETTLING
from tests.casework.sensible.words import SENSIBLE, Said, example, proposals

__all__ = [
    "BESIDE",
    "COURSE",
    "SENSIBLE",
    "SETTLING",
    "Said",
    "answer",
    "beside",
    "counsel",
    "example",
    "proposals",
    "way",
]
