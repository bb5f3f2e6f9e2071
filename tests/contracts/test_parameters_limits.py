"""Bounds, steps and cooldowns of single keys; shape of an update."""

from __future__ import annotations

import pytest
from governed import (
    ANYBODY,
    COUNT,
    DAO,
    DOWN,
    GUARDIAN,
    LIMITS,
    STEWARD,
    TIMELOCK,
    UP,
    VALUES,
    changed,
    update,
    values,
    vote,
    widen,
)
from onchain import DAY, HOUR, Deployed, Node, refusal

from hedge.policy.parameters import KEYS

pytestmark = pytest.mark.chain
MOST = 2**32 - 1


@pytest.mark.parametrize("key", range(COUNT))
def test_bounds__one_outside__out_of_bounds_with_numbers(parameters: Deployed, key: int) -> None:
    low, high = LIMITS[key][:2]
    for value in (high + 1, MOST) + ((low - 1, 0) if low > 0 else ()):
        wanted = update(parameters, {key: value})
        assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == refusal(
            "OutOfBounds", key, value, low, high
        )


@pytest.mark.parametrize("key", range(COUNT))
def test_step__largest_and_one_more__accepted_and_refused(parameters: Deployed, key: int) -> None:
    old = VALUES[key]
    up, down = (min(old + UP[key] + 1, KEYS[key].most), max(old - DOWN[key] - 1, KEYS[key].least))
    if up - old > UP[key]:
        expected = refusal("StepTooLarge", key, old, up, UP[key])
        assert parameters.refusal("applyUpdate", update(parameters, {key: up}), sender=TIMELOCK) == expected
    if old - down > DOWN[key]:
        expected = refusal("StepTooLarge", key, old, down, DOWN[key])
        assert parameters.refusal("applyUpdate", update(parameters, {key: down}), sender=TIMELOCK) == expected


@pytest.mark.parametrize(("edge", "most"), [(200, 500), (3000, 200)], ids=["min", "max"])
def test_step__too_large_but_exactly_to_a_bound__refused(parameters: Deployed, edge: int, most: int) -> None:
    expected = refusal("StepTooLarge", 11, 1000, edge, most)
    assert parameters.refusal("applyUpdate", update(parameters, {11: edge}), sender=TIMELOCK) == expected


@pytest.mark.parametrize("changes", [{11: 1201, 18: 5900}, {11: 1201, 18: 5900, 21: 95}])
def test_update__first_key_beyond_its_step_and_the_others_fine__refused_for_the_first(
    parameters: Deployed, changes: dict[int, int]
) -> None:
    wanted = update(parameters, changes)
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == refusal("StepTooLarge", 11, 1000, 1201, 200)


def test_step__exactly_the_largest__accepted_both_ways(parameters: Deployed, node: Node) -> None:
    vote(parameters, {6: VALUES[6] - DOWN[6], 11: VALUES[11] + UP[11]})
    assert values(parameters) == changed({6: 2500, 11: 1200})


def test_bounds__exactly_min_and_max__accepted(parameters: Deployed, node: Node) -> None:
    widen(parameters)
    vote(parameters, {5: 10_000, 11: 200})
    node.advance(DAY)
    vote(parameters, {5: 0, 11: 3000})
    assert values(parameters) == changed({5: 0, 11: 3000})


def test_cooldown__first_update__counts_from_deployment(node: Node) -> None:
    fresh = node.deploy("HedgeParameters", TIMELOCK, STEWARD, GUARDIAN, DAY, VALUES, LIMITS)
    born = node.now
    node.advance(DAY - 1)
    wanted = update(fresh, {11: 1100})
    assert fresh.refusal("applyUpdate", wanted, sender=TIMELOCK) == refusal(
        "CoolingDown", 11, born + DAY - 1, born + DAY
    )
    node.advance(1)
    assert fresh.read("check", wanted, DAO, node.now) == b""


def test_cooldown__second_step_too_soon__refused_until_the_second(parameters: Deployed, node: Node) -> None:
    vote(parameters, {11: 1100})
    moved = node.now
    node.advance(HOUR)
    wanted = update(parameters, {11: 1200})
    expected = refusal("CoolingDown", 11, moved + HOUR, moved + DAY)
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == expected
    assert parameters.read("readyAt", 11, DAO) == moved + DAY
    node.advance(DAY - HOUR - 1)
    parameters.send("applyUpdate", wanted, sender=TIMELOCK)
    assert parameters.read("value", 11) == 1200


def test_cooldown__one_key__leaves_its_neighbours_free(parameters: Deployed, node: Node) -> None:
    vote(parameters, {11: 1100})
    vote(parameters, {10: 2100, 12: 22})
    assert values(parameters) == changed({10: 2100, 11: 1100, 12: 22})


def test_change__same_value__no_change(parameters: Deployed) -> None:
    wanted = update(parameters, {11: 1100, 13: 1000})
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == refusal("NoChange", 13, 1000)


@pytest.mark.parametrize(
    ("keys", "amounts", "name", "numbers"),
    [
        ([], [], "EmptyUpdate", ()),
        ([11, 12], [1100], "LengthMismatch", (2, 1)),
        ([11], [1100, 22], "LengthMismatch", (1, 2)),
        ([11, 11], [1100, 1200], "KeysNotAscending", (11, 11)),
        ([12, 11], [22, 1100], "KeysNotAscending", (12, 11)),
        ([11, COUNT], [1100, 1], "UnknownKey", (COUNT, COUNT)),
        ([255], [1], "UnknownKey", (255, COUNT)),
    ],
)
def test_shape__malformed__named_error(
    parameters: Deployed, keys: list[int], amounts: list[int], name: str, numbers: tuple[int, ...]
) -> None:
    now = parameters.node.now
    wanted = (keys, amounts, now, now + DAY, bytes(32))
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == refusal(name, *numbers)


@pytest.mark.parametrize("function", ["applyUpdate", "scheduleUpdate", "applyScheduled"])
def test_update__by_anyone_else__unauthorised(parameters: Deployed, function: str) -> None:
    wanted = update(parameters, {11: 1100})
    role = bytes(32) if function == "applyUpdate" else parameters.read("STEWARD_ROLE")
    for sender in (ANYBODY, GUARDIAN, parameters.node.deployer):
        expected = refusal("AccessControlUnauthorizedAccount", sender.lower(), role)
        assert parameters.refusal(function, wanted, sender=sender) == expected
