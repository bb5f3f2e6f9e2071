"""The price path that moves the pools of a local chain: a simulated one that says so, or a real one from a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bridge.errors import BadFile
from bridge.names import check_columns
from bridge.tables import read_table
from bridge.times import read_seconds
from bridge.units import utc
from hedge.market import Provenance

ASSETS = ("ETH", "BTC")
STEP_SECONDS = 8 * 3600
STEPS = 90
SEED = 20260101
START = {"ETH": 3000.0, "BTC": 90_000.0}
VOLATILITY = {"ETH": 0.62, "BTC": 0.46}
CORRELATION = 0.82
# The crash: log returns added over three steps, then a partial recovery.
CRASH_STEP = 62
MOST_STEP = 10.0  # a price does not move by this factor from one row to the next: one of them is in another unit
CRASH = {"ETH": (-0.11, -0.14, -0.07, 0.05), "BTC": (-0.08, -0.10, -0.05, 0.04)}


@dataclass(frozen=True)
class PricePath:
    """Prices in USD at given seconds after the start.

    `seconds` has shape (n,), `prices` maps an asset to shape (n,), `source` says where they come from,
    `provenance` what kind of source that is, `left_out` how many older rows of the file are not played.
    """

    seconds: npt.NDArray[np.int64]
    prices: dict[str, npt.NDArray[np.float64]]
    source: str
    provenance: Provenance = Provenance.SIMULATED
    left_out: int = 0


def simulated_path(steps: int = STEPS, seed: int = SEED) -> PricePath:
    """Draw correlated log-normal prices with one crash; the same seed gives the same path."""
    random = np.random.default_rng(seed)
    common, own = random.standard_normal((2, steps))
    shocks = {"ETH": common, "BTC": CORRELATION * common + np.sqrt(1 - CORRELATION**2) * own}
    years = STEP_SECONDS / (365 * 24 * 3600)
    prices = {}
    for asset in ASSETS:
        returns = VOLATILITY[asset] * np.sqrt(years) * shocks[asset]
        jumps = CRASH[asset][: max(0, steps - CRASH_STEP)]
        returns[CRASH_STEP : CRASH_STEP + len(jumps)] += jumps
        prices[asset] = START[asset] * np.exp(np.concatenate([[0.0], np.cumsum(returns)]))
    source = f"simulated: correlated log-normal with a crash, seed {seed}, {steps} steps of 8 h (no real prices)"
    return PricePath(np.arange(steps + 1, dtype=np.int64) * STEP_SECONDS, prices, source)


def read_price_path(path: Path, most: int = 400) -> PricePath:
    """Read a CSV or parquet file with the columns timestamp, ETH and BTC (USD).

    Parameters
    ----------
    path
        The file; `timestamp` as `bridge.times` reads it, strictly increasing.
    most
        The last so many rows are played, as each takes the local chain some seconds; `source` and `left_out` say it.

    Raises
    ------
    BadFile
        It is absent, has other columns, gaps, unsorted times, prices that are not positive numbers, or a price that
        is `MOST_STEP` times the one before it or less than that part of it.
    """
    frame = read_table(path)
    check_columns(path, frame.columns, ("timestamp", *ASSETS))
    missing = {"timestamp", *ASSETS} - set(frame.columns)
    if missing:
        raise BadFile(path, f"no column {', '.join(sorted(missing))}: a price path has timestamp, ETH, BTC")
    try:
        seconds = read_seconds(frame["timestamp"])
        prices = {asset: frame[asset].to_numpy(dtype=np.float64) for asset in ASSETS}
    except (ValueError, TypeError) as error:
        raise BadFile(path, f"not numbers or times: {error}") from error
    if len(seconds) < 2:
        raise BadFile(path, f"{len(seconds)} rows: a path needs two or more")
    if not (np.diff(seconds) > 0).all():
        row = int(np.argmin(np.diff(seconds) > 0)) + 1
        raise BadFile(path, f"timestamps do not increase at row {row + 1}")
    for asset, values in prices.items():
        bad = ~(np.isfinite(values) & (values > 0))
        if bad.any():
            raise BadFile(path, f"{asset} has no positive price at row {int(np.argmax(bad)) + 1}")
        jumps = np.abs(np.diff(np.log(values))) > np.log(MOST_STEP)
        if jumps.any():
            row = int(np.argmax(jumps)) + 1
            raise BadFile(
                path, f"{asset} goes from {values[row - 1]:g} to {values[row]:g} at row {row + 1}: in another unit?"
            )
    return _last(path.name, seconds, prices, most)


def _last(
    name: str, seconds: npt.NDArray[np.int64], prices: dict[str, npt.NDArray[np.float64]], most: int
) -> PricePath:
    """Return the last rows as a path, and say in its source what they are of."""
    left_out = max(len(seconds) - most, 0)
    rows = (
        f"the last {most} of {len(seconds)} rows, {left_out} older ones are not played"
        if left_out
        else (f"{len(seconds)} rows")
    )
    seconds = seconds[left_out:]
    prices = {asset: values[left_out:] for asset, values in prices.items()}
    days = f"{utc(int(seconds[0]))} to {utc(int(seconds[-1]))}, played at the local chain's own time"
    return PricePath(seconds - seconds[0], prices, f"{name}: {rows}, {days}", Provenance.FILE, left_out)
