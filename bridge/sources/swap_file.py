"""A pool's swaps from a CSV or parquet file, one row a swap, oldest first.

time        unix seconds, or ISO 8601
base_in     what the pool received of its base token, fees included; negative where it paid
quote_in    the same of its quote token
price       quote per base after the swap
liquidity   in range after the swap, in human units (sqrt of base times quote); may be left out
fee         share of what is paid in, 0.003 for 0.3 %, one number in every row; may be left out
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from bridge.errors import BadFile
from bridge.tables import read_table
from bridge.times import read_seconds
from hedge.errors import HedgeError
from hedge.valuation.swap_tape import SwapTape

NEEDED: Final = ("time", "base_in", "quote_in", "price")
OPTIONAL: Final = ("liquidity", "fee")
MOST_ROWS: Final = 20_000_000
MOST_AMOUNT: Final = 1e18
"""Of tokens in one swap, and of a price in either direction: the cheapest tokens have supplies of 1e15."""
MOST_LIQUIDITY: Final = 1e24
FITS: Final = 3.0
"""Factor within which a swap's own price, quote_in over base_in, is that after it: in a recorded month of
USDC/WETH 99 of 100 are within 1.004."""
LEAST_FITTING: Final = 0.8
"""Share of the swaps that fit: thin pools move far in one swap."""
MOST_FEE: Final = 0.10
"""The highest that Balancer allows its pools; those of Uniswap that trade charge 1 % at most."""
MOST_FEE_TIMES: Final = 3.0
"""Stated fee over what the swaps can have paid, in the middle."""
LEAST_FEE_GAP: Final = 0.001
MOST_TWICE: Final = 0.05
"""Share of the rows that are equal to one before them in time, amounts and price; FEW_TWICE of them always may be."""
FEW_TWICE: Final = 1
LEAST_RIGHT: Final = 0.6
"""Share of the swaps that move the price the way they must; others lie between two swaps that a file leaves out."""
LEAST_SWAPS: Final = 10
"""Of which a middle is one."""

Numbers = npt.NDArray[np.float64]


def read_swap_file(path: Path) -> SwapTape:
    """Read a pool's swaps.

    Raises
    ------
    BadFile
        The file is absent, no table, has other columns, no row, times that go back, or a value that is no number in
        its range: the row, counted from 1, and the column are named.
    """
    if path.exists() and not path.is_file():
        raise BadFile(path, "is no file: give a CSV or parquet table of swaps")
    table = read_table(path)
    _check_columns(path, table)
    try:
        times = read_seconds(table["time"])
    except (ValueError, TypeError) as error:
        raise BadFile(path, f"column time: {str(error).splitlines()[0]}") from error
    back = np.flatnonzero(np.diff(times) < 0)
    if back.size:
        raise BadFile(path, f"row {back[0] + 2}, column time: before the row above it; sort the swaps by time")
    columns = {name: _numbers(path, table, name) for name in (*NEEDED[1:], *OPTIONAL) if name in table}
    _check_prices(path, columns["base_in"], columns["quote_in"], columns["price"])
    _check_once(path, times, columns)
    _check_signs(path, columns["base_in"], columns["price"])
    fee = _fee(path, columns["fee"]) if "fee" in columns else math.nan
    _check_fee(path, columns["base_in"], columns["quote_in"], columns["price"], fee)
    try:
        return SwapTape(
            times.astype(np.float64),
            columns["base_in"],
            columns["quote_in"],
            columns["price"],
            columns.get("liquidity"),
            fee,
        )
    except HedgeError as error:
        raise BadFile(path, str(error)) from error


def _check_columns(path: Path, table: pd.DataFrame) -> None:
    names = [str(name) for name in table.columns]
    missing = [name for name in NEEDED if name not in names]
    foreign = [name for name in names if name not in (*NEEDED, *OPTIONAL)]
    if missing or foreign:
        wrong = f"no column {', '.join(missing)}" if missing else f"a column {foreign[0][:40]} too many"
        raise BadFile(path, f"{wrong}: its columns are {', '.join(NEEDED)}, [{'], ['.join(OPTIONAL)}]")
    if not 0 < len(table) <= MOST_ROWS:
        raise BadFile(path, "holds no swap" if table.empty else f"holds more than {MOST_ROWS:,} swaps: take a part")


def _numbers(path: Path, table: pd.DataFrame, name: str) -> npt.NDArray[np.float64]:
    """Return a column as numbers in its range, or name the first cell that is none."""
    try:
        values = np.array(pd.to_numeric(table[name], errors="coerce"), dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise BadFile(path, f"column {name} holds no numbers: {str(error).splitlines()[0]}") from error
    rules = {
        "price": ((values >= 1.0 / MOST_AMOUNT) & (values <= MOST_AMOUNT), "a price above 0, 1e-18 to 1e18"),
        "liquidity": ((values >= 0.0) & (values <= MOST_LIQUIDITY), "a liquidity of 0 or more, at most 1e24"),
        "fee": ((values >= 0.0) & (values <= MOST_FEE), f"a share from 0 to {MOST_FEE:g}: 0.003 is 0.3 %"),
    }
    right, what = rules.get(name, (np.abs(values) <= MOST_AMOUNT, "a number of tokens, at most 1e18"))
    if not right.all():
        row = int(np.argmin(right))
        raise BadFile(path, f"row {row + 1}, column {name}: {str(table[name].iloc[row])[:40]!r} is not {what}")
    return values


def _check_prices(path: Path, base_in: Numbers, quote_in: Numbers, price: Numbers) -> None:
    """Refuse swaps whose amounts do not give their price: raw token units, a price of the other direction or pair."""
    both = np.flatnonzero((base_in != 0.0) & (quote_in != 0.0))
    own = -quote_in[both] / base_in[both]
    with np.errstate(invalid="ignore", divide="ignore"):
        fits = np.abs(np.log(own / price[both])) <= math.log(FITS)
    if len(both) and fits.mean() < LEAST_FITTING:
        row = int(np.argmin(fits))
        said = f"row {both[row] + 1}: -quote_in/base_in is {own[row]:.6g}, and price {price[both[row]]:.6g}"
        why = "is one in raw token units, without its sign, of another pair, or base per quote?"
        raise BadFile(path, f"{said}; {fits.mean():.0%} of the swaps fit their price: {why}")


def _check_once(path: Path, times: npt.NDArray[np.int64], columns: dict[str, Numbers]) -> None:
    """Refuse a file that was joined to itself: rows that are equal in all they say. Of a pool that is at most a few."""
    rows = pd.DataFrame({"time": times} | {name: columns[name] for name in NEEDED[1:]})
    twice = rows.duplicated().to_numpy(bool)
    if twice.sum() > max(FEW_TWICE, MOST_TWICE * len(rows)):
        row = int(np.argmax(twice))
        first = int(np.flatnonzero((rows == rows.iloc[row]).all(axis=1))[0])
        raise BadFile(
            path,
            f"row {row + 1} is the same as row {first + 1}, and {int(twice.sum())} of {len(rows)} rows are there "
            "before: was the file joined to itself? Keep each swap once",
        )


def _check_signs(path: Path, base_in: Numbers, price: Numbers) -> None:
    """Refuse amounts whose signs are turned: the price rises when base leaves the pool, and falls when it comes."""
    moves, base = np.diff(np.log(price)), base_in[1:]
    told = (moves != 0.0) & (base != 0.0)
    if told.sum() < LEAST_SWAPS:
        return
    right = np.sign(moves[told]) == -np.sign(base[told])
    if right.mean() < LEAST_RIGHT:
        row = int(np.flatnonzero(told)[int(np.argmin(right))]) + 1
        how = "rises" if moves[row - 1] > 0.0 else "falls"
        raise BadFile(
            path,
            f"row {row + 1}, column base_in: {base_in[row]:.6g} is what the pool received, and its price {how} to "
            f"{price[row]:.6g}; {right.mean():.0%} of the swaps move it the right way: are the signs those of the "
            "trader, or the rows in another order?",
        )


def _fee(path: Path, values: npt.NDArray[np.float64]) -> float:
    differs = np.flatnonzero(values != values[0])
    if differs.size:
        raise BadFile(
            path, f"row {differs[0] + 1}, column fee: {values[differs[0]]:g} is not {values[0]:g} as above it"
        )
    return float(values[0])


def _check_fee(path: Path, base_in: Numbers, quote_in: Numbers, price: Numbers, fee: float) -> None:
    """Refuse a fee beyond what the swaps paid, or far below it: each was priced worse than the pool stood before it."""
    base, quote, before = base_in[1:], quote_in[1:], price[:-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        own = -quote / base
        paid = np.where(base > 0.0, 1.0 - own / before, 1.0 - before / own)[(own > 0.0) & np.isfinite(own)]
    if len(paid) < LEAST_SWAPS:
        return
    middle = max(float(np.median(paid)), 0.0)
    if fee * MOST_FEE_TIMES < middle and middle - fee > LEAST_FEE_GAP:
        said = f"column fee: {fee:g} is {fee:.3%}, and the swaps paid {middle:.3%} in the middle, depth included"
        raise BadFile(path, f"{said}: is it the fee of another pool? 0.003 is 0.3 %")
    if fee > MOST_FEE_TIMES * middle and fee - middle > LEAST_FEE_GAP:
        said = f"column fee: {fee:g} is {fee:.2%}, and the swaps paid {middle:.3%} in the middle, depth included"
        raise BadFile(path, f"{said}: 0.003 is 0.3 %")
