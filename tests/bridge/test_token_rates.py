"""Staked tokens in pools: amounts, ranges and prices in units of their asset, by the rate of now."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.adapters.pool_position import PoolPosition, convert_position
from bridge.chain.blocks import BlockRef
from hedge.amm.ticks import position_amounts, sqrt_price_at_tick
from hedge.market import Market

pytestmark = pytest.mark.unit
STAKED, USD = "0x" + "11" * 20, "0x" + "22" * 20
AT = BlockRef(1, "0x" + "00" * 32, 1_800_000_000)
SPOT, TICK = 2_000.0, 78_000
"""A token of 18 decimals at 1.0001 ** 78000, that is 2,440 of another: 2,000 a unit of its asset at a rate of 1.22."""


def position(lower: int, upper: int, turned: bool) -> PoolPosition:
    tick, ends = (-TICK, (-upper, -lower)) if turned else (TICK, (lower, upper))
    price = sqrt_price_at_tick(tick)
    amounts = position_amounts(price, *ends, 10**21)
    tokens = (USD, STAKED) if turned else (STAKED, USD)
    return PoolPosition(
        protocol="uniswap-v3", token_id=1, pool="0x" + "33" * 20, tokens=tokens, decimals=(18, 18), fee=3_000,
        tick_lower=ends[0], tick_upper=ends[1], tick=tick, liquidity=10**21, sqrt_price_x96=price,
        amounts_units=amounts, fees_units=(10**17, 10**17), held_units=amounts, earned_units=(0, 0),
        earning_since=AT.timestamp - 10 * 86_400,
    )  # fmt: skip


@given(
    lower=st.integers(70_000, 77_000), width=st.integers(1_000, 20_000), turned=st.booleans(),
    rate=st.floats(0.9, 2.5),
)  # fmt: skip
def test_convert__staked_token__is_worth_what_its_tokens_are_at_the_rate(
    lower: int, width: int, turned: bool, rate: float
) -> None:
    raw = position(lower, lower + width, turned)
    raw = replace(raw, rates=(1.0, rate) if turned else (rate, 1.0))
    token_price = 1.0001**TICK
    market = Market(AT.timestamp, {"ETH": token_price / rate}, {"ETH": 0.6})
    found = convert_position(raw, {STAKED: "ETH", USD: "USD"}, dict(market.spots), AT)
    staked, dollars = (amount / 1e18 for amount in (raw.amounts_units[::-1] if turned else raw.amounts_units))
    wanted = staked * token_price + dollars
    assert math.isclose(float(found.value_usd(market.spots)), wanted, rel_tol=1e-6)
    assert math.isclose(found.held_base, staked * rate, rel_tol=1e-9)
    assert math.isclose(found.lower, 1.0001**lower / rate, rel_tol=1e-6)
    assert math.isclose(found.upper, 1.0001 ** (lower + width) / rate, rel_tol=1e-6)
    base, quote, price = raw.pair_price({STAKED: "ETH", USD: "USD"})
    assert (base, quote) == ("ETH", "USD")
    assert math.isclose(price, token_price / rate, rel_tol=1e-6)


def test_convert__rate_of_one__is_as_without_rates() -> None:
    raw, assets, spots = position(76_000, 80_000, turned=False), {STAKED: "ETH", USD: "USD"}, {"ETH": SPOT}
    plain = convert_position(raw, assets, spots, AT)
    assert convert_position(replace(raw, rates=(1.0, 1.0)), assets, spots, AT) == plain
