"""Simulated histories for the signals of a local chain, consistent with its market, and marked as simulated.

The last days are the price path that was played through the pools; the days before it are drawn backwards from its
first price with the same volatilities and correlation. Each index follows what its price did, and ends at the
volatility that the oracle reports. Macro figures, funding, the dollar and the other coins are drawn beside it. The
files are those that `bridge.sources.signal_sources` reads; the same path, end and seed give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from bridge.files import write_whole
from bridge.local.price_path import CORRELATION, VOLATILITY, PricePath
from bridge.sources.histories.files import PROVENANCE, SOURCE_FILE
from bridge.units import utc
from hedge.market import Provenance
from hedge.units import DAY

SEED: Final = 20260102
DAYS: Final = 720
COINS: Final = 10
EIGHT_HOURS: Final = 8 * 3600
SOURCE: Final = "simulated, seed {seed}: no real market"

NEAR_DAYS, FAR_DAYS = 4.0, 15.0
"""Days after which the index at 30 and at 90 days has forgotten half of a move."""
FIGURES: Final = {"CPI": (12, 0.25, 0.12), "PPI": (14, 0.2, 0.25), "output": (16, 0.1, 0.45)}
"""Monthly figures: day of the month of their release, mean and standard deviation of growth in per cent."""
FOMC_EPOCH: Final = 1_768_413_600  # 2026-01-14 18:00 UTC; a meeting every six weeks
FOMC_SECONDS: Final = 42 * DAY
MEETINGS: Final = 30
MONTHS: Final = 42
LEAD: Final = 180 * DAY

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Drawn = tuple[str, pd.DataFrame]


def write_histories(folder: Path, path: PricePath, end: int, vols: dict[str, float], seed: int = SEED) -> Path:
    """Write the files of a simulated past that leads to the chain's market.

    Parameters
    ----------
    folder
        Where the files go.
    path
        The prices that were played; its last price was in force at `end`.
    end
        Unix seconds of the newest block: nothing is known after it.
    vols
        Volatility index by asset at the end, decimals.

    Returns
    -------
    Path
        The folder.
    """
    random = np.random.default_rng(seed)
    days = np.arange(end // DAY - DAYS + 1, end // DAY + 1, dtype=np.int64) * DAY
    prices = _prices(random, path, days, end)
    tables = [*_assets(random, prices, vols, days), *_market(random, prices, vols, days)]
    tables += [*_macro(random, end), ("dollar", _frame(days, close=110.0 * _walk(random, 0.004, DAYS)))]
    for name, drawn in tables:
        table = drawn.assign(**{PROVENANCE: str(Provenance.SIMULATED)})  # stays with the rows where the folder is lost
        write_whole(folder / f"{name}.csv", table.to_csv(index=False, float_format="%.8g"))
    source = f'source = "{SOURCE.format(seed=seed)}"\nprovenance = "{Provenance.SIMULATED}"\n'
    write_whole(folder / SOURCE_FILE, source)
    return folder


def _prices(random: np.random.Generator, path: PricePath, days: IntArray, end: int) -> dict[str, FloatArray]:
    """Return daily closes: the path's where it reaches, drawn backwards from its first price before."""
    times = end - int(path.seconds[-1]) + path.seconds
    inside = days >= times[0]
    early = int((~inside).sum())
    common = random.standard_normal(early)
    closes = {}
    for asset, played in path.prices.items():
        own = np.sqrt(1.0 - CORRELATION**2) * random.standard_normal(early)
        steps = VOLATILITY[asset] / np.sqrt(365.0) * (CORRELATION * common + own)
        before = played[0] * np.exp(-np.cumsum(steps))[::-1]
        row = np.searchsorted(times, days[inside], side="right") - 1
        closes[asset] = np.concatenate([before, played[row]])
    return closes


def _assets(
    random: np.random.Generator, prices: dict[str, FloatArray], vols: dict[str, float], days: IntArray
) -> Iterator[Drawn]:
    """Yield price, index, term structure and funding of each asset."""
    for asset, close in prices.items():
        yield f"price_{asset}", _bars(random, close, 0.02, days).assign(volume=1e5 * random.uniform(0.5, 1.5, DAYS))
        near, far = _index(random, close, vols[asset])
        yield f"index_{asset}", _bars(random, 100.0 * near, 0.03, days)
        yield f"term_{asset}", _frame(days, near=100.0 * near, far=100.0 * far)
        paid = np.arange(days[0] // EIGHT_HOURS, days[-1] // EIGHT_HOURS + 1) * EIGHT_HOURS
        yield f"funding_{asset}", _frame(paid, rate=1e-4 + 5e-5 * random.standard_normal(paid.size))


def _index(random: np.random.Generator, close: FloatArray, level: float) -> tuple[FloatArray, FloatArray]:
    """Return the index at 30 and 90 days: what the price did, half forgotten after some days, and noise."""
    squares = pd.Series(np.diff(np.log(close), prepend=np.log(close[0])) ** 2 * 365.0)
    usual = float(squares.mean())
    tide = 1.5 * pd.Series(random.standard_normal(DAYS)).ewm(alpha=0.03).mean().to_numpy()
    quick, slow = (squares.ewm(halflife=life).mean().to_numpy() for life in (NEAR_DAYS, FAR_DAYS))
    near, far = (np.sqrt(0.4 * moved + 0.6 * usual) for moved in (quick, slow))
    noise = np.exp(tide + 0.02 * random.standard_normal(DAYS))
    scale = level / float(near[-1] * noise[-1])
    return scale * near * noise, 1.02 * scale * far * noise


def _market(
    random: np.random.Generator, prices: dict[str, FloatArray], vols: dict[str, float], days: IntArray
) -> Iterator[Drawn]:
    """Yield the market, the mean of all coins, with its implied volatility, and the coins as its members."""
    moves = np.mean([np.diff(np.log(close), prepend=np.log(close[0])) for close in prices.values()], axis=0)
    own = 0.02 * random.standard_normal((DAYS, COINS))
    coins = 10.0 * np.exp(np.cumsum(moves[:, None] + own, axis=0))
    close = 1000.0 * np.exp(np.cumsum(moves))
    implied, _ = _index(random, close, 0.85 * float(np.mean(list(vols.values()))))
    yield "market", _frame(days, close=close, vol=100.0 * implied)
    yield "members", _frame(days, **{f"coin{number:02d}": coins[:, number] for number in range(COINS)})


def _macro(random: np.random.Generator, end: int) -> Iterator[Drawn]:
    """Yield the figures that have come and the dates of all that are announced."""
    releases: list[tuple[int, str, float]] = []
    dates: list[tuple[int, str]] = []
    first = pd.Timestamp(end, unit="s").to_period("M") - MONTHS
    for event, (day, mean, deviation) in FIGURES.items():
        for month in range(MONTHS + 6):
            at = int((first + month).to_timestamp().timestamp()) + (day - 1) * DAY + 48_600  # 13:30 UTC
            dates.append((at, event))
            releases.append((at, event, mean + deviation * random.standard_normal()))
    rate = 4.0
    last = FOMC_EPOCH + (end - FOMC_EPOCH) // FOMC_SECONDS * FOMC_SECONDS
    for meeting in range(-MEETINGS, 4):
        at = last + meeting * FOMC_SECONDS
        rate += 0.25 * float(random.integers(-1, 2))
        dates.append((at, "FOMC"))
        releases.append((at, "FOMC", rate))
    came = sorted(release for release in releases if release[0] <= end)
    known = sorted(date for date in dates if date[0] - LEAD <= end)
    events = [event for _, event in known]
    released = np.array([at for at, _ in known])
    actual = {"event": [event for _, event, _ in came], "actual": [value for *_, value in came]}
    yield "releases", _frame(np.array([at for at, *_ in came]), **actual)
    announced = _frame(released - LEAD, event=events, release_at=[utc(int(at)) for at in released])
    yield "calendar", announced.rename(columns={"known_at": "announced_at"})


def _walk(random: np.random.Generator, deviation: float, count: int) -> FloatArray:
    return np.exp(np.cumsum(deviation * random.standard_normal(count)))


def _bars(random: np.random.Generator, close: FloatArray, reach: float, days: IntArray) -> pd.DataFrame:
    """Return bars that open at the close before and reach a little beyond both."""
    open_ = np.concatenate([close[:1], close[:-1]])
    up, down = np.exp(reach * random.uniform(0.0, 1.0, (2, close.size)))
    return _frame(
        days, open=open_, high=np.maximum(open_, close) * up, low=np.minimum(open_, close) / down, close=close
    )


def _frame(times: IntArray, **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"known_at": [utc(int(at)) for at in times], **columns})
