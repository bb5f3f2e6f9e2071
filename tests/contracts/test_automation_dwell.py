"""Which row the automation takes: how far volatility must be beyond a floor, and for how long."""

from __future__ import annotations

import pytest
from governed import TIMELOCK, values
from onchain import DAY, HOUR, Node, refusal
from regimes import DWELL_DOWN, DWELL_UP, FLOORS, HYSTERESIS, KEYS, TABLE, TERMS, Regimes
from reporters import FEED, NO_SEQUENCER, PERCENT, RATES, REPORTERS, submit

pytestmark = pytest.mark.chain
NOTHING = refusal("NothingToApply", 0)
LOW, HIGH = 70 * PERCENT, 90 * PERCENT
MINUTE = 60
ADDRESSES = [reporter.address for reporter in REPORTERS]


def told(regimes: Regimes, volatility: int, observed_at: int) -> None:
    """Let reporters agree on a number that they saw a while ago, after a trade."""
    submit(regimes.oracle, [volatility] * 3, observed_at=observed_at)


def test_up__one_answer_inside_the_dwell_was_low__waits(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(3, 75 * PERCENT)
    regimes.hours(1, HIGH)
    assert regimes.automation.refusal("applyRow") == NOTHING
    regimes.hours(1, HIGH)
    assert regimes.automation.refusal("applyRow") == NOTHING
    regimes.hours(1, HIGH)
    assert regimes.automation.read("preview")[0] == 1
    assert DWELL_UP == 2 * HOUR


@pytest.mark.parametrize(("level", "row"), [(FLOORS[1] + HYSTERESIS - 1, 0), (FLOORS[1] + HYSTERESIS, 1)])
def test_up__at_the_hysteresis__is_the_first_that_counts(regimes: Regimes, level: int, row: int) -> None:
    regimes.set_table()
    regimes.hours(5, level)
    if row == 0:
        assert regimes.automation.refusal("applyRow") == NOTHING
    else:
        assert regimes.automation.read("preview")[0] == row


@pytest.mark.parametrize("early", [0, 1])
def test_up__answer_exactly_as_old_as_the_dwell__is_the_first_that_ends_it(regimes: Regimes, early: int) -> None:
    regimes.set_table()
    regimes.hours(2, LOW)
    regimes.node.advance(HOUR)
    told(regimes, HIGH, regimes.node.now)
    began = regimes.oracle.read("peek")[3]
    regimes.hours(1, HIGH)
    regimes.node.advance_to(began + DWELL_UP - early)
    if early:
        assert regimes.automation.refusal("applyRow") == refusal("NothingToApply", 0)
    else:
        assert regimes.automation.read("preview")[0] == 1


def test_up__reports_that_were_held_back__count_from_when_they_came(regimes: Regimes, node: Node) -> None:
    regimes.set_table()
    regimes.market.walk([60, 30] * 4, HOUR // 2)
    submit(regimes.oracle, [HIGH] * 3, observed_at=node.now - DWELL_UP)
    came = regimes.oracle.read("peek")[3]
    regimes.market.walk([60, 30] * 2, HOUR // 2 - MINUTE)
    node.advance(came + DWELL_UP - 1 - node.now)
    assert regimes.automation.refusal("applyRow") == refusal("NothingToApply", 0)
    node.advance(1)
    assert regimes.automation.read("preview")[0] == 1


def test_up__answers_were_clamped__counts_all_the_same(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(5, 400 * PERCENT)  # 75, 94, 117 and then 120 %, the day's bound
    assert all(regimes.oracle.read("roundAt", number)[5] != 0 for number in range(2, 7))
    assert regimes.automation.read("preview")[0] == 1


def test_down__takes_a_day_below__and_every_answer_of_it(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(4, HIGH)
    regimes.apply()
    regimes.hours(1, 80 * PERCENT)
    regimes.hours(22, 74 * PERCENT)
    assert regimes.automation.refusal("applyRow") == refusal("NothingToApply", 1)
    regimes.hours(3, 74 * PERCENT)
    regimes.apply()
    assert regimes.automation.read("row") == 0
    assert DWELL_DOWN == DAY
    assert values(regimes.parameters)[13] == 700  # adding risk is one small step: 200


@pytest.mark.parametrize(("level", "row"), [(FLOORS[1] - HYSTERESIS, 1), (FLOORS[1] - HYSTERESIS - 1, 0)])
def test_down__one_below_the_hysteresis__is_the_first_that_counts(regimes: Regimes, level: int, row: int) -> None:
    regimes.set_table(row=1)
    regimes.hours(27, level)
    if row:
        regimes.apply()
        assert regimes.automation.refusal("applyRow") == refusal("NothingToApply", 1)
    else:
        assert regimes.automation.read("preview")[0] == 0
    assert DWELL_DOWN == DAY


def test_down__answer_of_a_day_ago_that_came_just_now__takes_a_day_from_then(regimes: Regimes, node: Node) -> None:
    terms = (FEED, "ETH", TIMELOCK, [reporter.address for reporter in REPORTERS], 3, 3 * DAY, RATES, NO_SEQUENCER)
    patient = node.deploy("VolatilityOracle", *terms)
    parts = (regimes.parameters.address, patient.address)
    breaker = node.deploy("VolatilityBreaker", *parts, regimes.realized.address, (200_000, 2 * 10**8))
    automation = node.deploy("RegimeAutomation", *parts, breaker.address)
    automation.send("setTable", KEYS, TABLE, TERMS, 1, sender=TIMELOCK)
    submit(patient, [HIGH] * 3)
    regimes.market.walk([60, 30] * 13, HOUR)
    submit(patient, [LOW] * 3, observed_at=node.now - DWELL_DOWN)
    came = patient.read("peek")[3]
    assert automation.read("preview")[0] == 1
    regimes.market.walk([60, 30] * 20, HOUR // 2)
    node.advance(came + DWELL_DOWN - node.now)
    assert automation.read("preview")[0] == 0


def test_down__answer_was_clamped__is_no_proof_of_calm(regimes: Regimes) -> None:
    regimes.set_table(row=1)
    regimes.hours(24, LOW)
    regimes.hours(1, 10 * PERCENT)  # clamped to 56 %
    found = regimes.automation.refusal("applyRow")
    assert found == refusal("FlaggedRound", regimes.oracle.read("lastRound"), 1)


def test_row__that_holds_while_the_newest_answer_is_clamped__is_no_matter_of_proof(regimes: Regimes) -> None:
    regimes.set_table()
    regimes.hours(1, 10 * PERCENT)
    assert regimes.oracle.read("peek")[5] != 0
    assert regimes.automation.refusal("applyRow") == refusal("NothingToApply", 0)


def test_dwell__feed_was_silent_inside_it__refused(regimes: Regimes, node: Node) -> None:
    regimes.set_table()
    regimes.hours(3, 75 * PERCENT)
    last = regimes.oracle.read("peek")[1]
    node.advance(HOUR)
    for _ in range(6):  # the pool goes on trading meanwhile
        regimes.market.walk([60, -60], HOUR // 2)
    regimes.report(HIGH)
    regimes.hours(1, HIGH)
    found = regimes.why(regimes.automation, "applyRow")
    assert found == refusal("FeedGap", 5, regimes.oracle.read("roundAt", 5)[1] - last)


@pytest.mark.parametrize("more", [0, 1])
def test_gap__of_exactly_the_age_limit__is_the_longest_that_is_known(regimes: Regimes, more: int) -> None:
    regimes.set_table()
    seen = regimes.node.now
    told(regimes, LOW, seen)
    regimes.market.walk([60, 30] * 5, HOUR // 2)
    regimes.node.advance_to(seen + 6 * HOUR + more)
    regimes.market.swap_to(60)
    told(regimes, LOW + HYSTERESIS, seen + 6 * HOUR + more)
    regimes.automation.send("setTable", KEYS, [(0, TABLE[0][1]), (LOW, TABLE[1][1])], TERMS, 0, sender=TIMELOCK)
    number = regimes.oracle.read("lastRound")
    if more:  # nobody reads the first answer after a silence before a second one agrees
        told(regimes, LOW + HYSTERESIS, seen + 6 * HOUR + more + 1)
    found = regimes.why(regimes.automation, "applyRow")
    assert found == (refusal("FeedGap", number, 6 * HOUR + 1) if more else refusal("NothingToApply", 0))


def test_dwell__feed_younger_than_it__refused(regimes: Regimes) -> None:
    regimes.set_table(row=1)
    came = regimes.oracle.read("peek")[3]
    regimes.hours(1, 60 * PERCENT)
    found = regimes.automation.refusal("applyRow")
    assert found == refusal("HistoryTooShort", came, regimes.node.now - DWELL_DOWN)


@pytest.mark.parametrize(("row", "levels"), [(0, [LOW, HIGH]), (1, [HIGH, LOW])], ids=["up", "down"])
def test_dwell__broken_by_an_answer_of_a_young_feed__keeps_the_row_and_asks_for_no_more_history(
    regimes: Regimes, node: Node, row: int, levels: list[int]
) -> None:
    terms = (FEED, "ETH", TIMELOCK, ADDRESSES, 3, 6 * HOUR, (90_000, 90_000), NO_SEQUENCER)
    young = node.deploy("VolatilityOracle", *terms)
    parts = (regimes.parameters.address, young.address)
    breaker = node.deploy("VolatilityBreaker", *parts, regimes.realized.address, (200_000, 2 * 10**8))
    automation = node.deploy("RegimeAutomation", *parts, breaker.address)
    automation.send("setTable", KEYS, TABLE, TERMS, row, sender=TIMELOCK)
    for level in levels:
        submit(young, [level] * 3)
        node.advance(HOUR // 2)
    if row:
        assert automation.read("preview")[0] == row  # its values are still to come
    else:
        assert automation.refusal("applyRow") == refusal("NothingToApply", row)
