"""The quick ratio of the book's own pools, measured on chain and handed to the board."""

from __future__ import annotations

from typing import Final

from hedge.market import Provenance
from hedge.signals.signal import Signal, ramp
from hedge.signals.spec import SignalSpec, register_signal
from hedge.units import DAY

QUICK_RATIO: Final = "quick ratio"
MOST: Final = 1_000.0
"""A ratio without anything due is capped here."""


def quick_ratio_signal(ratio: float, at: int, source: str) -> Signal:
    """Return the quick ratio measured now: score 0 from 2, 1 at 1."""
    value = min(ratio, MOST)
    return Signal(QUICK_RATIO, value, float(ramp(value, 2.0, 1.0)), at, DAY, source, Provenance.ON_CHAIN)


register_signal(SignalSpec(QUICK_RATIO, 110, (), None, absent="no pools to measure"))
