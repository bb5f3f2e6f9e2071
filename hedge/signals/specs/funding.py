"""Shocks of what perpetual futures pay: the interest differential of a crypto pair."""

from __future__ import annotations

from collections.abc import Mapping

from hedge.signals import shocks
from hedge.signals.histories import Histories
from hedge.signals.signal import Gauge
from hedge.signals.spec import SignalRole, SignalSpec, register_signal
from hedge.units import DAY


def _gauge(past: Histories, weights: Mapping[str, float], source: str) -> Gauge:
    paid = shocks.annual_funding(past.of_book("funding", "rate", weights))
    return shocks.shock_gauge("funding", shocks.level_shock(paid, 90, 45), max_age_seconds=DAY, source=source)


register_signal(SignalSpec("funding", 80, ("funding_{asset}",), _gauge, SignalRole.SHOCK))
