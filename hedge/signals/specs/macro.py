"""Surprises of macro releases: CPI, PPI, FOMC, output."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from hedge.signals.histories import Histories
from hedge.signals.signal import Gauge
from hedge.signals.spec import SignalRole, SignalSpec, register_signal
from hedge.signals.specs import MONTHLY_AGE
from hedge.signals.surprise import naive_surprise, surprise_gauge, surprise_z
from hedge.units import DAY

MEETING_AGE: Final = 60 * DAY
"""Between two meetings of a central bank."""
MACRO: Final = {
    "CPI": (12, MONTHLY_AGE),
    "PPI": (12, MONTHLY_AGE),
    "FOMC": (1, MEETING_AGE),
    "output": (12, MONTHLY_AGE),
}
"""Events, with how many past figures the naive forecast is the mean of (1 is "no change"), and how long one counts."""


def _gauge(name: str, past: Histories, weights: Mapping[str, float], source: str) -> Gauge:
    """Measure a release against its consensus where the history has any, else against a stated naive forecast."""
    count, age = MACRO[name]
    actual, expected = past.event(name)
    told = bool(expected.notna().any())
    came = actual - expected if told else naive_surprise(actual, count)
    against = "the consensus" if told else f"the mean of {count} before"
    return surprise_gauge(name, surprise_z(came), max_age_seconds=age, source=f"{source}, against {against}")


for _place, _name in enumerate(MACRO, 70):
    register_signal(SignalSpec(_name, _place, ("releases",), partial(_gauge, _name), SignalRole.SURPRISE))
