"""The steward's path: announce, wait, apply; the guardian's veto and pause."""

from __future__ import annotations

import pytest
from eth_utils import keccak
from governed import BY_STEWARD, DAO, GUARDIAN, STEWARD, TIMELOCK, VALUES, changed, steer, update, values, vote
from onchain import DAY, Deployed, Node, named, refusal

pytestmark = pytest.mark.chain
VETOED = 2**64 - 1


def test_steward__after_the_delay__applies_and_leaves_the_vote_on_record(parameters: Deployed) -> None:
    receipt = steer(parameters, {1: 1100})
    assert values(parameters) == changed({1: 1100})
    assert list(parameters.read("voted")) == VALUES
    (event,) = parameters.events(receipt, "UpdateApplied")
    assert event["source"] == BY_STEWARD


def test_steward__one_second_early__too_early(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {1: 1100})
    parameters.send("scheduleUpdate", wanted, sender=STEWARD)
    name, ready = parameters.read("hashUpdate", wanted), node.now + DAY
    assert parameters.read("scheduledAt", name) == ready
    node.advance(DAY - 1)
    expected = refusal("TooEarly", name, ready, ready - 1)
    assert parameters.refusal("applyScheduled", wanted, sender=STEWARD) == expected


def test_steward__never_announced__not_scheduled(parameters: Deployed) -> None:
    wanted = update(parameters, {1: 1100})
    name = parameters.read("hashUpdate", wanted)
    assert parameters.refusal("applyScheduled", wanted, sender=STEWARD) == refusal("NotScheduled", name)
    assert parameters.refusal("veto", name, sender=GUARDIAN) == refusal("NotScheduled", name)


def test_steward__announced_twice__already_scheduled(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {1: 1100})
    parameters.send("scheduleUpdate", wanted, sender=STEWARD)
    expected = refusal("AlreadyScheduled", parameters.read("hashUpdate", wanted), node.now + DAY)
    assert parameters.refusal("scheduleUpdate", wanted, sender=STEWARD) == expected


def test_steward__applied_twice__not_scheduled(parameters: Deployed) -> None:
    wanted = update(parameters, {1: 1100})
    steer(parameters, {1: 1100}, observed_at=wanted[2], expiry=wanted[3])
    name = parameters.read("hashUpdate", wanted)
    assert parameters.refusal("applyScheduled", wanted, sender=STEWARD) == refusal("NotScheduled", name)


def test_steward__announced_with_another_content__not_scheduled(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {1: 1100})
    parameters.send("scheduleUpdate", wanted, sender=STEWARD)
    node.advance(DAY)
    swapped = (wanted[0], [1200], *wanted[2:])
    expected = refusal("NotScheduled", parameters.read("hashUpdate", swapped))
    assert parameters.refusal("applyScheduled", swapped, sender=STEWARD) == expected


def test_schedule__broken_rule__same_bytes_as_check_when_it_applies(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {1: 1201})
    reason = bytes(parameters.read("check", wanted, BY_STEWARD, node.now + DAY))
    assert reason == parameters.revert_data("scheduleUpdate", wanted, sender=STEWARD)
    assert named(reason, parameters.abi) == refusal("StepTooLarge", 1, 1000, 1201, 200)


def test_schedule__would_expire_before_the_delay_ends__expired(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {1: 1100}, expiry=node.now + DAY - 1)
    expected = refusal("Expired", wanted[3], node.now + DAY)
    assert parameters.refusal("scheduleUpdate", wanted, sender=STEWARD) == expected


def test_apply__the_world_changed_since_it_was_announced__checked_again(parameters: Deployed, node: Node) -> None:
    node.advance(DAY)
    wanted = update(parameters, {1: 1150})
    parameters.send("scheduleUpdate", wanted, sender=STEWARD)
    node.advance(DAY)
    vote(parameters, {1: 900}, observed_at=wanted[2] - 1)
    expected = refusal("StepTooLarge", 1, 900, 1150, 200)
    assert parameters.refusal("applyScheduled", wanted, sender=STEWARD) == expected


def test_veto__waiting_update__refused_for_good(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {1: 1100})
    parameters.send("scheduleUpdate", wanted, sender=STEWARD)
    name = parameters.read("hashUpdate", wanted)
    parameters.send("veto", name, sender=GUARDIAN)
    node.advance(DAY)
    assert parameters.read("scheduledAt", name) == VETOED
    for function in ("applyScheduled", "scheduleUpdate"):
        assert parameters.refusal(function, wanted, sender=STEWARD) == refusal("Vetoed", name)
    assert values(parameters) == VALUES


@pytest.mark.parametrize("function", ["veto", "pause", "rollback", "unpause", "setLimits"])
def test_guarded_call__by_the_steward__unauthorised(parameters: Deployed, function: str) -> None:
    arguments = {"veto": (keccak(b"x"),), "setLimits": (1, (0, 1, 1, 1, DAY))}.get(function, ())
    role = bytes(32) if function in ("unpause", "setLimits") else parameters.read("GUARDIAN_ROLE")
    expected = refusal("AccessControlUnauthorizedAccount", STEWARD.lower(), role)
    assert parameters.refusal(function, *arguments, sender=STEWARD) == expected


def test_pause__any_update__enforced_pause_until_the_dao_ends_it(parameters: Deployed, node: Node) -> None:
    waiting = update(parameters, {0: 2100})
    parameters.send("scheduleUpdate", waiting, sender=STEWARD)
    node.advance(DAY)
    parameters.send("pause", sender=GUARDIAN)
    wanted = update(parameters, {1: 1100})
    paused = refusal("EnforcedPause")
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == paused
    assert parameters.refusal("scheduleUpdate", wanted, sender=STEWARD) == paused
    assert parameters.refusal("applyScheduled", waiting, sender=STEWARD) == paused
    assert named(bytes(parameters.read("check", wanted, DAO, node.now)), parameters.abi) == paused
    assert parameters.refusal("unpause", sender=GUARDIAN).name == "AccessControlUnauthorizedAccount"
    parameters.send("unpause", sender=TIMELOCK)
    parameters.send("applyScheduled", waiting, sender=STEWARD)
    assert values(parameters) == changed({0: 2100})
