"""A plain model of a feed's answers: the median of the reports, held by two rates, in whole numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from onchain import DAY, HOUR

BY_HOUR, BY_DAY, UNANCHORED = 1, 2, 4


def most(base: int, bps: int, seconds: int, period: int) -> int:
    """Return the largest answer after some seconds, rounded down as the contract does."""
    return base * (10_000 * period + bps * seconds) // (10_000 * period)


def least(base: int, bps: int, seconds: int, period: int) -> int:
    """Return the smallest answer after some seconds, rounded up."""
    whole = 10_000 * period
    return -(-base * whole // (whole + bps * seconds))


def held(value: int, base: int, bps: int, seconds: int, period: int) -> int:
    """Return the value nearest to the wanted one that a rate allows."""
    return min(max(value, least(base, bps, seconds, period)), most(base, bps, seconds, period))


@dataclass
class FeedModel:
    """The last answer, when it was observed, and where the window of a day began; all 0 before the first round."""

    hourly: int
    daily: int
    max_age: int = 6 * HOUR
    number: int = 0
    seen: int = 0
    answer: int = 0
    start: int = 0
    started: int = 0
    is_unanchored: bool = False

    def next(self, reports: Sequence[int], seen: int) -> tuple[int, int, int]:
        """Return the answer of an odd number of reports, their median and the flags; nothing is kept."""
        reported = median(reports)
        assert isinstance(reported, int), "an odd number of reports has a middle one"
        if self.number == 0:
            return reported, reported, 0
        start, started = self.window(seen)
        by_hour = held(reported, self.answer, self.hourly, seen - self.seen, HOUR)
        answer = held(by_hour, start, self.daily, max(seen - started, DAY), DAY)
        flags = BY_HOUR * (by_hour != reported) + BY_DAY * (answer != by_hour)
        is_unanchored = seen - self.seen > self.max_age or (self.is_unanchored and flags != 0)
        return answer, reported, flags + UNANCHORED * is_unanchored

    def window(self, seen: int) -> tuple[int, int]:
        """Return with which answer the window of an observation begins, and when; it ends after a day."""
        if seen - self.started >= DAY:
            return self.answer, self.seen
        return self.start, self.started

    def take(self, answer: int, seen: int, flags: int = 0) -> None:
        """Put an answer on record."""
        self.is_unanchored = flags >= UNANCHORED
        self.start, self.started = self.window(seen) if self.number else (answer, seen)
        self.number, self.seen, self.answer = self.number + 1, seen, answer
