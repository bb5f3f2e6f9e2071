"""Whether the time lies in the window around an announced release."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hedge.signals.calendar import Calendar, event_signal
from hedge.signals.histories import Histories
from hedge.signals.signal import Signal
from hedge.signals.spec import SignalRole, SignalSpec, SignalUnit, register_signal


@dataclass(frozen=True)
class CalendarGauge:
    """A calendar that says at any time whether a release is near."""

    calendar: Calendar

    def at(self, at: int) -> Signal:
        """Return the signal at the unix second, by the releases announced until then."""
        return event_signal(self.calendar, at)


def _gauge(past: Histories, weights: Mapping[str, float], source: str) -> CalendarGauge:
    return CalendarGauge(past.calendar())


register_signal(SignalSpec("events", 60, ("calendar",), _gauge, SignalRole.EVENTS, unit=SignalUnit.SECONDS))
