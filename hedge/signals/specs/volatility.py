"""The state of the book's volatility index: its place in its own past, the term structure and its RSI."""

from __future__ import annotations

from collections.abc import Mapping

from hedge.signals import indicators
from hedge.signals.histories import Histories
from hedge.signals.past import percentiles
from hedge.signals.signal import Gauge
from hedge.signals.spec import SignalRole, SignalSpec, SignalUnit, register_signal
from hedge.signals.specs import DAILY_AGE
from hedge.signals.volatility import book_slope, volatility_gauge, volatility_states


def _gauge(past: Histories, weights: Mapping[str, float], source: str) -> Gauge:
    index = past.of_book("index", "close", weights)
    level = percentiles(index, 365, 180)
    slope = book_slope(past, weights)
    states = volatility_states(level, slope, indicators.rsi(index), max_age_seconds=DAILY_AGE)
    return volatility_gauge(level, states, max_age_seconds=DAILY_AGE, source=source)


register_signal(SignalSpec("volatility", 10, ("index_{asset}",), _gauge, SignalRole.LEVEL, unit=SignalUnit.SHARE))
