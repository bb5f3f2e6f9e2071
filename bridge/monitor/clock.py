"""Time as the monitor takes it: given to it, so that a test can play a week in seconds."""

from __future__ import annotations

import random
import time
from threading import Event
from typing import Final, Protocol

JITTER: Final = 0.05
"""Share of a pause by which it is drawn shorter or longer: monitors that start together do not ask together."""
MOST_BACK_OFF: Final = 300.0
"""Seconds between looks that fail, at most; longer only where looks are further apart anyway."""


class Clock(Protocol):
    """This machine's time."""

    def now(self) -> int:
        """Return unix seconds."""

    def passed(self) -> float:
        """Return seconds since some moment: they never jump, whatever the clock on the wall does."""

    def wait(self, seconds: float, stop: Event) -> None:
        """Let time pass, or less where it is told to stop."""


class SystemClock:
    """The clock of this machine."""

    def now(self) -> int:
        """Return unix seconds."""
        return int(time.time())

    def passed(self) -> float:
        """Return seconds since some moment."""
        return time.monotonic()

    def wait(self, seconds: float, stop: Event) -> None:
        """Let time pass, or less where it is told to stop."""
        stop.wait(seconds)


def pause(interval: float, failures: int, chance: random.Random) -> float:
    """Return the seconds between two looks: twice as many after each one that failed, with jitter.

    Parameters
    ----------
    interval
        Seconds between looks that succeed.
    failures
        Looks that failed one after the other.

    Examples
    --------
    >>> [round(pause(15.0, failures, random.Random(1)) / 15) for failures in (0, 1, 2, 20)]
    [1, 2, 4, 19]
    """
    longest = max(interval, MOST_BACK_OFF)
    return float(min(interval * 2.0 ** min(failures, 30), longest) * (1.0 + JITTER * (2.0 * chance.random() - 1.0)))
