"""Attack 37 and on, on what watches the feed: each in one short story."""

from __future__ import annotations

import pytest
from governed import values
from onchain import HOUR, Node, refusal
from regimes import DWELL_UP, KEYS, TABLE, Regimes
from reporters import PERCENT

pytestmark = pytest.mark.chain
LOW, HIGH, HIGHER = 70 * PERCENT, 90 * PERCENT, 130 * PERCENT
KEPT, APART = 128, 30
NO_RUN = (0, 0, 0)


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
