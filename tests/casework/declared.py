"""What the table of acts declares, held against what was decided: every `Stage` asks, so every test of a rule does."""

from typing import Any, Literal, NamedTuple

from app.casework.acts import CATALOGUE, ActType
from app.casework.acts.catalogue import NOBODY
from app.casework.case import Case
from app.casework.decision import Decision
from app.casework.document import Act
from app.errors import RuleViolated


class Seen(NamedTuple):
    """Something that an act did once: it started, ended, held or let run on a deadline, changed a state, told."""

    act: str
    what: Literal["starts", "ends", "suspends", "resumes", "becomes", "notices"]
    which: str


# Everything that acts did while the tests of this process ran.
SEEN: set[Seen] = set()


def declared(kind: ActType) -> set[Seen]:
    """Return what the table says that an act may do."""
    return {
        *(Seen(kind.name, "starts", rule) for rule in kind.starts),
        *(Seen(kind.name, "ends", rule) for rule in kind.ends),
        *(Seen(kind.name, "suspends", rule) for rule in kind.suspends),
        *(Seen(kind.name, "resumes", rule) for rule in kind.resumes),
        *(Seen(kind.name, "becomes", state) for state in kind.becomes),
        *(Seen(kind.name, "notices", notice) for notice in kind.notices),
    }


def hold_to_table(act: Act[Any], before: Case, decision: Decision) -> None:
    """Fail unless the table says everything that a decision did, and the state in which it was taken."""
    kind = CATALOGUE[act.name]
    was = before.leads.get(act.lead_id)
    done = _done(kind.name, before, decision, was.state if was else None)
    assert done <= declared(kind)
    assert was is None or was.state in kind.allowed.ever
    assert kind.recipients is not NOBODY or act.document.recipients == ()
    SEEN.update(done)


def hold_refusal_to_table(name: str, refused: RuleViolated) -> None:
    """Fail unless the table says that a rule may refuse an act, and with this authority."""
    assert (refused.rule, refused.source) in {(rule.rule, rule.source) for rule in CATALOGUE[name].rules}


def _done(name: str, before: Case, decision: Decision, was: str | None) -> set[Seen]:
    rules = {deadline.deadline_id: deadline.rule for deadline in before.deadlines}
    state = decision.leads[0].state
    return {
        *(Seen(name, "starts", deadline.rule) for deadline in decision.starts),
        *(Seen(name, "ends", rules[deadline_id]) for deadline_id in decision.stops),
        *(Seen(name, "suspends" if one.stands_still else "resumes", one.rule) for one in decision.changes),
        *(Seen(name, "notices", notice.notice) for notice in decision.notices),
        *([Seen(name, "becomes", state)] if state != was else []),
    }
