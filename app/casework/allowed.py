"""When an act is taken: the states of its lead and of the transfer that it names, as the table of acts declares them.

The rule of an act asks this declaration (`Scene.require_state`, `Scene.require_leg`), and so do the pages about it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.casework.case import ENDED, LeadState, TransferState


@dataclass(frozen=True, slots=True)
class OnlyIf:
    """States in which an act is taken on a condition: `holds` is asked with the scene, `when` is (English, Chinese)."""

    states: tuple[LeadState, ...]
    when: tuple[str, str]
    holds: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class Allowed:
    """The states in which an act is taken, and those in which it is taken on a condition.

    `transfer` are the states of the transfer that the act names, or by which its lead came; empty: it asks for none.
    """

    states: tuple[LeadState, ...]
    only_if: tuple[OnlyIf, ...] = ()
    transfer: tuple[TransferState, ...] = ()

    def at(self, scene: Any) -> tuple[LeadState, ...]:
        """Return the states in which the act of a scene is taken, conditions judged."""
        also = (state for exception in self.only_if if exception.holds(scene) for state in exception.states)
        return (*self.states, *also)

    @property
    def ever(self) -> frozenset[LeadState]:
        """The states in which the act is taken on any condition."""
        return frozenset((*self.states, *(state for exception in self.only_if for state in exception.states)))


def in_states(
    *states: LeadState, only_if: tuple[OnlyIf, ...] = (), transfer: tuple[TransferState, ...] = ()
) -> Allowed:
    """Return the declaration of an act that is taken in these states of its lead."""
    return Allowed(states, only_if, transfer)


def all_but(*states: LeadState) -> tuple[LeadState, ...]:
    """Return every state of a lead but these, in the order of its course."""
    return tuple(state for state in LeadState if state not in states)


def of_transfer(*states: TransferState) -> Allowed:
    """Return the declaration of an act that asks for the state of its transfer; its lead has not ended."""
    return Allowed(GOING_ON, transfer=states)


# The lead has not ended. A rule that asks for more than that says so.
GOING_ON = all_but(*ENDED)
NOT_ENDED = Allowed(GOING_ON)
NOT_ARCHIVED = Allowed(all_but(LeadState.ARCHIVED))
# A letter or a consultation that has begun is brought to its end in every state: a deadline that nobody could stop
# would be unjust.
EVERY_STATE = Allowed(all_but())
# There is still work on the lead. What a cleared lead said stays as it was said; new facts reopen it first.
WORK_GOES_ON = Allowed(all_but(LeadState.CLEARED, *ENDED))
