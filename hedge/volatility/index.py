"""A volatility index from listed options, by Cboe's method.

The variance of one expiry is that of the strip of out-of-the-money options, each weighted by the gap between its
neighbours over its squared strike; the index is the square root of total variance interpolated to the target, 30 days.
Source: Cboe Volatility Index Methodology, 2026, appendices 3 to 5.

Quotes are a frame with one row per option of one expiry: strike, is_call, bid, ask, in quote currency per unit of
underlying (coin prices must be converted first). A bid that is 0 or NaN, or an ask that is NaN, is no quote; the strip
ends on each side before the second of two listed strikes in a row without a quote.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, sqrt

import numpy as np
import pandas as pd

from hedge.errors import BadInput, NegativeVariance, TooFewExpiries, TooFewQuotes
from hedge.numerics.arrays import FloatArray, finite, nonnegative, positive
from hedge.units import YEAR_DAYS


@dataclass(frozen=True)
class TermVariance:
    """Variance of one expiry.

    time in years; rate continuously compounded; forward and k0 (the strike at or just below it) in quote currency;
    variance annual; contributions as `variance_contributions` returns them.
    """

    time: float
    rate: float
    forward: float
    k0: float
    variance: float
    contributions: pd.DataFrame


@dataclass(frozen=True)
class VolIndex:
    """A volatility index and the two expiries behind it. vol is an annual decimal."""

    vol: float
    target_days: float
    near: TermVariance
    next: TermVariance

    @property
    def points(self) -> float:
        """Return the index as it is published: 13.93 for a volatility of 0.1393."""
        return 100.0 * self.vol


@dataclass(frozen=True)
class _Side:
    """Calls or puts of one expiry in order of strike; mid is NaN where there is no quote."""

    strike: FloatArray
    mid: FloatArray


def term_variance(quotes: pd.DataFrame, rate: float, time: float) -> TermVariance:
    """Measure the variance that the options of one expiry imply.

    sigma^2 = (2/T) sum(contributions) - (1/T) (F/K0 - 1)^2.

    Parameters
    ----------
    quotes : frame of one expiry with columns strike, is_call, bid, ask, in quote currency, rows in any order. A bid of
        0 or NaN, or an ask of NaN, is no quote.
    rate : continuously compounded to the expiry. time : years, > 0.

    Raises
    ------
    BadInput : a number outside its domain, a crossed quote, an option listed twice.
    TooFewQuotes : no strike quoted both as call and put at or below the forward, or nothing beyond it on a side.
    NegativeVariance : quotes so few or inconsistent that the strip is worth less than its distance to the forward.
    """
    _check_term(rate, time)
    _require_columns(quotes, "strike", "is_call", "bid", "ask")
    calls, puts = _side(quotes, call=True), _side(quotes, call=False)
    forward, k0 = _forward_and_k0(calls, puts, exp(rate * time))
    contributions = _contributions(calls, puts, k0, exp(rate * time))
    total = float(contributions["contribution"].sum())
    variance = (2.0 * total - (forward / k0 - 1.0) ** 2) / time
    if not variance > 0.0:
        raise NegativeVariance(variance, forward, k0)
    return TermVariance(time, rate, forward, k0, variance, contributions)


def variance_contributions(quotes: pd.DataFrame, rate: float, time: float) -> pd.DataFrame:
    """List the options of one expiry's strip and what each adds to its variance.

    Parameters and errors as in `term_variance`.

    Returns
    -------
    Frame in order of strike: strike, kind ("put", "both" at K0, "call"), mid, width (half the distance between the
    neighbours) and contribution = width / strike^2 * exp(rate * time) * mid.
    """
    return term_variance(quotes, rate, time).contributions


def single_term_variance(quotes: pd.DataFrame, rate: float, time: float) -> float:
    """Return only the annual variance of `term_variance`."""
    return term_variance(quotes, rate, time).variance


def vol_index(near: TermVariance, next_: TermVariance, target_days: float = 30.0) -> VolIndex:
    """Interpolate total variance between two expiries to the target, linearly in time.

    Parameters
    ----------
    near, next_ : expiries with near.time <= target < next_.time.
    target_days : days, > 0.

    Raises
    ------
    BadInput : target_days not above 0.
    TooFewExpiries : the two do not lie around the target. The method does not extrapolate.
    """
    vol = interpolated_vol((near.time, next_.time), (near.variance, next_.variance), target_days)
    return VolIndex(vol, target_days, near, next_)


def interpolated_vol(times: tuple[float, float], variances: tuple[float, float], target_days: float) -> float:
    """Return the volatility at the target from the annual variances of two times in years; errors as `vol_index`."""
    target = float(positive("target_days", target_days)) / YEAR_DAYS
    near, later = times
    if not near <= target < later:
        raise TooFewExpiries(2, target_days, near * YEAR_DAYS, later * YEAR_DAYS)
    share = (later - target) / (later - near)
    return sqrt((share * near * variances[0] + (1.0 - share) * later * variances[1]) / target)


def index_from_chain(quotes: pd.DataFrame, rate: float | None = None, target_days: float = 30.0) -> VolIndex:
    """Compute the index from a whole chain.

    The expiries next to the target on either side are used; one without enough quotes gives way to the next one out.
    The result names the expiries taken.

    Parameters
    ----------
    quotes : frame with columns expiry (years), strike, is_call, bid, ask, in quote currency. A bid of 0 or NaN, or an
        ask of NaN, is no quote.
    rate : continuously compounded, one for all expiries; without it each expiry's own from a column ``rate`` (the
        median of its rows), 0 where there is none. target_days : days, > 0.

    Raises
    ------
    BadInput, NegativeVariance : as in `term_variance`. Expired options (expiry <= 0) are ignored.
    TooFewExpiries : no usable expiry at or below the target, or none above it.
    """
    target = float(positive("target_days", target_days)) / YEAR_DAYS
    _require_columns(quotes, "expiry")
    times = np.unique(quotes["expiry"].to_numpy(dtype=np.float64))
    times = times[times > 0.0]
    near = _first_usable(quotes, rate, times[times <= target][::-1])
    next_ = _first_usable(quotes, rate, times[times > target])
    if near is None or next_ is None:
        shortest, longest = (times[0], times[-1]) if times.size else (np.nan, np.nan)
        usable = int(near is not None) + int(next_ is not None)
        raise TooFewExpiries(usable, target_days, float(shortest) * YEAR_DAYS, float(longest) * YEAR_DAYS)
    return vol_index(near, next_, target_days)


def _first_usable(quotes: pd.DataFrame, rate: float | None, times: FloatArray) -> TermVariance | None:
    for time in times:
        rows = quotes[quotes["expiry"] == time]
        try:
            return term_variance(rows, _own_rate(rows) if rate is None else rate, float(time))
        except TooFewQuotes:
            continue
    return None


def _own_rate(rows: pd.DataFrame) -> float:
    return float(rows["rate"].median()) if "rate" in rows.columns else 0.0


def _check_term(rate: float, time: float) -> None:
    for name, value in (("rate", finite("rate", rate)), ("time", positive("time", time))):
        if np.isnan(value):
            raise BadInput(name, float(value), "must be known")


def _require_columns(quotes: pd.DataFrame, *names: str) -> None:
    missing = [name for name in names if name not in quotes.columns]
    if missing:
        raise BadInput("quotes", list(quotes.columns), f"must have the column {missing[0]}")


def _side(quotes: pd.DataFrame, *, call: bool) -> _Side:
    """Return one side of the chain with the mid of every two-sided quote."""
    rows = quotes[quotes["is_call"].to_numpy(dtype=np.bool_) == call].sort_values("strike")
    strike = positive("strike", rows["strike"].to_numpy())
    bid, ask = nonnegative("bid", rows["bid"].to_numpy()), nonnegative("ask", rows["ask"].to_numpy())
    if np.any(np.isnan(strike)):
        raise BadInput("strike", float("nan"), "must be known")
    if np.any(np.diff(strike) == 0.0):
        raise BadInput("strike", float(strike[1:][np.diff(strike) == 0.0][0]), "must be listed once per side")
    if np.any(bid > ask):
        raise BadInput("bid", float(bid[bid > ask][0]), f"must not exceed ask = {float(ask[bid > ask][0])}")
    return _Side(strike, np.where(bid > 0.0, 0.5 * (bid + ask), np.nan))


def _forward_and_k0(calls: _Side, puts: _Side, growth: float) -> tuple[float, float]:
    """Return the forward, by parity where call and put differ least, and the strike at or just below it."""
    strike, call_at, put_at = np.intersect1d(calls.strike, puts.strike, return_indices=True)
    gap = calls.mid[call_at] - puts.mid[put_at]
    strike, gap = strike[~np.isnan(gap)], gap[~np.isnan(gap)]
    if strike.size == 0:
        raise TooFewQuotes("strikes quoted as call and as put", 0, 1)
    closest = int(np.argmin(np.abs(gap)))
    forward = float(strike[closest] + growth * gap[closest])
    below = strike[strike <= forward]
    if below.size == 0:
        raise TooFewQuotes(f"strikes quoted as call and as put at or below the forward {forward:g}", 0, 1)
    return forward, float(below[-1])


def _contributions(calls: _Side, puts: _Side, k0: float, growth: float) -> pd.DataFrame:
    low = _outward(_Side(puts.strike[puts.strike < k0][::-1], puts.mid[puts.strike < k0][::-1]), "puts below K0")
    high = _outward(_Side(calls.strike[calls.strike > k0], calls.mid[calls.strike > k0]), "calls above K0")
    middle = 0.5 * (calls.mid[calls.strike == k0] + puts.mid[puts.strike == k0])
    strike = np.concatenate([low.strike[::-1], [k0], high.strike])
    mid = np.concatenate([low.mid[::-1], middle, high.mid])
    width = np.gradient(strike)  # half the distance between the neighbours, whole at the ends
    kind = ["put"] * low.strike.size + ["both"] + ["call"] * high.strike.size
    return pd.DataFrame(
        {"strike": strike, "kind": kind, "mid": mid, "width": width, "contribution": width / strike**2 * growth * mid}
    )


def _outward(side: _Side, what: str) -> _Side:
    """Keep the quoted strikes, in order away from K0, up to the first two in a row without a quote."""
    quoted = ~np.isnan(side.mid)
    pairs = np.flatnonzero(~quoted[1:] & ~quoted[:-1])
    keep = quoted & (np.arange(quoted.size) < (pairs[0] if pairs.size else quoted.size))
    if not np.any(keep):
        raise TooFewQuotes(what, 0, 1)
    return _Side(side.strike[keep], side.mid[keep])
