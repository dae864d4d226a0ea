"""Nothing is declared that does not happen: what the table says that acts do to deadlines and states is seen here.

That an act does nothing else is held by every `Stage`.
"""

from collections.abc import Iterator
from uuid import uuid4

from app.casework.acts import CATALOGUE
from app.casework.limits import LIMITS
from app.casework.parts import ON_THE_LEAD
from tests.casework.declared import SEEN, Seen, declared
from tests.casework.rare import RARE, Course
from tests.casework.stage import Stage
from tests.casework.talk import Talk, accepted

# Whatever still runs ends: no single limit is meant.
WHATEVER_RUNS = (ON_THE_LEAD, tuple(LIMITS))


def consultations() -> Iterator[None]:
    """Counsel that is answered, minuted twice, signed; or called off, urgent or not; a participant that comes late."""
    talk = accepted()
    talk.minute()
    talk.minute(2)
    talk.sign("procuratorate-one")
    urgent = Talk(urgent=True)
    urgent.answer("procuratorate-one")
    urgent.close()
    Talk().close()
    late = Talk()
    late.answer("procuratorate-one")
    late.minute()
    late.answer("regulator-one")
    late.sign("procuratorate-one")
    late.stage.screen("police-one", concerns_nodes=["regulator-one"])
    late.do("close", "police-one", to=("procuratorate-one",), summary="已落实")
    yield


def letters() -> Iterator[None]:
    """A letter, a supervision letter, a protection request and a round of investigation, each answered."""
    course = Course(origin="town-one", route="report_up")
    course.accept()
    stage, ids = course.stage, [str(uuid4()) for _ in range(3)]
    course.do("letter.send", "regulator-one", letter_id=ids[0], to="regulator-one")
    course.do("letter.reply", "police-one", who="regulator-one", letter_id=ids[0])
    course.do("supervision.letter", "police-one", who="office-county", letter_id=ids[1], to="police-one")
    course.do("supervision.reply", "office-county", letter_id=ids[1])
    course.do("protection.request", "police-one", who="town-one", protection_id=ids[2])
    course.do("protection.answer", "town-one", protection_id=ids[2])
    Talk("procuratorate-one", stage=stage)
    course.do("supplementary.return", "police-one", who="procuratorate-one")
    course.do("supplementary.complete", "procuratorate-one")
    yield


def answers() -> Iterator[None]:
    """A supervised answer; one that nobody may answer; one contested twice, upheld, and given anew by the holder."""
    supervised = Course(route="assign_supervised")
    supervised.accept()
    supervised.conclude()
    concerned = Course()
    concerned.accept()
    concerned.stage.screen("police-one", concerns_nodes=["office-county"])
    conclusion = {"feedback_id": str(uuid4()), "transfer_id": concerned.leg, "kind": "conclusion", "text": "内容"}
    concerned.stage.act("feedback.send", "police-one", conclusion)
    course = Course(origin="town-one", route="report_up")
    course.accept()
    stage = course.stage
    onward = stage.offer("police-one", "regulator-one")
    stage.sign(onward, "regulator-one")
    stage.on_leg("transfer.accept", onward, "regulator-one")
    told = stage.feedback(onward, "regulator-one", "conclusion")
    course.contest(course.conclude())
    stage.respond(told, "police-one", "contest", reason="有异议")
    course.holder = "regulator-one"
    course.recheck("uphold")
    stage.feedback(onward, "regulator-one", "conclusion")
    yield


def measures() -> Iterator[None]:
    """Material is completed; property is frozen for 48 hours."""
    asking = Course()
    asking.stage.on_leg("supplement.request", asking.leg, "police-one", items=[{"item": "日期", "why": "核对"}])
    given = [{"item": "日期", "answer": "三月二日"}]
    asking.stage.on_leg("supplement.answer", asking.leg, "office-county", items=given)
    freezing = Course()
    freezing.stage.screen("police-one", category="organized_crime")
    freezing.accept()
    freezing.do("verification.assign")
    approver = {**CATALOGUE["verification.measure"].example["approver"], "level": "city"}
    freezing.do("verification.measure", measure="emergency_freeze", approver=approver)
    yield


def beginnings() -> Iterator[None]:
    """What was never screened is offered and taken back; officials are found in a lead of one's own."""
    stage = Stage()
    stage.register("procuratorate-one")
    leg = stage.offer("procuratorate-one", "police-one")
    stage.on_leg("transfer.withdraw", leg, "procuratorate-one", reason="填写有误")
    stage = Stage()
    stage.register("regulator-one")
    stage.screen("regulator-one")
    part = {"title": "一", "persons": ["p1"], "events": ["e1"], "category": "official_misconduct"}
    stage.act("lead.split", "regulator-one", {"parts": [{**part, "lead_id": str(uuid4())}]})
    yield


def ends() -> Iterator[None]:
    """Leads that are cleared, archived, opened again, merged, split by who found officials in them."""
    course = Course()
    course.accept()
    stage = course.stage
    stage.respond(course.conclude(), "office-county", "confirm")
    course.do("lead.clear")
    course.do("lead.reopen")
    stage.respond(course.conclude(), "office-county", "confirm")
    course.do("lead.clear")
    item = {**CATALOGUE["lead.archive"].example["items"][0], "sha256": stage.case.acts[-1].jws_sha256}
    course.do("lead.archive", items=[item])
    merged = Course()
    merged.stage.known_leads = {str(uuid4()): "accepted"}
    merged.do("lead.merge", into=next(iter(merged.stage.known_leads)))
    yield


PLAYS = (*RARE, consultations, letters, answers, measures, beginnings, ends)


def test_everything_that_an_act_is_said_to_do_to_deadlines_and_states_happens() -> None:
    SEEN.clear()
    for play in PLAYS:
        assert list(play())
    wanted = {one for kind in CATALOGUE.values() for one in declared(kind) if not _whatever_runs(one)}
    assert sorted(wanted - SEEN) == []


def _whatever_runs(one: Seen) -> bool:
    return one.what == "ends" and CATALOGUE[one.act].ends in WHATEVER_RUNS
