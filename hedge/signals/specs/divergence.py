"""How far the advance-decline line of the members has parted from the market's price."""

from __future__ import annotations

from collections.abc import Mapping

from hedge.signals import breadth
from hedge.signals.histories import Histories
from hedge.signals.signal import Gauge
from hedge.signals.spec import SignalRole, SignalSpec, register_signal
from hedge.signals.specs import MARKET_AGE


def _gauge(past: Histories, weights: Mapping[str, float], source: str) -> Gauge:
    line = breadth.advance_decline_line(past.tables["members"])
    apart = breadth.divergence(past.column("market", "close"), line, 63, 40, MARKET_AGE)
    return breadth.divergence_gauge(apart, max_age_seconds=MARKET_AGE, source=source)


register_signal(SignalSpec("divergence", 50, ("members", "market"), _gauge, SignalRole.DIVERGENCE))
