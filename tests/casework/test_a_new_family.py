"""A family of acts is one file: the one that docs/adding-an-act.md shows, read from there and played."""

import importlib.util
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import ValidationError

from app.casework.acts import CATALOGUE
from app.casework.case import Case, LeadState
from app.casework.open_matters import STANDS_OPEN, OpenMatter
from app.errors import ForbiddenAct, InvalidDocument, RuleViolated, Source, UnknownPrev, WrongState
from tests.casework.stage import Stage

PAGE = Path(__file__).resolve().parents[2] / "docs" / "adding-an-act.md"
PROMISE, TOLD = "reporter.promise", "reporter.told"


@contextmanager
def family(folder: Path) -> Iterator[None]:
    """Import the page's file as if it lay in `app/casework/acts/`, and forget it afterwards."""
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert len(blocks) == 1
    file = folder / "reporter.py"
    file.write_text(blocks[0], "utf-8")
    spec = importlib.util.spec_from_file_location("reporter_family", file)
    assert spec is not None
    assert spec.loader is not None
    acts, matters = dict(CATALOGUE), list(STANDS_OPEN)
    try:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
        yield
    finally:
        CATALOGUE.clear()
        CATALOGUE.update(acts)
        STANDS_OPEN[:] = matters


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A lead that the police accepted, where the new acts are known."""
    with family(tmp_path):
        stage = Stage()
        leg = stage.with_police()
        stage.on_leg("transfer.accept", leg, "police-one")
        yield stage


def promise(stage: Stage, sender: str = "police-one") -> None:
    stage.act(PROMISE, sender, CATALOGUE[PROMISE].example)


def tell(stage: Stage) -> None:
    stage.act(TOLD, "police-one", CATALOGUE[TOLD].example)


def running(stage: Stage) -> list[tuple[str, str]]:
    return [(deadline.rule, deadline.node) for deadline in stage.case.open_deadlines(stage.lead_id)]


def open_matters(stage: Stage) -> list[OpenMatter]:
    return [matter for found in STANDS_OPEN for matter in found(stage.case, stage.lead)]


def test_one_file_brings_acts_with_endpoint_schema_and_example(stage: Stage) -> None:
    kind = CATALOGUE[PROMISE]
    assert (kind.path_ids, kind.operation_id) == (("lead_id",), "promise_reporter")
    assert [rule.rule for rule in kind.rules] == ["R-ONE-PROMISE"]
    with pytest.raises(ValidationError):
        stage.act(PROMISE, "police-one", {**kind.example, "further": "member"})


def test_its_acts_are_decided_and_change_the_case(stage: Stage) -> None:
    promise(stage)
    assert running(stage) == [("D27", "police-one")]
    assert [matter.kind for matter in open_matters(stage)] == ["reporter"]
    assert stage.lead.state is LeadState.ACCEPTED

    tell(stage)
    assert running(stage) == []
    assert open_matters(stage) == []
    assert [ref.act for ref in stage.case.acts][-2:] == [PROMISE, TOLD]


def test_its_rule_refuses_with_its_id_and_source(stage: Stage) -> None:
    promise(stage)
    with pytest.raises(RuleViolated) as refused:
        promise(stage)
    assert (refused.value.rule, refused.value.source) == ("R-ONE-PROMISE", Source.default("one promise at a time"))
    tell(stage)
    promise(stage)


def test_its_refusals_come_in_the_usual_order(stage: Stage) -> None:
    with pytest.raises(ForbiddenAct):
        promise(stage, "town-one")
    with pytest.raises(InvalidDocument):
        stage.act(PROMISE, "police-one", CATALOGUE[PROMISE].example, ("town-one",))
    with pytest.raises(UnknownPrev):
        stage.act(PROMISE, "police-one", CATALOGUE[PROMISE].example, prev="0" * 64)
    with pytest.raises(WrongState):
        tell(stage)


def test_what_the_family_keeps_survives_the_snapshot(stage: Stage) -> None:
    promise(stage)
    stage.case = Case.model_validate_json(stage.case.model_dump_json())
    assert [matter.kind for matter in open_matters(stage)] == ["reporter"]


def test_afterwards_nothing_of_the_family_is_left(tmp_path: Path) -> None:
    acts, matters = dict(CATALOGUE), list(STANDS_OPEN)
    with family(tmp_path):
        assert CATALOGUE.keys() - acts.keys() == {PROMISE, TOLD}
        assert len(STANDS_OPEN) == len(matters) + 1
    assert acts == CATALOGUE
    assert matters == STANDS_OPEN
