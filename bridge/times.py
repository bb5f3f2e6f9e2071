"""Columns of times as files write them: told apart by their size, one unit a column, and never guessed.

    2026-03-02T12:00Z, 2026-03-02 12:00, 2026-03-02     ISO 8601; UTC where no zone is said, midnight where no hour is
    1772452800                                          unix seconds, or milliseconds, microseconds, nanoseconds
    20260302, 202603021200, 20260302120000              days, minutes and seconds written without separators, UTC

No two of these can be mistaken for each other between 1972 and 2100. Serials of a spreadsheet (46083), days since 1970
(20514), years alone and a column of two units are refused: the row and the likely cause are named.
"""

from __future__ import annotations

import re
import time
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from bridge.tables import ALSO_EMPTY
from bridge.units import utc
from hedge.signals.known import unix_seconds
from hedge.units import DAY

EARLIEST: Final = 1_230_768_000
"""2009-01-01: the oldest coin is of that week, so a coin's file with an older time has a time in another unit."""
OLDER: Final = 63_072_000
"""1972-01-01: for files of shares and of the economy, which begin before any coin."""
LAST: Final = 4_102_444_800
"""2100-01-01, the end of what is told apart by size."""
EXPIRY_YEARS: Final = 10
"""How far ahead an expiry or a release may lie: exchanges list three years."""

SCALES: Final = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}
WRITTEN: Final = {"YYYYMMDD": "%Y%m%d", "YYYYMMDDhhmm": "%Y%m%d%H%M", "YYYYMMDDhhmmss": "%Y%m%d%H%M%S"}
SERIAL_ORIGIN: Final = pd.Timestamp("1899-12-30")
FIRST_SERIAL, LAST_SERIAL = 39_814, 73_051  # 2009 to 2100
FIRST_DAY, LAST_DAY = 14_245, 39_814  # 2009 to 2078, since 1970
HOW: Final = "write 2026-03-02T12:00Z or unix seconds"

Seconds = npt.NDArray[np.int64]
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}|\d{8}")


def tomorrow(at: int = 0) -> int:
    """Return the last second that a time of something seen may have: a day after now, or after `at` if that is later.

    A local chain may be ahead of the clock: `at` is the time of its block.
    """
    return max(int(time.time()), at) + DAY


def years_ahead(at: int = 0) -> int:
    """Return the last second that an expiry or a release may have."""
    return tomorrow(at) + EXPIRY_YEARS * 366 * DAY


def read_seconds(column: pd.Series, latest: int | None = None, earliest: int = EARLIEST) -> Seconds:
    """Return a column of times as whole unix seconds, fractions rounded up.

    Parameters
    ----------
    column
        Times, texts or numbers in one of the ways of this module's head; all of them in the same.
    latest, earliest
        Unix seconds that bound what can be a time in this column; by default tomorrow and 2009.

    Raises
    ------
    ValueError
        A time is empty, no time, of another unit than the others, or out of bounds: row (from 1), column, value and the
        likely cause are said.
    """
    name, latest = str(column.name), tomorrow() if latest is None else latest
    empty = column.isna().to_numpy(bool)
    if empty.any():
        raise ValueError(f"{name} is empty in row {int(np.argmax(empty)) + 1}: {ALSO_EMPTY}")
    numbers = _numbers(column)
    seconds = _dates(name, column) if numbers is None else _of_numbers(name, numbers, earliest)
    outside = (seconds < earliest) | (seconds > latest)
    if outside.any():
        row = int(np.argmax(outside))
        bound = f"before {utc(earliest)[:10]}" if seconds[row] < earliest else f"after {utc(latest)}"
        said = column.iloc[row]
        raise ValueError(f"{name} {_short(said)} in row {row + 1} is {_shown(int(seconds[row]))}, {bound}: {HOW}")
    return seconds


def _short(value: object) -> str:
    text = f"{value:.15g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _shown(seconds: int) -> str:
    return utc(seconds) if abs(seconds) < LAST else f"second {seconds:g}"


def _numbers(column: pd.Series) -> pd.Series | None:
    """Return the column as numbers where all of it is; None where none of it is.

    Raises
    ------
    ValueError
        Some of it is.
    """
    if pd.api.types.is_bool_dtype(column):
        raise ValueError(f"{column.name} {column.iloc[0]} in row 1 is no time: {HOW}")
    if pd.api.types.is_numeric_dtype(column):
        return column
    if pd.api.types.is_datetime64_any_dtype(column) or not len(column):
        return None
    found = pd.to_numeric(column.astype(str).str.strip(), errors="coerce")
    missing = found.isna().to_numpy(bool)
    if missing.all():
        return None
    if missing.any():
        few = missing if missing.sum() <= (~missing).sum() else ~missing
        row = int(np.argmax(few))
        kind = "no number, as the others are" if few[row] == missing[row] else "a number, and the others are dates"
        raise ValueError(f"{column.name} {_short(column.iloc[row])} in row {row + 1} is {kind}: {HOW}, the same in all")
    return found


def _dates(name: str, column: pd.Series) -> Seconds:
    """Return ISO 8601 texts with year, month and day, and what is a time already.

    `now` and a month alone are times to pandas: the one would be fresh for ever, the other is guessed.
    """
    parsed = pd.to_datetime(column, utc=True, format="ISO8601", errors="coerce")
    wrong = parsed.isna().to_numpy(bool)
    if not pd.api.types.is_datetime64_any_dtype(column):
        is_day = column.map(lambda each: not isinstance(each, str) or _DAY.match(each.strip()) is not None)
        wrong = wrong | ~is_day.to_numpy(bool)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(f"{name} {_short(column.iloc[row])} in row {row + 1} is no time: {HOW}")
    return unix_seconds(pd.DatetimeIndex(parsed))


def _of_numbers(name: str, column: pd.Series, earliest: int) -> Seconds:
    """Return numbers in the unit that most of them fit; one that does not fit it is refused with the likely cause."""
    values = column.to_numpy(np.float64)
    least = min(earliest, EARLIEST)
    read = {unit: (values >= least * scale) & (values < LAST * scale) for unit, scale in SCALES.items()}
    dates = {unit: _written(values, form) for unit, form in WRITTEN.items()}
    read |= {unit: ~np.isnan(found) & (found >= least) for unit, found in dates.items()}
    unit = max(read, key=lambda one: int(read[one].sum()))
    if not read[unit].all():
        row = int(np.argmin(read[unit]))
        main = unit if read[unit].any() else ""
        raise ValueError(f"{name} {_short(values[row])} in row {row + 1} {_cause(values[row], row, read, main)}")
    if unit in dates:
        return dates[unit].astype(np.int64)
    if pd.api.types.is_integer_dtype(column):
        return np.asarray(-(-column.to_numpy(np.int64) // SCALES[unit]), dtype=np.int64)
    return np.asarray(np.ceil(values / SCALES[unit]), dtype=np.int64)


def _written(values: npt.NDArray[np.float64], form: str) -> npt.NDArray[np.float64]:
    """Return the seconds of days that are written as numbers; NaN where a number is none."""
    digits = len(pd.Timestamp("2026-03-02").strftime(form))
    fits = (values >= 10.0 ** (digits - 1)) & (values < 10.0**digits) & (values == np.floor(values))
    found = np.full(values.shape, np.nan)
    texts = pd.Series(values[fits].astype(np.int64).astype(str))
    stamps = pd.to_datetime(texts, format=form, utc=True, errors="coerce")
    known = stamps.notna().to_numpy(bool)
    seconds = np.full(len(texts), np.nan)
    seconds[known] = unix_seconds(pd.DatetimeIndex(stamps[known]))
    found[fits] = seconds
    return found


def _cause(value: float, row: int, read: dict[str, npt.NDArray[np.bool_]], main: str) -> str:
    """Say what a number that is no time of its column seems to be."""
    other = next((unit for unit, fits in read.items() if fits[row]), "")
    if other and main:
        return f"looks like {other}, and the column is in {main}: one column has one unit"
    if FIRST_SERIAL <= value < LAST_SERIAL:
        day = SERIAL_ORIGIN + pd.Timedelta(days=int(value))
        return f"looks like an Excel serial of {day:%Y-%m-%d}: format the column as 2026-03-02"
    if FIRST_DAY <= value < LAST_DAY:
        return f"looks like days since 1970: {HOW}"
    if 1900 <= value < 2100 and value == int(value):
        return f"looks like a year alone: {HOW}"
    if 0 <= value < EARLIEST:
        return f"is no time: as unix seconds it would be {utc(int(value))}: {HOW}"
    return f"is no time in any unit: {HOW}"
