"""A history that is fetched in pages and kept in parts, so that one that was interrupted goes on where it was.

    FOLDER/FROM-TO.csv       rows later than FROM up to TO, milliseconds; nothing is missing between them

A part is written whole. What a part covers is not asked for again; where a venue holds nothing, the part is empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, NoReturn

from bridge.errors import BadFile, SourceUnavailable
from bridge.files import read_text, write_whole
from bridge.units import utc
from bridge.venues.fields import LEAST_MS, MOST_MS, Odd, number
from bridge.venues.shapes import MS, Page, in_order

_PART: Final = re.compile(r"(\d{13})-(\d{13})\.csv")
MOST_BYTES: Final = 16 << 20
MOST_VALUE: Final = 1e15
LEAST_ROWS: Final = 100
"""That a page gives at least where there are so many: venues give 720 and more."""
SPARE_PAGES: Final = 5
"""That each part of a history may take beside: its oldest page is a short one, and so are those at a hole."""

Row = tuple[float, ...]
Ask = Callable[[int, int], Page]
Told = Callable[[str, float], None]


class Asked(NamedTuple):
    """Whom a history is asked of: host and method, and what it is, in words."""

    place: str
    method: str
    what: str

    def refuse(self, reason: str) -> NoReturn:
        """Raise `SourceUnavailable` with host, method, what was asked for and a reason."""
        raise SourceUnavailable(self.place, f"{self.method}: {self.what}: {reason}")


class Parts:
    """The parts of one history in a folder.

    Parameters
    ----------
    width
        Numbers of a row, its time in milliseconds first.
    """

    def __init__(self, folder: Path, width: int) -> None:
        self._folder, self._width = folder, width

    def covered(self) -> list[tuple[int, int]]:
        """Return the times that the parts cover, each later than its first up to its last, in order."""
        if not self._folder.is_dir():
            return []
        found = [_PART.fullmatch(path.name) for path in self._folder.iterdir()]
        return sorted((int(name[1]), int(name[2])) for name in found if name)

    def rows(self, start: int, end: int) -> list[Row]:
        """Return the rows from a time to another, milliseconds, oldest first.

        Raises
        ------
        BadFile
            A part cannot be read.
        """
        found: dict[float, Row] = {}
        for first, last in self.covered():
            if first < end and last >= start:
                found |= {row[0]: row for row in self._read(first, last)}
        return [found[at] for at in sorted(found) if start <= at <= end]

    def add(self, rows: list[Row], first: int, last: int) -> None:
        """Keep the rows that are later than a time up to another.

        Raises
        ------
        BadFile
            It cannot be written.
        """
        lines = [",".join(map(repr, row)) for row in rows if first < row[0] <= last]
        write_whole(self._folder / _name(first, last), "".join(f"{line}\n" for line in lines))

    def _read(self, first: int, last: int) -> list[Row]:
        path = self._folder / _name(first, last)
        try:
            lines = read_text(path, MOST_BYTES).splitlines()
            found = [tuple(float(value) for value in line.split(",")) for line in lines]
            if any(len(row) != self._width or not first < row[0] <= last for row in found):
                raise Odd("a row is of another time or width")
            for row in found:
                for value in row:
                    number("a value", value, -MOST_VALUE, MOST_VALUE)
            return in_order("it", found)
        except (OSError, ValueError) as error:
            raise BadFile(path, f"is no part of a fetched history ({error}): remove it, it is fetched again") from error


def fetch_all(parts: Parts, grid: tuple[int, int, int], ask: Ask, asked: Asked, told: Told) -> list[Row]:
    """Return the rows from a time to another; what no part covers is asked for page by page, the newest first.

    Parameters
    ----------
    grid
        First and last time, and the step from a row to the next one, milliseconds.
    ask
        Returns the page of a range that ends at its end, and from when on nothing is missing in it.
    told
        Is told what is fetched, and the share of it that is there.

    Raises
    ------
    SourceUnavailable
        The venue does not answer, or its pages lead nowhere: one covers less than a step, or they are more than what
        is asked for takes. What was fetched stays.
    """
    start, end, step = grid
    if not LEAST_MS <= start < end <= MOST_MS:
        return []
    left = list(_gaps(parts.covered(), start - 1, end))
    whole = sum(last - first for first, last in left) or 1
    done, pages, most = 0, 0, most_pages(rows := -(-whole // step), len(left))
    for first, last in left:
        until = last
        while until > first:
            if (pages := pages + 1) > most:
                asked.refuse(f"more than {most:,} pages for {rows:,} rows")
            page = ask(first + 1, until)
            reached = max(page.reached, first)
            if reached > max(until - step, first):
                asked.refuse(f"its page up to {utc(until // MS)} leads nowhere: the next one would repeat it")
            known = until if until < end else int(max((row[0] for row in page.rows), default=0.0))
            if known > reached:  # of the end only what is there: the venue may be late with its last rows
                parts.add(page.rows, reached, min(known, until))
            done += until - reached
            until = reached
            told(asked.what, min(done / whole, 0.999))
    told(asked.what, 1.0)
    return parts.rows(start, end)


def most_pages(rows: int, parts: int = 1) -> int:
    """Return how many pages some rows take at most, asked for in some parts."""
    return rows // LEAST_ROWS + SPARE_PAGES * max(parts, 1)


def holes(rows: Sequence[Row], step: int) -> int:
    """Return how many rows of a step of milliseconds are missing between the first row and the last."""
    return round((rows[-1][0] - rows[0][0]) / step) + 1 - len(rows) if rows else 0


def _gaps(covered: list[tuple[int, int]], first: int, last: int) -> Iterator[tuple[int, int]]:
    """Yield what is not covered between two times, the newest first."""
    found, at = [], first
    for begin, end in covered:
        if begin > at and at < last:
            found.append((at, min(begin, last)))
        at = max(at, end)
    if at < last:
        found.append((at, last))
    yield from reversed(found)


def _name(first: int, last: int) -> str:
    return f"{first:013d}-{last:013d}.csv"
