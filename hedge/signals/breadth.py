"""How many carry the move: advance-decline line and its divergence from price."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hedge.errors import BadInput
from hedge.signals.known import FloatSeries, align, known_series
from hedge.signals.past import range_positions
from hedge.signals.signal import Gauge, ramp_series


def net_advances(closes: pd.DataFrame) -> FloatSeries:
    """Count the members that rose minus those that fell.

    Parameters
    ----------
    closes : shape (n, members), prices, indexed by known_at (whole unix seconds, increasing). A member without a price
        now or on the row before takes no part.

    Returns
    -------
    Series indexed by known_at, in [-members, members]; NaN where no member has a change, as on the first row.

    Raises
    ------
    BadInput : no member, a price not above 0, times out of order.

    Examples
    --------
    >>> net_advances(pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 3.0], "c": [1.0, 0.5]}, index=[1, 2])).tolist()
    [nan, 1.0]
    """
    prices = closes.to_numpy(dtype=np.float64)
    if prices.shape[1] == 0:
        raise BadInput("closes", 0, "must have at least one member")
    if np.any(prices <= 0.0) or np.any(np.isinf(prices)):
        raise BadInput("closes", float(np.nanmin(prices)), "must be > 0 and finite")
    moves = np.sign(np.diff(prices, axis=0, prepend=np.full((1, prices.shape[1]), np.nan)))
    counted = np.isfinite(moves).any(axis=1)
    return known_series(np.where(counted, np.nansum(moves, axis=1), np.nan), closes.index.to_numpy(), "net advances")


def advance_decline_line(closes: pd.DataFrame) -> FloatSeries:
    """Add up `net_advances` from the start; a row without any change leaves the line where it was.

    Only its shape means something: the level depends on where the history starts. Parameters as in `net_advances`.
    """
    net = net_advances(closes)
    line = net.fillna(0.0).cumsum()
    return line.where(net.notna().cummax()).rename("advance-decline line")


def divergence(price: FloatSeries, line: FloatSeries, window: int, least: int, max_age_seconds: int) -> FloatSeries:
    """Compare the places of price and line in their own ranges: place(price) - place(line), in [-1, 1].

    Near +1 the price is at its high and the line at its low: few members carry the rise. Near -1 the price is at its
    low while the line holds.

    Parameters
    ----------
    price, line : indexed by known_at. window : rows of the range, >= 3. least : known rows needed, 3..window.
    max_age_seconds : a number older than this is NaN, > 0.

    Returns
    -------
    Series indexed by every time at which either was known; NaN while one is unknown or without range.
    """
    prices, lines = align(max_age_seconds, price, line)
    gap = range_positions(prices, window, least) - range_positions(lines, window, least)
    return gap.rename("divergence")


def divergence_gauge(
    values: FloatSeries, *, start: float = 0.25, full: float = 0.75, max_age_seconds: int, source: str
) -> Gauge:
    """Score a rise that few carry: 0 up to `start`, 1 from `full`. A fall that few carry scores 0."""
    return Gauge("divergence", values, ramp_series(values, start, full), max_age_seconds, source)
