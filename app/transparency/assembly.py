"""The log as an entry point opens it: one object for what serves it and for what keeps it."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from app.deps import TimeSource
from app.transparency.checkpoint import WitnessKey
from app.transparency.cosigning import Cosigners
from app.transparency.policy import Policy, parse_policy
from app.transparency.published import Published
from app.transparency.sequencer import LogKeeper, Sequencer
from app.transparency.witness import Witness


@dataclass(frozen=True, slots=True)
class Transparency:
    """The parts of the log, ready to run."""

    sequencer: Sequencer
    cosigners: Cosigners
    published: Published
    witness: Witness

    def background(self) -> list[Coroutine[Any, Any, None]]:
        """Return the loops of a worker; none of them ends by itself."""
        asking = [self.cosigners.run()] if self.cosigners.witnesses else []
        return [self.sequencer.run(), *asking]


def open_log(
    engine: AsyncEngine,
    clock: TimeSource,
    log: LogKeeper,
    witness_keys: Callable[[], Sequence[WitnessKey]],
    policy: Policy,
) -> Transparency:
    """Return the log of this exchange and its side as a witness.

    In `policy` the `log` lines name whom it witnesses; `witness`, `group` and `quorum` lines say who cosigns its own
    checkpoints, where they are asked, and how many are enough.
    """
    return Transparency(
        sequencer=Sequencer(engine, clock, log),
        cosigners=Cosigners(engine, policy),
        published=Published(engine, policy),
        witness=Witness(witness_keys, policy.logs),
    )


def read_policy(path: Path | None) -> Policy:
    """Return the policy in a file, or the one that names nobody; raise `PolicyError` or OSError."""
    return Policy() if path is None else parse_policy(path.read_text("utf-8"))
