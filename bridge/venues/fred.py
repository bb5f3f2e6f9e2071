"""FRED's series as they were known day by day: figures of today's vintage are revised, and nobody knew them then.

Source: fred.stlouisfed.org/docs/api, series/observations with output_type 1, a row for each value and the days on which
it stood. First releases alone (output_type 4) do not do: where an index gets another base year, they jump between two
months, and the growth that was released that day is one within a vintage. The key is in the query, so no question is
ever shown.
"""

from __future__ import annotations

import os
import re
from datetime import date
from itertools import pairwise
from typing import Any, Final, NamedTuple

from bridge.errors import BadConfig
from bridge.venues.asking import NO_JSON, Asker, Reply
from bridge.venues.clock import SYSTEM, Clock
from bridge.venues.fields import Fields, Odd
from bridge.venues.limits import Bucket

URL: Final = "https://api.stlouisfed.org"
KEY_VARIABLE: Final = "ALVH_FRED_KEY"
METHOD: Final = "fred/series/observations"
BY_PERIOD: Final = 1
MOST_ROWS: Final = 100_000
_KEY: Final = re.compile(r"[a-z0-9]{32}")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
MISSING: Final = "."


class Figure(NamedTuple):
    """A figure as it stood for some days: the first day of its period, first and last day, and its value if any."""

    period: date
    since: date
    until: date
    value: float | None


class Fred:
    """The publisher at a URL, with the key of the environment.

    Raises
    ------
    BadConfig
        There is no key, or it is none.
    """

    def __init__(self, url: str = URL, clock: Clock = SYSTEM) -> None:
        self._key = os.environ.get(KEY_VARIABLE, "")
        if not _KEY.fullmatch(self._key):
            raise BadConfig(f"{KEY_VARIABLE} holds no key of FRED, 32 small letters and digits: get one at its site")
        self._asker, self._minute = Asker(url, "--url", clock, (self._key,)), Bucket(clock, 20.0, 1.6)
        self.place = self._asker.place

    def figures(self, series: str, since: date) -> list[Figure]:
        """Return every value that a figure ever had, of periods since a day, by period and time.

        Raises
        ------
        SourceUnavailable
            It does not answer, not as documented, or refuses key or series.
        """
        terms = {
            "series_id": series, "observation_start": since.isoformat(), "realtime_start": "1776-07-04",
            "realtime_end": "9999-12-31", "output_type": BY_PERIOD, "file_type": "json", "limit": MOST_ROWS,
            "api_key": self._key,
        }  # fmt: skip

        def read(reply: Reply) -> list[Figure]:
            fields = Fields(self._result(reply))
            found = sorted(_figure(Fields(row)) for row in fields.rows("observations"))
            if fields.number("count", 0, MOST_ROWS) != len(found):
                raise Odd("it holds other rows than it counts")
            if any(one.period == two.period and one.until >= two.since for one, two in pairwise(found)):
                raise Odd("two values of a figure stood on one day")
            return found

        return self._asker.ask(f"/{METHOD}", terms, read, lambda: self._minute.take(1.0))

    def close(self) -> None:
        """Hang up."""
        self._asker.close()

    def _result(self, reply: Reply) -> Any:
        reply.refuse_busy()
        content = reply.content
        if content is NO_JSON:
            raise Odd(f"its answer (HTTP {reply.status}) is no JSON")
        if isinstance(content, dict) and "error_message" in content:
            self._asker.refuse(f"observations: {str(content['error_message'])[:150]}")
        if reply.status != 200:
            raise Odd(f"HTTP {reply.status}")
        return content


def _figure(row: Fields) -> Figure:
    value = None if row.get("value") == MISSING else row.decimal("value", -1e15, 1e15)
    return Figure(_day(row, "date"), _day(row, "realtime_start"), _day(row, "realtime_end"), value)


def _day(row: Fields, name: str) -> date:
    text = row.get(name)
    try:
        if not isinstance(text, str) or not _DAY.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise Odd(f"{name} is no day") from None
