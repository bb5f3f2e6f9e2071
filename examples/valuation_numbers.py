"""The numbers of docs/valuation.md, each computed by the package itself.

Where the data folder is absent (ALVH_DATA, or ../shared/data beside the repository), pools and swaps are simulated and
`Pools.source` and `Tape.source` say so.
"""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from hedge.numerics.arrays import FloatArray
from hedge.valuation.capital import CapitalLayer, HedgeCapital
from hedge.valuation.cash_flow import price_to_cash_flow
from hedge.valuation.markouts import lvr_of_path, markouts, sample_path
from hedge.valuation.motion import Frictions, follow, path_cost
from hedge.valuation.overlay_return import Kind, OverlayFlow
from hedge.valuation.screens import CapRules, Listing

ROOT: Final = Path(__file__).resolve().parents[1]
SEED: Final = 20_260_508
HORIZONS: Final = (0.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0)
"""Seconds after a swap, and steps of the sampled path (0: every swap)."""


def data_folder() -> Path:
    """Return the folder of shared data, which may not exist."""
    return Path(os.environ.get("ALVH_DATA", ROOT.parent / "shared" / "data"))


def overlay_flows(loss_usd: float = 1_900.0) -> list[OverlayFlow]:
    """Return a month of weekly sold condors on 40,000 USD of margin, under a tail put that expires worthless."""
    start = dt.date(2026, 1, 2)
    flows = [
        OverlayFlow(start, Kind.MARGIN_POSTED, 40_000.0),
        OverlayFlow(start, Kind.PREMIUM, 1_000.0),
        OverlayFlow(start + dt.timedelta(28), Kind.MARGIN_RETURNED, 40_000.0),
        OverlayFlow(start + dt.timedelta(21), Kind.PAYOFF, -loss_usd),
    ]
    for week in range(4):
        flows.append(OverlayFlow(start + dt.timedelta(7 * week), Kind.CREDIT, 900.0))
        flows.append(OverlayFlow(start + dt.timedelta(7 * week), Kind.COST, 60.0))
    return flows


CAPITAL: Final = HedgeCapital(CapitalLayer(10_000, 0.12), CapitalLayer(40_000, 0.05), CapitalLayer(20_000, 0.14))
"""Own capital, margin and a borrowed layer of the example."""

LISTINGS: Final = (
    Listing("stETH", "staked ETH", 2_500.0, fair_value=2_600.0),
    Listing("rETH", "staked ETH", 2_800.0, fair_value=2_850.0),
    Listing("REIT-A", "REIT tokens", 60.0, fair_value=32.0, earnings=2.0, market_cap_usd=3e8),
    Listing("REIT-B", "REIT tokens", 25.0, fair_value=24.0, earnings=1.4, market_cap_usd=5e7),
    Listing("LEND", "lending", 90.0, earnings=1.5, market_cap_usd=1.4e9),
)
WANTED: Final = {"stETH": 0.25, "rETH": 0.20, "REIT-A": 0.20, "REIT-B": 0.15, "LEND": 0.20}
CORRELATIONS: Final = np.array(
    [
        [1.00, 0.98, 0.30, 0.25, 0.75],
        [0.98, 1.00, 0.30, 0.25, 0.72],
        [0.30, 0.30, 1.00, 0.80, 0.35],
        [0.25, 0.25, 0.80, 1.00, 0.30],
        [0.75, 0.72, 0.35, 0.30, 1.00],
    ]
)
RULES: Final = CapRules()

FRICTIONS: Final = Frictions(vol=0.6, years=7 / 365, risk_aversion=1e-6, proportional=0.0005, fixed=20.0)
"""Weekly looks at a book whose drift has 60 % volatility; 5 bp and 20 USD per trade."""


def drift_path(weeks: int = 260) -> FloatArray:
    """Return five simulated years of weekly changes of delta, USD: a standard deviation of 40,000."""
    return np.random.default_rng(SEED).normal(0.0, 40_000.0, weeks)


def motion_costs() -> dict[str, float]:
    """Return USD a year of never trading, always trading to nothing, and the bands, on `drift_path`."""
    changes = drift_path()
    years = len(changes) * FRICTIONS.years
    left, trades = follow(changes, FRICTIONS)
    return {
        "never": path_cost(np.cumsum(changes), np.zeros_like(changes), FRICTIONS) / years,
        "always": path_cost(np.zeros_like(changes), -changes, FRICTIONS) / years,
        "bands": path_cost(left, trades, FRICTIONS) / years,
    }


@dataclass(frozen=True)
class Pools:
    """Hold daily returns of liquidity in several pools, USD per USD: of the value, and of value less holding plus fees.

    price_to_cash_flow : years, per pool, over the last 365 days.
    most_years : the price over cash flow at which fees equal the least loss-versus-rebalancing, 8 / volatility^2 of the
        pair's own price over the same days.
    """

    names: tuple[str, ...]
    value: FloatArray
    excess: FloatArray
    price_to_cash_flow: FloatArray
    most_years: FloatArray
    source: str


def read_pools() -> Pools:
    """Return the eight pools as full-range liquidity in USD, or eight simulated ones."""
    path = data_folder() / "pools" / "eight_pools_daily_2021_2025h1.parquet"
    if not path.exists():
        return _simulated_pools()
    rows = pd.read_parquet(path)
    rows["name"] = rows["pair"] + " " + (rows["fee_bps_e2"] / 1e4).map("{:g} %".format)
    rows["fee"] = rows["volumeUSD"] * rows["fee_bps_e2"] / 1e6
    # The file's open and close are the day before's: token1Price is the price at the end of the day.
    price, fee, tvl = (rows.pivot(index="date_utc", columns="name", values=c) for c in ("token1Price", "fee", "tvlUSD"))
    price = price.where(price > 0.0)
    quote = pd.DataFrame(1.0, index=price.index, columns=price.columns)
    for name in price.columns[~price.columns.str.contains("USDT")]:
        quote[name] = price["WETH/USDT 0.05 %"]
    held = price * quote / (price * quote).shift(1), quote / quote.shift(1)
    value = np.sqrt(held[0] * held[1]) - 1.0
    yields = (fee / tvl.shift(1).where(tvl.shift(1) > 1e5)).clip(upper=0.05)
    excess = value + 1.0 - 0.5 * (held[0] + held[1]) + yields
    years = price_to_cash_flow(tvl.tail(365).mean(), fee.tail(365).sum(), 365.0)
    most = 8.0 / (np.log(price).diff().tail(365) ** 2).sum()
    names = tuple(price.columns)
    source = f"eight mainnet pools, daily, {price.index[0]:%Y-%m} to {price.index[-1]:%Y-%m}"
    return Pools(names, value.to_numpy(), excess.to_numpy(), years, most.to_numpy(), source)


def _simulated_pools(count: int = 8, days: int = 1_500) -> Pools:
    """Return one-factor Student returns: correlation 0.85, volatility 60 % a year, four degrees of freedom."""
    draw = np.random.default_rng(SEED)
    common, own = draw.standard_t(4, (days, 1)), draw.standard_t(4, (days, count))
    value = 0.6 / np.sqrt(365.0 * 2.0) * (np.sqrt(0.85) * common + np.sqrt(0.15) * own)
    excess = 1e-4 * draw.standard_t(4, (days, count))
    names = tuple(f"pool {i + 1}" for i in range(count))
    return Pools(
        names,
        value,
        excess,
        np.full(count, 8.0),
        np.full(count, 8.0 / 0.6**2),
        "simulated: one factor, correlation 0.85, Student t(4)",
    )


@dataclass(frozen=True)
class Tape:
    """Hold a swap tape: unix seconds, what the pool received, its price after each swap, liquidity in human units."""

    times: FloatArray
    base_in: FloatArray
    quote_in: FloatArray
    prices: FloatArray
    liquidity: FloatArray
    fee: float
    source: str

    @property
    def fees_usd(self) -> float:
        """Return the fees in what came in, quote units."""
        paid_in = np.where(self.quote_in > 0.0, self.quote_in, self.base_in * self.prices)
        return float(self.fee * np.maximum(paid_in, 0.0).sum())

    def gross_markouts(self) -> FloatArray:
        """Return the sum of known markouts per horizon before fees, quote units."""
        known = markouts(self.times, self.base_in, self.quote_in, self.prices, HORIZONS)
        return np.asarray(np.nansum(known, axis=0) - self.fees_usd)

    def lvr(self) -> FloatArray:
        """Return loss-versus-rebalancing per sampling step, quote units."""
        return np.array([self._lvr(step) for step in HORIZONS])

    def _lvr(self, step: float) -> float:
        if step == 0.0:
            return lvr_of_path(self.times, self.prices, self.liquidity).total
        times, prices = sample_path(self.times, self.prices, step)
        return lvr_of_path(times, prices, sample_path(self.times, self.liquidity, step)[1]).total


def read_tape() -> Tape:
    """Return the swaps of USDC/WETH 0.3 % in August 2021, or a simulated pool that an arbitrageur keeps in line."""
    path = data_folder() / "pools" / "usdc_weth_3000_swaps_credmark_202108.parquet"
    if not path.exists():
        return _simulated_tape()
    rows = pd.read_parquet(path)
    columns = (rows[name].to_numpy(np.float64) for name in ("timestamp", "amount1", "amount0", "tick", "liquidity"))
    times, base, quote, tick, liquidity = columns
    source = "USDC/WETH 0.3 %, mainnet, 2021-08-10 to 09-05"
    return Tape(times, base, quote, 1e12 / 1.0001**tick, liquidity / 1e12, 0.003, source)


def _simulated_tape(minutes: int = 20_000) -> Tape:
    """Return swaps that bring the pool back into its fee around a market of 60 % volatility, minute by minute."""
    draw = np.random.default_rng(SEED).normal(0.0, 0.6 / np.sqrt(365.0 * 1_440.0), minutes)
    market, pool, fee = 2_000.0 * np.exp(np.cumsum(draw)), 2_000.0, 0.003
    path = np.empty(minutes)
    for i, price in enumerate(market):
        pool = min(max(pool, price * (1.0 - fee)), price * (1.0 + fee))
        path[i] = pool
    at = np.flatnonzero(np.diff(np.concatenate([[2_000.0], path])) != 0.0)
    root = np.sqrt(np.concatenate([[2_000.0], path[at]]))
    liquidity = np.full(len(at), 1e6)
    base, quote = liquidity * np.diff(1.0 / root), liquidity * np.diff(root)
    base, quote = (np.where(x > 0.0, x / (1.0 - fee), x) for x in (base, quote))
    source = "simulated: 60 % volatility, one arbitrageur, fee 0.3 %"
    return Tape(at * 60.0, base, quote, path[at], liquidity, fee, source)
