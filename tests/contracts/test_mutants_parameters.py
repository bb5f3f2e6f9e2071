"""Hedge parameters at their edges: the last delay, limit, time and drift that is accepted; and what events say."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils import keccak
from governed import DAO, GUARDIAN, LIMITS, STEWARD, TIMELOCK, VALUES, steer, update, vote
from onchain import DAY, HOUR, Deployed, Node, refusal

pytestmark = pytest.mark.chain
AUTOMATED = 2
KEY = 1  # the wing: 1000, up 200, down 500, 200 to 3000


def logged(contract: Deployed, name: str) -> list[dict[str, Any]]:
    """Return the arguments of every event of a name since the contract was deployed."""
    event = contract.contract.events[name]()
    found = contract.node.web3.eth.get_logs({"address": contract.address, "fromBlock": 0})
    own = [entry for entry in found if "0x" + bytes(entry["topics"][0]).hex() == event.topic]
    return [dict(event.process_log(entry)["args"]) for entry in own]


@pytest.mark.parametrize("delay", [HOUR, 14 * DAY])
def test_steward_delay__at_its_edges__accepted_and_announced_with_the_first_values(node: Node, delay: int) -> None:
    made = node.deploy("HedgeParameters", TIMELOCK, STEWARD, GUARDIAN, delay, VALUES, LIMITS)
    assert made.read("STEWARD_DELAY") == delay
    (event,) = logged(made, "Genesis")
    assert list(event.values()) == [VALUES, delay]
    assert [tuple(one["limits"].values()) for one in logged(made, "LimitsSet")] == LIMITS


def test_roles__by_their_names__are_the_hashes_that_other_contracts_ask_for(parameters: Deployed) -> None:
    for name in ("STEWARD_ROLE", "GUARDIAN_ROLE", "AUTOMATION_ROLE"):
        assert parameters.read(name) == keccak(text=name)


@pytest.mark.parametrize("limits", [(1000, 1000, 1, 1, HOUR), (0, 3000, 1, 1, 90 * DAY)])
def test_limits__at_their_edges__accepted(parameters: Deployed, limits: tuple[int, ...]) -> None:
    parameters.send("setLimits", KEY, limits, sender=TIMELOCK)
    assert parameters.read("limits", KEY) == limits


def test_lifetime__of_ninety_days__is_the_longest_accepted(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {KEY: 1100}, expiry=node.now + 90 * DAY)
    assert parameters.read("check", wanted, DAO, node.now) == b""


def test_steward__in_the_second_in_which_the_delay_ends__applies_and_says_so(parameters: Deployed, node: Node) -> None:
    wanted = update(parameters, {KEY: 1100})
    scheduled = parameters.send("scheduleUpdate", wanted, sender=STEWARD)
    name, ready = parameters.read("hashUpdate", wanted), node.now + DAY
    (event,) = parameters.events(scheduled, "UpdateScheduled")
    assert (event["updateHash"], event["readyAt"]) == (name, ready)
    node.advance(DAY - 1)
    applied = parameters.send("applyScheduled", wanted, sender=STEWARD)
    assert node.now == ready
    (event,) = parameters.events(applied, "UpdateReleased")
    assert list(event.values()) == [name, 2]
    assert parameters.read("scheduledAt", name) == 0


def test_veto__of_a_waiting_update__is_announced_and_cannot_be_repeated(parameters: Deployed) -> None:
    wanted = update(parameters, {KEY: 1100})
    parameters.send("scheduleUpdate", wanted, sender=STEWARD)
    name = parameters.read("hashUpdate", wanted)
    (event,) = parameters.events(parameters.send("veto", name, sender=GUARDIAN), "UpdateVetoed")
    assert list(event.values()) == [name, GUARDIAN]
    assert parameters.refusal("veto", name, sender=GUARDIAN) == refusal("Vetoed", name)


def test_drift__down_by_three_steps_and_one_more__accepted_and_refused(parameters: Deployed, node: Node) -> None:
    parameters.send("setLimits", KEY, (200, 3000, 200, 100, DAY), sender=TIMELOCK)
    for value in (950, 850, 750):
        node.advance(DAY)
        vote(parameters, {KEY: value})
    node.advance(DAY)
    expected = refusal("DriftTooLarge", KEY, 1000, 699, 300)
    assert parameters.refusal("applyUpdate", update(parameters, {KEY: 699}), sender=TIMELOCK) == expected
    vote(parameters, {KEY: 700})


def test_limits__set_on_one_key__leave_the_steward_s_mark_on_others(parameters: Deployed, node: Node) -> None:
    steer(parameters, {KEY: 1100, 9: 900})
    parameters.send("setLimits", KEY, LIMITS[KEY], sender=TIMELOCK)
    assert parameters.read("readyAt", KEY, DAO) == node.now + DAY
    assert parameters.read("readyAt", 9, DAO) == 0


@pytest.mark.parametrize("changes", [{KEY: 1201, 9: 900}, {KEY: 1201, 9: 900, 17: 1_900_000}])
def test_update__first_key_beyond_its_step_and_the_others_fine__refused_for_the_first(
    parameters: Deployed, changes: dict[int, int]
) -> None:
    wanted = update(parameters, changes)
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == refusal("StepTooLarge", KEY, 1000, 1201, 200)


def test_change__steward_repeats_what_a_steward_set__no_change(parameters: Deployed, node: Node) -> None:
    steer(parameters, {KEY: 1100})
    node.advance(DAY)
    wanted = update(parameters, {KEY: 1100})
    assert parameters.refusal("scheduleUpdate", wanted, sender=STEWARD) == refusal("NoChange", KEY, 1100)


@pytest.mark.parametrize(("voted", "limits"), [(1200, (1000, 3000)), (900, (200, 1000))], ids=["min", "max"])
def test_rollback__to_a_value_at_the_edge_of_narrowed_bounds__works(
    parameters: Deployed, voted: int, limits: tuple[int, int]
) -> None:
    vote(parameters, {KEY: voted})
    parameters.send("setLimits", KEY, (*limits, 200, 500, DAY), sender=TIMELOCK)
    parameters.send("rollback", sender=GUARDIAN)
    assert parameters.read("value", KEY) == 1000


@pytest.mark.parametrize(("edge", "most"), [(200, 500), (3000, 200)], ids=["min", "max"])
def test_step__too_large_but_exactly_to_a_bound__refused(parameters: Deployed, edge: int, most: int) -> None:
    expected = refusal("StepTooLarge", KEY, 1000, edge, most)
    assert parameters.refusal("applyUpdate", update(parameters, {KEY: edge}), sender=TIMELOCK) == expected


def test_automated__by_the_role_alone__applies_at_once_by_the_stewards_rules(parameters: Deployed) -> None:
    role, robot = parameters.read("AUTOMATION_ROLE"), parameters.node.deployer
    wanted = update(parameters, {KEY: 1100})
    for sender in (robot, STEWARD, GUARDIAN, TIMELOCK):
        expected = refusal("AccessControlUnauthorizedAccount", sender.lower(), role)
        assert parameters.refusal("applyAutomated", wanted, sender=sender) == expected
    parameters.send("grantRole", role, robot, sender=TIMELOCK)
    beyond = update(parameters, {KEY: 1201})
    assert parameters.refusal("applyAutomated", beyond, sender=robot).name == "StepTooLarge"
    (event,) = parameters.events(parameters.send("applyAutomated", wanted, sender=robot), "UpdateApplied")
    assert event["source"] == AUTOMATED
    assert (parameters.read("value", KEY), parameters.read("voted")[KEY]) == (1100, 1000)
    assert parameters.read("readyAt", KEY, DAO) == 0
    assert parameters.read("readyAt", KEY, AUTOMATED) == parameters.node.now + DAY


def test_window__fall_confirmed_by_a_vote_after_limits_shrank__is_no_drift(parameters: Deployed, node: Node) -> None:
    steer(parameters, {KEY: 700})
    parameters.send("setLimits", KEY, (200, 3000, 1, 1, DAY), sender=TIMELOCK)
    node.advance(DAY)
    vote(parameters, {KEY: 700})
    assert parameters.read("voted")[KEY] == 700


def test_rollback__of_the_first_key__is_judged_and_starts_its_cooldown(parameters: Deployed, node: Node) -> None:
    vote(parameters, {0: 2100})
    node.advance(DAY)
    most = LIMITS[0][1]
    parameters.send("setLimits", 0, (2050, most, 400, 400, HOUR), sender=TIMELOCK)
    assert parameters.refusal("rollback", sender=GUARDIAN) == refusal("OutOfBounds", 0, 2000, 2050, most)
    parameters.send("setLimits", 0, LIMITS[0], sender=TIMELOCK)
    node.advance(HOUR)
    parameters.send("rollback", sender=GUARDIAN)
    assert parameters.read("readyAt", 0, DAO) == node.now + DAY


def test_rollback__of_a_vote__leaves_the_steward_s_mark_on_other_keys_and_makes_none(
    parameters: Deployed, node: Node
) -> None:
    steer(parameters, {9: 900})
    steer(parameters, {9: VALUES[9]})
    vote(parameters, {KEY: 1100})
    parameters.send("rollback", sender=GUARDIAN)
    born = parameters.read("updatedAt")[2]
    assert [parameters.read("readyAt", key, DAO) for key in (9, KEY, 2)] == [0, node.now + DAY, born + DAY]
