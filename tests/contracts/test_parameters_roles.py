"""Roles, limits, set-up and reads of HedgeParameters."""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils import keccak
from governed import (
    ANYBODY,
    BY_STEWARD,
    COUNT,
    DAO,
    GUARDIAN,
    HASH,
    LIMITS,
    STEWARD,
    TIMELOCK,
    VALUES,
    changed,
    steer,
    update,
    values,
    vote,
)
from onchain import DAY, GENESIS, HOUR, Deployed, Node, refusal

from hedge.policy.parameters import KEYS

pytestmark = pytest.mark.chain
ZERO = "0x" + "00" * 20


def logged(contract: Deployed, name: str) -> list[dict[str, Any]]:
    """Return the arguments of every event of a name since the contract was deployed."""
    event = contract.contract.events[name]()
    found = contract.node.web3.eth.get_logs({"address": contract.address, "fromBlock": 0})
    own = [entry for entry in found if "0x" + bytes(entry["topics"][0]).hex() == event.topic]
    return [dict(event.process_log(entry)["args"]) for entry in own]


def test_roles__after_deployment__one_holder_each_and_none_for_the_deployer(parameters: Deployed) -> None:
    for role, holder in ((bytes(32), TIMELOCK), ("STEWARD_ROLE", STEWARD), ("GUARDIAN_ROLE", GUARDIAN)):
        key = parameters.read(role) if isinstance(role, str) else role
        assert parameters.read("getRoleMembers", key) == [holder]
        assert parameters.read("getRoleAdmin", key) == bytes(32)
        assert parameters.read("hasRole", key, parameters.node.deployer) is False


def test_roles__by_their_names__are_the_hashes_that_other_contracts_ask_for(parameters: Deployed) -> None:
    for name in ("STEWARD_ROLE", "GUARDIAN_ROLE", "AUTOMATION_ROLE"):
        assert parameters.read(name) == keccak(text=name)


@pytest.mark.parametrize(
    "roles",
    [
        (TIMELOCK, TIMELOCK, GUARDIAN), (TIMELOCK, STEWARD, STEWARD), (GUARDIAN, STEWARD, GUARDIAN),
        (ZERO, STEWARD, GUARDIAN), (TIMELOCK, ZERO, GUARDIAN), (TIMELOCK, STEWARD, ZERO),
    ],
)  # fmt: skip
def test_roles__shared_or_missing__not_separate(node: Node, roles: tuple[str, str, str]) -> None:
    expected = refusal("RolesNotSeparate", *(role.lower() for role in roles))
    assert node.deploy_refusal("HedgeParameters", *roles, DAY, VALUES, LIMITS) == expected


@pytest.mark.parametrize("delay", [0, HOUR - 1, 14 * DAY + 1])
def test_steward_delay__outside_its_range__refused(node: Node, delay: int) -> None:
    found = node.deploy_refusal("HedgeParameters", TIMELOCK, STEWARD, GUARDIAN, delay, VALUES, LIMITS)
    assert found == refusal("BadStewardDelay", delay, HOUR, 14 * DAY)


@pytest.mark.parametrize("delay", [HOUR, 14 * DAY])
def test_steward_delay__at_its_edges__accepted_and_announced_with_the_first_values(node: Node, delay: int) -> None:
    made = node.deploy("HedgeParameters", TIMELOCK, STEWARD, GUARDIAN, delay, VALUES, LIMITS)
    assert made.read("STEWARD_DELAY") == delay
    (event,) = logged(made, "Genesis")
    assert list(event.values()) == [VALUES, delay]
    assert [tuple(event["limits"].values()) for event in logged(made, "LimitsSet")] == LIMITS


@pytest.mark.parametrize(
    ("limits", "name", "numbers"),
    [
        ((1001, 1000, 1, 1, DAY), "BoundsReversed", (11, 1001, 1000)),
        ((1001, 3000, 1, 1, DAY), "OutOfBounds", (11, 1000, 1001, 3000)),
        ((200, 999, 1, 1, DAY), "OutOfBounds", (11, 1000, 200, 999)),
        ((200, 3000, 0, 1, DAY), "ZeroStep", (11, 0, 1)),
        ((200, 3000, 1, 0, DAY), "ZeroStep", (11, 1, 0)),
        ((200, 3000, 1, 1, 0), "BadCooldown", (11, 0, HOUR, 90 * DAY)),
        ((200, 3000, 1, 1, HOUR - 1), "BadCooldown", (11, HOUR - 1, HOUR, 90 * DAY)),
        ((200, 3000, 1, 1, 90 * DAY + 1), "BadCooldown", (11, 90 * DAY + 1, HOUR, 90 * DAY)),
        ((199, 3000, 1, 1, DAY), "BeyondOuterBounds", (11, 199, 3000, 200, 3000)),
        ((200, 3001, 1, 1, DAY), "BeyondOuterBounds", (11, 200, 3001, 200, 3000)),
    ],
)
def test_limits__senseless__refused(
    parameters: Deployed, limits: tuple[int, ...], name: str, numbers: tuple[int, ...]
) -> None:
    assert parameters.refusal("setLimits", 11, limits, sender=TIMELOCK) == refusal(name, *numbers)


@pytest.mark.parametrize("limits", [(1000, 1000, 1, 1, HOUR), (200, 3000, 1, 1, 90 * DAY)])
def test_limits__at_their_edges__accepted(parameters: Deployed, limits: tuple[int, ...]) -> None:
    parameters.send("setLimits", 11, limits, sender=TIMELOCK)
    assert parameters.read("limits", 11) == limits


def test_limits__of_an_unknown_key__refused(parameters: Deployed) -> None:
    expected = refusal("UnknownKey", COUNT, COUNT)
    assert parameters.refusal("setLimits", COUNT, LIMITS[0], sender=TIMELOCK) == expected
    for read in (
        ("value", COUNT),
        ("limits", COUNT),
        ("window", COUNT),
        ("describe", COUNT),
        ("outerBounds", COUNT),
        ("readyAt", COUNT, DAO),
    ):
        assert parameters.refusal(*read) == expected


def test_limits__by_anyone_but_the_dao__unauthorised(parameters: Deployed) -> None:
    for sender in (ANYBODY, STEWARD, GUARDIAN, parameters.node.deployer):
        expected = refusal("AccessControlUnauthorizedAccount", sender.lower(), bytes(32))
        assert parameters.refusal("setLimits", 11, LIMITS[11], sender=sender) == expected


def test_limits__widened__not_usable_in_the_same_proposal(parameters: Deployed, node: Node) -> None:
    receipt = parameters.send("setLimits", 11, (200, 3000, 3000, 3000, HOUR), sender=TIMELOCK)
    (event,) = parameters.events(receipt, "LimitsSet")
    assert tuple(event["limits"].values()) == parameters.read("limits", 11) == (200, 3000, 3000, 3000, HOUR)
    wanted = update(parameters, {11: 3000})
    expected = refusal("CoolingDown", 11, node.now, node.now + DAY)
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == expected
    node.advance(DAY)
    parameters.send("applyUpdate", wanted, sender=TIMELOCK)
    assert parameters.read("value", 11) == 3000


def test_limits__widened_on_a_key_the_steward_moved__the_vote_waits_too(parameters: Deployed, node: Node) -> None:
    steer(parameters, {11: 1100})
    parameters.send("setLimits", 11, (200, 3000, 3000, 3000, HOUR), sender=TIMELOCK)
    expected = refusal("CoolingDown", 11, node.now, node.now + DAY)
    assert parameters.refusal("applyUpdate", update(parameters, {11: 3000}), sender=TIMELOCK) == expected


def test_limits__set_on_one_key__leave_the_steward_s_mark_on_others(parameters: Deployed, node: Node) -> None:
    steer(parameters, {5: 900, 11: 1100})
    parameters.send("setLimits", 11, LIMITS[11], sender=TIMELOCK)
    assert parameters.read("readyAt", 11, DAO) == node.now + DAY
    assert parameters.read("readyAt", 5, DAO) == 0


def test_describe__every_key__is_the_table_of_the_hedge_package(parameters: Deployed) -> None:
    assert parameters.read("KEY_COUNT") == COUNT
    table = [tuple(parameters.read("describe", key)) for key in range(COUNT)]
    assert table == [(key.name, key.unit) for key in KEYS]


def test_reads__after_deployment__are_genesis(parameters: Deployed) -> None:
    for read in ("values", "voted", "lastGood"):
        assert list(parameters.read(read)) == VALUES
    assert parameters.read("allLimits") == LIMITS
    assert [parameters.read("limits", key) for key in range(COUNT)] == LIMITS
    assert len(set(parameters.read("restsUntil"))) == 1
    assert GENESIS + DAY <= parameters.read("restsUntil")[0] <= parameters.node.now - DAY
    assert parameters.read("paused") is False
    assert (parameters.read("lastObservedAt"), parameters.read("lastVotedObservedAt")) == (0, 0)


def test_rests_until__one_update__stamps_its_keys_alone(parameters: Deployed, node: Node) -> None:
    before = list(parameters.read("restsUntil"))
    vote(parameters, {5: 900, 11: 1100, 21: 95})
    expected = [node.now + DAY if key in (5, 11, 21) else stamp for key, stamp in enumerate(before)]
    assert list(parameters.read("restsUntil")) == expected


def test_events__replayed__rebuild_the_state(parameters: Deployed, node: Node) -> None:
    receipts: list[dict[str, Any]] = [vote(parameters, {5: 900, 11: 1100}), steer(parameters, {10: 2100})]
    rebuilt = list(VALUES)
    for version, receipt in enumerate(receipts, start=2):
        (event,) = parameters.events(receipt, "UpdateApplied")
        assert (event["version"], event["inputsHash"]) == (version, HASH)
        for key, new in zip(event["changedKeys"], event["newValues"], strict=True):
            rebuilt[key] = new
    assert [event["source"] for r in receipts for event in parameters.events(r, "UpdateApplied")] == [DAO, BY_STEWARD]
    assert rebuilt == values(parameters) == changed({5: 900, 10: 2100, 11: 1100})
