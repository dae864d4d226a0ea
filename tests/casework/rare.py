"""Courses of a lead in which rare things happen to deadlines: what limits end, begin anew, or go over to a part."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any
from uuid import uuid4

from app.casework.acts import CATALOGUE
from app.casework.decision import Decision
from tests.casework.stage import Stage

SEATS = ("周某某", "吴某某", "郑某某")
ENCLOSED = {
    name: {"not_applicable": "无"}
    for name in ("transfer_letter", "investigation_report", "item_list", "appraisal", "other")
}
# Who finds in a lead that it signed for that another agency is competent: holder, origin, route, competent agency.
FINDINGS = (
    ("regulator-one", "office-county", "peer", "police-one"),
    ("police-one", "office-county", "peer", "regulator-one"),
    ("police-one", "office-county", "peer", "supervision-one"),
    ("police-one", "regulator-one", "crime_case", "civil-one"),
    ("supervision-one", "office-county", "peer", "police-one"),
)


class Course:
    """A lead that `holder` signed for, and the transfer by which it came."""

    def __init__(self, holder: str = "police-one", origin: str = "office-county", route: str = "peer") -> None:
        self.stage, self.holder, self.origin = Stage(), holder, origin
        self.stage.register(origin)
        self.stage.screen(origin)
        enclosed: dict[str, Any] = {"enclosures": ENCLOSED} if route == "crime_case" else {}
        self.leg = self.stage.offer(origin, holder, route, **enclosed)
        self.stage.sign(self.leg, holder)

    def do(self, name: str, *to: str, who: str = "", **content: Any) -> Decision:
        """Do an act with its example, as the holder unless somebody else is named."""
        return self.stage.act(name, who or self.holder, {**CATALOGUE[name].example, **content}, to)

    def accept(self) -> None:
        self.stage.on_leg("transfer.accept", self.leg, self.holder)

    def return_(self, reason: str = "no_jurisdiction") -> None:
        self.stage.on_leg("transfer.return", self.leg, self.holder, reason_code=reason, basis="不属管辖")

    def withdraw(self, leg: str, who: str = "") -> None:
        self.stage.on_leg("transfer.withdraw", leg, who or self.holder, reason="填写有误")

    def conclude(self) -> str:
        return self.stage.feedback(self.leg, self.holder, "conclusion", outcome="不予立案")

    def contest(self, feedback_id: str) -> None:
        self.stage.respond(feedback_id, self.origin, "contest", reason="认为应当立案")

    def recheck(self, decision: str) -> None:
        self.do("lead.recheck", self.holder, who="office-county", decision=decision)

    def report(self, reject: bool = False) -> None:
        """Hand the report in; the first seat sends it back."""
        self.do("verification.report")
        if reject:
            self.do("signoff.sign", decision="reject")


def findings() -> Iterator[None]:
    """Whoever found another agency competent finds otherwise, hands on, gives back, verifies, or answers."""
    for (holder, origin, route, competent), follows in product(FINDINGS, FOLLOWS):
        course = Course(holder, origin, route)
        course.stage.screen(holder, competent_node=competent)
        follows(course, competent)
        yield


def _screens_anew(course: Course, _: str) -> None:
    course.stage.screen(course.holder)


def _returns(course: Course, _: str) -> None:
    course.return_()


def _forwards(course: Course, competent: str) -> None:
    course.stage.forward(course.leg, course.holder, competent)


def _verifies(course: Course, _: str) -> None:
    course.accept()
    course.do("verification.assign")


def _answers(course: Course, _: str) -> None:
    course.accept()
    course.conclude()


def _offers_and_withdraws(course: Course, competent: str) -> None:
    course.accept()
    course.withdraw(course.stage.offer(course.holder, competent))


FOLLOWS: tuple[Callable[[Course, str], None], ...] = (
    _screens_anew,
    _returns,
    _forwards,
    _verifies,
    _answers,
    _offers_and_withdraws,
)


def petitions() -> Iterator[None]:
    """What a petition office hands on is objected to in a time of its own; what it registered it diverts in time."""
    for follows in ("accept", "return", "forward", "forward and back", "split", "supplement"):
        course = Course("police-one", "petition-one")
        match follows:
            case "accept":
                course.accept()
            case "return":
                course.return_()
            case "forward":
                course.withdraw(course.stage.forward(course.leg, "police-one", "civil-one"))
            case "forward and back":
                onward = course.stage.forward(course.leg, "police-one", "civil-one")
                course.stage.sign(onward, "civil-one")
                course.stage.give_back(onward, "civil-one")
            case "split":
                split(course, carried=True)
            case _:
                items = [{"item": "日期", "why": "核对"}]
                course.stage.on_leg("supplement.request", course.leg, "police-one", items=items)
                answers = [{"item": "日期", "answer": "三月二日"}]
                course.stage.on_leg("supplement.answer", course.leg, "petition-one", items=answers)
        yield
    withdrawn = Stage()
    withdrawn.register("petition-one")
    withdrawn.screen("petition-one")
    leg = withdrawn.offer("petition-one", "police-one")
    withdrawn.on_leg("transfer.withdraw", leg, "petition-one", reason="填写有误")
    parts = [{"lead_id": str(uuid4()), "title": "一", "persons": ["p1"], "events": ["e1"], "category": "general"}]
    withdrawn.act("lead.split", "petition-one", {"parts": parts})
    yield


def split(course: Course, *, carried: bool) -> None:
    """Split the lead into one visible part."""
    part = {"lead_id": str(uuid4()), "title": "一", "persons": ["p1"], "events": ["e1"], "category": "general"}
    course.do("lead.split", parts=[{**part, "transfer_id": str(uuid4())} if carried else part])


def crime_cases() -> Iterator[None]:
    """A case that police refuse to file, at every rung of the ladder, and what ends each."""

    def received() -> Course:
        return Course("police-one", "regulator-one", "crime_case")

    def refused() -> tuple[Course, str]:
        course = received()
        course.accept()
        return course, course.conclude()

    def contested() -> Course:
        course, answer = refused()
        course.contest(answer)
        return course

    def refused_again() -> tuple[Course, str]:
        course = contested()
        return course, course.conclude()

    course = received()
    course.withdraw(course.stage.forward(course.leg, "police-one", "civil-one"))
    course = received()
    onward = course.stage.forward(course.leg, "police-one", "civil-one")
    course.stage.sign(onward, "civil-one")
    course.stage.give_back(onward, "civil-one")
    course = received()
    course.accept()
    course.withdraw(course.stage.offer("police-one", "civil-one"))
    course = received()
    split(course, carried=True)
    course = received()
    course.return_("civil_dispute")
    again = course.stage.offer("regulator-one", "police-one", "crime_case", enclosures=ENCLOSED)
    course.withdraw(again, "regulator-one")
    yield
    course = received()
    course.accept()
    course.do("case.link")
    for course in (refused()[0], contested(), refused_again()[0]):
        course.do("case.link")
    for course in (refused()[0], contested(), refused_again()[0]):
        course.recheck("return")
    yield
    course = contested()
    course.recheck("uphold")
    course.withdraw(course.stage.offer("police-one", "civil-one"))
    course, answer = refused_again()
    course.contest(answer)
    yield


def verifications() -> Iterator[None]:
    """The limits of a task, of its extension and of a report sent back, and everything that ends them."""
    for holder, extended, sent_back in product(("police-one", "regulator-one"), (False, True), (False, True)):
        for follows in ("hand on", "answer", "report", "split", "withdraw"):
            course = Course(holder)
            course.accept()
            course.do("verification.assign")
            if sent_back:
                course.report(reject=True)
            if extended:
                course.do("verification.extend", days=5)
            match follows:
                case "hand on":
                    course.stage.sign(course.stage.offer(holder, "civil-one"), "civil-one")
                case "answer":
                    course.conclude()
                case "report":
                    course.report()
                case "split":
                    split(course, carried=True)
                case _:
                    course.withdraw(course.stage.offer(holder, "civil-one"))
            yield


def conclusions() -> Iterator[None]:
    """A signed conclusion: handed on, taken back, answered, rechecked; and an answer that stays contested upstream."""
    for follows in ("hand on", "withdraw", "answer", "return", "uphold"):
        course = Course()
        course.accept()
        course.do("verification.assign")
        course.report()
        for seat, name in enumerate(SEATS, 1):
            course.do("signoff.sign", seat=seat, signer={"name": name, "title": "负责人"})
        match follows:
            case "hand on":
                course.stage.sign(course.stage.offer("police-one", "civil-one"), "civil-one")
            case "withdraw":
                course.withdraw(course.stage.offer("police-one", "civil-one"))
            case "answer":
                course.stage.respond(course.conclude(), "office-county", "confirm")
            case "return":
                course.recheck("return")
            case _:
                course.contest(course.conclude())
                course.recheck("uphold")
        yield


RARE = (findings, petitions, crime_cases, verifications, conclusions)
