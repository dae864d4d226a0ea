"""When the content of a lead may go, who says so, and who sees what of it: the rules of `lead.erase`."""

from datetime import UTC, date, datetime
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from pydantic import TypeAdapter

from app.casework.acts import CATALOGUE
from app.casework.case import Case, LeadState
from app.casework.decision import Decision
from app.casework.receipt import ArchiveResult, Result
from app.casework.records.erasure import all_erased, as_erased_for, erased_for, tombstone
from app.casework.records.volume import Volume, kept_until, least
from app.errors import ForbiddenAct, InvalidDocument, NotFound, Problem, RuleViolated, WrongState
from app.registry.voice import result
from tests.casework.stage import ZONE, Stage
from tests.casework.test_closing_rules import CLARIFY, ITEM, clear, confirmed
from tests.casework.test_split_rules import EVENTS, PERSONS, hidden, on_part, received, split
from tests.casework.test_split_rules import part as any_part

YEAR = 366


def part(**members: Any) -> dict[str, Any]:
    return any_part(category="disorder", **members)


def erase(stage: Stage, sender: str = "police-one", **how: Any) -> Decision:
    return stage.act("lead.erase", sender, CATALOGUE["lead.erase"].example, **how)


def archive(stage: Stage, retention: str = "10年", sender: str = "police-one") -> Decision:
    (newest, *_) = [ref for ref in reversed(stage.case.acts) if sender in ref.readers and ref.act == "lead.clear"]
    items = [{**ITEM, "sha256": newest.jws_sha256}]
    volume = {"volume_no": "2026-0001", "items": items, "retention": retention}
    return stage.act("lead.archive", sender, volume)


def archived(retention: str = "10年", conclusion: str = "partly_substantiated") -> Stage:
    stage, _ = confirmed(conclusion=conclusion)
    if conclusion == "unsubstantiated":
        stage.act("clarification.issue", "police-one", CLARIFY)
    clear(stage)
    archive(stage, retention)
    return stage


def kept(stage: Stage) -> date | None:
    return kept_until(stage.lead, ZONE)


def refused(attempt: Any, refusal: type[Problem] = WrongState) -> Problem:
    with pytest.raises(refusal) as caught:
        attempt()
    return caught.value


def test_the_content_goes_on_the_first_day_after_the_retention_and_not_before() -> None:
    stage = archived("10年")
    assert kept(stage) == date(2036, 3, 2)
    stage.now = datetime(2036, 3, 1, 15, 59, tzinfo=UTC)
    with pytest.raises(RuleViolated, match="kept until 2036-03-02") as early:
        erase(stage)
    assert early.value.rule == "R-RETENTION"
    stage.now = datetime(2036, 3, 1, 16, 0, tzinfo=UTC)
    erase(stage)
    assert stage.lead.erased_by == stage.taken[-1][0].act_id
    assert all_erased(stage.case)


@pytest.mark.parametrize(
    ("retention", "conclusion", "until"),
    [
        ("1年", "unsubstantiated", date(2028, 3, 2)),
        ("30 年", "unsubstantiated", date(2056, 3, 2)),
        ("定期（10年）", "unsubstantiated", date(2036, 3, 2)),
        ("1 year", "unverifiable", date(2031, 3, 2)),
        ("1年", "substantiated", date(2036, 3, 2)),
        ("定期30年", "partly_substantiated", date(2056, 3, 2)),
        ("三十年", "unverifiable", date(2056, 3, 2)),
        ("两年", "unsubstantiated", date(2028, 3, 2)),
        ("二十五年", "substantiated", date(2051, 3, 2)),
        ("10年（自2028年起）", "substantiated", date(2038, 1, 1)),
        ("1年（自2020年起）", "unsubstantiated", date(2028, 3, 2)),
        ("永久", "unsubstantiated", None),
        ("长期", "unverifiable", None),
    ],
)
def test_the_volume_says_how_long_and_the_table_says_at_least(
    retention: str, conclusion: str, until: date | None
) -> None:
    stage = archived(retention, conclusion)
    assert kept(stage) == until
    if until is None:
        stage.later(days=YEAR * 200)
        with pytest.raises(RuleViolated, match="kept for good"):
            erase(stage)


def test_the_receipt_of_the_archive_says_until_when() -> None:
    for retention, until in (("10年", "2036-03-02"), ("至2038年", "2039-01-01"), ("永久", None)):
        said = result("lead.archive", archived(retention).lead, (), ZONE)
        assert said.model_dump()["retained_until"] == until
        assert TypeAdapter(ArchiveResult | Result).validate_json(said.model_dump_json()) == said
    assert "retained_until" not in result("correction.note", archived().lead, (), ZONE).model_dump()


def test_an_outcome_fed_back_without_a_report_counts_as_well() -> None:
    stage, _ = confirmed(outcome="无法核实")
    assert (least(stage.lead).outcome, least(stage.lead).source.kind) == ("unverifiable", "default")


def test_a_leap_day_ends_with_february() -> None:
    stage = archived("10年", "unsubstantiated")
    volume = Volume(bound_at=datetime(2028, 2, 29, 4, tzinfo=UTC), retention="10年")
    assert kept_until(stage.lead.with_chapter(volume), ZONE) == date(2038, 2, 28)


def test_only_the_holder_erases_an_archived_lead_and_addresses_nobody() -> None:
    stage = archived()
    stage.later(days=YEAR * 10)
    refused(lambda: erase(stage, "town-one"), ForbiddenAct)
    refused(lambda: erase(stage, "regulator-one"), NotFound)
    refused(lambda: erase(stage, to=("town-one",)), InvalidDocument)
    stage.act("lead.reopen", "police-one", {"new_facts": "又有两名司机反映"})
    refused(lambda: erase(stage))
    assert Volume.key not in stage.lead.chapters or stage.lead.chapter(Volume) == Volume()


def test_nothing_follows_an_erasure_and_every_party_reads_why() -> None:
    stage = archived()
    stage.later(days=YEAR * 10)
    assert {"town-one"} <= erase(stage).also_read
    refused(lambda: erase(stage))
    refused(lambda: stage.act("lead.reopen", "police-one", {"new_facts": "又有司机反映"}))
    own = next(ref.act_id for ref in stage.case.acts if ref.sender == "town-one")
    refused(lambda: stage.act("correction.note", "town-one", {"of_act": own, "text": "更正"}))


@pytest.mark.parametrize("member", ["rule", "reason"])
@pytest.mark.parametrize("blank", ["…", "\u200b", "\u3164"])
def test_what_justifies_it_can_be_read(member: str, blank: str) -> None:
    stage, content = archived(), CATALOGUE["lead.erase"].example
    stage.later(days=YEAR * 10)
    refused(lambda: stage.act("lead.erase", "police-one", {**content, member: blank}), InvalidDocument)
    erase(stage)


def test_what_waits_for_an_answer_is_answered_first() -> None:
    stage, _ = received()
    seen, unseen = part(), hidden()
    stage.act("protection.request", "town-one", CATALOGUE["protection.request"].example, ("police-one",))
    split(stage, seen, unseen)
    ended(stage, seen)
    stage.later(days=YEAR * 10)
    with pytest.raises(RuleViolated) as waits:
        erase(stage)
    assert (waits.value.rule, [one["code"] for one in waits.value.errors or ()]) == ("R-STANDS-OPEN", ["protection"])


def ended(stage: Stage, body: dict[str, Any], retention: str = "10年") -> None:
    """Bring a part to its archive: one that came by a leg at the police, a hidden one at supervision."""
    on_part(stage, body)
    leg, holder, sender = body.get("transfer_id"), "police-one", "town-one"
    if leg is None:
        leg, holder, sender = stage.offer("police-one", "supervision-one"), "supervision-one", "police-one"
        stage.sign(leg, holder)
    stage.on_leg("transfer.accept", leg, holder)
    feedback_id = stage.feedback(leg, holder, "conclusion", outcome="部分属实")
    stage.respond(feedback_id, sender, "confirm")
    clear(stage, holder)
    archive(stage, retention, holder)


def halves() -> tuple[Stage, str, dict[str, Any], dict[str, Any]]:
    """A split lead, both of its parts archived: one that the township knows, one that it does not."""
    stage, _ = received()
    root, seen, unseen = stage.lead_id, part(persons=["p1"], events=["e1"]), hidden(persons=["p2"], events=["e2"])
    split(stage, seen, unseen)
    ended(stage, seen)
    ended(stage, unseen, "30年")
    stage.later(days=YEAR * 10)
    on_part(stage, seen)
    return stage, root, seen, unseen


def test_the_whole_goes_with_its_last_part_and_nobody_upstream_learns_of_a_hidden_one() -> None:
    stage, root, seen, unseen = halves()
    erase(stage)
    first = stage.lead.erased_by
    assert not all_erased(stage.case)
    assert [erased_for(stage.case, "town-one", one) for one in (root, seen["lead_id"])] == [first, first]
    assert [erased_for(stage.case, "police-one", one) for one in (root, unseen["lead_id"])] == [None, None]
    before = as_seen(stage.case, "town-one", root, seen["lead_id"])
    # On the whole too: that it is still alive for others must not be found out by trying.
    stage.lead_id = root
    own = next(ref.act_id for ref in stage.case.acts if ref.sender == "town-one")
    refused(lambda: stage.act("correction.note", "town-one", {"of_act": own, "text": "更正"}))
    refused(lambda: stage.act("interference.record", "town-one", CATALOGUE["interference.record"].example))
    stage.act("correction.note", "police-one", {"of_act": split_act(stage), "text": "更正"})
    on_part(stage, unseen)
    with pytest.raises(RuleViolated, match="kept until 2056"):
        erase(stage, "supervision-one")
    stage.later(days=YEAR * 20)
    erase(stage, "supervision-one")
    assert all_erased(stage.case)
    assert as_seen(stage.case, "town-one", root, seen["lead_id"]) == before
    assert as_seen(tombstone(stage.case), "town-one", root, seen["lead_id"]) == before
    assert erased_for(stage.case, "police-one", root) == stage.lead.erased_by


def test_an_erasure_that_a_restored_database_does_not_have_is_the_last_one() -> None:
    stage, root, _, unseen = halves()
    erase(stage)
    outside = stage.case.leads[unseen["lead_id"]].but(erased_by=str(uuid4()))
    case = stage.case.but(leads={**stage.case.leads, outside.lead_id: outside})
    assert erased_for(case, "police-one", root) == outside.erased_by


def split_act(stage: Stage) -> str:
    return next(ref.act_id for ref in stage.case.acts if ref.act == "lead.split")


def as_seen(case: Case, node: str, *lead_ids: str) -> list[dict[str, Any]]:
    seen = as_erased_for(case, node)
    return [seen.leads[one].model_dump() for one in lead_ids]


def test_what_stays_names_nobody_and_nothing_of_the_matter() -> None:
    stage = archived(conclusion="substantiated")
    stage.later(days=YEAR * 10)
    erase(stage)
    left = tombstone(stage.case)
    (lead,) = left.leads.values()
    assert (lead.category, lead.outcome, lead.persons, lead.events, lead.place_code) == (None, None, (), (), "")
    assert list(lead.chapters) == [Volume.key]
    assert [one.outcome for one in lead.feedback] == [None]
    assert (lead.state, lead.holder, lead.transfers) == (
        LeadState.ARCHIVED,
        stage.lead.holder,
        stage.lead.transfers,
    )
    assert [ref.jws_sha256 for ref in left.acts] == [ref.jws_sha256 for ref in stage.case.acts]
    assert not any(ref.contents for ref in left.acts)


def test_a_duplicate_goes_after_the_lead_that_it_was_merged_into() -> None:
    stage, other = Stage(), str(uuid4())
    stage.with_police()
    stage.known_leads = {other: "received"}
    stage.act("lead.merge", "police-one", {"into": other, "reason": "同一事件"})
    stage.later(days=YEAR * 30)
    with pytest.raises(RuleViolated, match="merged into is not erased") as early:
        erase(stage)
    assert early.value.rule == "R-RETENTION"
    stage.merged_erased = True
    erase(stage)
    assert all_erased(stage.case)


def test_a_part_that_was_merged_into_another_goes_with_it() -> None:
    stage, _, seen, unseen = halves_merged()
    refused(lambda: erase(stage))
    on_part(stage, unseen)
    erase(stage)
    assert all_erased(stage.case)
    assert erased_for(stage.case, "police-one", seen["lead_id"]) == stage.lead.erased_by


def halves_merged() -> tuple[Stage, str, dict[str, Any], dict[str, Any]]:
    stage, _ = received()
    root, one, other = stage.lead_id, part(persons=["p1"], events=["e1"]), part(persons=["p2"], events=["e2"])
    split(stage, one, other)
    on_part(stage, one)
    stage.known_leads = {other["lead_id"]: "received"}
    stage.act("lead.merge", "police-one", {"into": other["lead_id"], "reason": "同一事件"})
    ended(stage, other)
    stage.later(days=YEAR * 10)
    on_part(stage, one)
    return stage, root, one, other


UPSTREAM = ("town-one", "office-county")


def answers(stage: Stage, *lead_ids: str) -> dict[tuple[str, ...], str]:
    """What two agencies upstream are answered to every act there is, however it is addressed."""
    found = {}
    for lead_id in lead_ids:
        stage.lead_id = lead_id
        for name, kind in CATALOGUE.items():
            for sender, to in product(UPSTREAM, ((), ("police-one",), ("town-one",))):
                if kind.opens_case:
                    continue
                with pytest.raises(Problem) as refusal:
                    stage.act(name, sender, meant(stage, name, sender), to)
                found[lead_id, name, sender, *to] = f"{refusal.value.slug}: {refusal.value}"
    return found


def meant(stage: Stage, name: str, sender: str) -> dict[str, Any]:
    """The content of an act as its example has it, about what there is on the lead."""
    lead, content = stage.lead, dict(CATALOGUE[name].example)
    there = {
        "transfer_id": [leg.transfer_id for leg in lead.transfers],
        "feedback_id": [one.feedback_id for one in lead.feedback],
        "letter_id": list(lead.known_to),
        "of_act": [ref.act_id for ref in stage.case.acts if ref.lead_id == lead.lead_id and sender in ref.readers],
    }
    return content | {key: known[0] for key, known in there.items() if key in content and known}


def told_apart() -> tuple[Stage, str, dict[str, Any], dict[str, Any]]:
    """A lead on which the office urged the township, split; its hidden part is still with the police."""
    stage = Stage()
    stage.register(persons=PERSONS, events=EVENTS)
    stage.screen()
    urged = {**CATALOGUE["supervision.letter"].example, "to": "town-one", "step": "notice"}
    stage.act("supervision.letter", "office-county", urged, ("town-one",))
    stage.sign(stage.offer("town-one", "police-one", "report_up"), "police-one")
    root, seen, unseen = stage.lead_id, part(persons=["p1"], events=["e1"]), hidden(persons=["p2"], events=["e2"])
    split(stage, seen, unseen)
    ended(stage, seen)
    stage.later(days=YEAR * 10)
    return stage, root, seen, unseen


def test_what_is_refused_upstream_does_not_depend_on_a_hidden_part() -> None:
    stage, root, seen, unseen = told_apart()
    erase(stage)
    before = answers(stage, root, seen["lead_id"])
    hidden_part = stage.case.leads[unseen["lead_id"]]
    gone = stage.case.but(leads={**stage.case.leads, unseen["lead_id"]: hidden_part.but(erased_by=str(uuid4()))})
    assert all_erased(gone)
    stage.case = tombstone(gone)
    assert answers(stage, root, seen["lead_id"]) == before


def test_no_deadline_runs_for_who_can_do_nothing_about_the_lead_any_more() -> None:
    stage, root, _, unseen = told_apart()
    assert {(deadline.node, deadline.rule) for deadline in stage.case.open_deadlines(root)} == {("town-one", "D23")}
    erase(stage)
    assert list(stage.case.open_deadlines(root)) == []
    assert {deadline.node for deadline in stage.case.open_deadlines(unseen["lead_id"])} == {"police-one"}
