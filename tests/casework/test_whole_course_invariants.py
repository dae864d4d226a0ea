"""The machine of all acts: several leads from registration to the archive while time passes, whoever tries what."""

from collections import Counter
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.casework.acts import CATALOGUE, decide
from app.casework.calendar import Calendar
from app.casework.case import ELSEWHERE, ENDED, ActRef, Case, Lead, LeadState, on_record
from app.casework.deadlines import Event, due_event
from app.casework.decision import evolve
from app.casework.document import Act
from app.casework.lapse import lapse
from app.casework.records.erasure import all_erased, erased_for, tombstone
from app.casework.scene import Given
from app.casework.statistics.figures import figures
from app.casework.statistics.standing import Standing
from app.errors import Problem
from tests.casework.sensible import BESIDE, COURSE, SENSIBLE, SETTLING, Said, example, proposals
from tests.casework.stage import CAST, ZONE, Stage

WHO = st.sampled_from(sorted(CAST))
ACTS = sorted(CATALOGUE.keys() - {"lead.register"})
# What others have open among themselves stands in no archive's way: they finish it after that.
FINISHING = {"letter.reply", "supervision.reply", "protection.answer"} | {
    f"consultation.{step}" for step in ("answer", "opinion", "minutes", "sign", "action", "close")
}
AFTER_ARCHIVE = {"correction.note", "lead.reopen", "lead.erase", "identity.open"} | FINISHING
AT_REST = (LeadState.ARCHIVED, LeadState.MERGED)
MOST_LEADS = 3
PEOPLE = {
    "persons": [{"token": token, "role": "reported"} for token in ("p1", "p2")],
    "events": [{"token": token, "summary": "多次堵截车辆"} for token in ("e1", "e2")],
}
# How often each act was taken (True) and refused (False) while the machine ran.
TRIED: Counter[tuple[str, bool]] = Counter()


class Taken(NamedTuple):
    """An act that was taken, with what it was given, and what it put on record: enough to decide it again."""

    act: Act[Any]
    given: Given
    refs: tuple[ActRef, ...]


class Lapsed(NamedTuple):
    """What a deadline said by itself."""

    deadline_id: str
    event: Event
    given: Given


class WholeCourse(RuleBasedStateMachine):
    """Whatever is permitted keeps every case whole; whatever is refused changes nothing."""

    @initialize(origin=st.sampled_from(["town-one", "town-one", "police-one", "civil-one", "office-county"]))
    def begin(self, origin: str) -> None:
        self.stages: list[Stage] = []
        self.journal: dict[str, list[Taken | Lapsed]] = {}
        self.parties: dict[str, frozenset[str]] = {}
        self.breaches: dict[str, Any] = {}
        self.written: dict[str, tuple[Case, str]] = {}
        self.gone: dict[tuple[str, str], str | None] = {}
        self.another_lead_comes(origin, frozenset())
        self.stage = self.stages[0]

    # What happens.

    @rule(who=WHO, concerned=st.frozensets(WHO, max_size=1))
    def another_lead_comes(self, who: str, concerned: frozenset[str]) -> None:
        if len(self.stages) == MOST_LEADS:
            return
        stage = Stage(self.stages[0].now) if self.stages else Stage()
        said = Said(who, example("lead.register", **PEOPLE, concerns_nodes=sorted(concerned)))
        if self.attempt(stage, "lead.register", said):
            self.stages.append(stage)

    @rule(root=st.integers(0, MOST_LEADS - 1), part=st.integers(0, 4))
    def one_turns_to_another_lead(self, root: int, part: int) -> None:
        self.stage = self.stages[root % len(self.stages)]
        alive = [one.lead_id for one in self.stage.case.leads.values() if one.state is not LeadState.SPLIT]
        self.stage.lead_id = alive[part % len(alive)]

    @rule(data=st.data(), steps=st.integers(3, 12))
    def the_course_goes_on(self, data: st.DataObject, steps: int) -> None:
        for _ in range(steps):
            if self.stage.lead.state in ELSEWHERE:
                return
            self.do(data.draw(st.sampled_from(COURSE[self.stage.lead.state])), data)

    @rule(data=st.data())
    def what_stands_open_is_settled(self, data: st.DataObject) -> None:
        for name in SETTLING:
            for said in SENSIBLE[name](self.stage):
                if data.draw(st.integers(0, 4)):
                    self.attempt(self.stage, name, said)
        for name in ("lead.clear", "lead.archive"):
            if name in COURSE.get(self.stage.lead.state, ()):
                self.do(name, data)

    @rule(names=st.lists(st.sampled_from(BESIDE), min_size=2, max_size=4), data=st.data())
    def something_is_said_beside(self, names: list[str], data: st.DataObject) -> None:
        for name in names:
            self.do(name, data)

    @rule(name=st.sampled_from(ACTS), data=st.data())
    def somebody_does_what_may_fit(self, name: str, data: st.DataObject) -> None:
        self.do(name, data)

    @rule(name=st.sampled_from(ACTS), data=st.data(), who=WHO, to=st.lists(WHO, max_size=2, unique=True))
    def somebody_else_does_it(self, name: str, data: st.DataObject, who: str, to: list[str]) -> None:
        said = data.draw(st.sampled_from(self.could_be_said(name)))
        self.attempt(self.stage, name, said._replace(who=who))
        self.attempt(self.stage, name, said._replace(to=tuple(to)))

    @precondition(lambda self: self.stage.lead.state in AT_REST)
    @rule(data=st.data())
    def years_pass_and_the_content_goes(self, data: st.DataObject) -> None:
        self.time_passes(24 * 366 * 10)
        self.stage.merged_erased = data.draw(st.booleans())
        for said in self.could_be_said("lead.erase"):
            self.attempt(self.stage, "lead.erase", said)

    @rule(hours=st.sampled_from([1, 24, 24 * 6, 24 * 40]))
    def time_passes(self, hours: int) -> None:
        for stage in self.stages:
            stage.later(hours=hours)
            for deadline in stage.case.deadlines:
                coming = due_event(deadline, stage.now, Calendar(), ZONE)
                if coming is not None:
                    given = Given(stage.now, CAST, ZONE)
                    decision = lapse(stage.case, deadline.deadline_id, coming.event, given)
                    stage.case = evolve(stage.case, decision, stage.now)
                    self.journal[stage.case.root_id].append(Lapsed(deadline.deadline_id, coming.event, given))

    def do(self, name: str, data: st.DataObject) -> None:
        self.attempt(self.stage, name, data.draw(st.sampled_from(self.could_be_said(name))))

    def could_be_said(self, name: str) -> list[Said]:
        self.stage.known_leads = self.others()
        return proposals(name, self.stage)

    def others(self, who: str | None = None) -> dict[str, str]:
        """Return the other leads with their states: all, or those that an agency may know of."""
        leads = (lead for stage in self.stages for lead in stage.case.leads.values())
        mine = self.stage.lead_id if self.stages else None
        return {one.lead_id: one.state for one in leads if one.lead_id != mine and (who is None or who in one.parties)}

    def attempt(self, stage: Stage, name: str, said: Said) -> bool:
        """Try an act and return whether it was taken."""
        before, was = stage.case, stage.case.leads.get(stage.lead_id)
        stage.known_leads = self.others(said.who) if was else {}
        sealed_for = said.to if name == "transfer.offer" else ()
        try:
            stage.act(name, said.who, said.content, said.to, sealed_for=sealed_for)
        except Problem:
            TRIED[name, False] += 1
            assert stage.case is before
            return False
        TRIED[name, True] += 1
        self.require_taken_in(name, was)
        refs = stage.case.acts[len(before.acts) :]
        assert [ref.act_id for ref in stage.case.acts[: len(before.acts)]] == [ref.act_id for ref in before.acts]
        self.journal.setdefault(stage.case.root_id, []).append(Taken(*stage.taken[-1], refs))
        return True

    def require_taken_in(self, name: str, was: Lead | None) -> None:
        assert was is None or was.erased_by is None
        if was is not None and was.state in ENDED:
            assert was.state in CATALOGUE[name].allowed.ever
            assert was.state is not LeadState.ARCHIVED or name in AFTER_ARCHIVE

    # What is true whatever happened.

    def leads(self) -> list[Lead]:
        return [lead for stage in self.stages for lead in stage.case.leads.values()]

    @invariant()
    def one_agency_holds_each_lead_and_signed_for_it(self) -> None:
        for lead in self.leads():
            signed = {leg.recipient for leg in lead.transfers if leg.receipted_at is not None}
            assert lead.holder in {lead.origin, *signed}
            assert lead.holder not in lead.concerned

    @invariant()
    def no_party_is_lost_unless_it_is_concerned(self) -> None:
        for lead in self.leads():
            assert self.parties.get(lead.lead_id, frozenset()) - set(lead.concerned) <= lead.parties
            self.parties[lead.lead_id] = lead.parties

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
        for stage in self.stages:
            now = {
                deadline.deadline_id: deadline.breached
                for deadline in stage.case.deadlines
                if deadline.breached is not None
            }
            root = stage.case.root_id
            assert self.breaches.get(root, {}).items() <= now.items()
            self.breaches[root] = now

    @invariant()
    def deadlines_are_consistent(self) -> None:
        deadlines = self.stage.case.deadlines
        assert len({deadline.deadline_id for deadline in deadlines}) == len(deadlines)
        for deadline in deadlines:
            assert deadline.due > deadline.started
            assert deadline.node in CAST
            assert deadline.lead_id in self.stage.case.leads
            # One that begins only after another (D03 after D02, D11 after D10) may be over before it began.
            assert (
                deadline.stopped is None
                or deadline.stopped >= deadline.started
                or deadline.rule.startswith(("D03", "D11"))
            )
        for lead in self.stage.case.leads.values():
            if lead.state in ENDED:
                of_the_lead = {lead.lead_id, *(leg.transfer_id for leg in lead.transfers)}
                assert not [one for one in self.stage.case.open_deadlines(lead.lead_id) if one.subject in of_the_lead]

    @invariant()
    def a_concerned_node_reads_nothing(self) -> None:
        case = self.stage.case
        assert not any(set(case.leads[ref.lead_id].concerned) & set(ref.readers) for ref in case.acts)

    @invariant()
    def what_is_erased_stays_so_and_tells_of_no_part_that_a_node_does_not_know(self) -> None:
        case = self.stage.case
        for lead in case.leads.values():
            for node in lead.parties:
                by = erased_for(case, node, lead.lead_id)
                known = [one for one in lead.parts if node in case.leads[one].parties]
                # Only who comes to know a part that lives reads the whole again.
                learnt = any(erased_for(case, node, one) is None for one in known)
                assert self.gone.get((lead.lead_id, node)) in (None, by) or learnt
                self.gone[lead.lead_id, node] = by
                if known:
                    assert (by is None) == learnt
        rest = tombstone(case)
        assert tombstone(rest) == rest
        assert all_erased(rest) == all_erased(case)

    @invariant()
    def a_case_survives_its_own_snapshot_and_nothing_in_it_moves_by_itself(self) -> None:
        case = self.stage.case
        written = case.model_dump_json()
        before, text = self.written.get(case.root_id, (None, ""))
        assert before is not case or text == written
        if before is not case:
            assert Case.model_validate_json(written) == case
        self.written[case.root_id] = case, written

    def teardown(self) -> None:
        """Folding what was taken, decided anew, gives the same cases."""
        for stage in getattr(self, "stages", []):
            assert folded(stage.case.root_id, self.journal[stage.case.root_id]) == stage.case


def folded(root_id: str, journal: list[Taken | Lapsed]) -> Case:
    case = Case(root_id=root_id)
    for entry in journal:
        match entry:
            case Taken(act, given, refs):
                case = on_record(evolve(case, decide(case, act, given), given.now), *refs)
            case Lapsed(deadline_id, event, given):
                case = evolve(case, lapse(case, deadline_id, event, given), given.now)
    return case


@pytest.mark.soak
def test_whatever_happens_every_case_stays_whole_and_every_act_is_both_taken_and_refused() -> None:
    """Derandomized: the same run everywhere. An act that it never takes or never refuses needs words in `sensible`."""
    TRIED.clear()
    run_state_machine_as_test(
        WholeCourse,
        settings=settings(
            max_examples=600,
            stateful_step_count=40,
            derandomize=True,
            phases=[Phase.generate],
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert [name for name in sorted(CATALOGUE) if not TRIED[name, True]] == []
    assert [name for name in sorted(CATALOGUE) if not TRIED[name, False]] == []
