"""The machine of all acts: from verification to the archive while time passes, in whatever order agencies try it."""

import itertools
from typing import Any
from uuid import uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.casework.acts import CATALOGUE
from app.casework.acts.protection import Protections
from app.casework.case import Case, LeadState
from app.casework.consulting import Consultations
from app.casework.correspondence import Correspondence
from app.casework.decision import evolve
from app.casework.figures import figures
from app.casework.lapse import due_event, lapse
from app.casework.oversight import Oversight
from app.casework.scene import Given
from app.casework.standing import Standing
from app.errors import Problem
from tests.casework.stage import CAST, ZONE, Stage
from tests.casework.test_lapses import PLAIN

ASKED = ("police-one", "town-one", "procuratorate-one", "regulator-one", "office-county")
WHO = st.sampled_from(sorted(CAST))
# What the first machine plays by itself, with its own words for each; here they only bring a lead on its way.
FREE = sorted(name for name in CATALOGUE if name not in ("lead.register", "lead.split", "lead.merge"))
AFTER_ARCHIVE = {"correction.note", "lead.reopen", "lead.erase", "identity.open"}
NAMES = ("周某某", "吴某某", "郑某某", "冯某某")


def recast(value: Any) -> Any:
    """Return a value of an example with the agencies of the cast in the place of those that the examples name."""
    if isinstance(value, str):
        return value.replace("office-990121", "office-county").replace("-990121", "-one")
    if isinstance(value, list):
        return [recast(one) for one in value]
    return {member: recast(one) for member, one in value.items()} if isinstance(value, dict) else value


class WholeCourse(RuleBasedStateMachine):
    """A lead that the police accepted, and any act by anybody, addressed rightly as often as not."""

    @initialize(category=st.sampled_from(["general", "evil_force", "organized_crime"]))
    def begin(self, category: str) -> None:
        self.stage = Stage()
        leg = self.stage.with_police(category)
        self.stage.on_leg("transfer.accept", leg, "police-one")
        self.breaches: dict[str, Any] = {}
        self.parties = self.stage.lead.parties

    def attempt(self, name: str, who: str, content: dict[str, Any], to: tuple[str, ...]) -> None:
        before = self.stage.case
        was = self.stage.lead.state
        try:
            self.stage.act(name, who, content, to)
        except Problem:
            assert self.stage.case == before
            return
        assert was is not LeadState.ARCHIVED or name in AFTER_ARCHIVE
        assert self.stage.case.acts[: len(before.acts)] == before.acts or self.stage.decisions[-1].admits

    @rule(name=st.sampled_from(FREE), who=WHO, to=st.lists(WHO, max_size=2, unique=True))
    def anybody_tries_anything(self, name: str, who: str, to: list[str]) -> None:
        self.attempt(name, who, self.filled(name), tuple(to))

    @rule(name=st.sampled_from(FREE), first=st.integers(min_value=0, max_value=len(ASKED) - 1))
    def whoever_may_does_it(self, name: str, first: int) -> None:
        """Look for a sender and for addressees with whom the act is taken."""
        before = self.stage.case
        for who in (*ASKED[first:], *ASKED[:first]):
            for to in ((), *((node,) for node in ASKED), *itertools.combinations(ASKED, 2)):
                self.attempt(name, who, self.filled(name), to)
                if self.stage.case != before:
                    return

    @rule(reject=st.booleans())
    def police_verify_and_sign(self, reject: bool) -> None:
        for name in ("verification.assign", "verification.report"):
            self.attempt(name, "police-one", self.filled(name), ())
        for seat, signer in enumerate(NAMES[:3], start=1):
            content = {**CATALOGUE["signoff.sign"].example, "seat": seat, "signer": {"name": signer, "title": "负责人"}}
            refused = {"decision": "reject"} if reject and seat == 2 else {}
            self.attempt("signoff.sign", "police-one", {**content, **refused}, ())

    @rule(response=st.sampled_from(["confirm", "contest"]))
    def the_answer_is_sent_and_answered(self, response: str) -> None:
        lead = self.stage.lead
        content = {"transfer_id": lead.transfers[0].transfer_id, "feedback_id": str(uuid4()), "kind": "conclusion"}
        self.attempt("feedback.send", "police-one", {**content, "text": "内容"}, ("town-one",))
        for one in self.stage.lead.feedback:
            answer = {"feedback_id": one.feedback_id, "response": response, "reason": "理由"}
            self.attempt("feedback.respond", "town-one", answer, ("police-one",))

    @rule()
    def the_holder_brings_it_to_an_end(self) -> None:
        for check in ("crime", "official_protection", "supervisory_duty"):
            self.attempt("check.answer", "police-one", {"check": check, "answer": "none_found", "text": "未发现"}, ())
        for name in ("clarification.issue", "lead.clear"):
            self.attempt(name, "police-one", CATALOGUE[name].example, ())
        digest = self.stage.case.acts[0].jws_sha256
        item = {**CATALOGUE["lead.archive"].example["items"][0], "sha256": digest}
        seen = [ref for ref in self.stage.case.acts if "police-one" in ref.readers]
        if seen:
            item["sha256"] = seen[-1].jws_sha256
        self.attempt("lead.archive", "police-one", {**CATALOGUE["lead.archive"].example, "items": [item]}, ())

    @rule(hours=st.integers(min_value=1, max_value=24 * 40))
    def time_passes(self, hours: int) -> None:
        self.stage.later(hours=hours)
        for clock in self.stage.case.clocks:
            coming = due_event(clock, self.stage.now, PLAIN, ZONE)
            if coming is not None:
                given = Given(self.stage.now, CAST, ZONE)
                decision = lapse(self.stage.case, clock.clock_id, coming.event, given)
                self.stage.case = evolve(self.stage.case, decision, self.stage.now)

    def filled(self, name: str) -> dict[str, Any]:
        """Return the act's example with agencies of the cast, new ids where it brings one, else ids of the lead."""
        content: dict[str, Any] = {member: recast(value) for member, value in CATALOGUE[name].example.items()}
        known = self.known()
        for member in content:
            if member in CATALOGUE[name].claims:
                content[member] = str(uuid4())
            elif known.get(member):
                content[member] = known[member][-1]
        if name == "supervision.letter":
            content["to"] = self.stage.lead.holder
        return content

    def known(self) -> dict[str, list[Any]]:
        lead = self.stage.lead
        held = lead.chapter(Consultations).held
        letters = [*lead.chapter(Correspondence).letters, *lead.chapter(Oversight).letters]
        return {
            "transfer_id": [leg.transfer_id for leg in lead.transfers],
            "feedback_id": [one.feedback_id for one in lead.feedback],
            "of_act": [ref.act_id for ref in self.stage.case.acts if not ref.act.startswith("notice.")],
            "consultation_id": [one.consultation_id for one in held],
            "minutes_jws_sha256": [one.minutes.jws_sha256 for one in held if one.minutes],
            "version": [(one.minutes.version if one.minutes else 0) + 1 for one in held],
            "letter_id": [one.letter_id for one in letters],
            "protection_id": [one.protection_id for one in lead.chapter(Protections).requests],
        }

    @invariant()
    def one_agency_holds_it_and_signed_for_it(self) -> None:
        lead = self.stage.lead
        assert lead.holder in {lead.origin, *(leg.recipient for leg in lead.transfers if leg.receipted_at is not None)}
        assert lead.holder not in lead.concerned

    @invariant()
    def no_party_is_lost_unless_it_is_concerned(self) -> None:
        assert self.parties - set(self.stage.lead.concerned) <= self.stage.lead.parties
        self.parties = self.stage.lead.parties

    @invariant()
    def the_classes_of_the_statistics_add_up_for_every_agency(self) -> None:
        found = figures(self.stage.case, ZONE)
        for node, audience in {(node, audience) for node, audience, _, _ in found}:
            total = {m: n for (of, to, _, m), n in found.items() if (of, to) == (node, audience)}
            classes = sum(total.get(str(standing), 0) for standing in Standing)
            assert total.get("received", 0) == classes
            assert total.get("cleared", 0) <= total.get("received", 0)

    @invariant()
    def a_breach_once_told_stays(self) -> None:
        now = {clock.clock_id: clock.breached for clock in self.stage.case.clocks if clock.breached is not None}
        assert self.breaches.items() <= now.items()
        self.breaches = now

    @invariant()
    def clocks_are_consistent(self) -> None:
        clocks = self.stage.case.clocks
        assert len({clock.clock_id for clock in clocks}) == len(clocks)
        for clock in clocks:
            assert clock.due > clock.started
            assert clock.node in CAST
            # One that begins only after another (D03 after D02, D11 after D10) may be over before it began.
            assert clock.stopped is None or clock.stopped >= clock.started or clock.rule.startswith(("D03", "D11"))
        if self.stage.lead.state is LeadState.ARCHIVED:
            of_the_lead = {self.stage.lead_id, *(leg.transfer_id for leg in self.stage.lead.transfers)}
            assert not [one for one in self.stage.case.open_clocks(self.stage.lead_id) if one.subject in of_the_lead]

    @invariant()
    def a_concerned_node_reads_nothing(self) -> None:
        concerned = set(self.stage.lead.concerned)
        assert not any(concerned & set(ref.readers) for ref in self.stage.case.acts)

    @invariant()
    def a_case_survives_its_own_snapshot(self) -> None:
        assert Case.model_validate_json(self.stage.case.model_dump_json()) == self.stage.case


WholeCourse.TestCase.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
TestWholeCourse = WholeCourse.TestCase
