"""What keeps a client below a venue's limits: it waits before it asks, and is never refused for asking too much."""

from __future__ import annotations

from bridge.venues.clock import Clock


class Bucket:
    """A pool of credits that fills with time, from which every question takes some.

    Parameters
    ----------
    most, a_second
        Credits: what the pool holds, and what comes back in a second.
    """

    def __init__(self, clock: Clock, most: float, a_second: float) -> None:
        self._clock, self._most, self._a_second = clock, most, a_second
        self._left, self._at = most, clock.now()

    def take(self, cost: float) -> None:
        """Take credits, and wait where there are too few."""
        self._fill()
        if self._left < cost:
            self._clock.sleep((cost - self._left) / self._a_second)
            self._fill()
        self._left -= cost

    def empty(self) -> None:
        """Take all that is left: the venue says that it counts otherwise, as it does where others share our address."""
        self._fill()
        self._left = min(self._left, 0.0)

    def _fill(self) -> None:
        now = self._clock.now()
        self._left = min(self._most, self._left + max(now - self._at, 0.0) * self._a_second)
        self._at = now
