"""The steward's path: announce, wait, apply; the guardian's veto and pause."""

from __future__ import annotations

import pytest
from eth_utils import keccak
from governed import BY_STEWARD, DAO, GUARDIAN, STEWARD, TIMELOCK, VALUES, WHOLE, changed, steer, update, values, vote
from onchain import DAY, Deployed, Node, named, refusal

pytestmark = pytest.mark.chain
FORGOTTEN, WAITING, VETOED = range(3)
AUTOMATED = 2


def test_steward__after_the_delay__applies_and_leaves_the_vote_on_record(parameters: Deployed) -> None:
    receipt = steer(parameters, {11: 1100})
    assert values(parameters) == changed({11: 1100})
    assert list(parameters.read("voted")) == VALUES
    (event,) = parameters.events(receipt, "UpdateApplied")
    assert event["source"] == BY_STEWARD


def test_steward__one_second_early__too_early(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {11: 1100})
    parameters.send("scheduleUpdate", wanted, sender=STEWARD)
    name, ready = parameters.read("hashUpdate", wanted), node.now + DAY
    assert parameters.read("scheduled", name) == [WAITING, ready]
    node.advance(DAY - 1)
    expected = refusal("TooEarly", name, ready, ready - 1)
    assert parameters.refusal("applyScheduled", wanted, sender=STEWARD) == expected


def test_steward__in_the_second_in_which_the_delay_ends__applies_and_says_so(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {11: 1100})
    scheduled = parameters.send("scheduleUpdate", wanted, sender=STEWARD)
    name, ready = parameters.read("hashUpdate", wanted), node.now + DAY
    (event,) = parameters.events(scheduled, "UpdateScheduled")
    assert (event["updateHash"], event["readyAt"]) == (name, ready)
    node.advance(DAY - 1)
    applied = parameters.send("applyScheduled", wanted, sender=STEWARD)
    assert node.now == ready
    (event,) = parameters.events(applied, "UpdateReleased")
    assert list(event.values()) == [name, 2]
    assert parameters.read("scheduled", name) == [FORGOTTEN, 0]


def test_steward__never_announced__not_scheduled(parameters: Deployed) -> None:
    wanted = update(parameters, {11: 1100})
    name = parameters.read("hashUpdate", wanted)
    assert parameters.refusal("applyScheduled", wanted, sender=STEWARD) == refusal("NotScheduled", name)
    assert parameters.refusal("veto", name, sender=GUARDIAN) == refusal("NotScheduled", name)


def test_steward__announced_twice__already_scheduled(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {11: 1100})
    parameters.send("scheduleUpdate", wanted, sender=STEWARD)
    expected = refusal("AlreadyScheduled", parameters.read("hashUpdate", wanted), node.now + DAY)
    assert parameters.refusal("scheduleUpdate", wanted, sender=STEWARD) == expected


def test_steward__applied_twice__not_scheduled(parameters: Deployed) -> None:
    wanted = update(parameters, {11: 1100})
    steer(parameters, {11: 1100}, observed_at=wanted[2], expiry=wanted[3])
    name = parameters.read("hashUpdate", wanted)
    assert parameters.refusal("applyScheduled", wanted, sender=STEWARD) == refusal("NotScheduled", name)


def test_steward__announced_with_another_content__not_scheduled(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {11: 1100})
    parameters.send("scheduleUpdate", wanted, sender=STEWARD)
    node.advance(DAY)
    swapped = (wanted[0], [1200], *wanted[2:])
    expected = refusal("NotScheduled", parameters.read("hashUpdate", swapped))
    assert parameters.refusal("applyScheduled", swapped, sender=STEWARD) == expected


def test_schedule__broken_rule__same_bytes_as_check_when_it_applies(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {11: 1201})
    reason = bytes(parameters.read("check", wanted, BY_STEWARD, node.now + DAY))
    assert reason == parameters.revert_data("scheduleUpdate", wanted, sender=STEWARD)
    assert named(reason, parameters.abi) == refusal("StepTooLarge", 11, 1000, 1201, 200)


def test_schedule__would_expire_before_the_delay_ends__expired(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {11: 1100}, expiry=node.now + DAY - 1)
    expected = refusal("Expired", wanted[3], node.now + DAY)
    assert parameters.refusal("scheduleUpdate", wanted, sender=STEWARD) == expected


def test_change__steward_repeats_what_a_steward_set__no_change(parameters: Deployed, node: Node) -> None:
    steer(parameters, {11: 1100})
    node.advance(DAY)
    wanted = update(parameters, {11: 1100})
    assert parameters.refusal("scheduleUpdate", wanted, sender=STEWARD) == refusal("NoChange", 11, 1100)


def test_schedule__value_that_is_in_force__no_change_whoever_set_it(parameters: Deployed) -> None:
    found = parameters.refusal("scheduleUpdate", update(parameters, {13: VALUES[13]}), sender=STEWARD)
    assert found == refusal("NoChange", 13, VALUES[13])
    steer(parameters, {13: 900})
    parameters.node.advance(DAY)
    found = parameters.refusal("scheduleUpdate", update(parameters, {13: 900}), sender=STEWARD)
    assert found == refusal("NoChange", 13, 900)
    vote(parameters, {13: 900})  # to the DAO it is a change of what is voted
    assert parameters.read("voted") == changed({13: 900}) == values(parameters)


def test_apply__the_world_changed_since_it_was_announced__checked_again(parameters: Deployed, node: Node) -> None:
    node.advance(DAY)
    wanted = update(parameters, {11: 1150})
    parameters.send("scheduleUpdate", wanted, sender=STEWARD)
    node.advance(DAY)
    vote(parameters, {11: 900}, observed_at=wanted[2] - 1)
    expected = refusal("StepTooLarge", 11, 900, 1150, 200)
    assert parameters.refusal("applyScheduled", wanted, sender=STEWARD) == expected


def test_veto__waiting_update__refused_for_good(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {11: 1100})
    parameters.send("scheduleUpdate", wanted, sender=STEWARD)
    name = parameters.read("hashUpdate", wanted)
    parameters.send("veto", name, sender=GUARDIAN)
    node.advance(DAY)
    assert parameters.read("scheduled", name)[0] == VETOED
    for function in ("applyScheduled", "scheduleUpdate"):
        assert parameters.refusal(function, wanted, sender=STEWARD) == refusal("Vetoed", name)
    assert values(parameters) == VALUES


def test_veto__of_a_waiting_update__is_announced_and_cannot_be_repeated(parameters: Deployed) -> None:
    wanted = update(parameters, {11: 1100})
    parameters.send("scheduleUpdate", wanted, sender=STEWARD)
    name = parameters.read("hashUpdate", wanted)
    (event,) = parameters.events(parameters.send("veto", name, sender=GUARDIAN), "UpdateVetoed")
    assert list(event.values()) == [name, GUARDIAN]
    assert parameters.refusal("veto", name, sender=GUARDIAN) == refusal("Vetoed", name)


@pytest.mark.parametrize("function", ["veto", "vetoAll", "pause", "suspendSteward", "rollback", "unpause", "setLimits"])
def test_guarded_call__by_the_steward__unauthorised(parameters: Deployed, function: str) -> None:
    arguments = {"veto": (keccak(b"x"),), "setLimits": (11, (0, 1, 1, 1, DAY)), "rollback": WHOLE}.get(function, ())
    role = bytes(32) if function in ("unpause", "setLimits") else parameters.read("GUARDIAN_ROLE")
    expected = refusal("AccessControlUnauthorizedAccount", STEWARD.lower(), role)
    assert parameters.refusal(function, *arguments, sender=STEWARD) == expected


def test_pause__any_update__enforced_pause_until_the_dao_ends_it(parameters: Deployed, node: Node) -> None:
    waiting = update(parameters, {10: 2100})
    parameters.send("scheduleUpdate", waiting, sender=STEWARD)
    node.advance(DAY)
    parameters.send("pause", sender=GUARDIAN)
    wanted = update(parameters, {11: 1100})
    paused = refusal("EnforcedPause")
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == paused
    assert parameters.refusal("scheduleUpdate", wanted, sender=STEWARD) == paused
    assert parameters.refusal("applyScheduled", waiting, sender=STEWARD) == paused
    assert named(bytes(parameters.read("check", wanted, DAO, node.now)), parameters.abi) == paused
    assert parameters.refusal("unpause", sender=GUARDIAN).name == "AccessControlUnauthorizedAccount"
    parameters.send("unpause", sender=TIMELOCK)
    parameters.send("applyScheduled", waiting, sender=STEWARD)
    assert values(parameters) == changed({10: 2100})


def test_automated__by_the_role_alone__applies_at_once_by_the_stewards_rules(parameters: Deployed) -> None:
    role, robot = parameters.read("AUTOMATION_ROLE"), parameters.node.deployer
    wanted = update(parameters, {11: 1100})
    for sender in (robot, STEWARD, GUARDIAN, TIMELOCK):
        expected = refusal("AccessControlUnauthorizedAccount", sender.lower(), role)
        assert parameters.refusal("applyAutomated", wanted, sender=sender) == expected
    parameters.send("grantRole", role, robot, sender=TIMELOCK)
    beyond = update(parameters, {11: 1201})
    assert parameters.refusal("applyAutomated", beyond, sender=robot).name == "StepTooLarge"
    (event,) = parameters.events(parameters.send("applyAutomated", wanted, sender=robot), "UpdateApplied")
    assert event["source"] == AUTOMATED
    assert (parameters.read("value", 11), parameters.read("voted")[11]) == (1100, 1000)
    assert parameters.read("readyAt", 11, DAO) == 0
    assert parameters.read("readyAt", 11, AUTOMATED) == parameters.node.now + DAY
