"""Why a body is refused: names of persons that name nobody, and members that do not fit each other."""

from typing import Any

import pytest
from pydantic import ValidationError

from app.casework.acts import CATALOGUE
from app.problems import validation_errors

# Every name of a person who signs, approves, handles, leads, reads or attends, as the path to it.
NAMES = [
    ("lead.clear", "signatory.name"),
    ("lead.clear", "handler.name"),
    ("verification.assign", "content.handlers.0"),
    ("verification.assign", "content.supervising_leader"),
    ("verification.measure", "content.approver.name"),
    ("signoff.sign", "content.signer.name"),
    ("consultation.answer", "content.attendees.0"),
    ("consultation.minutes", "content.attendees.0"),
    ("interference.record", "content.recorder"),
    ("clarification.issue", "content.approver.name"),
    ("identity.open", "content.approvers.0.name"),
    ("identity.open", "content.readers.0.name"),
    ("lead.erase", "content.approver.name"),
]
CONDITIONS: list[tuple[str, dict[str, Any], str]] = [
    ("lead.register", {"occurred": {"from": "2026-03-02T10:00:00Z", "to": "2026-03-01T10:00:00Z"}}, "times_reversed"),
    ("lead.register", {"events": [{"token": "e1", "summary": "一"}] * 2}, "token_repeated"),
    ("feedback.respond", {"response": "contest", "reason": None}, "reason_missing"),
    ("feedback.respond", {"response": "answer", "text": None}, "text_missing"),
    ("consultation.answer", {"answer": "decline", "reason": None}, "reason_missing"),
    ("consultation.convene", {"participants": ["police-one", "police-one"]}, "participant_repeated"),
    ("consultation.convene", {"agenda": [{"item_id": "k1", "question": "一"}] * 2}, "item_id_repeated"),
    ("check.answer", {"answer": "transferred", "transferred_to": None}, "transferred_to_misplaced"),
    ("identity.open", {"readers": [{"name": "孙" * 67, "title": "民警"}]}, "name_too_long"),
]


def refused(act: str, body: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return the rows of the refusal by their pointers."""
    with pytest.raises(ValidationError) as found:
        CATALOGUE[act].document.model_validate(body)
    return {row["pointer"]: row for row in validation_errors(found.value.errors())}


def body(act: str) -> dict[str, Any]:
    person = {"name": "赵某某", "title": "镇长", "phone": "0000-0000001"}
    content = dict(CATALOGUE[act].example)
    return {"signatory": dict(person), "handler": dict(person), "content": content}


def with_name(part: Any, path: list[str], name: str) -> Any:
    if not path:
        return name
    if isinstance(part, dict):
        return part | {path[0]: with_name(part.get(path[0]), path[1:], name)}
    return [with_name(part[0] if part else None, path[1:], name)]


@pytest.mark.parametrize("blank", [" ", "…", "\u200b", "---"])
@pytest.mark.parametrize(("act", "path"), NAMES, ids=lambda part: part)
def test_a_name_of_a_person_has_something_to_read(act: str, path: str, blank: str) -> None:
    steps = path.split(".")
    row = refused(act, with_name(body(act), steps, blank))["/" + "/".join(steps)]
    assert row["code"] == "name_illegible"
    assert "/" + "/".join(steps) not in refused(act, with_name(body(act), steps, "阿依古丽·买买提"))


@pytest.mark.parametrize(("act", "members", "code"), CONDITIONS, ids=lambda part: part if isinstance(part, str) else "")
def test_members_that_do_not_fit_each_other_are_refused_with_the_reason(
    act: str, members: dict[str, Any], code: str
) -> None:
    content = CATALOGUE[act].example | members
    row = next(row for row in refused(act, body(act) | {"content": content}).values() if row["code"] == code)
    assert row["pointer"].startswith("/content")
    assert row["detail"] not in ("", "Not a valid value")
    assert row["detail_zh"] not in ("", "取值不合规")
