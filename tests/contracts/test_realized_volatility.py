"""Realised volatility from a real pool's observations: what is measured, and what is refused."""

from __future__ import annotations

import math

import pytest
from onchain import DAY, HOUR, Deployed, Node, refusal
from pools import CHOPPY, Market, open_market

from hedge.volatility.realized import from_ticks

pytestmark = pytest.mark.chain
SPACING, COUNT = 1800, 12
WINDOW = SPACING * COUNT
SPOT_AWAY, ONE_RETURN = 1, 2
E8 = 10**8


def traded(market: Market, ticks: list[int] | None = None, seconds: int = SPACING) -> None:
    """Grow the ring and trade along some ticks, which fills the window and more."""
    market.grow(64)
    market.walk(CHOPPY if ticks is None else ticks, seconds)


def reference(market: Market, spacing: int = SPACING, count: int = COUNT) -> float:
    """Measure with the Python package what the pool's own `observe` returns now."""
    ages = [(count - k) * spacing for k in range(count + 1)]
    cumulatives = market.pool.read("observe", ages)[0]
    return float(from_ticks(cumulatives, [-age for age in ages]))


def test_measure__choppy_pool__is_the_packages_number_rounded_down(market: Market, realized: Deployed) -> None:
    traded(market)
    volatility, start, end, _ = realized.read("measure")
    assert (start, end) == (market.node.now - WINDOW, market.node.now)
    # Rounded down to 1e-8; the fixed-point mean ticks are exact to 1e-9, far below that here.
    assert volatility in {math.floor(reference(market) * E8) - k for k in (0, 1)}
    assert volatility > E8 // 10


def test_measure__price_that_hardly_moves__is_next_to_nothing_without_flags(market: Market, realized: Deployed) -> None:
    traded(market, [1, 0] * 8)
    assert realized.read("measure")[0] < E8 // 20  # moves of one or two ticks
    assert realized.read("measure")[3] == 0


def test_gap__one_return_after_missed_periods__counts_with_the_time_that_passed(
    market: Market, realized: Deployed
) -> None:
    traded(market)
    market.swap_to(0)
    market.node.advance(10 * SPACING)  # nobody trades for ten periods
    market.swap_to(500)
    market.node.advance(2 * SPACING)
    measured = realized.read("measure")[0] / E8
    # One move of 500 ticks in a window of twelve periods; as if it were of one period it would be sqrt(11) times this.
    whole = math.log(1.0001) * 500 * math.sqrt(365 * DAY / WINDOW)
    assert measured < 1.3 * whole
    assert measured == pytest.approx(reference(market), abs=2e-8)


def test_slots__ring_gone_round__all_are_written(market: Market, realized: Deployed) -> None:
    market.grow(14)
    market.walk(CHOPPY * 2, SPACING)
    assert realized.read("writtenSlots") == 14
    assert realized.read("measure")[0] == pytest.approx(reference(market) * E8, abs=2)


def test_spike__four_times_the_price_for_one_block__moves_the_mean_by_92_ticks(
    market: Market, realized: Deployed, node: Node
) -> None:
    market.grow(64)
    market.walk([10, 0] * 7, SPACING)
    before = market.pool.read("observe", [SPACING, 0])[0]
    calm = realized.read("measure")[0]
    market.swap_to(13_863)  # ln 4 / ln 1.0001
    node.advance(11)
    market.swap_to(0)  # twelve seconds later
    node.advance(SPACING - 13)
    after = market.pool.read("observe", [SPACING, 0])[0]
    means = [(pair[1] - pair[0]) / SPACING for pair in (before, after)]
    assert 90 < means[1] - means[0] < 104
    volatility, _, _, flags = realized.read("measure")
    # At most two returns of 104 ticks entered: the means of twelve intervals lie 2/3 * 1800 s apart on average.
    most = math.log(1.0001) * 104 * math.sqrt(2 * 3 * 365 * DAY / (22 * SPACING))
    assert volatility / E8 < calm / E8 + most
    assert flags & ONE_RETURN


def test_spikes__two_in_a_day_to_where_no_liquidity_is__raise_it_fifteenfold_unflagged_for_the_fees(node: Node) -> None:
    """What docs/known-risks.md says of who has two blocks in a row: nobody trades against the spike."""
    market = open_market(node, edge=6930)  # half to twice the price
    market.grow(400)
    realized = node.deploy("RealizedVolatility", market.pool.address, HOUR, 24)

    def hour(shift: int, spike: bool = False) -> list[int]:
        market.walk([(37 * (shift + k)) % 121 - 60 for k in range(4)], 890)
        before, back = held(market), market.tick()
        if spike:
            market.swap_to(250_000)
            node.advance(11)
            market.swap_to(back)
        return [had - has for had, has in zip(before, held(market), strict=True)]

    for shift in range(26):
        hour(shift)
    calm = realized.read("measure")
    paid = [hour(26, spike=True), hour(27), hour(28), hour(29, spike=True), hour(30), hour(31)]
    volatility, *_, flags = realized.read("measure")
    assert (calm[3], flags) == (0, 0)
    assert volatility > 15 * calm[0]
    for costs in (paid[0], paid[3]):
        assert 0 < sum(costs) < 7 * 2 * 10**24 // 10_000  # of a pool of 1e24 of each


def held(market: Market) -> list[int]:
    """Return what the trader holds of both tokens."""
    return [int(token.read("balanceOf", market.node.deployer)) for token in market.tokens]


def test_flags__spot_moved_in_this_block__spot_away(market: Market, realized: Deployed) -> None:
    traded(market)
    market.swap_to(1200)
    assert realized.read("measure")[3] & SPOT_AWAY


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
        node.advance_to(start + number * 4 * SPACING - 1)
        market.swap_to(tick)
    node.advance_to(start + 8 * SPACING)
    assert realized.read("measure")[3] == flag


@pytest.mark.parametrize(
    ("spacing", "intervals"), [(599, 12), (DAY + 1, 12), (1800, 7), (1800, 169), (0, 0), (2**32 - 1, 2**32 - 1)]
)
def test_window__useless__refused(node: Node, market: Market, spacing: int, intervals: int) -> None:
    found = node.deploy_refusal("RealizedVolatility", market.pool.address, spacing, intervals)
    assert found == refusal("BadWindow", spacing, intervals)


@pytest.mark.parametrize(("spacing", "intervals"), [(600, 8), (DAY, 168)])
def test_window__at_its_edges__accepted(node: Node, market: Market, spacing: int, intervals: int) -> None:
    made = node.deploy("RealizedVolatility", market.pool.address, spacing, intervals)
    assert (made.read("spacing"), made.read("intervals")) == (spacing, intervals)


def test_reads__as_deployed__are_the_constructors(market: Market, realized: Deployed) -> None:
    assert realized.read("pool") == market.pool.address
    assert (realized.read("spacing"), realized.read("intervals")) == (SPACING, COUNT)
