"""The tables of the ledger, each append-only, and the versions of the database that this program knows.

    fills       what was bought and sold: `hedge.ledger.fills.Fill`, one row each
    imports     which file brought fills, and how many
    deliveries  delivery prices of expiries; the newest of an expiry stands
    carried     the balance of a book's entries up to one of them, so that a long book is listed at once; it follows
                from the entries, and the newest that fits is taken

The monitor keeps what it sees in the same database: `bridge.monitor.tables`.

`seq` grows by one or more with every row, in the order in which rows were committed. Decimals are text, on PostgreSQL
too: what was written is what is read, to the last zero. Times count from 1970, UTC: `_ms` in milliseconds, others in
seconds.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text, UniqueConstraint

REVISIONS: Final = ("0001", "0002")
"""Versions of the tables, oldest first, as `migrations/versions` has them; the last one is ours."""

VERSION_TABLE: Final = "ledger_version"
"""Where Alembic keeps the version: a name of our own, as a PostgreSQL database may hold other things."""

METADATA: Final = MetaData()


def numbered(name: str, *columns: Any) -> Table:
    """Return a table whose rows are numbered as `seq`; a number is never given twice."""
    seq = Column("seq", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True)
    return Table(name, METADATA, seq, *columns, sqlite_autoincrement=True)


def text_column(name: str) -> Column[str]:
    """Return a column of texts, each of which is there."""
    return Column(name, Text, nullable=False)


def whole_column(name: str) -> Column[int]:
    """Return a column of whole numbers of 64 bits, each of which is there."""
    return Column(name, BigInteger, nullable=False)


NUMBERS: Final = ("quantity", "price", "cash", "fee", "index")
"""Columns of `fills` that hold decimals."""

FILLS: Final = numbered(
    "fills",
    *(text_column(name) for name in ("book", "venue", "id")),
    whole_column("at_ms"),
    *(text_column(name) for name in ("kind", "instrument", "quantity", "price", "currency", "cash", "fee", "index")),
    *(text_column(name) for name in ("plan", "order", "reverses", "note")),
    UniqueConstraint("book", "venue", "id", name="fills_key"),
)
IMPORTS: Final = numbered(
    "imports",
    *(text_column(name) for name in ("sha256", "file", "source", "book")),
    *(whole_column(name) for name in ("at_ms", "new", "known", "left_out")),
)
DELIVERIES: Final = numbered(
    "deliveries",
    text_column("venue"),
    text_column("asset"),
    whole_column("expiry_at"),
    text_column("price"),
    text_column("source"),
    whole_column("at_ms"),
)
CARRIED: Final = numbered(
    "carried", text_column("book"), whole_column("upto"), whole_column("at_ms"), text_column("balance")
)
