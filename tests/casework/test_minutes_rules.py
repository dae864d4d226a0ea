"""Minutes, signatures, actions and the close of a consultation: what each step needs."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from app.errors import ForbiddenAct, InvalidDocument, Problem, WrongState
from tests.casework.talk import ACTION, ASKED, Talk, accepted


def test_who_accepts_after_the_minutes_signs_them_too() -> None:
    talk = Talk()
    talk.answer("procuratorate-one")
    talk.minute()
    talk.sign("procuratorate-one")
    assert talk.state == "signed"
    talk.answer("regulator-one")
    assert (talk.state, talk.deadlines("D20")) == ("minutes_draft", {"regulator-one"})


def test_minutes_come_from_the_convener_after_an_acceptance_in_order_of_versions() -> None:
    talk = Talk()
    with pytest.raises(WrongState):
        talk.minute()
    talk.answer("regulator-one")
    with pytest.raises(ForbiddenAct):
        talk.minute(sender="regulator-one")
    with pytest.raises(WrongState):
        talk.minute(version=2)
    talk.minute()
    with pytest.raises(WrongState):
        talk.minute(version=1)


def test_a_new_version_clears_the_signatures_and_keeps_the_results() -> None:
    talk = accepted("regulator-one")
    talk.minute(actions=[ACTION])
    first = talk.now.minutes
    assert first is not None
    talk.sign("regulator-one")
    talk.report("regulator-one")
    talk.minute(version=2, actions=[ACTION])
    assert (talk.state, talk.deadlines("D20")) == ("minutes_draft", {"regulator-one"})
    with pytest.raises(WrongState):
        talk.sign("regulator-one", over=first.jws_sha256)
    talk.sign("regulator-one")
    assert talk.state == "signed"


def test_minutes_are_signed_once_and_by_those_who_take_part() -> None:
    talk = Talk()
    talk.answer("procuratorate-one")
    with pytest.raises(WrongState):
        talk.sign("procuratorate-one")
    talk.minute()
    with pytest.raises(ForbiddenAct):
        talk.sign("regulator-one")
    talk.sign("procuratorate-one")
    with pytest.raises(WrongState):
        talk.sign("procuratorate-one")
    talk.sign("police-one")


@pytest.mark.parametrize(
    "content",
    [
        {"dissents": [{"node": "town-one", "text": "不同意"}]},
        {"actions": [{**ACTION, "owner": "town-one"}]},
        {"actions": [{**ACTION, "owner": "procuratorate-one"}]},
    ],
)
def test_dissents_are_of_those_asked_and_actions_of_those_who_came(content: dict[str, Any]) -> None:
    talk = Talk()
    talk.answer("regulator-one")
    talk.decline("procuratorate-one")
    with pytest.raises(InvalidDocument):
        talk.minute(**content)


@pytest.mark.parametrize("due", ["2026-04-03T10:00:00+08:00", "2026-02-30", "20260403", 20260403, "0001-01-01"])
def test_an_action_is_due_on_a_date(due: Any) -> None:
    talk = accepted()
    with pytest.raises(ValidationError):
        talk.minute(actions=[{**ACTION, "due": due}])


def test_an_action_is_answered_for_once_by_its_owner() -> None:
    talk = accepted()
    with pytest.raises(WrongState):
        talk.report("regulator-one")
    with pytest.raises(ValidationError):
        talk.minute(actions=[ACTION, ACTION])
    talk.minute(actions=[ACTION])
    with pytest.raises(ForbiddenAct):
        talk.report("procuratorate-one")
    with pytest.raises(InvalidDocument):
        talk.report("regulator-one", "a9")
    talk.report("regulator-one")
    with pytest.raises(WrongState):
        talk.report("regulator-one")


def test_it_closes_when_all_have_signed_and_every_action_has_its_result() -> None:
    talk = accepted()
    talk.minute(actions=[ACTION])
    with pytest.raises(ForbiddenAct):
        talk.close("regulator-one")
    for node in ASKED:
        with pytest.raises(WrongState):
            talk.close()
        talk.sign(node)
    with pytest.raises(WrongState):
        talk.close()
    talk.report("regulator-one")
    talk.close()
    steps: tuple[Callable[[], object], ...] = (
        talk.close,
        lambda: talk.opine("regulator-one"),
        lambda: talk.minute(version=2),
    )
    for step in steps:
        with pytest.raises(WrongState):
            step()


def test_before_the_minutes_it_can_be_called_off_and_all_its_deadlines_stop() -> None:
    for answers in ((), ("regulator-one",)):
        talk = Talk()
        for node in answers:
            talk.answer(node)
        talk.close()
        assert (talk.state, talk.deadlines("D19")) == ("cancelled", set())
    talk = Talk("regulator-one")
    talk.decline("regulator-one")
    assert talk.state == "declined"
    talk.close()


def test_a_refused_step_changes_nothing() -> None:
    talk = Talk()
    before = talk.stage.case
    with pytest.raises(Problem):
        talk.close("regulator-one")
    assert talk.stage.case == before
