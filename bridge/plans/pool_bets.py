"""The pools of a book as bets, on the histories of its prices where they are known, else on what the market implies."""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from bridge.config import SignalsConfig
from bridge.plans.past_prices import check_past
from bridge.sources.signal_sources import read_histories
from hedge.book.exposure import BookExposure, book_exposure
from hedge.book.positions import Book
from hedge.market import Market
from hedge.signals.histories import Histories
from hedge.units import DAY
from hedge.valuation.pool_bets import LEAST_DAYS, PoolBets, draw_days, pool_bets


def known_histories(terms: SignalsConfig, at: int, assets: Collection[str], spots: Mapping[str, float]) -> Histories:
    """Return the histories that the settings name as they were known at a unix second.

    Parameters
    ----------
    assets, spots
        Those of the book, and USD prices then: what is of another asset, or ends too early, is refused.

    Raises
    ------
    BadConfig, BadFile
        There is no such source, or a history cannot be used.
    """
    known = read_histories(terms, max(int(time.time()), at)).known(at)
    check_past(known, assets, spots, at, terms.folder or terms.source)
    return known


def bets_of(book: Book, exposure: BookExposure, market: Market, known: Histories) -> PoolBets:
    """Return a book's pools as bets.

    Parameters
    ----------
    known
        What was known at the market's observation. Where the daily prices of an asset of the book are absent, or fewer
        than 20 days are common to all, days are drawn from the market's volatilities and correlations, and the
        source says so.
    """
    ratios = daily_ratios(known, book.assets)
    days = min((len(values) for values in ratios.values()), default=0)
    if days >= LEAST_DAYS:
        return pool_bets(book, exposure, market, ratios, f"{days} days of prices ({known.provenance}: {known.origin})")
    why = "no daily prices are known: " if not days else f"only {days} days of prices are known: "
    if not book.assets:
        return pool_bets(book, exposure, market, {}, "the book holds nothing that moves")
    silent = [asset for asset in book.assets if math.isnan(market.vol(asset))]
    if silent:
        nothing = Book(())
        words = f"{why}and no volatility of {' and '.join(silent)}"
        return pool_bets(nothing, book_exposure(nothing, market), market, {}, words)
    source = f"{why}drawn from the market's volatilities and correlations, lognormal"
    return pool_bets(book, exposure, market, draw_days(book, market), source)


def daily_ratios(known: Histories, assets: Sequence[str]) -> dict[str, npt.NDArray[np.float64]]:
    """Return by asset each day's close over that of the day before, for the days that all assets have; or nothing.

    The close of a UTC day is the last that was known in it; a day after a gap has no ratio.
    """
    if not assets or known.lacking(*(f"price_{asset}" for asset in assets)):
        return {}
    closes = {}
    for asset in assets:
        series = known.column(f"price_{asset}", "close").dropna()
        closes[asset] = series.groupby(series.index.to_numpy() // DAY).last()
    table = pd.concat(closes, axis=1).dropna().sort_index()
    days, prices = table.index.to_numpy(), table.to_numpy(dtype=np.float64)
    follows = np.diff(days) == 1
    ratios = (prices[1:] / prices[:-1])[follows]
    return {asset: ratios[:, column] for column, asset in enumerate(assets)}
