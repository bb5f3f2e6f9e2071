"""Shocks of the interest rate differential of two currencies; a crypto book uses funding instead."""

from __future__ import annotations

from collections.abc import Mapping

from hedge.signals import shocks
from hedge.signals.histories import Histories
from hedge.signals.known import monthly
from hedge.signals.signal import Gauge
from hedge.signals.spec import SignalRole, SignalSpec, register_signal
from hedge.signals.specs import MARKET_AGE, MONTHLY_AGE


def _gauge(past: Histories, weights: Mapping[str, float], source: str) -> Gauge:
    gap = shocks.rate_differential(past.column("rates", "home"), past.column("rates", "foreign"), MARKET_AGE)
    window, least, age = (60, 24, MONTHLY_AGE) if monthly(gap) else (250, 90, MARKET_AGE)
    z = shocks.level_shock(gap, window, least)
    return shocks.shock_gauge("rate differential", z, max_age_seconds=age, source=source)


register_signal(SignalSpec("rate differential", 90, ("rates",), _gauge, SignalRole.SHOCK, standard=False))
