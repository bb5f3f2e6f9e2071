"""When something is due: every so many days from a start, at the step that is nearest and not lost by being early."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from hedge.errors import BadInput
from hedge.units import DAY

EARLY: Final = 0.5
"""Share of a day (or of a shorter interval) by which a step may come before its date: snapshots are not punctual."""


@dataclass
class Schedule:
    """Keep the next date of something that happens every `days`."""

    days: float
    next_at: int

    @classmethod
    def starting(cls, at: int, days: float, *, at_once: bool = False) -> Schedule:
        """Return a schedule whose first date is `days` after a time, or that time. Raises `BadInput`."""
        if not 0.0 < days < math.inf:
            raise BadInput("days", days, "must be finite and > 0")
        return cls(days, at if at_once else at + round(days * DAY))

    def due(self, at: int) -> bool:
        """Tell whether it is time at a step; if so the next date is the first one after it."""
        early = round(EARLY * min(self.days, 1.0) * DAY)
        if at < self.next_at - early:
            return False
        every = round(self.days * DAY)
        self.next_at += every * ((at + early - self.next_at) // every + 1)
        return True
