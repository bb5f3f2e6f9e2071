"""The automation where the limits of one key end: the others go on; and how long an answer has stood."""

from __future__ import annotations

import pytest
from governed import STEWARD, TIMELOCK, changed, update, values, vote
from onchain import DAY, HOUR, Deployed, Node, refusal
from regimes import DWELL_DOWN, DWELL_UP, FLOORS, KEYS, TABLE, TERMS, Regimes
from reporters import FEED, PERCENT, RATES, REPORTERS, submit

pytestmark = pytest.mark.chain
COVERAGE, SIZE = 11, 3
FIRST, STEP = 5000, 100
HIGH = 90 * PERCENT
MINUTE = 60
ROW = 1


def follow(regimes: Regimes, wanted: dict[int, int], row: int = ROW) -> None:
    """Let the automation want these values in its second row."""
    role = regimes.parameters.read("AUTOMATION_ROLE")
    regimes.parameters.send("grantRole", role, regimes.automation.address, sender=TIMELOCK)
    rows = [(0, list(wanted.values())), (FLOORS[1], list(wanted.values()))]
    regimes.automation.send("setTable", list(wanted), rows, TERMS, row, sender=TIMELOCK)


def limit(parameters: Deployed, *, least: int = 0, most: int = 10_000, step: int = STEP) -> None:
    """Give the tail's coverage small steps and a rest of an hour, and wait for it."""
    parameters.send("setLimits", COVERAGE, (least, most, step, step, HOUR), sender=TIMELOCK)
    parameters.node.advance(HOUR)


def walk(parameters: Deployed, *goals: int) -> None:
    """Vote the tail's coverage, hour by hour."""
    for goal in goals:
        vote(parameters, {COVERAGE: goal})
        parameters.node.advance(HOUR)


def trade(regimes: Regimes) -> None:
    """Let the pool trade for as long as its volatility is measured, then report."""
    regimes.market.walk([30, 60] * 6, HOUR // 2)
    regimes.report(HIGH)


def test_window__of_one_key_used_up__holds_back_no_other(regimes: Regimes) -> None:
    limit(regimes.parameters)
    follow(regimes, {SIZE: 0, COVERAGE: 9000})
    regimes.report(HIGH)
    for hour in (1, 2, 3):
        regimes.apply()
        assert values(regimes.parameters) == changed({SIZE: 500, COVERAGE: FIRST + hour * STEP})
        regimes.hours(1, HIGH)
    assert regimes.automation.refusal("applyRow") == refusal("NothingToApply", ROW)
    regimes.hours(22, HIGH)
    (event,) = regimes.automation.events(regimes.apply(), "RowApplied")
    assert (event["changedKeys"], event["newValues"]) == ([SIZE], [0])


@pytest.mark.parametrize(("wanted", "way"), [(9000, 1), (1000, -1)], ids=["up", "down"])
def test_window__less_than_a_step_is_left__is_used_up(regimes: Regimes, wanted: int, way: int) -> None:
    limit(regimes.parameters)
    walk(regimes.parameters, *(FIRST + way * moved for moved in (50, 150, 250)))
    follow(regimes, {COVERAGE: wanted})
    trade(regimes)
    regimes.apply()
    assert regimes.parameters.read("value", COVERAGE) == FIRST + way * 3 * STEP


@pytest.mark.parametrize(("wanted", "way"), [(9000, 1), (1000, -1)], ids=["up", "down"])
def test_window__left_by_smaller_steps_since__moves_nothing_back(regimes: Regimes, wanted: int, way: int) -> None:
    limit(regimes.parameters)
    walk(regimes.parameters, *(FIRST + way * times * STEP for times in (1, 2, 3)))
    limit(regimes.parameters, step=STEP // 2)
    follow(regimes, {COVERAGE: wanted})
    trade(regimes)
    assert regimes.automation.refusal("applyRow") == refusal("NothingToApply", ROW)


@pytest.mark.parametrize(("wanted", "way"), [(9000, 1), (1000, -1)], ids=["up", "down"])
def test_window__that_ends_this_second__lets_the_key_go_to_its_bound(regimes: Regimes, wanted: int, way: int) -> None:
    parameters, node = regimes.parameters, regimes.node
    limit(parameters, least=FIRST - 350, most=FIRST + 350)
    walk(parameters, *(FIRST + way * times * STEP for times in (1, 2, 3)))
    follow(regimes, {COVERAGE: wanted})
    ends = parameters.read("windows")[COVERAGE][3]
    node.advance(ends - 8 * HOUR - node.now)
    trade(regimes)
    node.advance(ends - 1 - node.now)
    assert regimes.automation.refusal("applyRow") == refusal("NothingToApply", ROW)
    node.advance(1)
    assert regimes.automation.read("preview")[1][:2] == ([COVERAGE], [FIRST + way * 350])


def test_row__beyond_a_bound_narrowed_since__stops_at_the_bound_and_holds_back_no_other(regimes: Regimes) -> None:
    limit(regimes.parameters, most=FIRST + 50)
    follow(regimes, {SIZE: 500, COVERAGE: 9000})
    regimes.report(HIGH)
    regimes.apply()
    assert values(regimes.parameters) == changed({SIZE: 500, COVERAGE: FIRST + 50})


def test_up__reports_that_somebody_held_back__count_from_when_they_came(regimes: Regimes, node: Node) -> None:
    regimes.set_table()
    regimes.market.walk([60, 30] * 4, HOUR // 2)
    submit(regimes.oracle, [HIGH] * 3, observed_at=node.now - DWELL_UP)
    came = regimes.oracle.read("peek")[3]
    regimes.market.walk([60, 30] * 2, HOUR // 2 - MINUTE)
    node.advance(came + DWELL_UP - 1 - node.now)
    assert regimes.automation.refusal("applyRow") == refusal("NothingToApply", 0)
    node.advance(1)
    assert regimes.automation.read("preview")[0] == 1


def test_down__answer_of_a_day_ago_that_came_just_now__takes_a_day_from_then(regimes: Regimes, node: Node) -> None:
    terms = (FEED, "ETH", TIMELOCK, [reporter.address for reporter in REPORTERS], 3, 3 * DAY, RATES)
    patient = node.deploy("VolatilityOracle", *terms)
    parts = (regimes.parameters.address, patient.address)
    breaker = node.deploy("VolatilityBreaker", *parts, regimes.realized.address, (200_000, 2 * 10**8))
    automation = node.deploy("RegimeAutomation", *parts, breaker.address)
    automation.send("setTable", KEYS, TABLE, TERMS, 1, sender=TIMELOCK)
    submit(patient, [HIGH] * 3)
    regimes.market.walk([60, 30] * 13, HOUR)
    submit(patient, [70 * PERCENT] * 3, observed_at=node.now - DWELL_DOWN)
    came = patient.read("peek")[3]
    assert automation.read("preview")[0] == 1
    regimes.market.walk([60, 30] * 20, HOUR // 2)
    node.advance(came + DWELL_DOWN - node.now)
    assert automation.read("preview")[0] == 0


def test_step__in_any_key__makes_what_a_steward_announced_before_too_old(regimes: Regimes) -> None:
    announced = update(regimes.parameters, {17: 1_900_000})
    regimes.parameters.send("scheduleUpdate", announced, sender=STEWARD)
    follow(regimes, {SIZE: 500})
    regimes.hours(24, HIGH)
    regimes.apply()
    found = regimes.parameters.refusal("applyScheduled", announced, sender=STEWARD)
    assert found == refusal("NotNewer", announced[2], regimes.parameters.read("lastObservedAt"))
