"""The pages of reference are those that the tables make now, and leave nothing out."""

from pathlib import Path

import pytest

from app.casework.acts import CATALOGUE
from app.casework.limits import LIMITS
from app.problem_causes import CAUSES
from app.problem_pages import kinds_of_problems
from app.reference import metrics
from app.reference.acts import ALWAYS, groups
from app.reference.deadlines import WHOM
from app.reference.members import MEMBERS
from app.reference.pages import pages, write
from app.reference.refusals import refusals
from app.reference.settings import page as settings_page
from tests.docs.test_pages import ROOT

FOLDER = ROOT / "docs" / "reference"
MADE = pages()


@pytest.mark.parametrize("name", sorted(MADE))
def test_the_page_is_the_one_that_the_service_makes(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == MADE[name], "./run reference"


def test_writing_the_pages_again_changes_nothing(tmp_path: Path) -> None:
    assert sorted(write(tmp_path)) == sorted(MADE)
    assert write(tmp_path) == []


def test_every_act_stands_in_one_group() -> None:
    listed = [kind.name for _, kinds in groups() for kind in kinds]
    assert sorted(listed) == sorted(CATALOGUE)


def test_every_limit_problem_and_metric_has_its_words_and_no_words_are_left_over() -> None:
    assert WHOM.keys() == LIMITS.keys()
    assert CAUSES.keys() == {kind.slug for kind in kinds_of_problems()}
    assert metrics.WORDS.keys() == {one.name for one in metrics.measured()}
    assert dict(ALWAYS).keys() <= CAUSES.keys()


def test_nothing_is_said_of_a_member_that_no_act_has() -> None:
    page = MADE["acts.md"]
    for key in MEMBERS:
        path = key.partition(":")[2] or key
        assert f"{path}`" in page, key


def test_every_setting_is_listed_and_no_secret_has_a_default() -> None:
    rows = [line for line in settings_page("en") if "`LEADBRIDGE_MASTER_KEY`" in line]
    assert [row.split("|")[2].strip() for row in rows] == [""]


def test_the_refusals_of_a_rule_are_read_out_of_it_in_both_languages() -> None:
    found = [(kind.slug, said[0]) for kind, said in refusals(CATALOGUE["letter.reply"].rule)]
    assert found == [
        ("forbidden-act", "Only the addressee of the letter may do this."),
        ("wrong-state", "The letter has been answered."),
    ]
    for kind in CATALOGUE.values():
        for _, said in refusals(kind.rule):
            assert all(said), kind.name
