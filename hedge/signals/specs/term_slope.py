"""How the index at 90 days compares with that at 30."""

from __future__ import annotations

from collections.abc import Mapping

from hedge.signals.histories import Histories
from hedge.signals.signal import Gauge
from hedge.signals.spec import SignalSpec, register_signal
from hedge.signals.specs import DAILY_AGE
from hedge.signals.volatility import book_slope, slope_gauge


def _gauge(past: Histories, weights: Mapping[str, float], source: str) -> Gauge:
    return slope_gauge(book_slope(past, weights), max_age_seconds=DAILY_AGE, source=source)


register_signal(SignalSpec("term slope", 20, ("term_{asset}",), _gauge))
