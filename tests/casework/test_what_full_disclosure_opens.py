"""What the next receiver reads: the course of the lead, but not what others took counsel on, suffered or asked for."""

from typing import Any
from uuid import uuid4

import pytest

from app.casework.acts import CATALOGUE
from app.casework.records.protection import Protections
from app.errors import NotFound
from tests.casework.stage import Stage
from tests.casework.talk import Talk


def protect(stage: Stage, sender: str, to: tuple[str, ...]) -> str:
    protection_id = str(uuid4())
    body = {"protection_id": protection_id, "threat": "受到威胁", "urgency": "urgent"}
    stage.act("protection.request", sender, body, to)
    return protection_id


def answer(stage: Stage, protection_id: str, sender: str) -> None:
    body = {"protection_id": protection_id, "measures": "已安排走访"}
    stage.act("protection.answer", sender, body, ("town-one",))


def handed_on(disclosure: str = "full") -> tuple[Stage, str, str]:
    stage = Stage()
    leg = stage.with_police()
    stage.on_leg("transfer.accept", leg, "police-one")
    stage.act("interference.record", "police-one", CATALOGUE["interference.record"].example)
    talk = Talk("procuratorate-one", stage=stage)
    talk.answer("procuratorate-one")
    talk.opine("procuratorate-one")
    talk.minute()
    talk.sign("procuratorate-one")
    talk.close()
    answered, waiting = (protect(stage, "town-one", ("police-one",)) for _ in range(2))
    answer(stage, answered, "police-one")
    onward = stage.offer("police-one", "police-city", "report_up", disclosure)
    stage.sign(onward, "police-city")
    return stage, answered, waiting


def read_by(stage: Stage, node: str) -> list[Any]:
    return [ref.act for ref in stage.case.acts if node in ref.readers]


def test_it_opens_the_course_of_the_lead_and_the_protection_that_is_still_owed() -> None:
    stage, _, waiting = handed_on()
    course = ["lead.register", "lead.screen", "transfer.offer", "transfer.receipt", "transfer.accept"]
    hand_over = ["transfer.offer", "transfer.receipt"]
    assert read_by(stage, "police-city") == [*course, "protection.request", *hand_over]
    (request,) = [one for one in stage.lead.chapter(Protections).requests if not one.answered]
    assert request.protection_id == waiting
    answer(stage, waiting, "police-city")


def test_a_protection_that_was_answered_stays_between_the_two() -> None:
    stage, answered, _ = handed_on()
    with pytest.raises(NotFound):
        answer(stage, answered, "police-city")


def test_a_summary_opens_nothing_earlier() -> None:
    stage, _, waiting = handed_on("summary")
    assert read_by(stage, "police-city") == ["transfer.offer", "transfer.receipt"]
    with pytest.raises(NotFound):
        answer(stage, waiting, "police-city")
    answer(stage, waiting, "police-one")
