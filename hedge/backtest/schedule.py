"""When something is due: every so many days from a start, at the first step of its day."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hedge.errors import BadInput
from hedge.units import DAY


@dataclass
class Schedule:
    """Keep the next date of something that happens every `days`.

    Whole days are counted from midnight UTC of the start: snapshots are not punctual, and one that comes at four where
    the last one came at nine is that day's all the same. Where a day has no step it happens at the next one, and the
    dates after it stay as they were.
    """

    days: float
    next_at: int

    @classmethod
    def starting(cls, at: int, days: float, *, at_once: bool = False) -> Schedule:
        """Return a schedule whose first date is `days` after a time, or that time. Raises `BadInput`."""
        if not 0.0 < days < math.inf:
            raise BadInput("days", days, "must be finite and > 0")
        anchor = at - at % DAY if days == int(days) else at
        return cls(days, anchor if at_once else anchor + round(days * DAY))

    def due(self, at: int) -> bool:
        """Tell whether it is time at a step; if so the next date is the first one after it."""
        if at < self.next_at:
            return False
        every = round(self.days * DAY)
        self.next_at += every * ((at - self.next_at) // every + 1)
        return True
