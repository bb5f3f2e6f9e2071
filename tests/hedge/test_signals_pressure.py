"""Rate and exchange-rate shocks, the quick ratio, CAPM volatility: by hand, by identity, on history."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hedge import amm
from hedge.errors import BadInput
from hedge.signals.capm import capm_gauge, capm_vol, market_model, over_norm
from hedge.signals.known import known_after, known_series, unix_seconds
from hedge.signals.liquidity import depth, quick_ratio, quick_ratio_gauge, quick_ratios
from hedge.signals.shocks import annual_funding, change_shock, level_shock, rate_differential, shock_gauge
from hedge.units import DAY

pytestmark = pytest.mark.unit

RNG = np.random.default_rng(2)


def days(values: object) -> pd.Series:
    """Index values by the ends of days 1, 2, 3 ..."""
    return known_series(values, DAY * np.arange(1, len(values) + 1))


def test_rate_differential__foreign_unknown_or_too_old__nan() -> None:
    gap = rate_differential(known_series([5.0, 5.25], [10, 30]), known_series([2.0], [20]), 15)
    assert gap.index.tolist() == [10, 20, 30]
    np.testing.assert_array_equal(gap, [np.nan, 3.0, 3.25])


def test_level_shock__jump_after_noise__deviations_of_the_past() -> None:
    noise = RNG.standard_normal(60)
    z = level_shock(days([*noise, 10.0]), 60, 30)
    assert z.iloc[-1] == pytest.approx((10.0 - noise.mean()) / noise.std(ddof=1))


def test_change_shock__devaluation_of_five_per_cent__measured_in_log_changes() -> None:
    logs = np.cumsum(0.004 * RNG.standard_normal(80))
    rate = days(100.0 * np.exp(np.append(logs, logs[-1] - math.log(1.05))))
    change = np.diff(logs)
    z = change_shock(rate, 1, 60, 30).iloc[-1]
    assert z == pytest.approx((-math.log(1.05) - change[-60:].mean()) / change[-60:].std(ddof=1))
    with pytest.raises(BadInput):
        change_shock(rate, 0, 60, 30)


@pytest.mark.parametrize(("side", "scores"), [("both", [1.0, 0.5]), ("up", [0.0, 0.5]), ("down", [1.0, 0.0])])
def test_shock_gauge__sides__score_what_they_name(side: str, scores: list[float]) -> None:
    gauge = shock_gauge("funding", known_series([-4.0, 2.25], [1, 2]), side=side, max_age_seconds=DAY, source="x")
    assert [gauge.at(1).score, gauge.at(2).score] == scores


def test_shock_gauge__unknown_side__refused() -> None:
    with pytest.raises(BadInput):
        shock_gauge("x", known_series([1.0], [1]), side="left", max_age_seconds=DAY, source="x")  # type: ignore[arg-type]


def test_depth__ranges__quote_that_the_pools_pay_out() -> None:
    low, high, liquidity = [0.0, 1_800.0, 2_100.0], [math.inf, 2_200.0, 2_500.0], [50.0, 400.0, 900.0]
    paid = sum(
        float(amm.amounts(2_000.0, size, a, b)[1]) - float(amm.amounts(1_900.0, size, a, b)[1])
        for a, b, size in zip(low, high, liquidity, strict=True)
    )
    assert depth(2_000.0, 0.05, low, high, liquidity) == pytest.approx(paid, rel=1e-10)


@pytest.mark.parametrize(
    ("price", "band", "lower", "upper", "liquidity"),
    [(0.0, 0.1, 1, 2, 1), (1.0, 0.0, 1, 2, 1), (1.0, 1.0, 1, 2, 1), (1.0, 0.1, 2, 2, 1), (1.0, 0.1, 1, 2, -1)],
)
def test_depth__out_of_range__refused(price: float, band: float, lower: int, upper: int, liquidity: int) -> None:
    with pytest.raises(BadInput):
        depth(price, band, [lower], [upper], [liquidity])


def test_quick_ratio__nothing_due_or_unknown__inf_or_nan() -> None:
    found = quick_ratio([100.0, 100.0, np.nan, 0.0], 50.0, [100.0, 0.0, 0.0, 0.0], [50.0, 0.0, 0.0, 0.0])
    np.testing.assert_array_equal(found, [1.0, np.inf, np.nan, np.inf])
    with pytest.raises(BadInput):
        quick_ratio(-1.0, 0.0, 1.0, 1.0)


def test_quick_ratios__due_grows__score_from_calm_to_full() -> None:
    ratios = quick_ratios(days([80.0]), days([120.0]), days([0.0, 60.0, 150.0]), days([0.0, 40.0, 50.0]), 30 * DAY)
    np.testing.assert_array_equal(ratios, [1_000.0, 2.0, 1.0])
    gauge = quick_ratio_gauge(ratios, source="x")
    assert [gauge.at(day * DAY).score for day in (1, 2, 3)] == [0.0, 0.0, 1.0]


def test_capm_vol__market_vol_realised_in_the_window__is_the_assets_own_realised_vol() -> None:
    market = np.exp(np.cumsum(0.03 * RNG.standard_normal(200)))
    asset = market**1.2 * np.exp(np.cumsum(0.02 * RNG.standard_normal(200)))
    model = market_model(days(asset), days(market), 60)
    implied = capm_vol(model, model.market_vol.dropna(), DAY)
    realised = pd.Series(np.log(asset)).diff().rolling(60).std().to_numpy() * math.sqrt(365.0)
    np.testing.assert_allclose(implied.to_numpy()[60:], realised[60:], rtol=1e-10)
    assert np.isnan(model.beta.to_numpy()[:60]).all()


def test_market_model__asset_is_a_power_of_the_market__beta_and_no_own_risk() -> None:
    market = days(np.exp(np.cumsum(0.03 * RNG.standard_normal(100))))
    model = market_model(market**1.5, market, 30)
    np.testing.assert_allclose(model.beta.iloc[30:], 1.5, rtol=1e-10)
    np.testing.assert_allclose(model.idiosyncratic_vol.iloc[30:], 0.0, atol=1e-7)
    # With sigma_m = 0.8 the formula is 1.5 x 0.8.
    assert capm_vol(model, days(np.full(100, 0.8)), DAY).iloc[-1] == pytest.approx(1.2)


def test_market_model__gap_or_flat_market__nan() -> None:
    prices = np.exp(np.cumsum(0.03 * RNG.standard_normal(60)))
    prices[30] = np.nan
    beta = market_model(days(prices), days(np.exp(np.linspace(0.0, 1.0, 60) ** 2)), 10).beta.to_numpy()
    assert np.isnan(beta[30:41]).all()
    assert np.isfinite(beta[41:]).all()
    assert market_model(days(np.arange(1.0, 31.0)), days(np.ones(30)), 10).beta.isna().all()
    with pytest.raises(BadInput):
        market_model(days(prices), days(prices), 2)


def test_over_norm__vol_doubles__ratio_to_the_past_quantile() -> None:
    ratio = over_norm(days([*np.linspace(0.4, 0.6, 101), 1.2]), 0.75, 101, 50)
    assert ratio.iloc[-1] == pytest.approx(1.2 / 0.55)
    assert capm_gauge(ratio, source="x").at(102 * DAY).score == 1.0


def test_capm_vol__eth_on_btc_with_dvol_2022_to_2025__near_market_beta_and_rising_own_risk(recorded: Path) -> None:
    closes = {
        name: pd.read_csv(recorded / "spot" / f"{name}_daily_2022_2025_kalyar.csv.gz", index_col="date")["close"]
        for name in ("eth", "btc")
    }
    eth, btc = (known_after(close.set_axis(pd.DatetimeIndex(close.index)), DAY) for close in closes.values())
    dvol = pd.read_csv(recorded / "iv" / "dvol_btc_daily.csv", index_col="date", parse_dates=True)["close"] / 100.0
    model = market_model(eth, btc, 90)
    vol = capm_vol(model, known_after(dvol, DAY)[lambda rows: rows.index >= eth.index[0]], 2 * DAY)
    assert 0.9 < model.beta.median() < 1.4
    assert vol.dropna().between(0.2, 2.0).all()
    # Measured 55 % of days above the upper quartile of the year before: from 2023 to 2025 beta went from 0.8 to 1.7 and
    # ETH's own volatility from 24 % to 44 %.
    assert 0.4 < (over_norm(vol).dropna() > 1.0).mean() < 0.7


def test_level_shock__btc_funding_2022_to_2025__known_when_paid_and_rarely_beyond_three(recorded: Path) -> None:
    rows = pd.read_csv(recorded / "spot" / "btc_perp_funding_8h_2022_2025.csv.gz")
    paid_at = unix_seconds(pd.DatetimeIndex(pd.to_datetime(rows["ts"], unit="ms")))
    funding = annual_funding(known_series(rows["rate"].to_numpy() / 100.0, paid_at))
    assert funding.index[0] == 1_667_462_401  # paid 16 ms after the second
    z = level_shock(funding, 270, 90).dropna()
    assert 0.0 < (z.abs() > 3.0).mean() < 0.05


def test_change_shock__trade_weighted_dollar_since_2006__greatest_rise_in_october_2008(recorded: Path) -> None:
    path = recorded / "macro" / "fred_md_selected_monthly_1959_2026.csv.gz"
    dollar = pd.read_csv(path, index_col="date", parse_dates=True)["TWEXAFEGSMTHx"].dropna()
    z = change_shock(known_after(dollar, 35 * DAY), 1, 60, 24).set_axis(dollar.index)
    assert str(z.idxmax())[:7] == "2008-10"


def test_depth__usdc_weth_tick_snapshot__a_fifth_of_what_liquidity_at_the_price_promises(recorded: Path) -> None:
    ticks = pd.read_parquet(recorded / "pools" / "usdc_weth_500_tick_snapshot.parquet").sort_values("tickIdx")
    meta = json.loads((recorded / "pools" / "usdc_weth_500_tick_snapshot.meta.json").read_text(encoding="utf-8"))
    liquidity = ticks["liquidityNet"].cumsum().to_numpy()[:-1]
    # Ticks count WETH per USDC: the upper tick is the lower price in USDC per WETH.
    prices = 1e12 * 1.0001 ** -ticks["tickIdx"].to_numpy(dtype=np.float64)
    price = 1e12 * 2.0**192 / int(meta["sqrtPriceX96"]) ** 2
    here = (prices[1:] <= price) & (price < prices[:-1])
    assert liquidity[here] == pytest.approx(float(meta["liquidity"]), rel=1e-6)
    sizes = np.maximum(liquidity, 0.0) / 1e12
    two, four = (depth(price, band, prices[1:], prices[:-1], sizes) for band in (0.02, 0.04))
    one_range = depth(price, 0.02, [0.0], [math.inf], [float(meta["liquidity"]) / 1e12])
    # One position holds nine tenths of the liquidity at the price, 30 ticks wide: 1.18 M USDC, not 6.15 M.
    assert (two, one_range) == pytest.approx((1.18e6, 6.147e6), rel=1e-3)
    assert two < four
