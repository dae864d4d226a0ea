"""Verification: who may, until when, by which means, and what a report must contain."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from app.casework.acts import CATALOGUE
from app.casework.case import LeadState
from app.casework.deadlines import Deadline
from app.casework.decision import Decision
from app.casework.records.verification import Verification
from app.errors import ForbiddenAct, InvalidDocument, NotFound, Problem, RuleViolated, UnknownPrev, WrongState
from tests.casework.stage import Stage
from tests.casework.talk import Talk

ASSIGN = CATALOGUE["verification.assign"].example
REPORT = CATALOGUE["verification.report"].example
MEASURE = CATALOGUE["verification.measure"].example


def accepted(category: str = "general", **registered: Any) -> tuple[Stage, str]:
    """A lead of the township that the police have accepted."""
    stage = Stage()
    stage.register(**registered)
    stage.screen(category=category)
    leg = stage.offer("town-one", "police-one", "report_up")
    stage.sign(leg, "police-one")
    stage.on_leg("transfer.accept", leg, "police-one")
    return stage, leg


def assign(stage: Stage, sender: str = "police-one", **content: Any) -> Decision:
    return stage.act("verification.assign", sender, {**ASSIGN, **content})


def extend(stage: Stage, days: int = 15, sender: str = "police-one") -> Decision:
    return stage.act("verification.extend", sender, {"reason": "异地询问", "days": days})


def measure(stage: Stage, kind: str, level: str = "county", sender: str = "police-one", **content: Any) -> Decision:
    body = {**MEASURE, "measure": kind, "approver": {**MEASURE["approver"], "level": level}, **content}
    return stage.act("verification.measure", sender, body)


def report(stage: Stage, sender: str = "police-one", **content: Any) -> Decision:
    return stage.act("verification.report", sender, {**REPORT, **content})


def verifying(category: str = "general", **registered: Any) -> tuple[Stage, str]:
    stage, leg = accepted(category, **registered)
    assign(stage)
    return stage, leg


def own(sender: str, category: str = "general") -> Stage:
    """A lead that an agency registered and screened itself."""
    stage = Stage()
    stage.register(sender)
    stage.screen(sender, category=category)
    return stage


def running(stage: Stage) -> list[str]:
    return sorted(deadline.rule for deadline in stage.case.open_deadlines(stage.lead_id))


def limit(stage: Stage) -> Deadline:
    return next(
        deadline for deadline in stage.case.open_deadlines(stage.lead_id) if deadline.rule.startswith(("D10", "D11"))
    )


def local_day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()  # 23:59:59 in Shanghai is the same day in UTC


def refused(act: Any, rule: str) -> RuleViolated:
    with pytest.raises(RuleViolated) as refusal:
        act()
    assert refusal.value.rule == rule
    assert refusal.value.source is not None
    return refusal.value


def test_an_accepted_lead_is_verified_by_named_handlers_within_thirty_days() -> None:
    stage, _ = verifying()
    assert stage.lead.state is LeadState.VERIFYING
    assert stage.lead.chapter(Verification).handlers == ("孙某某", "李某某")
    assert running(stage) == ["D10"]
    assert local_day(limit(stage).due) == "2026-04-01"


def test_a_regulator_verifies_its_own_matter_within_fifteen_working_days() -> None:
    stage = Stage()
    leg = stage.with_police()
    onward = stage.forward(leg, "police-one", "regulator-one")
    stage.sign(onward, "regulator-one")
    stage.on_leg("transfer.accept", onward, "regulator-one")
    assign(stage, "regulator-one")
    assert running(stage) == ["D10-regulator"]
    assert local_day(limit(stage).due) == "2026-03-23"


@pytest.mark.parametrize("missing", ["supervising_leader", "handlers", "responsibility", "consequence"])
def test_a_task_without_one_of_its_five_fixings_is_no_task(missing: str) -> None:
    stage, _ = accepted()
    with pytest.raises(ValidationError):
        stage.act("verification.assign", "police-one", {k: v for k, v in ASSIGN.items() if k != missing})
    with pytest.raises(ValidationError):
        stage.act("verification.assign", "police-one", {**ASSIGN, missing: [] if missing == "handlers" else ""})


@pytest.mark.parametrize("sender", ["town-one", "procuratorate-one", "office-county", "petition-one"])
def test_a_kind_that_does_not_verify_is_refused_on_its_own_lead(sender: str) -> None:
    stage = Stage()
    stage.register(sender)
    with pytest.raises(ForbiddenAct):
        assign(stage, sender)


def test_a_stranger_learns_nothing_of_a_lead() -> None:
    stage, _ = accepted()
    with pytest.raises(NotFound):
        assign(stage, "supervision-one")


@pytest.mark.parametrize(
    ("sender", "category", "may"),
    [
        ("police-one", "organized_crime", True),
        ("police-one", "evil_force", True),
        ("police-one", "official_misconduct", False),
        ("supervision-one", "official_misconduct", True),
        ("supervision-one", "evil_force", False),
        ("supervision-one", "general", True),
        ("regulator-one", "organized_crime", False),
        ("regulator-one", "official_misconduct", False),
        ("regulator-one", "disorder", True),
    ],
)
def test_crime_is_verified_by_the_police_and_duty_by_supervision(sender: str, category: str, may: bool) -> None:
    stage = own(sender, category)
    if may:
        assign(stage, sender)
        assert stage.lead.state is LeadState.VERIFYING
    else:
        refused(lambda: assign(stage, sender), "R-NOT-TO-VERIFY")


def test_only_the_holder_assigns_extends_measures_and_reports() -> None:
    stage, _ = accepted()
    onward = stage.offer("police-one", "police-city", "report_up")
    stage.sign(onward, "police-city")
    stage.on_leg("transfer.accept", onward, "police-city")
    for act in (assign, extend, lambda one: measure(one, "inquiry"), report):
        with pytest.raises(ForbiddenAct):
            act(stage)


def test_what_stays_inside_is_addressed_to_nobody_and_follows_what_was_seen() -> None:
    stage, _ = accepted()
    with pytest.raises(InvalidDocument):
        stage.act("verification.assign", "police-one", ASSIGN, ("town-one",))
    with pytest.raises(UnknownPrev):
        stage.act("verification.assign", "police-one", ASSIGN, prev="0" * 64)


def test_nothing_is_verified_before_it_is_accepted_or_twice() -> None:
    stage = Stage()
    stage.register("police-one")
    with pytest.raises(WrongState):
        assign(stage)
    stage = Stage()
    leg = stage.with_police()
    with pytest.raises(WrongState):
        assign(stage)
    stage.on_leg("transfer.accept", leg, "police-one")
    assign(stage)
    with pytest.raises(WrongState):
        assign(stage)


def test_a_lead_that_came_back_is_verified_but_its_own_way_in_is_accepted_first() -> None:
    stage, _ = accepted()
    stage.give_back(_signed_onward(stage), "police-city")
    assign(stage)
    assert stage.lead.state is LeadState.VERIFYING

    stage = Stage()
    leg = stage.with_police()
    onward = stage.forward(leg, "police-one", "regulator-one")
    stage.sign(onward, "regulator-one")
    stage.give_back(onward, "regulator-one")
    with pytest.raises(WrongState):
        assign(stage)
    stage.on_leg("transfer.accept", leg, "police-one")
    assign(stage)


def _signed_onward(stage: Stage) -> str:
    onward = stage.offer("police-one", "police-city", "report_up")
    stage.sign(onward, "police-city")
    return onward


def test_civil_affairs_verify_their_own_lead_as_registered_and_report_without_sign_off() -> None:
    stage = Stage()
    stage.register("civil-one")
    assign(stage, "civil-one")
    report(stage, "civil-one")
    assert stage.lead.state is LeadState.VERIFYING
    assert stage.lead.chapter(Verification).conclusion == "partly_substantiated"
    assert running(stage) == ["D10"]


def test_a_task_may_set_an_earlier_time_but_none_beyond_the_limit_or_in_the_past() -> None:
    stage, _ = accepted()
    for wrong in ("2026-04-02T00:00:00+08:00", "2026-03-02T08:59:00+08:00"):
        refused(lambda wrong=wrong: assign(stage, due=wrong), "R-VERIFICATION-DUE")
    assign(stage, due="2026-03-20T18:00:00+08:00")
    assert limit(stage).due == datetime(2026, 3, 20, 10, tzinfo=UTC)


def test_an_extension_counts_from_the_end_of_the_limit_and_is_given_once() -> None:
    stage, _ = verifying()
    stage.later(days=20)
    extend(stage, 15)
    assert running(stage) == ["D11"]
    assert local_day(limit(stage).due) == "2026-04-16"
    refused(lambda: extend(stage, 1), "R-EXTEND-ONCE")


def test_an_extension_comes_before_the_time_is_up_and_within_the_limit() -> None:
    stage, _ = verifying()
    refused(lambda: extend(stage, 31), "R-EXTENSION-LIMIT")
    stage.later(days=31)
    refused(lambda: extend(stage, 5), "R-EXTENSION-LIMIT")
    with pytest.raises(ValidationError):
        extend(stage, 0)


def test_a_regulator_extends_by_working_days() -> None:
    stage = own("regulator-one")
    assign(stage, "regulator-one")
    refused(lambda: extend(stage, 16, "regulator-one"), "R-EXTENSION-LIMIT")
    extend(stage, 15, "regulator-one")
    assert running(stage) == ["D11-regulator"]
    assert local_day(limit(stage).due) == "2026-04-13"


def test_only_a_running_verification_is_extended() -> None:
    stage, _ = accepted()
    with pytest.raises(WrongState):
        extend(stage)


@pytest.mark.parametrize("kind", ["inquiry", "site_visit", "records", "appraisal"])
def test_measures_that_coerce_nobody_are_free(kind: str) -> None:
    stage, _ = verifying()
    before = stage.lead
    assert measure(stage, kind, "township").starts == ()
    assert stage.lead == before


@pytest.mark.parametrize("kind", ["seal", "seize", "freeze", "technical", "detain"])
def test_before_a_case_is_filed_nothing_coercive_is_recorded(kind: str) -> None:
    stage, _ = verifying()
    refusal = refused(lambda: measure(stage, kind, "city"), "R-COERCIVE-BEFORE-FILING")
    assert refusal.source is not None
    assert refusal.source.kind == "law"
    _file_a_case(stage)
    measure(stage, kind, "city")


def test_the_article_binds_the_police_others_meet_the_default() -> None:
    stage = own("regulator-one")
    assign(stage, "regulator-one")
    refusal = refused(lambda: measure(stage, "seal", sender="regulator-one"), "R-COERCIVE-BEFORE-FILING")
    assert refusal.source is not None
    assert refusal.source.kind == "default"


def _file_a_case(stage: Stage, who: str = "police-one", filed_at: str = "2026-03-02T08:00:00+08:00") -> None:
    stage.act("case.link", who, {"case_no": "测公立〔2026〕31号", "stage": "立案", "filed_at": filed_at})


def test_another_agencys_case_and_one_of_the_future_open_no_coercion() -> None:
    stage, _ = verifying()
    Talk("procuratorate-one", stage=stage)
    _file_a_case(stage, "procuratorate-one")
    refused(lambda: measure(stage, "detain"), "R-COERCIVE-BEFORE-FILING")
    _file_a_case(stage, filed_at="2026-03-09T08:00:00+08:00")
    refused(lambda: measure(stage, "detain"), "R-COERCIVE-BEFORE-FILING")
    stage.later(days=7)
    measure(stage, "detain")


def test_measures_belong_to_a_verification_or_to_a_filed_case() -> None:
    stage, _ = accepted()
    with pytest.raises(WrongState):
        measure(stage, "inquiry")
    assign(stage)
    report(stage)
    with pytest.raises(WrongState):
        measure(stage, "inquiry")
    _file_a_case(stage)
    measure(stage, "seize")


def test_querying_assets_needs_a_county_head() -> None:
    stage, _ = verifying("evil_force")
    refused(lambda: measure(stage, "asset_query", "township"), "R-APPROVER-LEVEL")
    for level in ("county", "city", "province", "national"):
        measure(stage, "asset_query", level)
    with pytest.raises(ValidationError):
        measure(stage, "asset_query", "village")


def test_an_emergency_freeze_needs_a_city_head_and_organised_crime_and_ends_after_48_hours() -> None:
    stage, _ = verifying("organized_crime")
    refused(lambda: measure(stage, "emergency_freeze", "county"), "R-APPROVER-LEVEL")
    stage.later(hours=3)
    deadline = measure(stage, "emergency_freeze", "city", at="2026-03-02T09:00:00+08:00").starts[0]
    assert (deadline.rule, deadline.node) == ("D26", "police-one")
    assert deadline.due == datetime(2026, 3, 4, 1, tzinfo=UTC)
    ahead = measure(stage, "emergency_freeze", "city", at="2026-03-09T09:00:00+08:00").starts[0]
    assert ahead.due == datetime(2026, 3, 4, 4, tzinfo=UTC)
    other, _ = verifying("evil_force")
    refused(lambda: measure(other, "emergency_freeze", "city"), "R-FREEZE-ORGANIZED-CRIME")


def test_a_report_goes_to_the_first_seat_and_ends_the_limits_of_the_task() -> None:
    stage, _ = verifying()
    report(stage)
    assert stage.lead.state is LeadState.SIGNING
    assert stage.lead.chapter(Verification).conclusion == "partly_substantiated"
    assert running(stage) == ["D12"]
    with pytest.raises(WrongState):
        report(stage)


@pytest.mark.parametrize("members", ["persons", "events"])
def test_a_report_that_passes_over_a_person_or_an_event_is_refused(members: str) -> None:
    stage, _ = verifying()
    refusal = refused(
        lambda: stage.act("verification.report", "police-one", {**REPORT, members: []}), "R-EACH-VERIFIED"
    )
    assert REPORT[members][0]["token"] in refusal.detail


def test_a_report_may_tell_of_persons_whom_the_lead_did_not_name() -> None:
    stage, _ = verifying(persons=[])
    report(stage)
    assert stage.lead.state is LeadState.SIGNING


@pytest.mark.parametrize(
    ("members", "element"),
    [
        ("persons", "identity_verified_by"),
        ("persons", "finding"),
        ("events", "found"),
        ("events", "evidence"),
        ("events", "handling_result"),
    ],
)
def test_each_element_of_each_person_and_event_is_there(members: str, element: str) -> None:
    stage, _ = verifying()
    full = REPORT[members][0]
    for wrong in ({k: v for k, v in full.items() if k != element}, {**full, element: " "}):
        with pytest.raises(ValidationError):
            stage.act("verification.report", "police-one", {**REPORT, members: [wrong]})


@pytest.mark.parametrize(
    "wrong",
    [{"exculpatory": ""}, {"exculpatory": " "}, {"steps": []}, {"conclusion": "guilty"}, {"checklist": {"a": 1}}],
)
def test_a_report_without_the_other_side_of_the_matter_or_its_steps_is_no_report(wrong: dict[str, Any]) -> None:
    stage, _ = verifying()
    with pytest.raises(ValidationError):
        report(stage, **wrong)


def test_a_token_stands_once_in_a_report() -> None:
    stage, _ = verifying()
    with pytest.raises(ValidationError, match="once"):
        report(stage, persons=REPORT["persons"] * 2)


def test_the_checklist_has_the_configured_items_and_none_are() -> None:
    stage, _ = verifying()
    with pytest.raises(InvalidDocument):
        report(stage, checklist={"witness_heard": True})


def test_what_the_earlier_holder_owed_ends_when_another_signs_for_the_lead() -> None:
    stage, _ = verifying()
    onward = stage.offer("police-one", "police-city", "report_up")
    assert running(stage) == ["D04", "D10"]
    stage.sign(onward, "police-city")
    assert running(stage) == ["D05", "D07"]


def test_a_conclusion_fed_back_while_verifying_ends_the_verification() -> None:
    stage, leg = verifying()
    stage.feedback(leg, "police-one", "conclusion", outcome="查无此事")
    assert running(stage) == ["D15"]


def test_every_refusal_leaves_the_case_as_it_was() -> None:
    stage, _ = verifying()
    before = stage.case
    acts: tuple[Callable[[], object], ...] = (
        lambda: measure(stage, "detain"),
        lambda: report(stage, persons=[]),
        lambda: extend(stage, 99),
    )
    for act in acts:
        with pytest.raises(Problem):
            act()
        assert stage.case == before
