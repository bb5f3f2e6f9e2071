"""Volatility that the CAPM implies, against its own norm.

    sigma = sqrt(beta^2 sigma_m^2 + sigma_idio^2)

beta and sigma_idio come from the last `window` returns, sigma_m from options on the market (VIX, DVOL). With the
market's *realised* volatility of the same window the formula returns the asset's own realised volatility, whatever beta
is: the signal lives by the implied one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray, positive
from hedge.signals.known import FloatSeries, align, as_known
from hedge.signals.past import past_quantiles
from hedge.signals.signal import Gauge, ramp_series
from hedge.units import DAY


class MarketModel(NamedTuple):
    """Hold rolling beta, and the annual volatilities of the market and of what it does not explain (decimals)."""

    beta: FloatSeries
    market_vol: FloatSeries
    idiosyncratic_vol: FloatSeries


def market_model(
    asset: FloatSeries, market: FloatSeries, window: int = 90, periods_per_year: float = 365.0
) -> MarketModel:
    """Regress the asset's log returns on the market's over the last `window` returns, the present one included.

    Parameters
    ----------
    asset, market : prices > 0 of the same bars; only times that both list are used. window : returns, >= 3.
    periods_per_year : bars in a year, > 0.

    Returns
    -------
    Three series on the common times; NaN until the window is full, while a price in it is NaN, or if the market did
    not move.
    """
    if window < 3:
        raise BadInput("window", window, "must be >= 3")
    positive("periods_per_year", periods_per_year)
    closes = as_known("asset", asset), as_known("market", market)
    times = np.intersect1d(closes[0].index.to_numpy(), closes[1].index.to_numpy())
    ours, theirs = (_log_returns(close.loc[times]) for close in closes)
    beta, market_var, idio_var = _regress(ours, theirs, window)
    index = pd.Index(times, name="known_at")
    annual = (beta, np.sqrt(market_var * periods_per_year), np.sqrt(idio_var * periods_per_year))
    return MarketModel(*(pd.Series(column, index=index) for column in annual))


def capm_vol(model: MarketModel, market_vol: FloatSeries, max_age_seconds: int) -> FloatSeries:
    """Return sqrt(beta^2 sigma_m^2 + sigma_idio^2), annual decimals.

    Parameters
    ----------
    model : of `market_model`. market_vol : implied, annual decimal (DVOL 60 is 0.6), > 0, indexed by known_at.
    max_age_seconds : numbers older than this are unknown, > 0.

    Returns
    -------
    Series wherever the model or the implied volatility becomes known.
    """
    positive("market_vol", market_vol.to_numpy())
    beta, idio, implied = align(max_age_seconds, model.beta, model.idiosyncratic_vol, market_vol)
    total = np.hypot(beta.to_numpy() * implied.to_numpy(), idio.to_numpy())
    return pd.Series(total, index=beta.index, name="CAPM volatility")


def over_norm(vol: FloatSeries, quantile: float = 0.75, window: int = 365, least: int = 120) -> FloatSeries:
    """Return volatility over the rolling quantile of its own past: above 1 it is above its norm.

    Parameters
    ----------
    vol : > 0, indexed by known_at. quantile : in [0, 1]. window, least : as in `past.z_scores`.
    """
    norm = past_quantiles(vol, quantile, window, least)
    return (as_known("vol", vol) / norm.where(norm > 0.0)).rename("CAPM volatility over norm")


def capm_gauge(
    ratio: FloatSeries, *, start: float = 1.0, full: float = 1.5, max_age_seconds: int = 2 * DAY, source: str
) -> Gauge:
    """Score implied volatility above its norm: 0 up to the norm, 1 from half above it."""
    return Gauge("CAPM volatility", ratio, ramp_series(ratio, start, full), max_age_seconds, source)


def _log_returns(prices: FloatSeries) -> FloatArray:
    return np.diff(np.log(positive(str(prices.name), prices.to_numpy())), prepend=np.nan)


def _regress(ours: FloatArray, theirs: FloatArray, window: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return slope, market variance and residual variance of the window that ends at each row."""
    out = np.full((3, ours.size), np.nan)
    if ours.size >= window:
        y, x = (np.lib.stride_tricks.sliding_window_view(side, window) for side in (ours, theirs))
        y, x = (side - side.mean(axis=1, keepdims=True) for side in (y, x))
        market = (x * x).sum(axis=1)
        beta = (x * y).sum(axis=1) / np.where(market > 0.0, market, np.nan)
        residual = y - beta[:, None] * x
        out[:, window - 1 :] = beta, market / (window - 1), (residual * residual).sum(axis=1) / (window - 1)
    return out[0], out[1], out[2]
