"""Realised volatility at its edges: the last history, distance and share that count, and the first that do not."""

from __future__ import annotations

import pytest
from onchain import DAY, Deployed, Node, refusal
from pools import Market

pytestmark = pytest.mark.chain
SPACING, COUNT = 1800, 12
WINDOW = SPACING * COUNT
SPOT_AWAY, ONE_RETURN = 1, 2


def observed(market: Market, index: int) -> int:
    """Return when an observation of the pool was made."""
    return int(market.pool.read("observations", index)[0])


def advance_to(node: Node, time: int) -> None:
    """Mine a block at a time."""
    node.advance(time - node.now)


@pytest.mark.parametrize(("spacing", "intervals"), [(600, 8), (DAY, 168)])
def test_window__at_its_edges__accepted(node: Node, market: Market, spacing: int, intervals: int) -> None:
    made = node.deploy("RealizedVolatility", market.pool.address, spacing, intervals)
    assert (made.read("spacing"), made.read("intervals")) == (spacing, intervals)


def test_history__as_many_slots_and_seconds_as_the_window__is_enough(
    market: Market, realized: Deployed, node: Node
) -> None:
    market.grow(64)
    node.advance(WINDOW - 14 * SPACING // 2)
    born = observed(market, 0)
    market.walk([30, 0] * 5 + [30], SPACING // 2)  # with the pool's first, twelve observations
    assert realized.read("writtenSlots") == COUNT
    advance_to(node, born + WINDOW - 1)
    assert realized.refusal("measure") == refusal("HistoryTooShort", WINDOW - 1, WINDOW)
    advance_to(node, born + WINDOW)
    assert realized.read("measure")[0] > 0


def test_idle__last_trade_as_old_as_the_window__measures_that_nothing_moved(
    market: Market, realized: Deployed, node: Node
) -> None:
    market.grow(64)
    market.walk([30, 0] * 7, SPACING)
    last = observed(market, market.pool.read("slot0")[2])
    advance_to(node, last + WINDOW)
    assert realized.read("measure") == (0, last, last + WINDOW, 0)
    node.advance(1)
    assert realized.refusal("measure") == refusal("PoolIdle", WINDOW + 1, WINDOW)


@pytest.mark.parametrize(("distance", "flag"), [(500, 0), (501, SPOT_AWAY), (-500, 0), (-501, SPOT_AWAY)])
def test_spot__five_hundred_ticks_from_the_last_mean_and_one_more__flagged_beyond(
    market: Market, realized: Deployed, node: Node, distance: int, flag: int
) -> None:
    market.grow(64)
    market.walk([60, 30] * 7, SPACING)
    node.advance(SPACING)  # the last interval is all at one tick
    assert market.tick() == 30
    market.swap_to(30 + distance)
    assert market.tick() == 30 + distance
    assert realized.read("measure")[3] & SPOT_AWAY == flag


@pytest.mark.parametrize(("moves", "flag"), [([70, 30], 0), ([70], ONE_RETURN)])
def test_returns__two_alike_or_one_alone__flagged_when_one_makes_more_than_half(
    market: Market, realized: Deployed, node: Node, moves: list[int], flag: int
) -> None:
    market.grow(64)
    market.walk([31, 30] * 7, 60)
    node.advance(WINDOW)
    start = node.now + 1
    for number, tick in enumerate(moves):  # at the edges of the intervals that are measured in the end
        advance_to(node, start + number * 4 * SPACING - 1)
        market.swap_to(tick)
    advance_to(node, start + 8 * SPACING)
    assert realized.read("measure")[3] == flag


def test_history__of_a_ring_gone_round__reaches_back_to_its_oldest_slot(market: Market, realized: Deployed) -> None:
    market.grow(14)
    market.walk([60, 30] * 15, 60)
    newest, cardinality = market.pool.read("slot0")[2:4]
    assert cardinality == 14
    reach = market.node.now - observed(market, (newest + 1) % cardinality)
    assert realized.refusal("measure") == refusal("HistoryTooShort", reach, WINDOW)
