"""D03: what a split shows to be about officials is handed to supervision in three working days."""

from datetime import datetime

from tests.casework.stage import Stage
from tests.casework.test_split_rules import hidden, on_part, part, received, split


def owed(stage: Stage) -> list[tuple[str, str, datetime]]:
    return [
        (deadline.rule, deadline.node, deadline.started)
        for deadline in stage.case.open_deadlines(stage.lead_id)
        if deadline.rule == "D03-supervision"
    ]


def found() -> Stage:
    """A lead with the police, split; the stage is at the part about officials."""
    stage, _ = received()
    unseen = hidden()
    split(stage, part(), unseen)
    on_part(stage, unseen)
    return stage


def test_a_part_about_officials_is_to_be_handed_over_by_whoever_found_it() -> None:
    stage = found()
    assert owed(stage) == [("D03-supervision", "police-one", stage.now)]
    stage.offer("police-one", "supervision-one")
    assert owed(stage) == []


def test_what_is_no_matter_of_officials_after_all_need_not_be_handed_over() -> None:
    stage = found()
    stage.screen("police-one", category="official_misconduct")
    assert len(owed(stage)) == 1
    stage.screen("police-one", category="general")
    assert owed(stage) == []


def test_splitting_once_more_gives_no_more_time() -> None:
    stage = found()
    known = stage.now
    stage.later(days=1)
    again, rest = hidden(), part(leg=False, category="general")
    split(stage, again, rest)
    on_part(stage, again)
    assert owed(stage) == [("D03-supervision", "police-one", known)]
    on_part(stage, rest)
    assert owed(stage) == []


def test_supervision_owes_a_part_of_its_own_matter_to_nobody() -> None:
    stage = found()
    leg = stage.offer("police-one", "supervision-one")
    stage.sign(leg, "supervision-one")
    kept = part(category="official_misconduct")
    split(stage, kept, part(category="general"), who="supervision-one")
    on_part(stage, kept)
    assert owed(stage) == []
