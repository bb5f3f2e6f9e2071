"""Hold the planner's scenarios of seven days against what came in 2021 to 2026, as a table of docs/programme.md.

Every day is a start at which the scenarios are drawn as a plan draws them: from prices and volatility indices up to
then, at the volatility at the money. Where no option books are recorded that is the index times the share that it had
of the index in the books of 2026.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from bridge.sources.quotes.files import read_chain_file
from bridge.study.markets.listed import CHAINS, INDEX, read_index
from bridge.study.price_files import read_coin, read_dvol
from bridge.study.problems import Problems
from hedge.backtest.calibration import SHORTFALL, VAR, tail_check
from hedge.backtest.history import Series
from hedge.decision.programme.revalue import Smiles
from hedge.decision.programme.scenarios import STALE, draw_horizon
from hedge.instruments.listing import Listing
from hedge.market import Market
from hedge.numerics.arrays import FloatArray
from hedge.risk.measures import cvar
from hedge.units import DAY

HORIZON: Final = 7
ASSETS: Final = ("ETH", "BTC")
FIRST_BOOK, EVERY, BOOKS = 1_767_308_400, 4, 24
"""2026-01-01 23:00 UTC: the first option book that the share at the money is measured on; days between; how many."""


class Held(NamedTuple):
    """A forecast and its outcome, shares of the price: a `hedge.backtest.calibration.Forecast`."""

    kind: str
    made_at: int
    known_at: int
    predicted: float
    realised: float


class Check(NamedTuple):
    """What came of an asset's forecasts.

    Parameters
    ----------
    days : forecasts, overlapping. share : volatility at the money over the index. beyond : share of losses beyond their
    VaR95. shortfall : mean loss of those over the mean expected shortfall that was forecast for them. worst : mean of
    the worst 5 % of all losses over the mean of all forecasts.
    """

    asset: str
    days: int
    share: float
    beyond: float
    shortfall: float
    worst: float


def forecast_checks(root: Path, every: int = 1) -> list[Check]:
    """Return what came of the forecasts of each asset, one every so many days.

    Raises
    ------
    BadFile
        A recorded file is absent or cannot be used.
    """
    return [_check(root, asset, every) for asset in ASSETS]


def forecast_table(checks: list[Check]) -> str:
    """Return the table as markdown."""
    head = "| asset | forecasts | at the money / index | beyond VaR95 | shortfall / forecast | worst 5 % / forecast |"
    rows = [
        f"| {c.asset} | {c.days:,} | {c.share:.3f} | {c.beyond:.1%} | {c.shortfall:.2f} | {c.worst:.2f} |"
        for c in checks
    ]
    return "\n".join([head, "|---|---|---|---|---|---|", *rows])


def _check(root: Path, asset: str, every: int) -> Check:
    prices, index = _prices(root, asset), read_dvol(root, asset, Problems())
    share = _at_money(root, asset, index)
    records = list(_held(asset, prices, index, share, every))
    found = tail_check(records)
    losses = np.array([record.realised for record in records if record.kind == VAR])
    forecasts = np.array([record.predicted for record in records if record.kind == SHORTFALL])
    worst = cvar(-losses) / float(forecasts.mean())
    return Check(asset, len(losses), share, found.share, found.es_ratio, worst)


def _held(asset: str, prices: Series, index: Series, share: float, every: int) -> Iterator[Held]:
    """Yield the forecasts of VaR95 and expected shortfall of one unit's loss, with what came."""
    first, last = max(prices.times[0], index.times[0]), min(prices.times[-1], index.times[-1]) - HORIZON * DAY
    for at in range(int(first), int(last) + 1, every * DAY):
        spot, later, vol = _known(prices, at), _known(prices, at + HORIZON * DAY), _known(index, at)
        if math.isnan(spot + later + vol):
            continue
        drawn = draw_horizon(
            Market(at, {asset: spot}, {asset: vol}),
            {asset: share * vol}, {asset: prices}, {asset: index}, HORIZON,
        )  # fmt: skip
        if not drawn.observations:
            continue
        profits = drawn.scenarios.spots[asset] / spot - 1.0
        loss = 1.0 - later / spot
        yield Held(VAR, at, at + HORIZON * DAY, -float(np.quantile(profits, 0.05)), loss)
        yield Held(SHORTFALL, at, at + HORIZON * DAY, cvar(profits), loss)


def _prices(root: Path, asset: str) -> Series:
    """Return daily closes, and the venue's index of 2026 where they end before."""
    closes = read_coin(root, asset, Problems())
    later = read_index(root / INDEX, (asset,), Problems())[asset]
    new = later.times > closes.times[-1]
    return Series(
        closes.name,
        np.concatenate([closes.times, later.times[new]]),
        np.concatenate([closes.values, later.values[new]]),
    )


def _at_money(root: Path, asset: str, index: Series) -> float:
    """Return the mean of the volatility at the money over the index, in the option books of 2026."""
    found: list[float] = []
    for number in range(BOOKS):
        at = FIRST_BOOK + number * EVERY * DAY
        chain = read_chain_file(root / CHAINS, at)[asset]
        found.append(Smiles.of(Listing.of_chain(chain, {})).at_money(HORIZON) / _known(index, at))
    return float(np.mean(found))


def _known(series: Series, at: int) -> float:
    """Return the newest value not later than a time; NaN where it is stale or absent."""
    place = int(np.searchsorted(series.times, at, side="right")) - 1
    fresh = place >= 0 and at - int(series.times[place]) < STALE
    values: FloatArray = series.values
    return float(values[place]) if fresh else math.nan
