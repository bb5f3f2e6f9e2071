"""How much history realised volatility needs: slots of the pool's ring, seconds, and a trade in the window."""

from __future__ import annotations

import pytest
from onchain import Deployed, Node, refusal
from pools import CHOPPY, Market

pytestmark = pytest.mark.chain
SPACING, COUNT = 1800, 12
WINDOW = SPACING * COUNT


def test_slots__ring_of_one__too_few(market: Market, realized: Deployed) -> None:
    market.walk(CHOPPY, SPACING)
    assert realized.refusal("measure") == refusal("TooFewObservations", 1, COUNT)
    assert realized.read("writtenSlots") == 1


def test_slots__room_paid_for_but_not_yet_written__too_few(market: Market, realized: Deployed) -> None:
    market.grow(64)
    market.walk(CHOPPY[:8], SPACING)
    assert market.pool.read("slot0")[3] == 64
    assert realized.refusal("measure") == refusal("TooFewObservations", 9, COUNT)
    assert realized.read("writtenSlots") == 9


def test_history__many_trades_in_a_short_time__too_short(market: Market, realized: Deployed) -> None:
    market.grow(64)
    started = market.node.now
    market.walk(CHOPPY, 60)
    found = realized.refusal("measure")
    assert found.name == "HistoryTooShort"
    assert found.values[0] <= market.node.now - started + 60
    assert found.values[1] == WINDOW


def observed(market: Market, index: int) -> int:
    """Return when an observation of the pool was made."""
    return int(market.pool.read("observations", index)[0])


def test_history__as_many_slots_and_seconds_as_the_window__is_enough(
    market: Market, realized: Deployed, node: Node
) -> None:
    market.grow(64)
    node.advance(WINDOW - 14 * SPACING // 2)
    born = observed(market, 0)
    market.walk([30, 0] * 5 + [30], SPACING // 2)  # with the pool's first, twelve observations
    assert realized.read("writtenSlots") == COUNT
    node.advance_to(born + WINDOW - 1)
    assert realized.refusal("measure") == refusal("HistoryTooShort", WINDOW - 1, WINDOW)
    node.advance_to(born + WINDOW)
    assert realized.read("measure")[0] > 0


def test_history__of_a_ring_gone_round__reaches_back_to_its_oldest_slot(market: Market, realized: Deployed) -> None:
    market.grow(14)
    market.walk([60, 30] * 15, 60)
    newest, cardinality = market.pool.read("slot0")[2:4]
    assert cardinality == 14
    reach = market.node.now - observed(market, (newest + 1) % cardinality)
    assert realized.refusal("measure") == refusal("HistoryTooShort", reach, WINDOW)


def test_ring__an_observation_every_block__overwrites_the_window(market: Market, realized: Deployed) -> None:
    market.grow(64)
    market.walk(CHOPPY * 2, SPACING)
    assert realized.read("measure")[0] > 0
    market.walk([10, 0] * 32, 12)
    assert realized.refusal("measure").name == "HistoryTooShort"


def test_idle__no_trade_in_the_whole_window__refused(market: Market, realized: Deployed, node: Node) -> None:
    market.grow(64)
    market.walk(CHOPPY, SPACING)
    last = market.pool.read("observations", market.pool.read("slot0")[2])[0]
    node.advance(WINDOW + 1)
    assert realized.refusal("measure") == refusal("PoolIdle", node.now - last, WINDOW)


def test_idle__last_trade_as_old_as_the_window__is_no_measurement_as_nothing_moved(
    market: Market, realized: Deployed, node: Node
) -> None:
    market.grow(64)
    market.walk([30, 0] * 7, SPACING)
    last = observed(market, market.pool.read("slot0")[2])
    node.advance_to(last + WINDOW)
    assert realized.refusal("measure") == refusal("PriceUnmoved", WINDOW)
    node.advance(1)
    assert realized.refusal("measure") == refusal("PoolIdle", WINDOW + 1, WINDOW)
