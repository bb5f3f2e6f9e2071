"""The time as a client of a venue sees it; tests give one that only they move."""

from __future__ import annotations

import time
from typing import Final, Protocol


class Clock(Protocol):
    """Something that tells the time and lets it pass."""

    def now(self) -> float:
        """Return unix seconds."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        ...


class SystemClock:
    """The machine's time; it never goes back, also where somebody sets the machine's clock."""

    def __init__(self) -> None:
        self._began = time.time() - time.monotonic()

    def now(self) -> float:
        """Return unix seconds."""
        return self._began + time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


SYSTEM: Final = SystemClock()
