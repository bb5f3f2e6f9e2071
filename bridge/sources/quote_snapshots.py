"""Which rows of a file of quotes are one snapshot, and whether it is a whole one.

Rows of less than the window (a minute; a quarter of an hour of order books) are one snapshot, as are rows before them
that a slow collector wrote: those of a quarter of an hour in which no option is there twice. A snapshot that lacks
options which were quoted within the day before it is a late row or a file cut short, and not the newest market.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from bridge.errors import BadFile
from bridge.units import utc
from hedge.units import DAY

# A collector needs minutes for all order books of one underlying; a row that is older than this is of another snapshot.
BOOKS_SECONDS: Final = 900
# Of a table that stamps row by row as it writes them: those of less than a minute are one snapshot.
ROWS_SECONDS: Final = 59
MOST_ABSENT: Final = 0.1
"""Share of the options quoted within the day before that a snapshot may lack: in 304 recorded pairs of days none."""
FEW_ABSENT: Final = 1
"""Options that a snapshot may lack however small it is."""


def window_of(rows: pd.DataFrame) -> int:
    """Return the seconds within which rows are one snapshot, whatever they hold."""
    return int(rows["window"].iloc[0]) if "window" in rows else ROWS_SECONDS


def first_time(rows: pd.DataFrame) -> int:
    """Return the time at which the first snapshot is whole."""
    times = rows["observed_at"].to_numpy(np.int64)
    end = int(times[times <= times.min() + window_of(rows)].max())
    for time in np.unique(times[(times > end) & (times <= times.min() + BOOKS_SECONDS)]).tolist():
        if _begin(rows, time) > times.min():
            break
        end = time
    return end


def snapshot_times(rows: pd.DataFrame) -> list[int]:
    """Return the time of every snapshot, that of its newest row, in order."""
    left, found = np.unique(rows["observed_at"].to_numpy(np.int64)), []
    while left.size:
        found.append(int(left[-1]))
        left = left[left < _begin(rows, found[-1])]
    return found[::-1]


def snapshot_of(path: Path, asset: str, rows: pd.DataFrame, at: int | None) -> tuple[pd.DataFrame, int, int]:
    """Return the rows of one snapshot, its time, and how many options of the day before it lacks.

    A file may hold several rounds of collection within it: the newest row of an option is its quote. Two rows of one
    option and one time stay, for the chain to refuse.

    Parameters
    ----------
    path, asset
        What the error names.
    at
        Unix seconds: the newest snapshot that is not later, or the first. The newest of all without it.

    Raises
    ------
    BadFile
        It lacks more than a tenth of them: a late row, or a file cut short.
    """
    times = rows["observed_at"].to_numpy(np.int64)
    newest = int(times[times <= max(at, first_time(rows))].max()) if at is not None else int(times.max())
    begin = _begin(rows, newest)
    chosen = rows[(times >= begin) & (times <= newest)]
    own = chosen["observed_at"]
    chosen = chosen[own == own.groupby(_options(chosen), dropna=False).transform("max")]
    return chosen, newest, _absent(path, asset, rows, chosen, (begin, newest))


def _begin(rows: pd.DataFrame, newest: int) -> int:
    """Return the time of the first row of the snapshot whose newest row is of a time."""
    times = rows["observed_at"].to_numpy(np.int64)
    begin = newest - window_of(rows)
    taken = rows[(times >= begin) & (times <= newest)]
    earlier = rows[(times < begin) & (times >= newest - BOOKS_SECONDS)]
    seen = set(_names(taken))
    for time in np.unique(earlier["observed_at"].to_numpy(np.int64))[::-1].tolist():
        fresh = set(_names(earlier[earlier["observed_at"] == time]))
        if not seen.isdisjoint(fresh):
            break
        begin, seen = time, seen | fresh
    return begin


def _absent(path: Path, asset: str, rows: pd.DataFrame, chosen: pd.DataFrame, taken: tuple[int, int]) -> int:
    """Return how many options have quotes of the day before a snapshot, have not expired and are not in it."""
    times, (begin, newest) = rows["observed_at"].to_numpy(np.int64), taken
    before = times < begin
    if not before.any():
        return 0
    last = int(times[before].max())
    near = rows[before & (times > last - DAY) & (rows["expiry_at"].to_numpy(np.int64) > newest)]
    here, known = set(_names(chosen)), set(_names(near))
    absent = len(known - here)
    if absent > max(FEW_ABSENT, MOST_ABSENT * len(known)):
        row = int(chosen.index.to_numpy(np.int64)[0]) + 1
        few = f"{len(here)} option{'s' if len(here) > 1 else ''}"
        raise BadFile(
            path,
            f"{asset}: the newest quotes, of {utc(newest)} (row {row}), are of {few}, and {absent} others are quoted "
            f"at {utc(last)} or in the day before it: a row of another time, or a file cut short? Take those of "
            f"{utc(newest)} out, or ask for an earlier time",
        )
    return absent


def _options(rows: pd.DataFrame) -> list[pd.Series]:
    return [rows["expiry_at"], rows["strike"], rows["type"].astype(str).str.strip().str[:1].str.upper()]


def _names(rows: pd.DataFrame) -> list[tuple[object, ...]]:
    return list(zip(*_options(rows), strict=True))
