"""Bundles by an exchange that signs whatever it likes: only what the agencies signed, in the log's order, is proven."""

from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from app.bundles.verifying.verify import verify_bundle
from app.signing.keys import generate_private
from tests.evidence.bundles import by_shell
from tests.evidence.forged import Forger
from tests.evidence.test_tampering import refused


def rotated() -> Forger:
    """Events 1 and 2: the pinned key, and another that it signed for; the log has them in this order."""
    forger = Forger()
    forger.enrol(forger.pinned)
    forger.register(forger.second, by=forger.pinned)
    return forger


def honest() -> Forger:
    forger = rotated()
    forger.act(forger.pinned, 1)
    forger.revoke(forger.pinned, by=forger.pinned)
    forger.act(forger.second, 2)
    return forger


def a_key_that_only_the_exchange_vouches_for() -> Forger:
    forger = rotated()
    stranger = generate_private("Ed25519")
    forger.enrol(stranger)
    forger.act(stranger, 3)
    return forger


def an_act_before_its_key() -> Forger:
    forger = rotated()
    forger.act(forger.second, 2)
    forger.swap(1, 2)
    return forger


def an_act_after_the_end_of_its_key() -> Forger:
    forger = rotated()
    forger.revoke(forger.pinned, by=forger.second)
    forger.act(forger.pinned, 1)
    return forger


def a_key_event_before_the_key_that_signed_it() -> Forger:
    forger = rotated()
    third = generate_private("Ed25519")
    forger.register(third, by=forger.second)
    forger.swap(1, 2)
    forger.act(third, 3)
    return forger


def a_key_event_after_the_end_of_the_key_that_signed_it() -> Forger:
    """A thief has a key that was revoked; the numbers say that it registered his before, the log that it did not."""
    forger = rotated()
    thief = generate_private("Ed25519")
    forger.register(thief, by=forger.pinned)
    forger.revoke(forger.pinned, by=forger.second)
    forger.swap(2, 3)
    forger.act(thief, 3)
    return forger


def an_act_that_stands_there_twice() -> Forger:
    forger = honest()
    forger.again()
    return forger


def two_acts_of_one_id() -> Forger:
    forger, act_id = rotated(), str(uuid4())
    forger.act(forger.pinned, 1, act_id)
    forger.act(forger.pinned, 1, act_id)
    return forger


FORGED: tuple[Callable[[], Forger], ...] = (
    *(a_key_that_only_the_exchange_vouches_for, an_act_before_its_key, an_act_after_the_end_of_its_key),
    *(a_key_event_before_the_key_that_signed_it, a_key_event_after_the_end_of_the_key_that_signed_it),
    *(an_act_that_stands_there_twice, two_acts_of_one_id),
)


def test_what_is_forged_by_nobody_verifies(tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    policy.write_text(honest().write(tmp_path / "bundle"))
    outcome = by_shell(tmp_path / "bundle", policy)
    assert outcome.status == 0, outcome.output
    assert not verify_bundle(tmp_path / "bundle", policy.read_text()).unpinned


@pytest.mark.parametrize("forged", FORGED, ids=lambda one: one.__name__)
def test_an_exchange_that_signs_what_it_likes_is_refused_by_both(forged: Callable[[], Forger], tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    policy.write_text(forged().write(tmp_path / "bundle"))
    outcome = by_shell(tmp_path / "bundle", policy)
    assert outcome.status == 1, outcome.output
    assert refused(tmp_path / "bundle", policy.read_text())
