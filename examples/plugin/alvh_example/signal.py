"""A signal: how far the price has moved in a day, an alarm from ten per cent."""

from __future__ import annotations

from collections.abc import Mapping

from hedge.signals.histories import Histories
from hedge.signals.signal import Gauge, ramp_series
from hedge.signals.spec import SignalSpec, register_signal
from hedge.units import DAY

NAME = "daily move"


def _gauge(past: Histories, weights: Mapping[str, float], source: str) -> Gauge:
    price = past.of_book("price", "close", weights, logs=True)
    move = price.pct_change().abs()
    return Gauge(NAME, move, ramp_series(move, 0.0, 0.2), 2 * DAY, source)


register_signal(SignalSpec(NAME, 200, ("price_{asset}",), _gauge))
