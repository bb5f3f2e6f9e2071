"""Shocks of the trade-weighted dollar, or of a real-exchange-rate index."""

from __future__ import annotations

from collections.abc import Mapping

from hedge.signals import shocks
from hedge.signals.histories import Histories
from hedge.signals.known import monthly
from hedge.signals.signal import Gauge
from hedge.signals.spec import SignalRole, SignalSpec, register_signal
from hedge.signals.specs import MARKET_AGE, MONTHLY_AGE


def _gauge(past: Histories, weights: Mapping[str, float], source: str) -> Gauge:
    """Measure the change over a week of daily rows, or over one monthly row."""
    rate = past.column("dollar", "close")
    periods, window, least, age = (1, 60, 24, MONTHLY_AGE) if monthly(rate) else (5, 180, 90, MARKET_AGE)
    z = shocks.change_shock(rate, periods, window, least)
    return shocks.shock_gauge("dollar", z, max_age_seconds=age, source=source)


register_signal(SignalSpec("dollar", 100, ("dollar",), _gauge, SignalRole.SHOCK))
