"""The row that runs one liquidity position over a month of minutes."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.cases import Arrays, Case
from benchmarks.environment import HERE
from hedge.amm.ticks import sqrt_prices
from hedge.backtest.liquidity import LpMonth, lp_month
from hedge.backtest.pools import PoolBars

MONTH = 30 * 1_440
RANGE_TICKS = 197_000, 202_000
OFFERED = 10.0, 20_000.0
RECORDED = "pools/polygon_usdc_weth_500_minute.parquet"


def month_case() -> Case:
    """One position, every minute's value: demeter marks a bar at its first price, which is our price of the bar before.

    So our bars start with one more, at the opening price, and a value of theirs is ours one bar earlier, plus the fees
    of the bar at that price.
    """
    a = month_arrays()
    bars = pool_bars(a)
    low, high = np.sort(usdc_per_weth(np.array(RANGE_TICKS)))

    def call() -> LpMonth:
        return lp_month(bars, float(low), float(high), *OFFERED)

    def columns(found: LpMonth) -> Arrays:
        last_fees = np.diff(found.fee_base) * bars.price[:-1] + np.diff(found.fee_quote)
        return {"value": found.value[:-1] + last_fees}

    return Case("backtest_month", a, call, {"value": columns(call())["value"]}, 1e-4, columns, rounds=3, calls=2)


def month_arrays() -> Arrays:
    """Return demeter's own nine days of minutes, end to end until a month is full; without the file, drawn bars."""
    path = Path(os.environ.get("ALVH_DATA", HERE.parent.parent / "shared" / "data")) / RECORDED
    found = recorded(pd.read_parquet(path)) if path.exists() else drawn()
    found = {name: np.resize(values, MONTH) for name, values in found.items()}
    return found | {"range_ticks": np.array(RANGE_TICKS), "offered": np.array(OFFERED), "count": np.array([MONTH])}


def recorded(table: pd.DataFrame) -> Arrays:
    """Return the file's columns as floats, which hold 16 of a raw integer's digits."""
    names = {"open_tick": "openTick", "close_tick": "closeTick"}
    names |= {"paid_usdc": "inAmount0", "paid_weth": "inAmount1", "pool_liquidity": "currentLiquidity"}
    return {ours: table[theirs].astype(float).to_numpy() for ours, theirs in names.items()}


def drawn() -> Arrays:
    """Draw a month: 60 % volatility, trades in three bars of four."""
    draw = np.random.default_rng(20_240_504)
    ticks = np.round(200_000 + np.cumsum(draw.normal(0.0, 8.3, MONTH)))
    paid = np.where(draw.random(MONTH) < 0.75, draw.lognormal(21.0, 2.0, MONTH), 0.0)
    a = {"open_tick": np.concatenate((ticks[:1], ticks[:-1])), "close_tick": ticks}
    return a | {"paid_usdc": paid, "paid_weth": paid * 5e8, "pool_liquidity": draw.lognormal(42.0, 0.5, MONTH)}


def pool_bars(a: Arrays) -> PoolBars:
    """Return the month as our bars, with one more in front: the opening price, before anything was traded."""
    ticks = np.concatenate((a["open_tick"][:1], a["close_tick"]))
    paid = np.column_stack((a["paid_weth"] / 1e18, a["paid_usdc"] / 1e6))
    liquidity = np.concatenate((a["pool_liquidity"][:1], a["pool_liquidity"])) / 1e12
    times = 1_691_884_800 + 60 * np.arange(MONTH + 1)
    volume = np.vstack((np.zeros((1, 2)), paid))
    prices = usdc_per_weth(ticks)
    return PoolBars("USDC/WETH", "WETH", "USDC", 0.0005, times, prices, volume=volume, liquidity=liquidity)


def usdc_per_weth(ticks: np.ndarray) -> np.ndarray:
    """Return prices at ticks of a pool whose token0 is USDC."""
    return 1e12 / sqrt_prices(ticks.astype(np.int64)) ** 2


POOL_CASES: dict[str, Callable[[], Case]] = {"backtest_month": month_case}
