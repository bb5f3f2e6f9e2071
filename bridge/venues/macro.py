"""Figures of the economy as rows of `releases` and `dollar`: what was known, from the day after its release on.

Growth is that of the month within the vintage of its release: figure and the month before as both stood that day. A
release is known from the next midnight on, UTC: its hour is not in the data, and half a day late looks not ahead.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Final

from bridge.venues.fred import Figure
from hedge.units import DAY

GROWTH: Final = {"CPI": "CPIAUCSL", "PPI": "WPSFD49207", "output": "INDPRO"}
LEVELS: Final = {"FOMC": "FEDFUNDS"}
DOLLAR: Final = "DTWEXAFEGS"
PERCENT: Final = 100.0
OVERDUE_DAYS: Final = 20
"""After the end of a month without a figure."""

Ask = Callable[[str, date], list[Figure]]
ReleaseRow = tuple[int, str, float | str]


def release_rows(ask: Ask, since: date) -> list[ReleaseRow]:
    """Return known_at, event and figure of every release since a day, oldest first; empty where none was given."""
    found: list[ReleaseRow] = []
    for event, series in GROWTH.items():
        found += [(known, event, _growth(first, before)) for known, first, before in _firsts(ask(series, since))[1:]]
    for event, series in LEVELS.items():
        found += [(known, event, _cell(first.value)) for known, first, _ in _firsts(ask(series, since))]
    return sorted(found, key=lambda row: row[:2])


def dollar_rows(ask: Ask, since: date) -> list[tuple[int, float]]:
    """Return known_at and level of the trade-weighted dollar; of days that were released together the last one."""
    last: dict[int, float] = {}
    for known, first, _ in _firsts(ask(DOLLAR, since)):
        if first.value is not None and first.value > 0.0:
            last[known] = first.value
    return sorted(last.items())


def _firsts(figures: list[Figure]) -> list[tuple[int, Figure, Figure | None]]:
    """Return when each period's first figure was known, that figure, and the period before it as it stood that day."""
    found, before = [], list[Figure]()
    for _, group in groupby(figures, key=lambda figure: figure.period):
        values = list(group)
        first = values[0]
        stood = next((each for each in before if each.since <= first.since <= each.until), None)
        found.append((_known(first), first, stood))
        before = values
    return found


def _known(figure: Figure) -> int:
    """Return when a figure was known; of one that was never given, when it was overdue."""
    if figure.value is not None:
        return int(datetime(figure.since.year, figure.since.month, figure.since.day, tzinfo=UTC).timestamp()) + DAY
    year, month = divmod(figure.period.year * 12 + figure.period.month, 12)
    return int(datetime(year, month + 1, 1, tzinfo=UTC).timestamp()) + OVERDUE_DAYS * DAY


def _growth(figure: Figure, before: Figure | None) -> float | str:
    if figure.value is None or before is None or before.value is None or min(figure.value, before.value) <= 0.0:
        return ""
    return round(PERCENT * math.log(figure.value / before.value), 6)


def _cell(value: float | None) -> float | str:
    return "" if value is None else value
