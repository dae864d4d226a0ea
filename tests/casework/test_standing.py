"""Each root lead stands in exactly one class for each node that registered or signed for it, whatever happens."""

from typing import Any
from uuid import uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule

from app.casework.case import LeadState
from app.casework.statistics.figures import SHARED, STANDINGS, figures
from app.casework.statistics.standing import Standing, count
from tests.casework.stage import CAST, ZONE, Stage
from tests.casework.test_casework_invariants import Casework
from tests.casework.test_split_rules import hidden, on_part, part, received, split


class Counting(Casework):
    """The casework machine, with leads that split and merge, and the figures of it all."""

    @rule(hide=st.booleans(), which=st.integers(min_value=0, max_value=3))
    def split_or_turn(self, hide: bool, which: int) -> None:
        """Split the lead as its holder would; go on with one of all the leads of the case."""
        leg = self.stage.lead.way_to(self.stage.lead.holder) is not None
        whole: dict[str, Any] = {"persons": list(self.stage.lead.persons), "events": list(self.stage.lead.events)}
        parts = [part(leg=leg, **whole), hidden(**whole) if hide else part(leg=leg, **whole)]
        self.attempt(lambda: split(self.stage, *parts, who=self.stage.lead.holder))
        leads = list(self.stage.case.leads)
        self.stage.lead_id = leads[which % len(leads)]
        self.parties = frozenset()

    @rule(really=st.integers(min_value=0, max_value=3))
    def merge(self, really: int) -> None:
        if really == 0:
            into = str(uuid4())
            self.stage.known_leads[into] = "screened"
            content = {"into": into, "reason": "重复"}
            self.attempt(lambda: self.stage.act("lead.merge", self.stage.lead.holder, content))

    @invariant()
    def every_root_is_in_exactly_one_class(self) -> None:
        after = figures(self.stage.case, ZONE)
        for node in CAST:
            for audience in ("own", "shared", "listed"):
                mine = {key[3]: number for key, number in after.items() if key[:2] == (node, audience)}
                classes = [mine.get(standing, 0) for standing in STANDINGS]
                assert mine.get("received", 0) == sum(classes)
                assert mine.get("received", 0) + mine.get("merged", 0) <= 1
                assert mine.get("cleared", 0) <= mine.get("received", 0)

    @invariant()
    def a_concerned_node_counts_nothing_and_nobody_else_is_shown_such_a_lead(self) -> None:
        found = figures(self.stage.case, ZONE)
        everywhere = set.intersection(*(set(lead.concerned) for lead in self.stage.case.leads.values()))
        assert not any(node in everywhere for node, _, _, _ in found)
        if all(lead.concerned for lead in self.stage.case.leads.values()):
            assert not any(audience == "shared" for _, audience, _, _ in found)
        assert {measure for _, audience, _, measure in found if audience == "shared"} <= SHARED


Counting.TestCase.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
TestCounting = Counting.TestCase


def standing(stage: Stage, node: str) -> Standing | None:
    counted = count(node, stage.case.leads.values())
    assert counted is not None
    return counted.standing


def test_a_lead_passes_from_class_to_class() -> None:
    stage = Stage()
    stage.register()
    assert standing(stage, "town-one") is Standing.PENDING
    stage.screen()
    leg = stage.offer("town-one", "police-one", "report_up")
    assert count("police-one", stage.case.leads.values()) is None
    assert standing(stage, "town-one") is Standing.PENDING
    stage.sign(leg, "police-one")
    assert (standing(stage, "town-one"), standing(stage, "police-one")) == (Standing.PASSED_ON, Standing.PENDING)
    stage.on_leg("transfer.accept", leg, "police-one")
    assert standing(stage, "police-one") is Standing.IN_VERIFICATION
    stage.feedback(leg, "police-one", "conclusion", outcome="部分属实")
    assert standing(stage, "police-one") is Standing.REPLIED
    assert standing(stage, "town-one") is Standing.PASSED_ON


def test_a_lead_given_back_is_returned_by_one_and_pending_at_the_other() -> None:
    stage = Stage()
    leg = stage.with_police()
    onward = stage.forward(leg, "police-one", "regulator-one")
    stage.sign(onward, "regulator-one")
    assert standing(stage, "police-one") is Standing.PASSED_ON
    stage.give_back(onward, "regulator-one")
    assert (standing(stage, "regulator-one"), standing(stage, "police-one")) == (Standing.RETURNED, Standing.PENDING)
    own = {key[3]: number for key, number in figures(stage.case, ZONE).items() if key[:2] == ("regulator-one", "own")}
    assert (own["received"], own["returned"], own["receipts"], own["returns"]) == (1, 1, 1, 1)


def test_a_split_lead_counts_once_and_its_hidden_part_changes_nothing_upstream() -> None:
    (stage, _), shown = received(), part()
    before = {key: one for key, one in figures(stage.case, ZONE).items() if key[0] == "town-one"}
    split(stage, shown, hidden())
    after = figures(stage.case, ZONE)
    assert {key: one for key, one in after.items() if key[0] == "town-one"} == before
    assert [one for key, one in after.items() if key[0] == "police-one" and key[3] == "received"] == [1, 1]
    on_part(stage, shown)
    stage.on_leg("transfer.accept", shown["transfer_id"], "police-one")
    classes = {key[1]: key[3] for key in figures(stage.case, ZONE) if key[0] == "police-one" and key[3] in STANDINGS}
    assert classes == {"own": "pending", "shared": "in_verification"}
    assert standing(stage, "police-one") is Standing.PENDING  # the hidden part waits


def test_who_gave_a_lead_back_before_it_was_split_still_counts_it() -> None:
    stage = Stage()
    stage.register()
    stage.screen()
    first = stage.offer("town-one", "regulator-one", "report_up")
    stage.sign(first, "regulator-one")
    stage.give_back(first, "regulator-one")
    second = stage.offer("town-one", "police-one", "report_up")
    stage.sign(second, "police-one")
    split(stage, part(persons=["p1"], events=["e1"]))
    assert stage.lead.state is LeadState.SPLIT
    assert standing(stage, "regulator-one") is Standing.RETURNED
    assert standing(stage, "town-one") is Standing.PASSED_ON
