"""The automation and the limits of a key: its step, its rest, its window and its bounds; the others go on."""

from __future__ import annotations

import pytest
from governed import LIMITS, STEWARD, TIMELOCK, changed, steer, update, values, vote
from onchain import DAY, HOUR, Deployed, Node, refusal
from regimes import FLOORS, KEYS, TABLE, TERMS, Regimes
from reporters import PERCENT

pytestmark = pytest.mark.chain
SHARE, SIZE = 6, 13
FIRST, STEP = 5000, 100
HIGH = 90 * PERCENT
ROW = 1


def follow(regimes: Regimes, wanted: dict[int, int], row: int = ROW) -> None:
    """Let the automation want these values in its second row."""
    role = regimes.parameters.read("AUTOMATION_ROLE")
    regimes.parameters.send("grantRole", role, regimes.automation.address, sender=TIMELOCK)
    rows = [(0, list(wanted.values())), (FLOORS[1], list(wanted.values()))]
    regimes.automation.send("setTable", list(wanted), rows, TERMS, row, sender=TIMELOCK)


def limit(parameters: Deployed, *, least: int = 0, most: int = 10_000, step: int = STEP) -> None:
    """Give the share of the delta small steps and a rest of an hour, and wait for the one before."""
    parameters.send("setLimits", SHARE, (least, most, step, step, HOUR), sender=TIMELOCK)
    parameters.node.advance(DAY)


def walk(parameters: Deployed, *goals: int) -> None:
    """Vote the share of the delta, hour by hour."""
    for goal in goals:
        vote(parameters, {SHARE: goal})
        parameters.node.advance(HOUR)


def trade(regimes: Regimes) -> None:
    """Let the pool trade for as long as its volatility is measured, then report."""
    regimes.market.walk([30, 60] * 6, HOUR // 2)
    regimes.report(HIGH)


def values_of(regimes: Regimes) -> list[int]:
    """Return the values in force of the table's keys."""
    current = values(regimes.parameters)
    return [current[key] for key in KEYS]


def test_window__of_one_key_used_up__holds_back_no_other(regimes: Regimes) -> None:
    limit(regimes.parameters)
    follow(regimes, {SHARE: 9000, SIZE: 0})
    trade(regimes)
    for hour in (1, 2, 3):
        regimes.apply()
        assert values(regimes.parameters) == changed({SHARE: FIRST + hour * STEP, SIZE: 500})
        regimes.hours(1, HIGH)
    assert regimes.automation.refusal("applyRow") == refusal("NothingToApply", ROW)
    regimes.hours(22, HIGH)
    (event,) = regimes.automation.events(regimes.apply(), "RowApplied")
    assert (event["changedKeys"], event["newValues"]) == ([SIZE], [0])


@pytest.mark.parametrize(("wanted", "way"), [(9000, 1), (1000, -1)], ids=["up", "down"])
def test_window__less_than_a_step_is_left__is_used_up(regimes: Regimes, wanted: int, way: int) -> None:
    limit(regimes.parameters)
    walk(regimes.parameters, *(FIRST + way * moved for moved in (50, 150, 250)))
    follow(regimes, {SHARE: wanted})
    trade(regimes)
    regimes.apply()
    assert regimes.parameters.read("value", SHARE) == FIRST + way * 3 * STEP


@pytest.mark.parametrize(("wanted", "way"), [(9000, 1), (1000, -1)], ids=["up", "down"])
def test_window__left_by_smaller_steps_since__moves_nothing_back(regimes: Regimes, wanted: int, way: int) -> None:
    limit(regimes.parameters)
    walk(regimes.parameters, *(FIRST + way * times * STEP for times in (1, 2, 3)))
    limit(regimes.parameters, step=STEP // 2)
    follow(regimes, {SHARE: wanted})
    trade(regimes)
    assert regimes.automation.refusal("applyRow") == refusal("NothingToApply", ROW)


@pytest.mark.parametrize(("wanted", "way"), [(9000, 1), (1000, -1)], ids=["up", "down"])
def test_window__that_ends_this_second__lets_the_key_go_to_its_bound(regimes: Regimes, wanted: int, way: int) -> None:
    parameters, node = regimes.parameters, regimes.node
    limit(parameters, least=FIRST - 350, most=FIRST + 350)
    walk(parameters, *(FIRST + way * times * STEP for times in (1, 2, 3)))
    follow(regimes, {SHARE: wanted})
    ends = parameters.read("windows")[SHARE][3]
    node.advance(ends - 8 * HOUR - node.now)
    trade(regimes)
    node.advance(ends - 1 - node.now)
    assert regimes.automation.refusal("applyRow") == refusal("NothingToApply", ROW)
    node.advance(1)
    assert regimes.automation.read("preview")[1][:2] == ([SHARE], [FIRST + way * 350])


def test_row__beyond_a_bound_narrowed_since__stops_at_the_bound_and_holds_back_no_other(regimes: Regimes) -> None:
    limit(regimes.parameters, most=FIRST + 50)
    follow(regimes, {SHARE: 9000, SIZE: 500})
    trade(regimes)
    regimes.apply()
    assert values(regimes.parameters) == changed({SHARE: FIRST + 50, SIZE: 500})


def test_step__in_any_key__makes_what_a_steward_announced_before_too_old(regimes: Regimes) -> None:
    announced = update(regimes.parameters, {21: 95})
    regimes.parameters.send("scheduleUpdate", announced, sender=STEWARD)
    follow(regimes, {SIZE: 500})
    regimes.hours(24, HIGH)
    regimes.apply()
    found = regimes.parameters.refusal("applyScheduled", announced, sender=STEWARD)
    assert found == refusal("NotNewer", announced[2], regimes.parameters.read("lastObservedAt"))


def test_key__that_still_rests__is_left_for_later(regimes: Regimes) -> None:
    steer(regimes.parameters, {13: 900})
    regimes.set_table()
    for _ in range(4):
        regimes.hours(1, HIGH)
    regimes.apply()
    assert values(regimes.parameters) == changed({6: 6000, 10: 1700, 13: 900})


def test_key__whose_rest_ends_this_second__moves(regimes: Regimes, node: Node) -> None:
    vote(regimes.parameters, {10: 1900})
    moved = node.now
    regimes.set_table()
    regimes.hours(22, HIGH)
    node.advance_to(moved + DAY - 1)
    assert regimes.automation.read("preview")[1][0] == [6, 13]
    node.advance_to(moved + DAY)
    assert regimes.automation.read("preview")[1][0] == KEYS


def test_apply__while_every_key_of_the_row_rests__takes_the_row_and_leaves_the_values(regimes: Regimes) -> None:
    regimes.set_table()
    for key in KEYS:
        regimes.parameters.send("setLimits", key, LIMITS[key], sender=TIMELOCK)
    version = regimes.parameters.read("version")
    regimes.hours(4, HIGH)
    receipt = regimes.apply()
    (event,) = regimes.automation.events(receipt, "RowApplied")
    assert (event["row"], event["changedKeys"], event["newValues"]) == (1, [], [])
    assert regimes.automation.read("row") == 1
    assert (regimes.parameters.read("version"), values(regimes.parameters)) == (version, changed({}))
    regimes.hours(DAY // 3600, HIGH)
    regimes.apply()
    assert values(regimes.parameters) == changed(dict(zip(KEYS, TABLE[1][1], strict=True)))


def test_row__that_has_its_values_already__is_changed_without_an_update(regimes: Regimes) -> None:
    rows = [(0, TABLE[0][1]), (FLOORS[1], values_of(regimes))]
    regimes.set_table()
    regimes.automation.send("setTable", KEYS, rows, TERMS, 0, sender=TIMELOCK)
    regimes.hours(4, HIGH)
    version = regimes.parameters.read("version")
    receipt = regimes.apply()
    (event,) = regimes.automation.events(receipt, "RowApplied")
    assert (event["row"], event["changedKeys"]) == (1, [])
    assert regimes.parameters.read("version") == version
    assert values(regimes.parameters) == changed({})


def test_step__exactly_the_largest_up_and_down__arrives_at_once(regimes: Regimes) -> None:
    largest = [6000, 2400, 500]  # share and short delta up a fifth, notional cap down half
    regimes.set_table()
    rows = [(0, TABLE[0][1]), (FLOORS[1], largest)]
    regimes.automation.send("setTable", KEYS, rows, TERMS, 0, sender=TIMELOCK)
    regimes.hours(4, HIGH)
    assert regimes.automation.read("preview")[1][1] == largest
