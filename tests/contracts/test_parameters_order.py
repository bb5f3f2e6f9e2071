"""Times of an update: expiry, observation, replay, and the order between the DAO and the steward."""

from __future__ import annotations

import pytest
from governed import BY_STEWARD, DAO, STEWARD, TIMELOCK, changed, steer, update, values, vote
from onchain import DAY, HOUR, Deployed, Node, named, refusal

pytestmark = pytest.mark.chain


def test_expiry__passed_by_one_second__expired(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {11: 1100}, expiry=node.now + HOUR)
    node.advance(HOUR)
    assert parameters.read("check", wanted, DAO, node.now) == b""
    node.advance(1)
    expected = refusal("Expired", wanted[3], node.now)
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == expected


def test_expiry__checked_as_of_a_later_time__expired_then(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {11: 1100}, expiry=node.now + DAY)
    reason = bytes(parameters.read("check", wanted, DAO, wanted[3] + 1))
    assert named(reason, parameters.abi) == refusal("Expired", wanted[3], wanted[3] + 1)


def test_expiry__not_after_the_observation__refused(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {11: 1100}, expiry=node.now)
    expected = refusal("ExpiryNotAfterObservation", node.now, node.now)
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == expected


@pytest.mark.parametrize("expiry", [90 * DAY + 1, 2**64 - 1])
def test_expiry__beyond_any_vote__refused(parameters: Deployed, node: Node, expiry: int) -> None:
    seen = node.now
    last = min(seen + expiry, 2**64 - 1)
    expected = refusal("LifetimeTooLong", last - seen, 90 * DAY)
    assert parameters.refusal("applyUpdate", update(parameters, {11: 1100}, expiry=last), sender=TIMELOCK) == expected


def test_lifetime__of_ninety_days__is_the_longest_accepted(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {11: 1100}, expiry=node.now + 90 * DAY)
    assert parameters.read("check", wanted, DAO, node.now) == b""


def test_observation__one_second_ahead__refused(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {11: 1100}, observed_at=node.now + 1)
    expected = refusal("FutureObservation", node.now + 1, node.now)
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == expected


def test_replay__same_update_again__not_newer(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {11: 1100})
    parameters.send("applyUpdate", wanted, sender=TIMELOCK)
    node.advance(2 * DAY)
    vote(parameters, {11: 1000})
    node.advance(2 * DAY)
    last = parameters.read("lastVotedObservedAt")
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == refusal("NotNewer", wanted[2], last)


@pytest.mark.parametrize("offset", [0, -1, -DAY])
def test_order__vote_observed_no_later_than_the_last__not_newer(parameters: Deployed, node: Node, offset: int) -> None:
    seen = node.now
    vote(parameters, {11: 1100})
    wanted = update(parameters, {10: 2100}, observed_at=seen + offset)
    expected = refusal("NotNewer", seen + offset, seen)
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == expected


def test_order__steward_older_than_the_vote__not_newer(parameters: Deployed, node: Node) -> None:
    old = update(parameters, {10: 2100})
    node.advance(HOUR)
    seen = node.now
    vote(parameters, {11: 1100})
    assert parameters.refusal("scheduleUpdate", old, sender=STEWARD) == refusal("NotNewer", old[2], seen)


def test_order__vote_overtakes_a_waiting_steward__the_steward_is_refused_at_application(
    parameters: Deployed, node: Node
) -> None:
    waiting = update(parameters, {10: 2100})
    parameters.send("scheduleUpdate", waiting, sender=STEWARD)
    node.advance(DAY)
    seen = node.now
    vote(parameters, {11: 1100})
    assert parameters.refusal("applyScheduled", waiting, sender=STEWARD) == refusal("NotNewer", waiting[2], seen)


def test_order__vote_older_than_the_steward__still_accepted(parameters: Deployed, node: Node) -> None:
    voted = update(parameters, {11: 1100})
    node.advance(HOUR)
    seen = node.now
    steer(parameters, {10: 2100})
    parameters.send("applyUpdate", voted, sender=TIMELOCK)
    assert values(parameters) == changed({10: 2100, 11: 1100})
    assert parameters.read("lastObservedAt") == seen
    assert parameters.read("lastVotedObservedAt") == voted[2]


def test_cooldown__moved_by_the_steward__does_not_hold_up_the_vote(parameters: Deployed, node: Node) -> None:
    steer(parameters, {11: 1100})
    moved = node.now
    assert parameters.read("readyAt", 11, DAO) == 0
    assert parameters.read("readyAt", 11, BY_STEWARD) == moved + DAY
    vote(parameters, {11: 1200})
    assert parameters.read("value", 11) == 1200
    assert parameters.read("readyAt", 11, DAO) == node.now + DAY


def test_change__vote_confirms_what_the_steward_set__accepted_once(parameters: Deployed, node: Node) -> None:
    steer(parameters, {11: 1100})
    vote(parameters, {11: 1100})
    assert list(parameters.read("voted")) == changed({11: 1100})
    node.advance(DAY)
    again = update(parameters, {11: 1100})
    assert parameters.refusal("applyUpdate", again, sender=TIMELOCK) == refusal("NoChange", 11, 1100)
