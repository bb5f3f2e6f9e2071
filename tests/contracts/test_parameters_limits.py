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
    expected = refusal("StepTooLarge", 1, 1000, edge, most)
    assert parameters.refusal("applyUpdate", update(parameters, {1: edge}), sender=TIMELOCK) == expected


@pytest.mark.parametrize("changes", [{1: 1201, 9: 900}, {1: 1201, 9: 900, 17: 1_900_000}])
def test_update__first_key_beyond_its_step_and_the_others_fine__refused_for_the_first(
    parameters: Deployed, changes: dict[int, int]
) -> None:
    wanted = update(parameters, changes)
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == refusal("StepTooLarge", 1, 1000, 1201, 200)


def test_step__exactly_the_largest__accepted_both_ways(parameters: Deployed, node: Node) -> None:
    vote(parameters, {1: VALUES[1] + UP[1], 4: VALUES[4] - DOWN[4]})
    assert values(parameters) == changed({1: 1200, 4: 250_000})


def test_bounds__exactly_min_and_max__accepted(parameters: Deployed, node: Node) -> None:
    widen(parameters)
    vote(parameters, {1: 200, 16: 10_000})
    node.advance(DAY)
    vote(parameters, {1: 3000, 16: 0})
    assert values(parameters) == changed({1: 3000, 16: 0})


def test_cooldown__first_update__counts_from_deployment(node: Node) -> None:
    fresh = node.deploy("HedgeParameters", TIMELOCK, STEWARD, GUARDIAN, DAY, VALUES, LIMITS)
    born = node.now
    node.advance(DAY - 1)
    wanted = update(fresh, {1: 1100})
    assert fresh.refusal("applyUpdate", wanted, sender=TIMELOCK) == refusal(
        "CoolingDown", 1, born + DAY - 1, born + DAY
    )
    node.advance(1)
    assert fresh.read("check", wanted, DAO, node.now) == b""


def test_cooldown__second_step_too_soon__refused_until_the_second(parameters: Deployed, node: Node) -> None:
    vote(parameters, {1: 1100})
    moved = node.now
    node.advance(HOUR)
    wanted = update(parameters, {1: 1200})
    expected = refusal("CoolingDown", 1, moved + HOUR, moved + DAY)
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == expected
    assert parameters.read("readyAt", 1, DAO) == moved + DAY
    node.advance(DAY - HOUR - 1)
    parameters.send("applyUpdate", wanted, sender=TIMELOCK)
    assert parameters.read("value", 1) == 1200


def test_cooldown__one_key__leaves_its_neighbours_free(parameters: Deployed, node: Node) -> None:
    vote(parameters, {1: 1100})
    vote(parameters, {0: 2100, 2: 8})
    assert values(parameters) == changed({0: 2100, 1: 1100, 2: 8})


def test_change__same_value__no_change(parameters: Deployed) -> None:
    wanted = update(parameters, {1: 1100, 4: 500_000})
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == refusal("NoChange", 4, 500_000)


@pytest.mark.parametrize(
    ("keys", "amounts", "name", "numbers"),
    [
        ([], [], "EmptyUpdate", ()),
        ([1, 2], [1100], "LengthMismatch", (2, 1)),
        ([1], [1100, 8], "LengthMismatch", (1, 2)),
        ([1, 1], [1100, 1200], "KeysNotAscending", (1, 1)),
        ([2, 1], [8, 1100], "KeysNotAscending", (2, 1)),
        ([1, COUNT], [1100, 1], "UnknownKey", (COUNT, COUNT)),
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
    wanted = update(parameters, {1: 1100})
    role = bytes(32) if function == "applyUpdate" else parameters.read("STEWARD_ROLE")
    for sender in (ANYBODY, GUARDIAN, parameters.node.deployer):
        expected = refusal("AccessControlUnauthorizedAccount", sender.lower(), role)
        assert parameters.refusal(function, wanted, sender=sender) == expected
