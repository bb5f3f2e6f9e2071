"""Bars of pools from recorded files, one reader a file; each knows its file's traps and counts what is wrong in it.

Every reader takes the root of the data folder and returns (`PoolBars`, `Problems`). Kinds of problems:

    missing bars       bars that the file should have and has not; the count is of bars
    duplicate rows     rows with the time of another row; the first is kept
    empty rows         rows without a price, as a pool's first day can be; left out
    impossible prices  two columns of one row that contradict each other, or no number; left out
    zero volume        bars in which nothing was traded; kept
    unknown volume     bars whose volume in quote is not known, because its price in USD is not; kept
    odd swaps          swaps that are not one token in and the other out; counted in prices, not in volume
    stale bars         bars without any swap that had to be put in: the price before goes on

Prices are quote per base at the end of the bar. The volatile token is the base; of two volatile tokens, and
of two stable ones, the pool's token0 is.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from bridge.errors import BadFile
from bridge.study.problems import Problems
from bridge.tables import read_table
from bridge.units import utc
from hedge.amm.ticks import sqrt_prices
from hedge.backtest.pools import PoolBars
from hedge.errors import BadInput
from hedge.units import DAY, YEAR_DAYS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Read = tuple[PoolBars, Problems]

MINUTES: Final = "polygon_usdc_weth_500_minute.parquet"
DAILY: Final = "eight_pools_daily_2021_2025h1.parquet"
SWAPS: Final = "usdc_weth_3000_swaps_credmark_202108.parquet"
MATIC: Final = "matic_stable_3000_hourly_2022.parquet"
WBTC_WETH: Final = "wbtc_weth_3000_daily_full.parquet"
TICKS: Final = "usdc_weth_500_tick_snapshot.parquet"

STABLE: Final = frozenset({"USDC", "USDT", "DAI"})
WETH_USD: Final = ("WETH/USDT", 500)
"""The pool of the daily file that prices WETH in USD: it turns volumes in USD into WETH."""
USDC_DECIMALS, WETH_DECIMALS, WBTC_DECIMALS = 6, 18, 8
PIPS: Final = 1e6
"""Hundredths of a basis point in 1: the unit in which pools state their fee."""
X128: Final = 2**128
MOST_FILLED: Final = 3_600
"""Seconds: a longer gap is no row without swaps but a part of the history that nobody recorded."""
MOST_ROUNDING: Final = 1e-4
"""By which two columns of one price may differ: some files round to eight decimals."""


def read_minutes(root: Path) -> Read:
    """Read minute bars of USDC/WETH 0.05 % on Polygon, nine days in three stretches: 2023-08, 2024-02, 2025-07.

    Raw integers are scaled; token0 is USDC, so prices fall where ticks rise. Between the stretches lie months: take one
    with `PoolBars.between`, or fees across the gap are unknown. The file was made a day at a time, and a day begins
    with its first swap: a minute that is missing inside a stretch had none.
    """
    columns = ("timestamp", "closeTick", "inAmount0", "inAmount1", "currentLiquidity")
    table, problems = _table(root, MINUTES, columns), Problems()
    table = _in_order(table, _seconds_of(table["timestamp"]), problems)
    table = _without(table, table["closeTick"].isna(), "empty rows", "no tick", problems)
    table = _filled(table, 60, ("inAmount0", "inAmount1"), problems)
    paid_in = np.column_stack((_raw(table["inAmount1"], WETH_DECIMALS), _raw(table["inAmount0"], USDC_DECIMALS)))
    price = _weth_price(table["closeTick"].to_numpy())
    liquidity = _raw(table["currentLiquidity"], (USDC_DECIMALS + WETH_DECIMALS) / 2)
    bars = _bars(
        "USDC/WETH 0.05% Polygon", ("WETH", "USDC"), 500, 60, table, price, volume=paid_in, liquidity=liquidity
    )
    return _watched(bars, problems)


def daily_pools(root: Path) -> list[tuple[str, int]]:
    """Return the (pair, fee in pips) of every pool that `read_daily` can read."""
    table = _table(root, DAILY, ("pair", "fee_bps_e2"))
    return sorted({(str(pair), int(fee)) for pair, fee in zip(table["pair"], table["fee_bps_e2"], strict=True)})


def read_daily(root: Path, pair: str, fee_pips: int) -> Read:
    """Read daily bars of one of eight mainnet pools, 2021-05 to 2025-06; fees of a position are unknown in them.

    The file's open and close are the end of the day before, so the end of a day is token0Price and token1Price. It
    has no liquidity: `daily_fee_apr` says what the pool's capital earned. Volume in USD becomes volume in quote at the
    same day's end; the first row of a pool can be empty.
    """
    whole, problems = (
        _table(root, DAILY, ("date", "pair", "fee_bps_e2", "token0Price", "token1Price", "volumeUSD")),
        Problems(),
    )
    table = _one_pool(root, whole, pair, fee_pips)
    table = _priced(_in_order(table, _whole(table["date"]), problems), "token0Price", "token1Price", problems)
    first, second = pair.split("/")
    turned = first in STABLE and second not in STABLE
    base, quote = (second, first) if turned else (first, second)
    price = table["token0Price" if turned else "token1Price"].to_numpy(np.float64)
    volume = table["volumeUSD"].to_numpy(np.float64) / _usd_of(root, whole, quote, table["date"])
    bars = _bars(f"{pair} {fee_pips / 1e4:g}%", (base, quote), fee_pips, DAY, table, price, volume=volume)
    return _watched(bars, problems)


def daily_fee_apr(root: Path, pair: str, fee_pips: int, since: int, until: int) -> float:
    """Return what a pool's capital earned in fees over the days that end in (since, until], per year.

    Fees are volume times fee, capital the mean of what was locked: what all positions together earned, in range or not.
    """
    columns = ("date", "pair", "fee_bps_e2", "volumeUSD", "tvlUSD")
    table = _one_pool(root, _table(root, DAILY, columns), pair, fee_pips)
    ends = table["date"].to_numpy(np.int64) + DAY
    seen = table[(ends > since) & (ends <= until) & (table["tvlUSD"] > 0.0)]
    if seen.empty:
        raise BadFile(root / "pools" / DAILY, f"no day of {pair} between {utc(since)} and {utc(until)} has capital")
    return float(seen["volumeUSD"].sum() * fee_pips / PIPS / seen["tvlUSD"].mean() * YEAR_DAYS / len(seen))


def read_swaps(root: Path, step: int = 3_600) -> Read:
    """Read the swap tape of USDC/WETH 0.3 %, 2021-08-10 to 09-05, as bars of `step` seconds, 0:00 UTC as their origin.

    Price is that of the last tick, which is exact (the square root is rounded to six digits); liquidity, rounded so
    too, is that after the last swap. A bar without a swap repeats both.
    """
    table, problems = _table(root, SWAPS, ("id", "timestamp", "amount0", "amount1", "tick", "liquidity")), Problems()
    table = _without(table, table["id"].duplicated(), "duplicate rows", "one swap twice", problems)
    table = table.sort_values("timestamp", kind="stable")
    odd = (np.sign(table["amount0"]) * np.sign(table["amount1"]) >= 0.0).to_numpy()
    for at in table["timestamp"][odd]:
        problems.add("odd swaps", "not one token in and the other out", at=int(at))
    paid = {name: np.where(odd, 0.0, np.maximum(table[name].to_numpy(), 0.0)) for name in ("amount0", "amount1")}
    swaps = table.assign(end=table["timestamp"] // step * step + step, **paid)
    grouped = swaps.groupby("end").agg({"tick": "last", "liquidity": "last", "amount0": "sum", "amount1": "sum"})
    full = grouped.reindex(np.arange(grouped.index[0], grouped.index[-1] + 1, step))
    for at in full.index[full["tick"].isna()]:
        problems.add("stale bars", "no swap", at=int(at))
    full = full.assign(**{name: full[name].ffill() for name in ("tick", "liquidity")}).fillna(0.0)
    frame = full.reset_index(names="at").assign(at=lambda found: found["at"] - step)
    liquidity = full["liquidity"].to_numpy() / 10.0 ** ((USDC_DECIMALS + WETH_DECIMALS) / 2)
    volume, price = full[["amount1", "amount0"]].to_numpy(), _weth_price(full["tick"].to_numpy())
    bars = _bars("USDC/WETH 0.3%", ("WETH", "USDC"), 3_000, step, frame, price, volume=volume, liquidity=liquidity)
    return _watched(bars, problems)


def read_matic(root: Path) -> Read:
    """Read hourly bars of MATIC against a stable coin, 0.3 %, 2022-01 to 10, with liquidity and the growth of fees.

    The price is 1 / close. One gap of five hours: growth bridges it.
    """
    columns = (
        "periodStartUnix",
        "liquidity",
        "close",
        "feeGrowthGlobal0X128",
        "feeGrowthGlobal1X128",
        "decimals0",
        "decimals1",
    )
    table, problems = _table(root, MATIC, columns), Problems()
    table = _in_order(table, _whole(table["periodStartUnix"]), problems)
    close = table["close"].astype("float64")
    table = _without(table, ~(close > 0.0), "empty rows", "no price", problems)
    decimals = int(table["decimals0"].iloc[0]), int(table["decimals1"].iloc[0])
    growth = _growths(table, ("feeGrowthGlobal0X128", "feeGrowthGlobal1X128"), decimals)
    liquidity = _raw(table["liquidity"], sum(decimals) / 2)
    price = np.asarray(1.0 / table["close"].to_numpy(dtype=np.float64))
    bars = _bars("MATIC/USD 0.3%", ("MATIC", "USD"), 3_000, 3_600, table, price, growth=growth, liquidity=liquidity)
    return _watched(bars, problems)


def read_wbtc_weth(root: Path) -> Read:
    """Read daily bars of WBTC/WETH 0.3 %, 2021-05 to 2024-01, with growth of fees, volume and liquidity.

    Both tokens are volatile: prices are WETH per WBTC, and a value in USD needs WETH's own price. The file's open and
    close are the end of the day before; Token1 Price is the end of the day. Half of a token's volume was paid in.
    """
    names = ("Date (Unix)", "Liquidity", "Token0 Price", "Token1 Price", "Volume Token 0", "Volume Token 1")
    growths = ("Fee Growth Global 0 X128", "Fee Growth Global 1 X128")
    table, problems = _table(root, WBTC_WETH, (*names, *growths)), Problems()
    table = table.assign(**{name: table[name].astype("float64") for name in names[2:]})
    table = _in_order(table, _whole(table["Date (Unix)"]), problems)
    table = _priced(table, "Token0 Price", "Token1 Price", problems)
    decimals = (WBTC_DECIMALS, WETH_DECIMALS)
    volume = table[["Volume Token 0", "Volume Token 1"]].to_numpy() / 2.0
    liquidity, price = _raw(table["Liquidity"], sum(decimals) / 2), table["Token1 Price"].to_numpy()
    growth = _growths(table, growths, decimals)
    known: dict[str, Any] = {"growth": growth, "volume": volume, "liquidity": liquidity}
    return _watched(_bars("WBTC/WETH 0.3%", ("WBTC", "WETH"), 3_000, DAY, table, price, **known), problems)


class TickLiquidity(NamedTuple):
    """A pool's liquidity at one moment: liquidity[i] at prices from edges[i] to edges[i + 1], ascending."""

    edges: Floats
    liquidity: Floats


def read_tick_liquidity(root: Path) -> tuple[TickLiquidity, Problems]:
    """Read the liquidity of USDC/WETH 0.05 % by price.

    The file's numbers are floats: sums are good to 1e-12 of the most. Ticks that nobody uses are counted as empty rows.
    """
    table, problems = _table(root, TICKS, ("tickIdx", "liquidityNet", "liquidityGross")), Problems()
    table = _without(table, table["tickIdx"].duplicated(), "duplicate rows", "one tick twice", problems)
    table = _without(table, table["liquidityGross"] == 0.0, "empty rows", "no liquidity at the tick", problems)
    table = table.sort_values("tickIdx", ascending=False)
    summed = -np.cumsum(table["liquidityNet"].to_numpy())[:-1]
    # A tick at a time: their span is all ticks there are, which a table of them would be slow to make for.
    edges = np.concatenate([_weth_price(np.array([tick])) for tick in table["tickIdx"]])
    return TickLiquidity(edges, np.maximum(summed, 0.0) / 1e12), problems


def _table(root: Path, name: str, columns: tuple[str, ...]) -> pd.DataFrame:
    path = root / "pools" / name
    table: pd.DataFrame = read_table(path)
    absent = [column for column in columns if column not in table.columns]
    if absent or table.empty:
        raise BadFile(path, f"no column {', '.join(absent)}" if absent else "no row")
    return table[list(columns)]


def _one_pool(root: Path, table: pd.DataFrame, pair: str, fee_pips: int) -> pd.DataFrame:
    rows = table[(table["pair"] == pair) & (table["fee_bps_e2"] == fee_pips)]
    if rows.empty:
        known = ", ".join(f"{name} {fee}" for name, fee in daily_pools(root))
        raise BadFile(root / "pools" / DAILY, f"no pool {pair} with a fee of {fee_pips} pips: it has {known}")
    return rows


def _usd_of(root: Path, whole: pd.DataFrame, quote: str, dates: pd.Series) -> Floats:
    """Return the USD price of the quote token at the end of each day; NaN where it is not known."""
    if quote in STABLE:
        return np.ones(len(dates))
    if quote != "WETH":
        return np.full(len(dates), np.nan)
    prices = _one_pool(root, whole, *WETH_USD).drop_duplicates("date").set_index("date")["token1Price"]
    found = prices.reindex(dates).to_numpy(np.float64)
    return np.where(found > 0.0, found, np.nan)


def _in_order(table: pd.DataFrame, starts: Ints, problems: Problems) -> pd.DataFrame:
    """Return the rows by time, `at` their start, without second rows of one time."""
    table = table.assign(at=starts).sort_values("at", kind="stable")
    return _without(table, table["at"].duplicated(), "duplicate rows", "the time of another row", problems)


def _filled(table: pd.DataFrame, step: int, amounts: tuple[str, ...], problems: Problems) -> pd.DataFrame:
    """Return the rows with one put in, without any amount, for each that is missing from a gap shorter than an hour."""
    at = _whole(table["at"])
    short = np.flatnonzero((np.diff(at) > step) & (np.diff(at) < MOST_FILLED))
    absent = [start for gap in short for start in range(int(at[gap]) + step, int(at[gap + 1]), step)]
    for start in absent:
        problems.add("stale bars", "no swap", at=start + step)
    full = table.set_index("at").reindex(np.union1d(at, np.array(absent, dtype=np.int64)))
    full = full.assign(**{name: full[name].fillna("0") for name in amounts})
    return full.ffill().reset_index(names="at")


def _without(table: pd.DataFrame, wrong: Any, kind: str, what: str, problems: Problems) -> pd.DataFrame:
    """Return the rows that are not wrong; each that is wrong is a problem."""
    for at in table.loc[wrong, "at"] if "at" in table else [None] * int(wrong.sum()):
        problems.add(kind, what, at=None if at is None else int(at))
    kept: pd.DataFrame = table[~wrong]
    return kept


def _priced(table: pd.DataFrame, first: str, second: str, problems: Problems) -> pd.DataFrame:
    """Return the rows whose two prices are there and each other's inverse."""
    empty = ~((table[first] > 0.0) & (table[second] > 0.0))
    table = _without(table, empty, "empty rows", "no price", problems)
    wrong = ~(np.abs(table[first] * table[second] - 1.0) < MOST_ROUNDING)
    return _without(table, wrong, "impossible prices", f"{first} is not 1 / {second}", problems)


def _bars(
    name: str, tokens: tuple[str, str], fee_pips: int, step: int, table: pd.DataFrame, price: Floats, **known: Any
) -> PoolBars:
    """Return bars that end a step after the rows' start."""
    ends = table["at"].to_numpy(np.int64) + step
    try:
        return PoolBars(name, *tokens, fee_pips / PIPS, ends, price, step=step, **known)
    except BadInput as error:
        raise BadFile(name, f"no bars of a pool: {error}") from error


def _watched(bars: PoolBars, problems: Problems) -> Read:
    """Count missing bars and those in which nothing was traded."""
    apart = np.diff(bars.times)
    for after in np.flatnonzero(apart > bars.step):
        missing = int(apart[after]) // bars.step - 1
        end = int(bars.times[after + 1])
        problems.add("missing bars", f"{missing} before the bar that ends at {utc(end)}", at=end, count=missing)
    if bars.volume is not None:
        for at in bars.times[(bars.volume == 0.0).all(axis=1)]:
            problems.add("zero volume", "nothing traded in the bar that ends then", at=int(at))
        for at in bars.times[np.isnan(bars.volume).any(axis=1)]:
            problems.add("unknown volume", "no price of the quote token in USD", at=int(at))
    elif bars.growth is not None:
        for at in bars.times[1:][(np.diff(bars.growth, axis=0) == 0.0).all(axis=1)]:
            problems.add("zero volume", "no fee grew in the bar that ends then", at=int(at))
    return bars, problems


def _seconds_of(times: pd.Series) -> Ints:
    seconds: Ints = times.to_numpy(dtype="datetime64[s]").astype(np.int64)
    return seconds


def _whole(column: pd.Series) -> Ints:
    return np.array([int(value) for value in column], dtype=np.int64)


def _weth_price(ticks: npt.NDArray[Any]) -> Floats:
    """Return USDC per WETH at ticks of a pool whose token0 is USDC."""
    roots: Floats = sqrt_prices(ticks.astype(np.int64))
    return np.asarray(10.0 ** (WETH_DECIMALS - USDC_DECIMALS) / roots**2)


def _raw(column: pd.Series, decimals: float) -> Floats:
    """Return raw integers, written as text, in human units."""
    whole = np.array([float(int(text)) for text in column])
    return np.asarray(whole / 10.0**decimals)


def _growths(table: pd.DataFrame, columns: tuple[str, str], decimals: tuple[int, int]) -> Floats:
    """Return growth of fees per unit of liquidity since the first row, subtracted as integers: no digit is lost."""
    found = []
    for column, places in zip(columns, decimals, strict=True):
        raw = [int(text) for text in table[column]]
        scale = 10.0 ** (sum(decimals) / 2 - places)
        found.append([(value - raw[0]) % 2**256 / X128 * scale for value in raw])
    return np.array(found).T
