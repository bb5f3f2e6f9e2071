"""Fills, imports and delivery prices as rows of their tables, and what no row can hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from bridge.formats import printable
from bridge.ledger.schema import DELIVERIES, FILLS, NUMBERS
from hedge.errors import BadInput
from hedge.ledger.fills import Fill, FillKind

MOST_LETTERS: Final = 1000
MOST_KEY_LETTERS: Final = 200
"""Of a book, venue or id: an index of PostgreSQL takes 2,704 bytes an entry."""

MOST_DIGITS: Final = 40
"""Before the point, and behind it: more than any coin has, and than a division leaves."""

LAST_MS: Final = 253_402_300_799_999
"""The end of the year 9999."""


@dataclass(frozen=True)
class ImportRecord:
    """Hold where fills came from: a file, its hash, who wrote it, and how many of its rows were left out."""

    sha256: str
    file: str
    source: str
    book: str
    left_out: int


@dataclass(frozen=True)
class Delivery:
    """Hold at what an expiry was settled.

    Parameters
    ----------
    expiry_at : unix seconds. price : USD of one unit of `asset`. source : who says so. at_ms : when it was said.
    """

    venue: str
    asset: str
    expiry_at: int
    price: Decimal
    source: str
    at_ms: int


_NAMES: Final = tuple(field.name for field in fields(Fill))
FILL_COLUMNS: Final = tuple(FILLS.c[name] for name in _NAMES)
DELIVERY_COLUMNS: Final = tuple(DELIVERIES.c[field.name] for field in fields(Delivery))
_KINDS: Final = {kind.value: kind for kind in FillKind}
_TEXTS: Final = ("book", "venue", "id", "instrument", "currency", "plan", "order", "reverses", "note")


def fill_row(fill: Fill) -> dict[str, Any]:
    """Return a fill's columns by name.

    Raises
    ------
    BadInput
        A name or a number that one of the databases cannot hold, or not exactly.
    """
    row = {name: getattr(fill, name) for name in _NAMES}
    for name in NUMBERS:
        row[name] = _number(name, row[name])
    for name in _TEXTS:
        _check_text(name, row[name], MOST_KEY_LETTERS if name in ("book", "venue", "id") else MOST_LETTERS)
    if not 0 <= fill.at_ms <= LAST_MS:
        raise BadInput("at_ms", fill.at_ms, "must be a time from 1970 to 9999, in milliseconds")
    return row | {"kind": fill.kind.value}


class _Numbers(dict[str, Decimal]):
    """Decimals by their text: sizes, prices and fees repeat."""

    def __missing__(self, text: str) -> Decimal:
        value = self[text] = Decimal(text)
        return value


class _Words(dict[str, str]):
    """One object of each word: 100,000 fills name the same few instruments."""

    def __missing__(self, text: str) -> str:
        self[text] = text
        return text


def is_time(at_ms: object) -> bool:
    """Tell whether what stands in a column of milliseconds is one."""
    return type(at_ms) is int and 0 <= at_ms <= LAST_MS


def row_fills(rows: Iterable[Sequence[Any]]) -> list[Fill]:
    """Return the fills of rows of `FILL_COLUMNS`.

    Raises
    ------
    ValueError
        A row is no fill.
    """
    number, word, kinds, made = _Numbers(), _Words(), _KINDS, []
    name = None
    try:
        for row in rows:
            book, venue, name, at_ms, kind, instrument, quantity, price, currency, cash, fee, index, *words = row
            if not is_time(at_ms) or set(map(type, row)) != {str, int}:
                raise ValueError("a time that is none, or bytes in the place of text")
            traded = (kinds[kind], word[instrument], number[quantity], number[price], word[currency])
            amounts = (Decimal(cash), number[fee], Decimal(index))
            made.append(Fill(word[book], word[venue], name, at_ms, *traded, *amounts, *words))
    except (KeyError, ValueError, TypeError, InvalidOperation) as error:
        raise ValueError(f"the entry {printable(name)} is no fill") from error
    return made


def delivery_row(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery price's columns by name.

    Raises
    ------
    BadInput
        A name or a number that one of the databases cannot hold, or a price that is not > 0.
    """
    row = {field.name: getattr(delivery, field.name) for field in fields(Delivery)}
    row["price"] = _number("price", delivery.price)
    if delivery.price <= 0:
        raise BadInput("price", delivery.price, "must be > 0")
    for name in ("venue", "asset", "source"):
        _check_text(name, row[name], MOST_LETTERS)
    return row


def row_delivery(row: Iterable[Any]) -> Delivery:
    """Return the delivery price of a row of `DELIVERY_COLUMNS`.

    Raises
    ------
    ValueError
        The row is none.
    """
    values = dict(zip((column.name for column in DELIVERY_COLUMNS), row, strict=True))
    try:
        found = Delivery(**values | {"price": Decimal(values["price"])})
        if not (
            is_time(found.at_ms) and is_time(found.expiry_at * 1000) and found.price.is_finite() and found.price > 0
        ):
            raise ValueError("a time or a price that is none")
        return found
    except (TypeError, ValueError, InvalidOperation) as error:
        raise ValueError(f"{printable(values)} is no delivery price") from error


def import_row(record: ImportRecord, at_ms: int, new: int, known: int) -> dict[str, Any]:
    """Return an import's columns by name; the file's name without control characters."""
    row = {field.name: getattr(record, field.name) for field in fields(ImportRecord)}
    return row | {"file": printable(record.file)[:MOST_KEY_LETTERS], "at_ms": at_ms, "new": new, "known": known}


def _number(name: str, value: Decimal) -> str:
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -MOST_DIGITS or value.adjusted() >= MOST_DIGITS:
        raise BadInput(name, value, f"must be finite, with at most {MOST_DIGITS} digits before and behind the point")
    return format(value, "f")


def _check_text(name: str, value: str, most: int) -> None:
    strange = "\0" in value or (not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value))
    if strange or len(value) > most:
        raise BadInput(name, printable(value[:40]), f"must have at most {most} letters, all of them of Unicode")
