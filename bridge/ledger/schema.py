"""The tables of the ledger, each append-only, and the versions of them that this program knows.

    fills       what was bought and sold: `hedge.ledger.fills.Fill`, one row each
    imports     which file brought fills, and how many
    deliveries  delivery prices of expiries; the newest of an expiry stands
    carried     the balance of a book's entries up to one of them, so that a long book is listed at once; it follows
                from the entries, and the newest that fits is taken

`seq` grows by one or more with every row, in the order in which rows were committed. Decimals are text, on PostgreSQL
too: what was written is what is read, to the last zero. Times count from 1970, UTC: `_ms` in milliseconds, others in
seconds.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text, UniqueConstraint

REVISIONS: Final = ("0001",)
"""Versions of the tables, oldest first, as `migrations/versions` has them; the last one is ours."""

VERSION_TABLE: Final = "ledger_version"
"""Where Alembic keeps the version: a name of our own, as a PostgreSQL database may hold other things."""

METADATA: Final = MetaData()


def _seq() -> Column[int]:
    return Column("seq", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True)


def _table(name: str, *columns: Any) -> Table:
    return Table(name, METADATA, _seq(), *columns, sqlite_autoincrement=True)  # a number is never given twice


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _whole(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


NUMBERS: Final = ("quantity", "price", "cash", "fee", "index")
"""Columns of `fills` that hold decimals."""

FILLS: Final = _table(
    "fills",
    *(_text(name) for name in ("book", "venue", "id")),
    _whole("at_ms"),
    *(_text(name) for name in ("kind", "instrument", "quantity", "price", "currency", "cash", "fee", "index")),
    *(_text(name) for name in ("plan", "order", "reverses", "note")),
    UniqueConstraint("book", "venue", "id", name="fills_key"),
)
IMPORTS: Final = _table(
    "imports",
    *(_text(name) for name in ("sha256", "file", "source", "book")),
    *(_whole(name) for name in ("at_ms", "new", "known", "left_out")),
)
DELIVERIES: Final = _table(
    "deliveries", _text("venue"), _text("asset"), _whole("expiry_at"), _text("price"), _text("source"), _whole("at_ms")
)
CARRIED: Final = _table("carried", _text("book"), _whole("upto"), _whole("at_ms"), _text("balance"))
