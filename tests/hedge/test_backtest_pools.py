"""Pools as bars: fees of a position, no look-ahead, positions entered and re-centred, and demeter's own values."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hedge import amm
from hedge.amm.ticks import sqrt_prices
from hedge.backtest.liquidity import LiquidityTerms, LpState, enter, lp_month, recentre, recentre_due, swap_usd
from hedge.backtest.pools import PoolBars
from hedge.errors import BadInput

pytestmark = pytest.mark.unit

DAY, HOUR = 86_400, 3_600
EPS = np.finfo(np.float64).eps


def bars(prices: Any, **known: Any) -> PoolBars:
    """Return hourly bars from time 0."""
    return PoolBars("ETH/USDC", "ETH", "USDC", 0.003, HOUR * np.arange(len(prices)), prices, **known)


def traded(prices: Any, usd: float = 1e6, pool: float = 9e4, **known: Any) -> PoolBars:
    """Return hourly bars in which the same is paid in each time, half of it in each token."""
    count = len(prices)
    return bars(prices, volume=np.full(count, usd), liquidity=np.full(count, pool), **known)


@st.composite
def markets(draw: st.DrawFn) -> PoolBars:
    """Draw bars whose growth, where their prices stay in range, is exactly what their volume says."""
    count = draw(st.integers(2, 12))
    many = {"min_size": count, "max_size": count}
    prices = draw(st.lists(st.floats(100.0, 10_000.0), **many))
    paid = np.array(draw(st.lists(st.tuples(st.floats(0.0, 1e4), st.floats(0.0, 1e7)), **many)))
    pool = np.array(draw(st.lists(st.floats(1.0, 1e8), **many)))
    growth = np.cumsum(paid * 0.003 / pool[:, None], axis=0)
    return bars(prices, growth=growth, volume=paid, liquidity=pool)


ranges = st.tuples(st.floats(0.0, 5_000.0), st.floats(1.0, 1e4)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def test_fees__in_range__are_volume_times_fee_times_share_with_own_liquidity_added() -> None:
    found = traded([2_000.0] * 3).fees(1e4, 1_500.0, 2_500.0, 0, 2 * HOUR)
    assert found == pytest.approx((2 * 500_000 / 2_000 * 0.003 * 0.1, 2 * 500_000 * 0.003 * 0.1), rel=4 * EPS)


def test_fees__position_that_was_in_the_pool__are_not_thinned_out_again() -> None:
    found = traded([2_000.0] * 2, pool=1e5).fees(1e4, 1_500.0, 2_500.0, 0, HOUR, joins=False)
    assert found[1] == pytest.approx(500_000 * 0.003 * 0.1, rel=4 * EPS)


def test_fees__out_of_range__are_zero_even_where_the_bars_know_nothing() -> None:
    assert bars([2_000.0] * 3).fees(1.0, 2_100.0, 2_500.0, 0, 2 * HOUR) == (0.0, 0.0)


def test_fees__in_range_of_unknown_bars__are_nan() -> None:
    assert all(map(math.isnan, bars([2_000.0] * 3).fees(1.0, 1_500.0, 2_500.0, 0, 2 * HOUR)))


@pytest.mark.parametrize(
    ("before", "after", "part"),
    [(900.0, 1_000.0, 0.0), (1_000.0, 900.0, 0.0), (1_100.0, 1_331.0, 1 / 2), (900.0, 2_000.0, None)],
)
def test_fees__price_crosses_an_edge__count_the_part_of_its_way_in_range(
    before: float, after: float, part: float | None
) -> None:
    lower, upper = 1_000.0, 1_210.0
    if part is None:  # across the whole range
        part = math.log(upper / lower) / math.log(after / before)
    market = traded([before, after])
    whole, crossed = market.fees(1e4, 0.0, math.inf, 0, HOUR), market.fees(1e4, lower, upper, 0, HOUR)
    assert crossed == pytest.approx([part * amount for amount in whole], rel=1e-14, abs=1e-300)


def test_fees__bar_missing__are_unknown_from_volume_and_bridged_by_growth() -> None:
    times, growth = [0, HOUR, 4 * HOUR], [[0.0, 0.0], [1e-6, 1e-3], [4e-6, 4e-3]]
    known: dict[str, Any] = {"volume": [1e6] * 3, "liquidity": [9e4] * 3, "step": HOUR}
    gap = PoolBars("ETH/USDC", "ETH", "USDC", 0.003, times, [2_000.0] * 3, **known)
    assert math.isnan(gap.fees(1e4, 1_500.0, 2_500.0, 0, 4 * HOUR)[1])
    assert not math.isnan(gap.fees(1e4, 1_500.0, 2_500.0, 0, HOUR)[1])
    assert math.isnan(gap.fees(1e4, 2_100.0, 2_500.0, 0, 4 * HOUR)[1])  # who knows where the price was
    bridged = dataclasses.replace(gap, growth=growth).fees(1e4, 1_500.0, 2_500.0, 0, 4 * HOUR)
    assert bridged == pytest.approx((1e4 * 4e-6 * 0.9, 1e4 * 4e-3 * 0.9), rel=4 * EPS)


def test_fees__past_the_last_bar_or_before_the_first__are_nan() -> None:
    market = traded([2_000.0] * 3)
    assert market.fees(1e4, 1_500.0, 2_500.0, 0, 3 * HOUR - 1)[1] > 0.0
    assert math.isnan(market.fees(1e4, 1_500.0, 2_500.0, 0, 3 * HOUR)[1])
    assert math.isnan(market.fees(1e4, 1_500.0, 2_500.0, -2 * HOUR, HOUR)[1])


def test_fees__growth_unknown_in_a_bar__come_from_volume_there() -> None:
    market = traded([2_000.0] * 4)
    step = np.array([500_000 / 2_000, 500_000]) * 0.003 / 9e4
    growth = np.outer(np.arange(4), step)
    both = dataclasses.replace(market, growth=growth)
    holes = dataclasses.replace(market, growth=np.where(np.arange(4)[:, None] == 2, np.nan, growth))
    ends = (1e4, 1_500.0, 2_500.0, 0, 3 * HOUR)
    assert holes.fees(*ends) == pytest.approx(both.fees(*ends), rel=1e-12)


@given(markets(), ranges, st.floats(0.0, 1e8))
def test_fees__any_market__are_never_negative(market: PoolBars, edges: tuple[float, float], own: float) -> None:
    assert (market.earned(own, *edges) >= 0.0).all()


@given(markets(), ranges, st.floats(0.0, 1e8), st.data())
def test_fees__windows_that_follow_on_one_another__add_up(
    market: PoolBars, edges: tuple[float, float], own: float, data: st.DataObject
) -> None:
    last = int(market.times[-1])
    middle = data.draw(st.integers(0, last))
    parts = [market.fees(own, *edges, 0, middle), market.fees(own, *edges, middle, last)]
    whole = market.fees(own, *edges, 0, last)
    assert np.sum(parts, axis=0) == pytest.approx(whole, rel=12 * EPS)


@given(markets(), ranges, st.floats(0.0, 1e8))
def test_fees__growth_and_volume_both_known__agree(market: PoolBars, edges: tuple[float, float], own: float) -> None:
    last = int(market.times[-1])
    grown = dataclasses.replace(market, volume=None).fees(own, *edges, 0, last)
    paid = dataclasses.replace(market, growth=None).fees(own, *edges, 0, last)
    # A difference of running sums is good to their last digit, which counts as often as there are bars.
    assert market.growth is not None
    digits = 2 * market.times.size * EPS * own * market.growth[-1]
    for one, other, digit in zip(grown, paid, digits, strict=True):
        assert one == pytest.approx(other, rel=16 * EPS, abs=digit)


@given(markets(), ranges, st.floats(0.0, 1e8), st.data())
def test_cut__any_moment__gives_the_same_fees_without_the_future(
    market: PoolBars, edges: tuple[float, float], own: float, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, int(market.times[-1])))
    seen = market.cut(at)
    assert seen.times[-1] <= at
    assert seen.fees(own, *edges, 0, at) == market.fees(own, *edges, 0, at)


def test_cut__before_the_first_bar__is_refused() -> None:
    with pytest.raises(BadInput, match="no bar of ETH/USDC"):
        traded([2_000.0]).cut(-1)


def test_between__two_moments__leaves_out_the_first_and_keeps_the_last() -> None:
    assert traded([1.0, 2.0, 3.0]).between(0, HOUR).price.tolist() == [2.0]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"times": [0, 0]}, "times"),
        ({"times": [1, 0]}, "times"),
        ({"times": [0.5, 1.0]}, "times"),
        ({"price": [1.0, math.nan]}, "price"),
        ({"price": [1.0, 0.0]}, "price"),
        ({"price": [1.0]}, "price"),
        ({"volume": [1.0, -1.0]}, "volume"),
        ({"volume": [1.0, math.inf]}, "volume"),
        ({"volume": [[1.0], [1.0]]}, "volume"),
        ({"growth": [[1.0, 1.0], [0.5, 1.0]]}, "growth"),
        ({"liquidity": [1.0, -1.0]}, "liquidity"),
        ({"fee": 1.0}, "fee"),
        ({"fee": math.nan}, "fee"),
        ({"step": -1}, "step"),
    ],
)
def test_pool_bars__number_that_cannot_be__is_refused_by_name(wrong: dict[str, Any], named: str) -> None:
    right: dict[str, Any] = {"fee": 0.003, "times": [0, 1], "price": [1.0, 1.0]}
    with pytest.raises(BadInput) as refusal:
        PoolBars("a/b", "a", "b", **right | wrong)
    assert refusal.value.name == named


def test_pool_bars__arrays__are_copies_that_nobody_can_change() -> None:
    prices = np.array([1.0, 2.0])
    market = traded(prices)
    prices[0] = 9.0
    assert market.price[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        market.price[0] = 9.0


@given(st.floats(1e-3, 1e6), st.floats(1e-3, 1e5), st.floats(1.0, 1e9), st.floats(0.0, 0.999), st.floats(1.001, 100.0))
def test_enter__any_range_and_price__is_worth_its_capital(
    price: float, quote_usd: float, capital: float, low: float, high: float
) -> None:
    state = enter(LiquidityTerms(low, high), price, quote_usd, capital, 7)
    assert state.value_usd(price, quote_usd) == pytest.approx(capital, rel=16 * EPS)
    assert (state.entered_at, state.price) == (7, price)


def test_value_usd__two_volatile_tokens__is_the_ratios_value_at_the_quotes_price() -> None:
    state = enter(LiquidityTerms(), 16.0, 3_000.0, 1e6, 0)
    assert state.value_usd(18.0, 2_500.0) == pytest.approx(
        float(amm.two_asset_greeks(18.0 * 2_500.0, 2_500.0, state.liquidity, state.lower, state.upper).value), rel=1e-12
    )


@pytest.mark.parametrize("wrong", [{"price": math.nan}, {"price": 0.0}, {"quote_usd": math.inf}, {"capital_usd": -1.0}])
def test_enter__unknown_number__is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(BadInput):
        enter(LiquidityTerms(), at=0, **{"price": 1.0, "quote_usd": 1.0, "capital_usd": 1.0} | wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"lower_ratio": -0.1},
        {"lower_ratio": 1.25},
        {"upper_ratio": 0.8},
        {"every_days": 0.0},
        {"out_hours": -1.0},
        {"swap_cost": 1.0},
    ],
)
def test_liquidity_terms__out_of_range__are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(BadInput):
        LiquidityTerms(**wrong)  # type: ignore[arg-type]


def test_recentre_due__no_rule__never() -> None:
    state = enter(LiquidityTerms(), 2_000.0, 1.0, 1e6, 0)
    assert not recentre_due(LiquidityTerms(), state, 1.0, 10**9)


def test_recentre_due__every_seven_days__on_the_seventh() -> None:
    terms = LiquidityTerms(every_days=7)
    state = enter(terms, 2_000.0, 1.0, 1e6, 0)
    due = [recentre_due(terms, state, 2_000.0, at) for at in (7 * DAY - 1, 7 * DAY)]
    assert due == [False, True]


def test_recentre_due__out_for_six_hours__counts_from_the_last_time_in_range() -> None:
    terms = LiquidityTerms(out_hours=6)
    state = enter(terms, 2_000.0, 1.0, 1e6, 0)
    due = []
    for hour, price in enumerate([2_000.0, 1_500.0, 1_500.0, 2_000.0, *[2_600.0] * 8]):
        due.append(recentre_due(terms, state, price, hour * HOUR))
        state = state.seen(price, hour * HOUR)
    assert due.index(True) == 10
    assert all(due[10:])


def test_swap_usd__at_the_entry_price__is_nothing() -> None:
    terms = LiquidityTerms()
    state = enter(terms, 2_000.0, 1.0, 1e6, 0)
    assert swap_usd(state, terms, 2_000.0, 1.0) == pytest.approx(0.0, abs=1e6 * 16 * EPS)


def test_swap_usd__above_the_range__buys_the_base_of_the_new_one() -> None:
    terms = LiquidityTerms()
    state = enter(terms, 2_000.0, 1.0, 1e6, 0)
    assert state.amounts(3_000.0)[0] == 0.0
    value = state.value_usd(3_000.0, 1.0)
    bought = enter(terms, 3_000.0, 1.0, value, 0).amounts(3_000.0)[0] * 3_000.0
    assert swap_usd(state, terms, 3_000.0, 1.0) == pytest.approx(bought, rel=1e-12)


@given(st.floats(500.0, 8_000.0), st.floats(0.0, 100.0), st.floats(0.0, 0.01), st.booleans())
def test_recentre__any_price__value_cost_and_flow_tie_out(
    price: float, gas: float, cost: float, compound: bool
) -> None:
    terms = LiquidityTerms(gas_usd=gas, swap_cost=cost, compounding=compound)
    state = enter(terms, 2_000.0, 1.0, 1e6, 0)
    new = recentre(terms, state, price, 1.0, 5)
    assert new.cost_usd == pytest.approx(gas + cost * swap_usd(state, terms, price, 1.0))
    left = state.value_usd(price, 1.0) - new.cost_usd + new.flow_usd
    assert new.state.value_usd(price, 1.0) == pytest.approx(left, rel=64 * EPS)
    assert (new.flow_usd == 0.0) if compound else new.state.value_usd(price, 1.0) == pytest.approx(1e6)
    assert (new.state.entered_at, new.state.out_since, new.state.capital_usd) == (5, None, 1e6)


def test_recentre__worth_less_than_its_gas__is_refused() -> None:
    terms = LiquidityTerms(gas_usd=50.0)
    with pytest.raises(BadInput, match="cannot be re-centred"):
        recentre(terms, enter(terms, 2_000.0, 1.0, 40.0, 0), 2_000.0, 1.0, 1)


def test_lp_month__drawn_prices__ties_out_with_amm_and_fees() -> None:
    draw = np.random.default_rng(11)
    market = traded(2_000.0 * np.exp(np.cumsum(draw.normal(0.0, 0.02, 500))))
    month = lp_month(market, 1_800.0, 2_200.0, 10.0, 30_000.0)
    base, quote = amm.amounts(market.price, month.liquidity, 1_800.0, 2_200.0)
    fees = market.fees(month.liquidity, 1_800.0, 2_200.0, 0, int(market.times[-1]))
    # A root's last digit, times the liquidity, is what differences of roots lose.
    digit = 4 * EPS * month.liquidity
    assert month.base == pytest.approx(base, abs=digit / 40.0)
    assert month.quote == pytest.approx(quote, abs=digit * 50.0)
    assert (month.fee_base[-1], month.fee_quote[-1]) == pytest.approx(fees, rel=500 * EPS)
    assert month.value[0] == pytest.approx(10.0 * market.price[0] + 30_000.0, rel=1e-12)
    worth = (base + month.fee_base + month.idle_base) * market.price + quote + month.fee_quote + month.idle_quote
    assert month.value == pytest.approx(worth, rel=1e-12)


def test_lp_month__fees_unknown_from_a_bar_on__value_is_nan_from_there() -> None:
    market = bars([2_000.0] * 4, volume=[1.0, 1.0, math.nan, 1.0], liquidity=[1.0] * 4)
    assert np.isnan(lp_month(market, 1_500.0, 2_500.0, 1.0, 2_000.0).value).tolist() == [False, False, True, True]


def test_lp_month__nothing_fits__is_refused() -> None:
    with pytest.raises(BadInput, match="nothing fits"):
        lp_month(traded([2_000.0] * 2), 1_500.0, 2_500.0, 0.0, 2_000.0)


# demeter's net values at the first, middle and last bar: demeter 1.3.0, its Actuator and UniLpMarket, USDC/WETH 0.05 %,
# 10 WETH and 20,000 USDC offered over a range of ticks at the first bar and kept; `benchmarks/peers_pool.py` runs it.
# Of the recorded ones the first number is the tick at which the first bar opened: there demeter enters.
# Nothing but the last digits of its 35-digit decimals and our doubles differs, over as many sums as there are bars.
OFFERED = 10.0, 20_000.0
WAVY = (199_900, 200_150), (40632.156694440186, 40933.9904433963, 41027.92439896673)
RECORDED = {
    "2023-08": (201_101, (200_800, 202_000), (38481.24812100144, 38390.008692740754, 36026.823557928845)),
    "2024-02": (197_026, (196_400, 197_200), (47777.88981398196, 48465.3302501475, 48495.982503866)),
    "2025-07": (198_153, (197_700, 198_000), (44817.31584025724, 44055.00754458735, 45684.87397429145)),
}


def usdc_per_weth(ticks: Any) -> np.ndarray:
    return np.asarray(1e12 / sqrt_prices(np.asarray(ticks).astype(np.int64)) ** 2)


def as_demeter_marks(market: PoolBars, range_ticks: tuple[int, int]) -> np.ndarray:
    """Return net values as demeter has them: a bar's fees are in, its price is the one that the bar began with."""
    low, high = np.sort(usdc_per_weth(range_ticks))
    month = lp_month(market, float(low), float(high), *OFFERED)
    return np.asarray(month.value[:-1] + np.diff(month.fee_base) * market.price[:-1] + np.diff(month.fee_quote))


def test_lp_month__bars_that_cross_the_range__has_demeters_value() -> None:
    i = np.arange(400)
    ticks = 200_000 + np.round(300 * np.sin(i / 17) + 40 * np.sin(i * i))
    usdc, weth = np.where(i % 4 == 0, 0, 1_000 * (1 + i * 37 % 101)), np.where(i % 3 == 0, 0, 0.5 * (1 + i * 53 % 89))
    pool = 2e6 * (1 + i * 29 % 31 / 31)
    market = PoolBars(
        "USDC/WETH",
        "WETH",
        "USDC",
        0.0005,
        60 * np.arange(401),
        usdc_per_weth(np.concatenate(([200_000], ticks))),
        volume=np.vstack(([0.0, 0.0], np.column_stack((weth, usdc)))),
        liquidity=np.concatenate((pool[:1], pool)),
    )
    values = as_demeter_marks(market, WAVY[0])
    assert values[[0, 200, -1]] == pytest.approx(WAVY[1], rel=1e-12)


@pytest.mark.parametrize("stretch", RECORDED)
def test_lp_month__demeters_own_minutes__has_demeters_value(recorded: Any, stretch: str) -> None:
    from bridge.study.pool_files import read_minutes

    start = np.datetime64(stretch, "s").astype(np.int64)
    whole, _ = read_minutes(recorded)
    part = whole.between(start, start + 31 * DAY)
    assert part.volume is not None
    assert part.liquidity is not None
    opening, range_ticks, expected = RECORDED[stretch]
    market = PoolBars(
        part.name,
        part.base,
        part.quote,
        part.fee,
        np.concatenate((part.times[:1] - 60, part.times)),
        np.concatenate((usdc_per_weth([opening]), part.price)),
        volume=np.vstack(([0.0, 0.0], part.volume)),
        liquidity=np.concatenate((part.liquidity[:1], part.liquidity)),
    )
    values = as_demeter_marks(market, range_ticks)
    assert values[[0, -1]] == pytest.approx((expected[0], expected[2]), rel=1e-10)


def test_lp_state__frozen__seen_returns_a_new_one() -> None:
    state = enter(LiquidityTerms(), 2_000.0, 1.0, 1e6, 0)
    assert state.seen(2_000.0, 5) is state
    assert isinstance(state.seen(9_000.0, 5), LpState)
    assert state.out_since is None
