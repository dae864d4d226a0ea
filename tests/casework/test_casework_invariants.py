"""Whatever agencies do in whatever order: what is permitted keeps the case whole, what is refused changes nothing."""

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from app.casework.case import Case, LeadState, TransferState
from app.errors import Problem
from tests.casework.stage import CAST, Stage

WHO = st.sampled_from(sorted(CAST))
LEG = st.integers(min_value=0, max_value=5)
WAITING = (TransferState.OFFERED,)


class Casework(RuleBasedStateMachine):
    """Any agency tries any act at any time."""

    @initialize(
        origin=st.sampled_from(["town-one", "police-one", "regulator-one", "office-county"]),
        concerned=st.sets(st.sampled_from(["police-city", "supervision-one", "office-county"])),
    )
    def begin(self, origin: str, concerned: set[str]) -> None:
        self.stage = Stage()
        self.parties: frozenset[str] = frozenset()
        self.stage.register(origin, concerns_nodes=sorted(concerned - {origin}))

    def attempt(self, act: Callable[[], object]) -> None:
        before = self.stage.case
        try:
            act()
        except Problem:
            assert self.stage.case == before

    def leg(self, place: int) -> str:
        legs = self.stage.lead.transfers
        return legs[place % len(legs)].transfer_id if legs else self.stage.lead_id

    @rule(who=WHO, concerned=st.sets(WHO, max_size=1))
    def screen(self, who: str, concerned: set[str]) -> None:
        self.attempt(lambda: self.stage.screen(who, concerns_nodes=sorted(concerned)))

    @rule(who=WHO, to=WHO, route=st.sampled_from(["peer", "report_up", "assign_down", "assign_supervised"]))
    def offer(self, who: str, to: str, route: str) -> None:
        self.attempt(lambda: self.stage.offer(who, to, route))

    @rule(place=LEG, rightly=st.booleans(), who=WHO, step=st.sampled_from(["sign", "accept", "return", "withdraw"]))
    def handle(self, place: int, rightly: bool, who: str, step: str) -> None:
        leg = self.stage.lead.transfer(self.leg(place))
        if leg is None:
            return
        if rightly:
            who = leg.sender if step == "withdraw" else leg.recipient
        acts = {
            "sign": lambda: self.stage.sign(leg.transfer_id, who),
            "accept": lambda: self.stage.on_leg("transfer.accept", leg.transfer_id, who),
            "return": lambda: self.stage.give_back(leg.transfer_id, who),
            "withdraw": lambda: self.stage.on_leg("transfer.withdraw", leg.transfer_id, who, reason="有误"),
        }
        self.attempt(acts[step])

    @rule(place=LEG, to=WHO)
    def forward(self, place: int, to: str) -> None:
        leg = self.stage.lead.transfer(self.leg(place))
        if leg is not None:
            self.attempt(lambda: self.stage.forward(leg.transfer_id, leg.recipient, to))

    @rule(place=LEG, ask=st.booleans())
    def supplement(self, place: int, ask: bool) -> None:
        leg = self.stage.lead.transfer(self.leg(place))
        if leg is None:
            return
        if ask:
            items = [{"item": "日期", "why": "核对"}]
            self.attempt(lambda: self.stage.on_leg("supplement.request", leg.transfer_id, leg.recipient, items=items))
        else:
            answers = [{"item": "日期", "answer": "三日"}]
            self.attempt(lambda: self.stage.on_leg("supplement.answer", leg.transfer_id, leg.sender, items=answers))

    @rule(
        place=LEG, kind=st.sampled_from(["progress", "conclusion", "information", "question"]), from_below=st.booleans()
    )
    def speak(self, place: int, kind: str, from_below: bool) -> None:
        leg = self.stage.lead.transfer(self.leg(place))
        if leg is not None:
            who = leg.recipient if from_below else leg.sender
            self.attempt(lambda: self.stage.feedback(leg.transfer_id, who, kind))

    @rule(place=LEG, response=st.sampled_from(["confirm", "contest", "answer"]))
    def respond(self, place: int, response: str) -> None:
        messages = self.stage.lead.feedback
        if messages:
            message = messages[place % len(messages)]
            leg = self.stage.lead.transfer(message.transfer_id)
            assert leg is not None
            who = leg.other_side(message.sender)
            self.attempt(lambda: self.stage.respond(message.feedback_id, who, response, reason="理由", text="答复"))

    @invariant()
    def the_lead_is_held_by_one_agency_that_signed_for_it(self) -> None:
        lead = self.stage.lead
        signed = {leg.recipient for leg in lead.transfers if leg.receipted_at is not None}
        assert lead.holder in {lead.origin, *signed}
        assert lead.holder not in lead.concerned

    @invariant()
    def at_most_one_offer_waits_and_the_state_says_so(self) -> None:
        offered = [leg for leg in self.stage.lead.transfers if leg.state in WAITING]
        assert len(offered) <= 1
        assert (self.stage.lead.state is LeadState.IN_TRANSFER) == (len(offered) == 1)

    @invariant()
    def no_party_is_lost_unless_it_is_concerned(self) -> None:
        lead = self.stage.lead
        assert self.parties - set(lead.concerned) <= lead.parties
        self.parties = lead.parties

    @invariant()
    def a_concerned_node_reads_nothing_and_is_told_nothing(self) -> None:
        concerned = set(self.stage.lead.concerned)
        assert not any(concerned & set(ref.readers) for ref in self.stage.case.acts)

    @invariant()
    def deadlines_end_after_they_start_and_nobody_waits_on_a_finished_leg(self) -> None:
        lead = self.stage.lead
        for deadline in self.stage.case.deadlines:
            assert deadline.due > deadline.started
            assert deadline.stopped is None or deadline.stopped >= deadline.started
        for deadline in self.stage.case.open_deadlines(lead.lead_id):
            leg = lead.transfer(deadline.subject)
            if leg is not None:
                assert leg.state in ("offered", "receipted", "supplement_wanted")

    @invariant()
    def a_case_survives_its_own_snapshot(self) -> None:
        assert Case.model_validate_json(self.stage.case.model_dump_json()) == self.stage.case


Casework.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestCasework = Casework.TestCase
