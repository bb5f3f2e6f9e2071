"""One row of an export: cells as text, numbers, sizes, sides and times, each refused by its column's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, NoReturn

from hedge.errors import HedgeError
from hedge.ledger.instruments import MONTHS, STABLE, Instrument, read_instrument

NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,2})?")
MOST: Final = Decimal("1e12")
FINEST: Final = -30
NONE: Final = frozenset({"", "-", "null", "None"})
ISO: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII)
SLASHED: Final = re.compile(r"(\d\d)/(\d\d)/(\d\d) (\d\d):(\d\d):(\d\d)", re.ASCII)
SPOKEN: Final = re.compile(r"(\d\d?) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d)", re.ASCII)
NAME: Final = re.compile(r"[A-Za-z0-9_.:#/-]{1,80}")
CURRENCY: Final = re.compile(r"[A-Z][A-Z0-9]{1,11}")
FIRST_MS: Final = 1_420_070_400_000
"""2015: no venue that we read is older."""
AHEAD_MS: Final = 300_000
"""How far the venue's clock may be ahead of ours."""
OFFSET: Final = re.compile(r"[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00", re.ASCII)
"""From UTC, as clocks of this world have it."""
MOST_WORDS: Final = 200
ONE: Final = Decimal(1)

Indices = Callable[[str, int], Decimal]
"""USD of a coin at a time in milliseconds; raises LookupError where it is not known."""


class Unreadable(Exception):
    """A cell that cannot be used, by its column in our words. Caught where rows are read."""

    def __init__(self, column: str, reason: str) -> None:
        self.column, self.reason = column, reason
        super().__init__(reason)


@dataclass(frozen=True)
class Reading:
    """Hold what a row is read with: the book, the moment, and what the caller knows of currency, plan and index."""

    book: str
    now_ms: int
    currency: str
    named_currency: str
    plan: str
    indices: Indices | None


class Row:
    """Read one row's cells by our names; `columns` gives the normalised name in the file of each."""

    __slots__ = ("_cells", "_columns", "reading")

    def __init__(self, cells: Mapping[str, Any], columns: Mapping[str, str], reading: Reading) -> None:
        self._cells, self._columns, self.reading = cells, columns, reading

    def text(self, column: str) -> str:
        """Return a cell without spaces around it; empty where there is none.

        Raises
        ------
        Unreadable
            It is a list or an object, too long, or holds control characters.
        """
        cell = self._cells.get(self._columns.get(column, ""))
        if cell is None:
            return ""
        if not isinstance(cell, str):
            cell = str(cell).lower() if isinstance(cell, bool) else self._refused(column, "is no single value")
        text: str = cell.strip()
        if text in NONE:
            return ""
        if len(text) > MOST_WORDS or not text.isprintable():
            self._refused(column, f"has control characters or more than {MOST_WORDS} letters")
        return text

    def holds(self, column: str) -> bool:
        """Tell whether a cell, of any kind, is there and not empty."""
        return bool(self._cells.get(self._columns.get(column, "")))

    def name(self, column: str) -> str:
        """Return a cell that is an id; empty where there is none."""
        text = self.text(column)
        if text and NAME.fullmatch(text) is None:
            self._refused(column, f"{text[:40]!r} is no id: at most 80 letters, digits and _ . : # / -")
        return text

    def number(self, column: str) -> Decimal | None:
        """Return a number, None where the cell is empty or not there."""
        text = self.text(column)
        if not text:
            return None
        if NUMBER.fullmatch(text) is None:
            self._refused(column, f"{text[:40]!r} is no number: write 1234.5, without separators")
        value = Decimal(text)
        exponent = value.as_tuple().exponent
        if abs(value) > MOST or not isinstance(exponent, int) or (value and exponent < FINEST):
            self._refused(column, f"{text[:40]} is absurd: at most 1e12, at most 30 decimals")
        return value

    def needed(self, column: str) -> Decimal:
        """Return a number that must be there."""
        value = self.number(column)
        return self._refused(column, "must not be empty") if value is None else value

    def size(self, column: str = "quantity") -> Decimal:
        """Return a size: above 0, since the side says which way."""
        value = self.needed(column)
        if value <= 0:
            self._refused(column, f"{value} must be above 0: sizes have no sign, the side gives it")
        return value

    def price(self, column: str = "price") -> Decimal:
        """Return a price that must be there and above 0."""
        value = self.needed(column)
        return self._refused(column, f"{value} must be above 0") if value <= 0 else value

    def sign(self, column: str, up: str = "buy", down: str = "sell") -> int:
        """Return 1 or -1 of a side such as ``buy`` or ``close sell``."""
        text = self.text(column).lower()
        if text.split(" ")[-1] not in (up, down):
            self._refused(column, f"{text[:40]!r} is no side: {up} or {down}")
        return 1 if text.endswith(up) else -1

    def signed(self, up: str = "buy", down: str = "sell") -> Decimal:
        """Return the size with the sign of the side, to its last digit."""
        sign, size = self.sign("side", up, down), self.size()
        return size if sign > 0 else size.copy_negate()

    def at_ms(self, column: str = "time") -> int:
        """Return a time in milliseconds since 1970."""
        text = self.text(column)
        try:
            at_ms = read_time(text)
            if FIRST_MS <= at_ms <= self.reading.now_ms + AHEAD_MS:
                return at_ms
        except ValueError as error:
            self._refused(column, str(error))
        where = "before 2015" if at_ms < FIRST_MS else "in the future"
        self._refused(column, f"{text[:40]} is {where}: times are UTC, numbers are milliseconds")

    def instrument(self, column: str = "instrument") -> Instrument:
        """Return the instrument."""
        try:
            return read_instrument(self.text(column))
        except HedgeError as error:
            self._refused(column, str(error))

    def currency(self, traded: Instrument | None = None, column: str = "currency") -> str:
        """Return the currency of the row: what it says, what the instrument settles in, what the caller gave.

        Raises
        ------
        Unreadable
            They contradict each other, or none of them says it.
        """
        said = self.text(column).upper() or self.reading.currency
        if traded is not None:
            if said and said != traded.currency:
                self._refused(column, f"{said[:12]} is not what {traded.name} settles in: {traded.currency}")
            return traded.currency
        said = said or self.reading.named_currency
        if CURRENCY.fullmatch(said) is None:
            self._refused(column, "is not said by the row or the file's name: give it with --currency")
        return said

    def index(self, currency: str, at_ms: int, column: str = "index") -> Decimal:
        """Return USD per unit of a currency at the row's time: 1 for USD and dollar coins."""
        if currency in STABLE:
            return ONE
        value = self.number(column)
        if value is None and self.reading.indices is not None:
            try:
                value = self.reading.indices(currency, at_ms)
            except LookupError as error:
                self._refused(column, f"no price of {currency} at that time: {str(error).strip(chr(39))}")
        if value is None:
            self._refused(column, f"is not there, and {currency} needs its price: give --index FILE, a CSV time,price")
        if not value.is_finite() or not 0 < value <= MOST:
            self._refused(column, f"{value} is no price of {currency}")
        return value

    def _refused(self, column: str, reason: str) -> NoReturn:
        raise Unreadable(column, reason)


def read_time(text: str) -> int:
    """Return milliseconds since 1970 of a time in UTC.

    Raises
    ------
    ValueError
        It is none of the forms that are read: ISO 8601, ``DD/MM/YY HH:MM:SS``, ``12 Feb 2026 08:00:00``, milliseconds.

    Examples
    --------
    >>> read_time("27/03/26 08:00:00") == read_time("2026-03-27T08:00:00Z") == read_time("1774598400000")
    True
    """
    if text.isascii() and text.isdigit():
        if len(text) != len("1774598400000"):
            raise ValueError(f"{text[:40]} has {len(text)} digits: times as numbers are milliseconds, with 13")
        return int(text)
    if ISO.fullmatch(text):
        if text[-6] in "+-" and OFFSET.fullmatch(text[-6:]) is None:
            raise ValueError(f"{text[:40]!r} has no offset from UTC that is: write UTC, or +01:00 behind the time")
        when = datetime.fromisoformat(text)
    elif (found := SLASHED.fullmatch(text)) is not None:
        day, month, year, hour, minute, second = (int(part) for part in found.groups())
        when = datetime(2000 + year, month, day, hour, minute, second)
    elif (found := SPOKEN.fullmatch(text)) is not None and found[2].upper() in MONTHS:
        hour, minute, second = (int(part) for part in found.groups()[3:])
        when = datetime(int(found[3]), MONTHS.index(found[2].upper()) + 1, int(found[1]), hour, minute, second)
    else:
        raise ValueError(f"{text[:40]!r} is no time: write 2026-03-27 08:00:00 or milliseconds")
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when
    return int(when.timestamp()) * 1000 + when.microsecond // 1000
