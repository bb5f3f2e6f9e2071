"""Quotes of a stated surface, fitted walk-forward: at each time on the option snapshots that were known by then.

A snapshot gives the ratio of the volatility at the money over 30 days to the index, the slope of the term structure,
skew and curvature in standard deviations, and half the spread in volatility; a fit is their mean over all snapshots so
far. Before the first one the stated surface holds. What such quotes cannot tell: how skew and spread move with the
market; a crisis is quoted with the spread of a calm day.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from hedge import options
from hedge.backtest.history import Series
from hedge.backtest.quotes import ModelQuotes
from hedge.errors import HedgeError, NotKnown
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.synthetic_chain import REACH, Smile
from hedge.market import HORIZON_DAYS
from hedge.units import YEAR_DAYS
from hedge.volatility.index import index_from_chain

LEAST_DAYS, MOST_DAYS = 5.0, 200.0
LEAST_ROWS: Final = 20


@dataclass(frozen=True)
class SurfaceFit:
    """Hold a surface relative to its index.

    Parameters
    ----------
    ratio : volatility at the money over 30 days by the index. smile : the rest of the surface.
    snapshots : that it was fitted on; 0 for a stated one.
    """

    ratio: float
    smile: Smile
    snapshots: int = 0


CRYPTO: Final = SurfaceFit(0.913, Smile())
"""Stated for BTC and ETH: the index stood at 65.2 in the mean, the money at 59.5 (Deribit, first half of 2026)."""
SHARES: Final = SurfaceFit(0.88, Smile(skew=-0.045, curvature=0.005, half_spread=0.005))
"""Stated for an index of shares: VIX some two points above the money at 15, puts of 25 delta three points above it."""
INDEX: Final = SurfaceFit(1.0, Smile(skew=0.10, curvature=0.0, half_spread=0.03))
"""Stated for options on a volatility index: skewed to the calls, dear to trade."""


def fit_snapshot(chain: OptionChain) -> SurfaceFit | None:
    """Fit the surface to one snapshot; None where too little is quoted.

    Rows out of the money with both quotes, of 5 to 200 days, are fitted by least squares after the volatility at the
    money of the expiry nearest to 30 days.
    """
    table = chain.quotes
    days = table["expiry"].to_numpy(float) * YEAR_DAYS
    names = ("expiry", "strike", "bid", "ask", "vol", "forward", "rate")
    out = (table["strike"] > table["forward"]).to_numpy(bool) == table["is_call"].to_numpy(bool)
    quoted = (table["bid"] > 0.0).to_numpy(bool) & (table["vol"] > 0.0).to_numpy(bool)
    use = out & quoted & (days >= LEAST_DAYS) & (days <= MOST_DAYS)
    if int(use.sum()) < LEAST_ROWS:
        return None
    expiry, strike, bid, ask, vol, forward, rate = (table[name].to_numpy(float)[use] for name in names)
    try:
        index = index_from_chain(table).vol
    except HedgeError:
        return None
    distance = np.log(strike / forward)
    near = np.lexsort((np.abs(distance), np.abs(expiry * YEAR_DAYS - HORIZON_DAYS).round(6)))[0]
    at_money = float(vol[near])
    x = np.clip(distance / (at_money * np.sqrt(expiry)), -REACH, REACH)
    terms = np.column_stack([at_money * np.log(expiry * YEAR_DAYS / HORIZON_DAYS), x, x * x])
    slope, skew, curvature = (float(value) for value in np.linalg.lstsq(terms, vol - at_money, rcond=None)[0])
    vega = options.greeks(forward, strike, expiry, vol, rate, 0.0, strike > forward).vega
    half = float(np.median(0.5 * (ask - bid) / vega))
    if not (half > 0.0 and all(map(math.isfinite, (slope, skew, curvature, half)))):
        return None
    return SurfaceFit(at_money / index, Smile(skew, curvature, slope, half), 1)


def fit_known(fits: Sequence[SurfaceFit], stated: SurfaceFit) -> SurfaceFit:
    """Return the mean of the fits of single snapshots; the stated surface where there are none."""
    if not fits:
        return stated
    numbers = {
        name: math.fsum(getattr(fit.smile, name) for fit in fits) / len(fits)
        for name in (f.name for f in fields(Smile))
    }
    ratio = math.fsum(fit.ratio for fit in fits) / len(fits)
    return SurfaceFit(ratio, replace(Smile(), **numbers), len(fits))


def modelled_quotes(
    asset: str,
    prices: Series,
    vol_index: Series,
    snapshots: Sequence[OptionChain] = (),
    stated: SurfaceFit = CRYPTO,
    lot: float = 1.0,
    most_age: int = 4 * 86_400,
) -> tuple[ModelQuotes, ...]:
    """Return quotes at every price of an asset, each from what was known at its time.

    Parameters
    ----------
    vol_index : 30-day index of the asset, decimal. snapshots : of real quotes, in order of time.
    lot : least quantity. most_age : seconds beyond which an index is too old; a time without one has no quotes.
    """
    fits = [(chain.observed_at, fit) for chain in snapshots if (fit := fit_snapshot(chain)) is not None]
    found: list[ModelQuotes] = []
    known, surface = 0, stated
    for at, spot in zip(prices.times.tolist(), prices.values.tolist(), strict=True):
        while known < len(fits) and fits[known][0] <= at:
            known += 1
            surface = fit_known([fit for _, fit in fits[:known]], stated)
        try:
            index = vol_index.last(at)
        except NotKnown:
            continue
        if at - index.at <= most_age:
            found.append(ModelQuotes(asset, at, spot, surface.ratio * index.value, surface.smile, lot))
    return tuple(found)
