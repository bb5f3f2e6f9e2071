"""The last turn of the MACD histogram of the volatility index."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np

from hedge.signals import indicators
from hedge.signals.histories import Histories
from hedge.signals.signal import Gauge
from hedge.signals.spec import SignalRole, SignalSpec, SignalUnit, register_signal
from hedge.signals.specs import DAILY_AGE

TURN_BARS: Final = 5
"""Bars for which a turn of MACD counts after it became known."""


def _gauge(past: Histories, weights: Mapping[str, float], source: str) -> Gauge:
    """Hold the last turn of the index's MACD histogram, in ranges of ATR; it is no alarm, so its score is 0."""
    high, low, close = (past.of_book("index", column, weights) for column in ("high", "low", "close"))
    histogram = indicators.macd(close).histogram / indicators.atr(high, low, close)
    turns = indicators.macd_turns(histogram.replace([np.inf, -np.inf], np.nan), 0.25)
    held = turns.where(turns != 0.0).ffill(limit=TURN_BARS - 1).fillna(0.0).where(turns.notna())
    return Gauge("MACD turn", held, 0.0 * held, DAILY_AGE, source)


register_signal(SignalSpec("MACD turn", 40, ("index_{asset}",), _gauge, SignalRole.TURN, unit=SignalUnit.TURN))
