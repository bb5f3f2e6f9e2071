"""The cumulative window: many legal steps of a key cannot add up to an illegal one."""

from __future__ import annotations

import pytest
from governed import (
    DAO,
    DOWN,
    GUARDIAN,
    LIMITS,
    STEWARD,
    TIMELOCK,
    UP,
    VALUES,
    WHOLE,
    changed,
    steer,
    update,
    values,
    vote,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from onchain import DAY, ON_A_NODE, Deployed, Node, refusal

pytestmark = pytest.mark.chain
WINDOW, STEPS = 7 * DAY, 3
KEY = 11  # the wing: 1000, up 200, down 500, 200 to 3000


def window(parameters: Deployed) -> list[int]:
    """Read where the wing's window began, and when it ends."""
    start, _, _, ends_at = parameters.read("windows")[KEY]
    return [start, ends_at]


def climb(parameters: Deployed, node: Node, steps: int) -> None:
    """Raise the wing by its largest step, once a day."""
    for _ in range(steps):
        vote(parameters, {KEY: parameters.read("value", KEY) + UP[KEY]})
        node.advance(DAY)


def test_window__genesis__begins_with_the_first_value(parameters: Deployed) -> None:
    born = parameters.read("restsUntil")[KEY] - DAY
    assert window(parameters) == [VALUES[KEY], born + WINDOW]


def test_window__three_largest_steps_then_one_more__refused_with_where_it_began(
    parameters: Deployed, node: Node
) -> None:
    climb(parameters, node, STEPS)
    assert parameters.read("value", KEY) == 1600
    wanted = update(parameters, {KEY: 1601})
    expected = refusal("DriftTooLarge", KEY, 1000, 1601, STEPS * UP[KEY])
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK) == expected
    vote(parameters, {KEY: 1600 - DOWN[KEY]})  # the way back is free


def test_drift__down_by_three_steps_and_one_more__accepted_and_refused(parameters: Deployed, node: Node) -> None:
    parameters.send("setLimits", KEY, (200, 3000, 200, 100, DAY), sender=TIMELOCK)
    for value in (950, 850, 750):
        node.advance(DAY)
        vote(parameters, {KEY: value})
    node.advance(DAY)
    expected = refusal("DriftTooLarge", KEY, 1000, 699, 300)
    assert parameters.refusal("applyUpdate", update(parameters, {KEY: 699}), sender=TIMELOCK) == expected
    vote(parameters, {KEY: 700})


def test_window__over__the_next_begins_with_the_value_in_force(parameters: Deployed, node: Node) -> None:
    climb(parameters, node, STEPS)
    wanted = update(parameters, {KEY: 1700}, observed_at=node.now)
    end = window(parameters)[1]
    node.advance(end - 1 - node.now)
    assert parameters.refusal("applyUpdate", wanted, sender=TIMELOCK).name == "DriftTooLarge"
    parameters.send("applyUpdate", wanted, sender=TIMELOCK)  # its block is one second later: the window is over
    assert window(parameters) == [1600, node.now + WINDOW]


def test_window__steps_of_steward_and_dao__add_up(parameters: Deployed, node: Node) -> None:
    steer(parameters, {KEY: 1200})
    vote(parameters, {KEY: 1400})
    node.advance(DAY)
    vote(parameters, {KEY: 1500})
    node.advance(DAY)
    wanted = update(parameters, {KEY: 1601})
    expected = refusal("DriftTooLarge", KEY, 1000, 1601, STEPS * UP[KEY])
    for function, sender in (("applyUpdate", TIMELOCK), ("scheduleUpdate", STEWARD)):
        assert parameters.refusal(function, wanted, sender=sender) == expected


def test_window__rollback__begins_at_the_restored_value(parameters: Deployed, node: Node) -> None:
    climb(parameters, node, 2)
    parameters.send("rollback", *WHOLE, sender=GUARDIAN)
    assert values(parameters) == changed({KEY: 1200})
    assert window(parameters) == [1200, node.now + WINDOW]


def test_window__other_limits__goes_on_with_the_new_steps(parameters: Deployed, node: Node) -> None:
    climb(parameters, node, 2)
    parameters.send("setLimits", KEY, (200, 3000, 100, 500, DAY), sender=TIMELOCK)
    node.advance(DAY)
    expected = refusal("DriftTooLarge", KEY, 1000, 1401, 300)
    assert parameters.refusal("applyUpdate", update(parameters, {KEY: 1401}), sender=TIMELOCK) == expected
    assert parameters.read("limits", KEY) == (200, 3000, 100, 500, DAY)


def test_window__value_confirmed_by_a_vote_after_limits_shrank__is_no_drift(parameters: Deployed, node: Node) -> None:
    for _ in range(3):
        steer(parameters, {KEY: parameters.read("value", KEY) + UP[KEY]})
        node.advance(DAY)
    parameters.send("setLimits", KEY, (200, 3000, 1, 1, DAY), sender=TIMELOCK)
    node.advance(DAY)
    vote(parameters, {KEY: 1600})
    assert list(parameters.read("voted")) == changed({KEY: 1600})


def test_window__fall_confirmed_by_a_vote_after_limits_shrank__is_no_drift(parameters: Deployed, node: Node) -> None:
    steer(parameters, {KEY: 700})
    parameters.send("setLimits", KEY, (200, 3000, 1, 1, DAY), sender=TIMELOCK)
    node.advance(DAY)
    vote(parameters, {KEY: 700})
    assert parameters.read("voted")[KEY] == 700


def test_windows__genesis__reach_three_steps_either_way_inside_bounds(parameters: Deployed) -> None:
    expected = [
        (max(least, value - STEPS * down), min(most, value + STEPS * up))
        for value, (least, most, up, down, _) in zip(VALUES, LIMITS, strict=True)
    ]
    assert [(least, most) for _, least, most, _ in parameters.read("windows")] == expected


@pytest.mark.parametrize("steps", [(1, 1), (2, 5), (200, 500), (2**32 - 1, 2**32 - 1)])
def test_windows__their_ends__are_the_last_values_that_check_lets_pass(
    parameters: Deployed, node: Node, steps: tuple[int, int]
) -> None:
    """After a rise, two legal steps up to the end and one unit more; then the same way down."""
    parameters.send("setLimits", KEY, (200, 3000, *steps, DAY), sender=TIMELOCK)
    _, least, most, _ = parameters.read("windows")[KEY]
    assert parameters.read("window", KEY) == parameters.read("windows")[KEY]
    assert (least, most) == (max(200, 1000 - STEPS * steps[1]), min(3000, 1000 + STEPS * steps[0]))
    for end, step, sign in ((most, steps[0], 1), (least, steps[1], -1)):
        snapshot = node.request("evm_snapshot")
        node.advance(DAY)
        while (left := abs(end - parameters.read("value", KEY))) > 0:
            vote(parameters, {KEY: parameters.read("value", KEY) + sign * min(left, step)})
            node.advance(DAY)
        beyond = update(parameters, {KEY: end + sign})
        expected = "OutOfBounds" if end in (200, 3000) else "DriftTooLarge"
        assert parameters.refusal("applyUpdate", beyond, sender=TIMELOCK).name == expected
        node.request("evm_revert", snapshot)


@settings(ON_A_NODE, max_examples=8)
@given(moves=st.lists(st.tuples(st.integers(200, 3000), st.integers(DAY, 3 * DAY)), min_size=4, max_size=12))
def test_drift__any_moves_at_any_times__stays_inside_the_window_of_the_model(
    parameters: Deployed, node: Node, moves: list[tuple[int, int]]
) -> None:
    snapshot = node.request("evm_snapshot")
    start, began = VALUES[KEY], window(parameters)[1] - WINDOW
    for goal, wait in moves:
        node.advance(wait)
        old = parameters.read("value", KEY)
        new = max(min(goal, old + UP[KEY]), old - DOWN[KEY])
        if new == old:
            continue
        # The update is judged in the block after the one that is the newest now.
        start, began = (old, node.now + 1) if node.now + 1 >= began + WINDOW else (start, began)
        legal = start - STEPS * DOWN[KEY] <= new or new > old
        legal &= new <= start + STEPS * UP[KEY] or new < old
        wanted = update(parameters, {KEY: new})
        assert (parameters.read("check", wanted, DAO, node.now + 1) == b"") is legal
        if legal:
            parameters.send("applyUpdate", wanted, sender=TIMELOCK)
            assert window(parameters) == [start, began + WINDOW]
        else:
            start, began = window(parameters)
            began -= WINDOW
    assert LIMITS[KEY][0] <= parameters.read("value", KEY) <= LIMITS[KEY][1]
    node.request("evm_revert", snapshot)
