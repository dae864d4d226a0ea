"""Clearing where something stands open between others: it neither tells of it nor lets it stand in the way for ever."""

import pytest

from app.casework.case import LeadState
from app.errors import RuleViolated
from tests.casework.stage import Stage
from tests.casework.talk import Talk
from tests.casework.test_closing_rules import archive, clear, confirmed, refused
from tests.casework.test_what_full_disclosure_opens import protect
from tests.casework.test_who_has_no_part import write


def with_procuratorate() -> Stage:
    """A confirmed lead on which the procuratorate was drawn in by a letter that it has answered."""
    stage, _ = confirmed()
    letter = write(stage, "police-one", "procuratorate-one")
    body = {"letter_id": letter, "text": "已阅", "measures": []}
    stage.act("letter.reply", "procuratorate-one", body, ("police-one",))
    return stage


def test_what_others_began_among_themselves_stands_in_nobodys_way_and_they_finish_it() -> None:
    stage = with_procuratorate()
    talk = Talk("supervision-one", convener="procuratorate-one", stage=stage)
    letter = write(stage, "procuratorate-one", "organization-one")
    clear(stage)
    archive(stage, next(ref.jws_sha256 for ref in stage.case.acts if "police-one" in ref.readers))
    assert stage.lead.state is LeadState.ARCHIVED
    talk.answer("supervision-one")
    talk.minute(sender="procuratorate-one")
    talk.sign("supervision-one")
    talk.close()
    stage.act(
        "letter.reply",
        "organization-one",
        {"letter_id": letter, "text": "已办", "measures": []},
        ("procuratorate-one",),
    )
    assert {deadline.rule for deadline in stage.case.open_deadlines(stage.lead_id)} == set()


def test_what_the_holder_takes_part_in_stands_in_its_way_until_it_declines() -> None:
    stage = with_procuratorate()
    talk = Talk("police-one", convener="procuratorate-one", stage=stage)
    (row,) = refused(lambda: clear(stage), "R-STANDS-OPEN").errors
    assert (row["code"], row["subject"]) == ("consultation", talk.talk_id)
    talk.decline("police-one")
    clear(stage)


def test_an_office_is_told_that_a_matter_of_the_holder_stands_open_and_not_which() -> None:
    stage = with_procuratorate()
    (office,) = stage.lead.listed_to
    talk = Talk("supervision-one", stage=stage)
    protection_id = protect(stage, "town-one", ("police-one",))
    rows = refused(lambda: clear(stage, office), "R-STANDS-OPEN").errors
    assert sorted(row["code"] for row in rows) == ["consultation", "protection"]
    assert all(set(row) == {"code", "detail", "detail_zh"} for row in rows)
    assert not {talk.talk_id, protection_id, "town-one", "supervision-one"} & set(str(rows).split("'"))
    (*_, row) = refused(lambda: clear(stage), "R-STANDS-OPEN").errors
    assert "subject" in row


def test_an_office_does_not_clear_over_a_matter_of_its_own() -> None:
    stage, _ = confirmed()
    (office,) = stage.lead.listed_to
    talk = Talk("supervision-one", convener=office, stage=stage)
    with pytest.raises(RuleViolated):
        clear(stage, office)
    talk.close()
    clear(stage, office)
