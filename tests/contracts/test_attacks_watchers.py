"""Attack 37 and on, on what watches the feed: each in one short story."""

from __future__ import annotations

from dataclasses import replace

import pytest
from governed import TIMELOCK, values
from onchain import DAY, HOUR, Node, refusal
from pools import EDGE, FEE, FOREVER
from regimes import DWELL_UP, FLOORS, GAP, KEYS, RATIO, TABLE, TERMS, UNANCHORED, Regimes
from reporters import FEED, NO_SEQUENCER, PERCENT, RATES, REPORTERS, submit

pytestmark = pytest.mark.chain
LOW, HIGH, HIGHER = 70 * PERCENT, 90 * PERCENT, 130 * PERCENT
KEPT, APART = 128, 30
NO_RUN = (0, 0, 0)
CLAMPED_BY_HOUR = 1


def rounds(regimes: Regimes, count: int, volatility: int) -> None:
    """Report a round every half a minute; the pool trades meanwhile, as often as it is measured."""
    for number in range(count):
        regimes.node.advance(APART)
        regimes.report(volatility, trade=number % 40 == 0)


def begin(regimes: Regimes) -> None:
    """Vote the table; an hour later the first answer selects the second row."""
    regimes.set_table()
    regimes.hours(1, 75 * PERCENT)
    regimes.hours(1, HIGH)


def poke(regimes: Regimes) -> tuple[int, ...]:
    """Write down the run as a stranger, and return it."""
    (event,) = regimes.automation.events(
        regimes.automation.send("poke", sender=regimes.node.deployer), "RowSelectedSince"
    )
    assert tuple(event.values()) == tuple(regimes.automation.read("checkpoint"))
    return tuple(event.values())


def test_attack_37__more_rounds_in_the_dwell_than_the_feed_keeps__proven_by_checkpoints(regimes: Regimes) -> None:
    begin(regimes)
    number, _, _, since, *_ = regimes.oracle.read("peek")
    rounds(regimes, 120, HIGH)
    assert poke(regimes) == (1, since, number + 120)
    rounds(regimes, 127, HIGH)
    assert regimes.node.now - since > DWELL_UP
    (event,) = regimes.automation.events(regimes.apply(), "RowApplied")
    assert (event["row"], event["changedKeys"]) == (1, KEYS)
    assert tuple(regimes.automation.read("checkpoint")) == NO_RUN  # another row, another run


def test_attack_37__nobody_wrote_a_checkpoint_or_too_late__not_available(regimes: Regimes) -> None:
    begin(regimes)
    rounds(regimes, 100, HIGH)
    poke(regimes)
    rounds(regimes, KEPT, HIGH)
    newest = regimes.oracle.read("lastRound")
    expected = refusal("RoundNotAvailable", newest - KEPT, newest - KEPT + 1, newest)
    assert regimes.why(regimes.automation, "applyRow") == expected
    assert poke(regimes)[2] == newest  # a new run, from the oldest round that is kept
    assert regimes.why(regimes.automation, "applyRow") == expected


def test_attack_37__one_answer_after_the_checkpoint_was_low__proves_nothing(regimes: Regimes) -> None:
    begin(regimes)
    rounds(regimes, 120, HIGH)
    poke(regimes)
    regimes.hours(1, LOW)
    regimes.hours(1, HIGH)
    rounds(regimes, 125, HIGH)
    assert regimes.automation.refusal("applyRow") == refusal("NothingToApply", 0)
    assert poke(regimes)[1] > regimes.node.now - DWELL_UP
    regimes.hours(1, LOW)
    assert poke(regimes) == NO_RUN


def test_attack_37__checkpoint_by_an_enemy_where_rounds_reach__changes_no_row(regimes: Regimes) -> None:
    begin(regimes)
    regimes.hours(24, HIGH)
    regimes.hours(5, HIGHER)
    assert regimes.automation.read("preview")[0] == 2
    assert poke(regimes)[0] == 1
    assert regimes.automation.read("preview")[0] == 2


def test_attack_37__stopped_or_a_new_table__no_checkpoint_stays(regimes: Regimes, node: Node) -> None:
    assert regimes.automation.refusal("poke") == refusal("Stopped")
    begin(regimes)
    assert poke(regimes)[0] == 1
    assert poke(regimes)[0] == 1  # again, without a new round
    node.advance(HOUR)
    regimes.set_table(1)
    assert tuple(regimes.automation.read("checkpoint")) == NO_RUN
    assert values(regimes.parameters)[KEYS[0]] == TABLE[0][1][0]


def test_attack_39__two_coupled_keys_of_which_one_rests__move_together_or_not_at_all(
    regimes: Regimes, node: Node
) -> None:
    keys, before, after = [10, 13], [2000, 1000], [1700, 500]
    parameters, automation = regimes.parameters, regimes.automation
    regimes.set_table()
    automation.send("setTable", keys, [(0, before), (FLOORS[1], after)], TERMS, 0, sender=TIMELOCK)
    receipt = automation.send("setWholeRows", [1], sender=TIMELOCK)
    assert [tuple(event["rows"]) for event in automation.events(receipt, "WholeRowsSet")] == [(1,)]
    assert [automation.read("isWhole", row) for row in (0, 1)] == [False, True]
    regimes.hours(4, HIGH)
    parameters.send("setLimits", 13, (0, 10_000, 400, 400, DAY), sender=TIMELOCK)  # one step is too short, and it rests
    assert automation.refusal("applyRow") == refusal("RowNotWhole", 1, 13, 1000, 500)
    regimes.hours(24, HIGH)
    assert automation.refusal("applyRow") == refusal("RowNotWhole", 1, 13, 600, 500)
    assert (values(parameters)[10], automation.read("row")) == (2000, 0)
    parameters.send("setLimits", 13, (0, 10_000, 500, 500, DAY), sender=TIMELOCK)
    regimes.hours(25, HIGH)
    (event,) = automation.events(regimes.apply(), "RowApplied")
    assert (event["row"], event["changedKeys"], event["newValues"]) == (1, keys, after)


def test_attack_39__whole_rows__are_the_dao_s_and_of_one_table(regimes: Regimes) -> None:
    assert regimes.automation.refusal("setWholeRows", [1]) == refusal("OnlyDao", regimes.node.deployer.lower())
    regimes.set_table()
    assert regimes.automation.refusal("setWholeRows", [3], sender=TIMELOCK) == refusal("UnknownRow", 3, 3)
    assert regimes.automation.refusal("isWhole", 3) == refusal("UnknownRow", 3, 3)
    regimes.automation.send("setWholeRows", [0, 2], sender=TIMELOCK)
    regimes.automation.send("setWholeRows", [2], sender=TIMELOCK)
    assert [regimes.automation.read("isWhole", row) for row in range(3)] == [False, False, True]
    regimes.set_table()
    assert not any(regimes.automation.read("isWhole", row) for row in range(3))


def test_attack_40__first_answer_after_six_days_of_silence__nobody_gets_it_before_a_second_agrees(
    regimes: Regimes, node: Node
) -> None:
    oracle = regimes.oracle
    regimes.set_table()
    node.advance(6 * DAY)
    regimes.market.walk([60, 30] * 6, HOUR // 2)
    receipt = submit(oracle, [400 * PERCENT] * 3)
    number, _, answer, _, reported, flags = oracle.read("peek")
    assert (answer, reported, flags) == (400 * PERCENT, 400 * PERCENT, UNANCHORED)
    (event,) = oracle.events(receipt, "AnswerFlagged")
    assert (event["round"], event["flags"]) == (number, UNANCHORED)
    unanchored = refusal("UnanchoredAnswer", number)
    for read in ("latest", "latestRound", "latestRoundData"):
        assert oracle.refusal(read) == unanchored
    assert oracle.read("getRoundData", number)[1] == answer
    for contract, function in (
        (regimes.breaker, "trip"),
        (regimes.automation, "applyRow"),
        (regimes.automation, "poke"),
    ):
        assert regimes.why(contract, function) == unanchored
    node.advance(HOUR)
    submit(oracle, [60 * PERCENT] * 3)  # honest reporters are back, and far away: that is no agreement
    assert oracle.read("peek")[5] == UNANCHORED + CLAMPED_BY_HOUR
    assert oracle.refusal("latest") == refusal("UnanchoredAnswer", number + 1)
    while oracle.read("peek")[5]:  # a few hours later they have walked it back
        node.advance(HOUR)
        submit(oracle, [60 * PERCENT] * 3)
    assert oracle.read("latest")[0] == 60 * PERCENT


@pytest.mark.parametrize(("late", "flags"), [(0, 0), (1, UNANCHORED)])
def test_attack_40__silence_as_long_as_the_age_limit_and_a_second_more__is_none_and_is_one(
    regimes: Regimes, node: Node, late: int, flags: int
) -> None:
    seen = regimes.oracle.read("peek")[1]
    node.advance_to(seen + 6 * HOUR + late)
    submit(regimes.oracle, [60 * PERCENT] * 3)
    assert regimes.oracle.read("peek")[5] == flags
    submit(regimes.oracle, [60 * PERCENT] * 3)
    assert regimes.oracle.read("latest")[0] == 60 * PERCENT


def test_attack_44__dust_minted_in_a_pool_that_nobody_trades__is_no_calm_that_trips_the_breaker(
    regimes: Regimes, node: Node
) -> None:
    market = regimes.market
    market.swap_to(market.tick() + 1)
    for _ in range(13):  # an observation each half an hour, and no price moves
        node.advance(HOUR // 2)
        mint_dust(regimes)
        submit(regimes.oracle, [70 * PERCENT] * 3)
    window = 12 * HOUR // 2
    assert regimes.why(regimes.realized, "measure") == refusal("PriceUnmoved", window)
    for contract, function in ((regimes.breaker, "trip"), (regimes.breaker, "requireClosed")):
        assert regimes.why(contract, function) == refusal("PriceUnmoved", window)


def mint_dust(regimes: Regimes) -> None:
    """Write an observation of the pool without a trade, as anyone can."""
    market = regimes.market
    first, second = (token.address for token in market.tokens)
    dust = (first, second, FEE, -EDGE, EDGE, 10**6, 10**6, 0, 0, regimes.node.deployer, FOREVER)
    market.manager.send("mint", dust, sender=regimes.node.deployer)


def test_attack_45__automation_over_the_breaker_of_another_feed__is_not_created(regimes: Regimes, node: Node) -> None:
    addresses = [reporter.address for reporter in REPORTERS]
    other = node.deploy("VolatilityOracle", FEED, "ETH", TIMELOCK, addresses, 3, 6 * HOUR, RATES, NO_SEQUENCER)
    parts = (regimes.parameters.address, other.address, regimes.breaker.address)
    expected = refusal("BreakerOfOtherFeed", regimes.oracle.address.lower(), other.address.lower())
    assert node.deploy_refusal("RegimeAutomation", *parts) == expected


def test_attack_42__first_block_after_an_outage_of_the_sequencer__moves_and_trips_nothing_before_the_grace_is_over(
    regimes: Regimes, node: Node
) -> None:
    uptime = node.deploy("UptimeFeed")
    uptime.send("set", 0, node.now - DAY, sender=node.deployer)
    addresses = [reporter.address for reporter in REPORTERS]
    terms = (FEED, "ETH", TIMELOCK, addresses, 3, 6 * HOUR, RATES, (uptime.address, HOUR))
    oracle = node.deploy("VolatilityOracle", *terms)
    parts = (regimes.parameters.address, oracle.address)
    breaker = node.deploy("VolatilityBreaker", *parts, regimes.realized.address, (RATIO, GAP))
    hasty = node.deploy("VolatilityBreaker", *parts, regimes.realized.address, (15_000, 0))
    automation = node.deploy("RegimeAutomation", *parts, breaker.address)
    rollup = replace(regimes, oracle=oracle, breaker=breaker, automation=automation)
    rollup.report(65 * PERCENT)
    rollup.set_table()
    rollup.hours(4, HIGH)
    assert automation.read("preview")[0] == 1  # the row is due
    assert hasty.read("compare")[2] is True
    waiting = ((hasty, "trip"), (automation, "applyRow"), (automation, "poke"))
    down = node.now
    uptime.send("set", 1, down, sender=node.deployer)
    for contract, function in waiting:
        assert rollup.why(contract, function) == refusal("SequencerDown", down)
    node.advance(2 * HOUR)
    back = node.now
    uptime.send("set", 0, back, sender=node.deployer)
    for contract, function in waiting:
        assert rollup.why(contract, function) == refusal("SequencerBack", back, HOUR)
    rollup.report(HIGH)
    node.advance_to(back + HOUR)
    (event,) = automation.events(rollup.apply(), "RowApplied")
    assert event["row"] == 1
