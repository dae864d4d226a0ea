"""What time alone changes: warnings, breaches, silence that confirms, and deadlines that stand still."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from app.casework.calendar import Calendar
from app.casework.case import LeadState
from app.casework.deadlines import Deadline, due_event, next_event
from app.casework.decision import Decision, evolve
from app.casework.lapse import addressees, counted_anew, lapse
from app.casework.limits import LIMITS, Limit, Limits
from app.casework.scene import Given
from app.errors import Source
from tests.casework.stage import CAST, ZONE, Stage

PLAIN = Calendar()


def at(day: str, hour: int = 9) -> datetime:
    return datetime.fromisoformat(day).replace(hour=hour, tzinfo=ZONE)


def deadline_of(stage: Stage, rule: str) -> Deadline:
    return next(one for one in stage.case.deadlines if one.rule == rule)


def carry_out(stage: Stage, rule: str) -> Decision | None:
    """Let time have its say about a deadline, as the docket does."""
    deadline = deadline_of(stage, rule)
    coming = due_event(deadline, stage.now, PLAIN, ZONE)
    if coming is None:
        return None
    decision = lapse(stage.case, deadline.deadline_id, coming.event, Given(stage.now, CAST, ZONE))
    stage.case = evolve(stage.case, decision, stage.now)
    return decision


def a_deadline(rule: str, started: datetime) -> Deadline:
    limit = LIMITS[rule]
    deadline = Deadline(
        deadline_id="c",
        rule=rule,
        node="police-one",
        lead_id="l",
        subject="s",
        amount=limit.amount,
        unit=limit.unit,
        source=limit.source.kind,
        source_text=limit.source.text,
        version=limit.version,
        started=started,
        due=started,
    )
    return deadline.retold(ZONE, PLAIN)


def offered(stage: Stage) -> str:
    stage.register()
    stage.screen()
    return stage.offer("town-one", "police-one", "report_up")


def concluded(stage: Stage) -> str:
    transfer_id = stage.with_police()
    stage.on_leg("transfer.accept", transfer_id, "police-one")
    return stage.feedback(transfer_id, "police-one", "conclusion", outcome="部分属实")


def test_the_table_has_every_deadline_of_the_domain_in_order() -> None:
    assert {rule.partition("-")[0] for rule in LIMITS} == {f"D{number:02}" for number in range(1, 28)}
    assert all(rule.rule == name and rule.title_zh for name, rule in LIMITS.items())


def test_an_offer_that_nobody_signs_for_is_breached_once_and_for_ever() -> None:
    stage = Stage()
    transfer_id = offered(stage)
    stage.later(hours=23, minutes=59)
    assert carry_out(stage, "D04") is None
    stage.later(minutes=1)
    decision = carry_out(stage, "D04")
    assert decision is not None
    assert {notice.to for notice in decision.notices} == {"town-one", "police-one", "office-county"}
    assert decision.notices[0].content == {
        "rule": "D04",
        "source": "default",
        "node": "police-one",
        "started": "2026-03-02T09:00:00.000+08:00",
        "due": "2026-03-03T09:00:00.000+08:00",
        "event": "breached",
    }
    assert carry_out(stage, "D04") is None
    stage.sign(transfer_id, "police-one")
    signed = deadline_of(stage, "D04")
    assert (signed.breached, signed.stopped) == (signed.due, stage.now)


def test_what_was_done_in_time_is_never_breached() -> None:
    stage = Stage()
    stage.sign(offered(stage), "police-one")
    assert next_event(deadline_of(stage, "D04"), PLAIN, ZONE) is None


def test_what_was_done_too_late_is_a_breach_also_if_it_was_done_before_the_breach_was_said() -> None:
    stage = Stage()
    transfer_id = offered(stage)
    stage.later(hours=25)
    stage.sign(transfer_id, "police-one")
    decision = carry_out(stage, "D04")
    assert decision is not None
    assert decision.notices[0].content["event"] == "breached"
    assert carry_out(stage, "D04") is None


def test_warnings_come_on_the_morning_three_and_one_working_days_before_the_end() -> None:
    deadline = a_deadline("D10", at("2026-03-04"))
    assert deadline.due.date() == date(2026, 4, 3)
    said = []
    while (coming := next_event(deadline, PLAIN, ZONE)) is not None and coming.event == "warned":
        said.append(coming.at)
        deadline = deadline.model_copy(update={"warned": coming.at})
    assert said == [at("2026-03-31"), at("2026-04-02")]


@pytest.mark.parametrize(
    ("rule", "first"),
    [("D04", "breached"), ("D05", "breached"), ("D14", "warned"), ("D26", "expired"), ("D15", "warned")],
)
def test_a_limit_too_short_for_a_warning_has_none(rule: str, first: str) -> None:
    coming = next_event(a_deadline(rule, at("2026-03-04")), PLAIN, ZONE)
    assert coming is not None
    assert coming.event == first


def test_a_warning_that_time_has_overtaken_is_not_said() -> None:
    deadline = a_deadline("D15", at("2026-03-02"))
    assert deadline.due.date() == date(2026, 3, 9)
    for now, event in (("2026-03-04", "warned"), ("2026-03-06", "warned"), ("2026-03-10", "auto_confirmed")):
        coming = due_event(deadline, at(now), PLAIN, ZONE)
        assert coming is not None
        assert coming.event == event


def test_silence_confirms_a_conclusion_and_says_that_it_was_silence() -> None:
    stage = Stage()
    feedback_id = concluded(stage)
    stage.later(days=8)
    decision = carry_out(stage, "D15")
    assert decision is not None
    message = stage.lead.message(feedback_id)
    assert message is not None
    assert (message.response, message.by_silence, stage.lead.state) == ("confirm", True, LeadState.CONFIRMED)
    assert {notice.to for notice in decision.notices} == {"town-one", "police-one", "office-county"}
    assert decision.notices[0].content["event"] == "auto_confirmed"
    assert deadline_of(stage, "D15").stopped == stage.now
    assert deadline_of(stage, "D15").breached is None
    assert carry_out(stage, "D15") is None


def test_an_answer_in_time_leaves_nothing_to_silence() -> None:
    stage = Stage()
    stage.respond(concluded(stage), "town-one", "contest", reason="与事实不符")
    stage.later(days=30)
    assert carry_out(stage, "D15") is None
    assert stage.lead.state is LeadState.CONTESTED


def test_an_emergency_freeze_ends_by_itself_and_only_its_agency_hears_of_it() -> None:
    stage = Stage()
    stage.with_police()
    freeze = a_deadline("D26", stage.now).model_copy(update={"lead_id": stage.lead_id})
    stage.case = stage.case.but(deadlines=(*stage.case.deadlines, freeze))
    stage.later(hours=48)
    decision = carry_out(stage, "D26")
    assert decision is not None
    assert [notice.to for notice in decision.notices] == ["police-one"]
    assert decision.notices[0].content["event"] == "expired"
    assert deadline_of(stage, "D26").stopped == stage.now


def test_a_concerned_agency_is_told_nothing() -> None:
    stage = Stage()
    offered(stage)
    stage.case = stage.case.but(leads={stage.lead_id: stage.lead.but(concerned=("office-county",))})
    assert addressees(stage.case, deadline_of(stage, "D04")) == ("police-one", "town-one")


def test_an_agency_further_upstream_is_told_nothing_of_a_leg_that_it_may_not_know_of() -> None:
    stage = Stage()
    first = stage.with_police()
    second = stage.forward(first, "police-one", "regulator-one")
    assert "town-one" in addressees(stage.case, deadline_of_subject(stage, "D04", second))
    stage.sign(second, "regulator-one")
    third = stage.forward(second, "regulator-one", "supervision-one")
    told = addressees(stage.case, deadline_of_subject(stage, "D04", third))
    assert told == ("supervision-one", "regulator-one", "office-county")


def deadline_of_subject(stage: Stage, rule: str, subject: str) -> Deadline:
    return next(one for one in stage.case.deadlines if (one.rule, one.subject) == (rule, subject))


def test_what_only_some_were_told_of_stays_among_them() -> None:
    stage = Stage()
    stage.with_police()
    lead = stage.lead.invite("procuratorate-one").introduce("s", "police-one", "procuratorate-one")
    stage.case = stage.case.but(leads={stage.lead_id: lead})
    deadline = a_deadline("D19", stage.now).model_copy(update={"node": "procuratorate-one", "lead_id": stage.lead_id})
    assert addressees(stage.case, deadline) == ("procuratorate-one", "police-one")


def test_what_an_act_asked_for_stays_among_those_who_may_read_the_act() -> None:
    stage = Stage()
    stage.with_police()
    offer = next(ref.act_id for ref in stage.case.acts if ref.act == "transfer.offer")
    deadline = a_deadline("D21", stage.now).model_copy(update={"subject": offer, "lead_id": stage.lead_id})
    assert addressees(stage.case, deadline) == ("police-one", "town-one")


def test_the_agency_that_handed_the_lead_on_hears_when_its_verification_is_late() -> None:
    stage = Stage()
    stage.with_police()
    deadline = a_deadline("D10", stage.now).model_copy(update={"subject": stage.lead_id, "lead_id": stage.lead_id})
    assert set(addressees(stage.case, deadline)) == {"police-one", "town-one", "office-county"}


def asked_for_more(stage: Stage) -> str:
    transfer_id = stage.with_police()
    stage.on_leg("supplement.request", transfer_id, "police-one", items=[{"item": "日期", "why": "核对"}])
    return transfer_id


def test_a_deadline_stands_still_while_a_supplement_is_out_and_keeps_the_time_that_was_left() -> None:
    stage = Stage(datetime(2026, 3, 2, 1, tzinfo=UTC))
    transfer_id = asked_for_more(stage)
    assert deadline_of(stage, "D05").due.date() == date(2026, 3, 3)
    stage.later(days=3)
    assert next_event(deadline_of(stage, "D05"), PLAIN, ZONE) is None
    decision = stage.on_leg("supplement.answer", transfer_id, "town-one", items=[{"item": "日期", "answer": "3日"}])
    running = deadline_of(stage, "D05")
    assert (running.due.date(), running.stands_still, running.stopped) == (date(2026, 3, 6), False, None)
    assert [deadline.rule for deadline in decision.deadlines] == ["D05", "D07"]


def test_a_deadline_that_was_over_already_does_not_stand_still() -> None:
    stage = Stage(datetime(2026, 3, 2, 1, tzinfo=UTC))
    transfer_id = stage.with_police()
    stage.later(days=2)
    stage.on_leg("supplement.request", transfer_id, "police-one", items=[{"item": "日期", "why": "核对"}])
    assert not deadline_of(stage, "D05").stands_still
    assert carry_out(stage, "D05") is not None


@pytest.mark.parametrize(
    ("rule", "started", "since", "until", "last"),
    [
        ("D05", "2026-03-02", "2026-03-03", "2026-03-05", "2026-03-05"),  # on the last day: what was left of it
        ("D10", "2026-03-04", "2026-03-10", "2026-03-20", "2026-04-13"),  # 24 days were left
        ("D10-regulator", "2026-03-06", "2026-03-13", "2026-03-16", "2026-03-30"),  # 10 working days were left
        ("D21", "2026-03-31", "2026-04-30", "2026-05-01", "2026-05-01"),
    ],
)
def test_days_left_at_a_pause_are_left_at_its_end(rule: str, started: str, since: str, until: str, last: str) -> None:
    paused = a_deadline(rule, at(started)).pause(at(since))
    assert paused.stands_still
    assert paused.resume(at(until), ZONE, PLAIN).due.date() == date.fromisoformat(last)


def test_hours_left_at_a_pause_are_left_to_the_second() -> None:
    deadline = a_deadline("D25", at("2026-03-02"))
    again = deadline.pause(at("2026-03-02", 12)).resume(at("2026-03-04", 12), ZONE, PLAIN)
    assert again.due == deadline.due + timedelta(days=2)


def test_a_due_time_is_provisional_until_its_years_are_official() -> None:
    deadline = a_deadline("D15", at("2026-12-29"))
    assert (deadline.provisional, deadline.due.date()) == (True, date(2027, 1, 5))
    known = Calendar({date(2027, 1, 1): "holiday"}, frozenset({2026, 2027}))
    told = deadline.retold(ZONE, known)
    assert (told.provisional, told.due.date()) == (False, date(2027, 1, 6))


def test_a_day_off_that_becomes_known_moves_what_runs_later_alone_and_never_a_breach() -> None:
    running = a_deadline("D15", at("2026-03-02")).retold(ZONE, Calendar({}, frozenset({2026})))
    assert not running.provisional
    breached = running.model_copy(update={"deadline_id": "breached", "breached": running.due})
    stopped = running.model_copy(update={"deadline_id": "stopped", "stopped": at("2026-03-03")})
    still = running.model_copy(update={"deadline_id": "still"}).pause(at("2026-03-03"))
    case = Stage().case.but(deadlines=(running, breached, stopped, still))
    off = Calendar({running.due.astimezone(ZONE).date(): "holiday"}, frozenset({2026}))
    worked = Calendar({date(2026, 3, 7): "workday"}, frozenset({2026}))

    def dues(calendar: Calendar, now: datetime) -> list[date]:
        given = Given(now, CAST, ZONE, calendar)
        return [one.due.astimezone(ZONE).date() for one in counted_anew(case, given).deadlines]

    before = [one.due.astimezone(ZONE).date() for one in case.deadlines]
    assert dues(off, at("2026-03-04")) == [before[0] + timedelta(days=1), *before[1:]]
    assert dues(worked, at("2026-03-04")) == before
    assert dues(off, running.due) == [before[0] + timedelta(days=1), *before[1:]]
    assert dues(off, running.due + timedelta(microseconds=1)) == before


def test_a_local_rule_holds_in_its_place_and_says_so() -> None:
    local = replace(LIMITS["D05"], amount=2, source=Source.local("测试县办法 第三条"), version="990121-1")
    city = replace(local, amount=3, version="9901-1")
    limits = Limits.of([("990121", local), ("9901", city)])
    assert [limits.rule("D05", code).version for code in ("990121", "990122", "980000")] == [
        "990121-1",
        "9901-1",
        LIMITS["D05"].version,
    ]
    with pytest.raises(ValueError, match="no deadline D99"):
        Limits.of([("99", Limit("D99", 1, "days", local.source, "", ""))])
