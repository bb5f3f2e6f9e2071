"""Daily closes and volatility indices from recorded files, each known when its day was over."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from bridge.errors import BadFile
from bridge.study.pool_files import read_daily
from bridge.study.problems import Problems
from bridge.tables import read_table
from bridge.times import OLDER, read_seconds
from hedge.backtest.history import Series
from hedge.units import DAY

POINTS: Final = 100.0
COIN_FILES: Final = {"ETH": "spot/ethusdt_1d_2023_2026.parquet", "BTC": "spot/btc_daily_2022_2025_kalyar.csv.gz"}
COIN_POOLS: Final = {"ETH": ("WETH/USDT", 500), "BTC": ("WBTC/USDT", 3000)}
"""The pool of the daily file that says a coin's price before its own file begins."""


def coin_files(asset: str) -> tuple[str, ...]:
    """Return the files that `read_coin` and `read_dvol` read, relative to the data folder."""
    return COIN_FILES[asset], "pools/eight_pools_daily_2021_2025h1.parquet", f"iv/dvol_{asset.lower()}_daily.csv"


def read_closes(path: Path, day: str, close: str, problems: Problems, late: int = DAY, name: str = "") -> Series:
    """Read daily closes as a series, each known `late` seconds after its day began (UTC).

    Raises
    ------
    BadFile
        It cannot be read, lacks a column, or no row can be used.
    """
    table, name = read_table(path), name or path.name
    if missing := {day, close} - set(table.columns):
        raise BadFile(path, f"no column {sorted(missing)[0]}")
    try:
        days = table[day]  # some publishers write 1/4/1999, month first
        if not pd.api.types.is_numeric_dtype(days):
            days = pd.to_datetime(days, utc=True, format="mixed")
        times = read_seconds(days, earliest=OLDER) + late
    except (ValueError, TypeError) as error:
        raise BadFile(path, str(error).splitlines()[0]) from error
    return sound_series(name, times, pd.to_numeric(table[close], errors="coerce").to_numpy(float), problems)


def sound_series(name: str, times: np.ndarray, values: np.ndarray, problems: Problems) -> Series:
    """Return a series of the rows that can be used, in order of time; what is left out and every gap is counted.

    Raises
    ------
    BadFile
        No row can be used.
    """
    usable = np.isfinite(values) & (values > 0.0)
    order = np.argsort(times[usable], kind="stable")
    at, first = np.unique(times[usable][order], return_index=True)
    for kind, count in (("impossible prices", int((~usable).sum())), ("duplicate rows", int(usable.sum()) - len(at))):
        if count:
            problems.add(kind, f"{name}: left out", count=count)
    if not len(at):
        raise BadFile(Path(name), "holds no price above 0")
    gaps = np.diff(at)
    for start, gap in zip(at[:-1][gaps > 5 * DAY].tolist(), gaps[gaps > 5 * DAY].tolist(), strict=True):
        problems.add("missing bars", f"{name}: {gap / DAY:.0f} days without a row", start, int(gap / DAY) - 1)
    return Series(name, at.astype(np.int64), values[usable][order][first])


def read_coin(root: Path, asset: str, problems: Problems) -> Series:
    """Read a coin's daily closes: its own file, before it begins the pool that trades it against a stable coin."""
    day = {"ETH": "timestamp", "BTC": "date"}[asset]
    own = read_closes(root / COIN_FILES[asset], day, "close", problems, name=f"{asset} closes")
    bars, _ = read_daily(root, *COIN_POOLS[asset])
    early = bars.times < own.times[0]
    return Series(
        f"{asset} closes",
        np.concatenate([bars.times[early], own.times]).astype(np.int64),
        np.concatenate([bars.price[early], own.values]),
    )


def read_dvol(root: Path, asset: str, problems: Problems) -> Series:
    """Read Deribit's volatility index of a coin as decimals."""
    path = root / f"iv/dvol_{asset.lower()}_daily.csv"
    points = read_closes(path, "date", "close", problems, name=f"DVOL of {asset}")
    return Series(points.name, points.times, points.values / POINTS)
