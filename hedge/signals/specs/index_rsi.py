"""The relative strength of the volatility index."""

from __future__ import annotations

from collections.abc import Mapping

from hedge.signals import indicators
from hedge.signals.histories import Histories
from hedge.signals.signal import Gauge
from hedge.signals.spec import SignalSpec, register_signal
from hedge.signals.specs import DAILY_AGE
from hedge.signals.volatility import index_rsi_gauge


def _gauge(past: Histories, weights: Mapping[str, float], source: str) -> Gauge:
    strength = indicators.rsi(past.of_book("index", "close", weights))
    return index_rsi_gauge(strength, max_age_seconds=DAILY_AGE, source=source)


register_signal(SignalSpec("index RSI", 30, ("index_{asset}",), _gauge))
