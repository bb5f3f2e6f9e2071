"""A position of the chain becomes one of `hedge`: in range by the pool's tick, fees a year from a day on."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from bridge.adapters.pool_position import LEAST_AGE, PoolPosition, Unread
from bridge.chain.blocks import BlockRef
from bridge.units import price_from_sqrt_x96
from hedge.amm.ticks import sqrt_price_at_tick
from hedge.book.exposure import position_exposure
from hedge.market import Market

pytestmark = pytest.mark.unit

NOW = 1_767_960_000
BLOCK = BlockRef(7, "0x" + "11" * 32, NOW)
LOWER, UPPER = 200_000, 201_000
ASSETS = {"0x" + "11" * 20: "USD", "0x" + "22" * 20: "ETH"}


def raw(tick: int, edge: int, age: int = 30 * 86_400) -> PoolPosition:
    """Return a USDC/WETH position whose pool's price is exactly that of `edge`, and whose tick is `tick`."""
    usdc, weth = ASSETS
    return PoolPosition(
        protocol="uniswap-v3", token_id=1, pool="0x" + "33" * 20, tokens=(usdc, weth), decimals=(6, 18), fee=500,
        tick_lower=LOWER, tick_upper=UPPER, tick=tick, liquidity=10**15, sqrt_price_x96=sqrt_price_at_tick(edge),
        amounts_units=(10**9, 10**18), fees_units=(10**6, 10**15), held_units=None, earned_units=(10**8, 10**16),
        earning_since=NOW - age,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tick", "edge", "inside"),
    [
        (LOWER, LOWER, True),  # came from below, or initialised there
        (LOWER - 1, LOWER, False),  # crossed downwards: the price is the end itself, the liquidity is out
        (UPPER - 1, UPPER, True),  # as the pool counts it while the price stands on the end
        (UPPER, UPPER, False),
        (LOWER + 500, LOWER + 500, True),
        (LOWER - 2, LOWER - 1, False),
    ],
)
def test_convert__price_at_an_end__in_range_is_what_the_pools_tick_says(tick: int, edge: int, inside: bool) -> None:
    spot = 1.0 / price_from_sqrt_x96(sqrt_price_at_tick(edge), 6, 18)
    market = Market(NOW, {"ETH": spot}, {"ETH": 0.6})
    found = position_exposure(raw(tick, edge).convert(ASSETS, dict(market.spots), BLOCK), market)
    assert found.in_range is inside
    if not inside:
        assert (found.fee_usd_per_year, found.lvr_usd_per_year) == (0.0, 0.0)
        assert math.isnan(found.break_even_vol)
    else:
        assert found.fee_usd_per_year > 0.0


@pytest.mark.parametrize(("age", "known"), [(0, False), (2, False), (LEAST_AGE - 1, False), (LEAST_AGE, True)])
def test_convert__fees_of_less_than_a_day__say_nothing_of_a_year(age: int, known: bool) -> None:
    position = raw(LOWER + 500, LOWER + 500, age).convert(ASSETS, {"ETH": 2_000.0}, BLOCK)
    assert math.isfinite(position.fee_apr) is known
    assert position.fees_base > 0.0  # what is owed is known all the same


def test_convert__nothing_in_it__has_no_fees_a_year() -> None:
    empty = replace(raw(LOWER + 500, LOWER + 500), amounts_units=(0, 0), liquidity=0)
    assert math.isnan(empty.convert(ASSETS, {"ETH": 2_000.0}, BLOCK).fee_apr)


@pytest.mark.parametrize("usd_first", [True, False])
def test_convert__range__is_in_usd_per_base_whichever_token_comes_first(usd_first: bool) -> None:
    usdc, weth = ASSETS
    tokens = (usdc, weth) if usd_first else (weth, usdc)
    decimals = (6, 18) if usd_first else (18, 6)
    position = replace(raw(LOWER + 500, LOWER + 500), tokens=tokens, decimals=decimals)
    found = position.convert(ASSETS, {"ETH": 2_000.0}, BLOCK)
    edges = [price_from_sqrt_x96(sqrt_price_at_tick(tick), *decimals) for tick in (LOWER, UPPER)]
    assert [found.lower, found.upper] == pytest.approx(sorted(1 / edge if usd_first else edge for edge in edges))
    assert (found.base, found.quote) == ("ETH", "USD")


def test_unread__words_of_a_strangers_contract__are_one_line_that_says_what_is_there() -> None:
    unread = Unread("uniswap-v4:7\x1b[2J", "its hook says\nread\u202e: \x1b[31m" + "x" * 10_000)
    assert unread.id.isprintable()
    assert unread.reason.isprintable()
    assert len(unread.reason) < 1_000
    assert unread.reason.startswith("its hook says")
    assert len(Unread("uniswap-v4:7", "why " * 60).reason) > 200  # a long reason is said to its end
