"""Scheduled releases, and the windows around them in which no premium is sold.

    announced_at            release_at - before   release_at   release_at + after
    |........................|====================|============|
                              window: score 1

A schedule looks ahead without cheating: what counts is when the date was announced. A calendar that knows no further
release is missing, not calm: someone forgot to extend it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from hedge.errors import BadInput
from hedge.signals.known import FloatSeries, known_series, written
from hedge.signals.signal import Signal
from hedge.units import DAY


@dataclass(frozen=True, order=True)
class Release:
    """Hold one release: its unix second, its event (CPI, FOMC ...) and the unix second its date was announced."""

    release_at: int
    event: str
    announced_at: int

    def __post_init__(self) -> None:
        if not 0 <= self.announced_at <= self.release_at:
            raise BadInput(f"announced_at of {self.event}", self.announced_at, f"must be in 0..{self.release_at}")


@dataclass(frozen=True)
class Calendar:
    """Hold releases in order of time.

    Examples
    --------
    >>> calendar = Calendar.scheduled("CPI", [1_000_000], lead_seconds=500_000)
    >>> [release.event for release in calendar.between(900_000, 1_100_000, at=600_000)]
    ['CPI']
    >>> calendar.between(900_000, 1_100_000, at=400_000)
    ()
    """

    releases: tuple[Release, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "releases", tuple(sorted(self.releases)))

    @classmethod
    def scheduled(cls, event: str, release_at: Iterable[int], lead_seconds: int) -> Calendar:
        """Build the calendar of one event whose dates are announced a stated lead before; 0 is an unscheduled event."""
        times = [int(time) for time in release_at]
        return cls(tuple(Release(time, event, max(0, time - lead_seconds)) for time in times))

    def merged(self, other: Calendar) -> Calendar:
        """Return both calendars as one; a release that is in both is kept once."""
        return Calendar(tuple({*self.releases, *other.releases}))

    def known(self, at: int) -> tuple[Release, ...]:
        """Return the releases whose dates were announced by the unix second."""
        return tuple(release for release in self.releases if release.announced_at <= at)

    def between(self, start: int, stop: int, at: int) -> tuple[Release, ...]:
        """Return the releases in [start, stop] that are known at the time: what a leg's life would run into."""
        return tuple(release for release in self.known(at) if start <= release.release_at <= stop)


def event_signal(
    calendar: Calendar, at: int, *, before_seconds: int = 2 * DAY, after_seconds: int = DAY, name: str = "events"
) -> Signal:
    """Tell whether the time lies in the window around a release.

    Parameters
    ----------
    at : unix seconds. before_seconds, after_seconds : reach of the window, >= 0; its edges belong to it.

    Returns
    -------
    Signal with value = seconds to the release that opens the window, or else to the next one (negative after it), and
    score 1 inside, 0 outside. It may be believed until the next edge. Missing if no further release is known.
    """
    if before_seconds < 0 or after_seconds < 0:
        raise BadInput("window", min(before_seconds, after_seconds), "must be >= 0")
    known = calendar.known(at)
    ahead = [release for release in known if release.release_at > at]
    inside = [r for r in known if r.release_at - before_seconds <= at <= r.release_at + after_seconds]
    nearest = min(inside or ahead, key=lambda release: abs(release.release_at - at), default=None)
    if nearest is None or not ahead:
        return Signal(name, math.nan, math.nan, at, 0, "no further release is known")
    edges = [e for r in known for e in (r.release_at - before_seconds, r.release_at + after_seconds + 1) if e > at]
    source = f"{nearest.event} of {written(nearest.release_at)}, announced {written(nearest.announced_at)}"
    return Signal(name, float(nearest.release_at - at), float(bool(inside)), at, min(edges) - at - 1, source)


def event_scores(calendar: Calendar, times: ArrayLike, *, before_seconds: int, after_seconds: int) -> FloatSeries:
    """Return the score of `event_signal` at each unix second; NaN where no further release is known."""
    seconds = np.asarray(times, dtype=np.int64)
    scores = [
        event_signal(calendar, int(at), before_seconds=before_seconds, after_seconds=after_seconds).severity
        for at in seconds
    ]
    return known_series(scores, seconds, "events")
