"""`Store`: fills are appended and read, never changed. One append is one transaction: all of it or nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Select, func, insert, select

from bridge.errors import ConflictingDelivery, DeliveredTwice, LedgerDamaged, RefusedAction
from bridge.formats import printable
from bridge.ledger.corrections import NOTHING_ELSE, Key, Told, Version, compare, versions_of
from bridge.ledger.database import open_engine, reading, writing
from bridge.ledger.rows import (
    DELIVERY_COLUMNS,
    FILL_COLUMNS,
    Delivery,
    ImportRecord,
    delivery_row,
    fill_row,
    import_row,
    is_time,
    row_delivery,
    row_fills,
)
from bridge.ledger.schema import CARRIED, DELIVERIES, FILLS, IMPORTS
from bridge.units import utc
from hedge.ledger.carried import carry, follows
from hedge.ledger.fills import Fill, FillKind
from hedge.ledger.reversals import standing

CHUNK: Final = 1000
VENUES: Final = "log:"
"""How ids begin of entries that the venue's own log brought."""


@dataclass(frozen=True)
class Added:
    """How many of the fills were new, how many were known already, and which of those are told otherwise now."""

    new: int
    known: int
    told: Told = NOTHING_ELSE


class Store:
    """The ledger in a database; use it in a `with` block, or close it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._engine = open_engine(address)

    def __enter__(self) -> Store:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Let the database go."""
        self._engine.dispose()

    def append(
        self,
        fills: Iterable[Fill],
        import_record: ImportRecord | None = None,
        *,
        dry_run: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> Added:
        """Add the fills that are not there yet, in one transaction: all of them or none.

        Parameters
        ----------
        fills : of which some may be known: a fill of the same name with the same numbers, at the same time to the
            second. It is compared with what stands for its name now, the original or its last correction; what says
            the same as an entry that was corrected or taken back here is known too. An index, a note, and a plan or an
            order that only one of the two names make no difference, and are counted.
        import_record : kept with them, also where none is new. dry_run : undo it, and only say what would be.
        progress : is told how many fills are done after every thousand.

        Raises
        ------
        ConflictingFill
            A fill is there under the same name with other numbers.
        DeliveredTwice
            The venue's delivery of an instrument beside one of ours.
        BadReversal
            A fill takes back what is not there, or not exactly.
        BadInput
            A name or a number that the database cannot hold, or not exactly.
        LedgerError
            The database does not take them.
        """
        new, known, told = 0, 0, NOTHING_ELSE
        pending, delivered = iter(fills), set[Key]()
        with writing(self._engine, self.address, undo=dry_run) as connection:
            while chunk := list(islice(pending, CHUNK)):
                fresh, otherwise = self._fresh(connection, chunk)
                self._insert(connection, fresh)
                delivered |= {fill.key for fill in fresh if fill.kind is FillKind.DELIVERY and not fill.reverses}
                new, known, told = new + len(fresh), known + len(chunk) - len(fresh), told + otherwise
                if progress:
                    progress(new + known)
            self._once(connection, delivered)
            if import_record:
                connection.execute(insert(IMPORTS), [import_row(import_record, now_ms(), new, known)])
        return Added(new, known, told)

    def correct(self, fills: Sequence[Fill]) -> Added:
        """Add what takes an entry back, and what is right in its place: both or nothing.

        Raises
        ------
        RefusedAction
            The entry does not stand any more: somebody else took it back meanwhile.
        LedgerError, BadInput
            As `append` does.
        """
        with writing(self._engine, self.address) as connection:
            if self._kept(connection, (fill.key for fill in fills)):
                wrong = fills[0].reverses
                raise RefusedAction(f"{wrong} was taken back meanwhile: `alvh hedge list --fills` shows by what")
            self._insert(connection, fills)
        return Added(len(fills), 0)

    def _insert(self, connection: Connection, fresh: Sequence[Fill]) -> None:
        """Add fills that are not there; what takes another back must be its exact negative."""
        if fresh:
            connection.execute(insert(FILLS), [fill_row(fill) for fill in fresh])
        if back := [fill for fill in fresh if fill.reverses]:
            originals = self._kept(connection, ((fill.book, fill.venue, fill.reverses) for fill in back))
            standing([*originals.values(), *back])

    def _fresh(self, connection: Connection, chunk: list[Fill]) -> tuple[list[Fill], Told]:
        """Return the fills of a chunk that are not there, each once, and how the others are told otherwise."""
        kept = self._kept(connection, (fill.key for fill in chunk))
        known = versions_of(kept, lambda keys: self._kept(connection, keys))
        fresh, told = [], NOTHING_ELSE
        for fill in chunk:
            versions = known.get(fill.key)
            if versions is None:
                known[fill.key] = [Version(fill, taken_back=False)]
                fresh.append(fill)
            else:
                told += compare(self.address, versions, fill)
        return fresh, told

    def _once(self, connection: Connection, fresh: set[Key]) -> None:
        """Refuse deliveries that are there twice: by the venue's log and by an entry of another origin."""
        if not fresh:
            return
        delivers = (FILLS.c.kind == FillKind.DELIVERY.value) & FILLS.c.book.in_({key[0] for key in fresh})
        found: dict[Key, dict[bool, Fill]] = {}
        for fill in standing(self._read(connection, select(*FILL_COLUMNS).where(delivers))):
            found.setdefault((fill.book, fill.venue, fill.instrument), {})[fill.id.startswith(VENUES)] = fill
        for (_, _, instrument), both in found.items():
            if len(both) == 2 and not fresh.isdisjoint((both[True].key, both[False].key)):
                ours = both[False]
                raise DeliveredTwice(self.address, instrument, ours.id, both[True].id, kept=ours.key not in fresh)

    def _kept(self, connection: Connection, keys: Iterable[Key]) -> dict[Key, Fill]:
        """Return which entries of these names are there."""
        named: dict[tuple[str, str], list[str]] = {}
        for book, venue, fill_id in keys:
            named.setdefault((book, venue), []).append(fill_id)
        found: dict[Key, Fill] = {}
        for (book, venue), ids in named.items():
            here = (FILLS.c.book == book) & (FILLS.c.venue == venue) & FILLS.c.id.in_(ids)
            found |= {fill.key: fill for fill in self._read(connection, select(*FILL_COLUMNS).where(here))}
        return found

    def _read(self, connection: Connection, wanted: Select[Any]) -> list[Fill]:
        rows: Any = connection.execute(wanted).cursor  # the driver's: text and whole numbers, which nothing converts
        try:
            return row_fills(rows)
        except ValueError as error:
            raise LedgerDamaged(self.address, str(error)) from error

    def fills(self, book: str | None = None, venue: str | None = None, since_ms: int | None = None) -> list[Fill]:
        """Return fills in the order of their time, then of their entry; all of them where nothing is named.

        Raises
        ------
        LedgerDamaged
            A row is no fill.
        """
        wanted = select(*FILL_COLUMNS).order_by(FILLS.c.seq)
        for column, value in ((FILLS.c.book, book), (FILLS.c.venue, venue)):
            wanted = wanted if value is None else wanted.where(column == value)
        wanted = wanted if since_ms is None else wanted.where(FILLS.c.at_ms >= since_ms)
        with reading(self._engine, self.address) as connection:
            return sorted(self._read(connection, wanted), key=attrgetter("at_ms"))

    def since_balance(self, book: str, at_ms: int) -> tuple[str, list[Fill]]:
        """Return the balance that was carried last of a book, and the entries after it that are not later than a time.

        The balance is empty, and the entries are all, where none was carried or it does not fit: an entry came since
        that belongs before it or takes one back, or the time itself lies before it.

        Raises
        ------
        LedgerDamaged
            A row is no fill, or the balance is of an entry that is not there.
        """
        last = select(func.max(FILLS.c.seq)).where(FILLS.c.book == book)
        newest = select(CARRIED.c.upto, CARRIED.c.at_ms, CARRIED.c.balance).where(CARRIED.c.book == book)
        wanted = select(*FILL_COLUMNS).where(FILLS.c.book == book).order_by(FILLS.c.at_ms, FILLS.c.seq)
        with reading(self._engine, self.address) as connection:
            row = connection.execute(newest.order_by(CARRIED.c.seq.desc()).limit(1)).first()
            if row is not None and not (is_time(row.at_ms) and row.upto in range((connection.scalar(last) or 0) + 1)):
                raise LedgerDamaged(self.address, f"the balance of {printable(book)} is of an entry that is not there")
            if row is not None and row.at_ms <= at_ms:
                fills = list(self._read(connection, wanted.where(FILLS.c.seq > row.upto)))
                if follows(fills, row.at_ms):
                    return row.balance, [fill for fill in fills if fill.at_ms <= at_ms]
            return "", [fill for fill in self._read(connection, wanted) if fill.at_ms <= at_ms]

    def carry(self, book: str) -> None:
        """Carry the balance of a book: what is listed from then on begins there.

        Raises
        ------
        HedgeError
            Its entries contradict each other.
        """
        upto = select(func.max(FILLS.c.seq), func.max(FILLS.c.at_ms)).where(FILLS.c.book == book)
        with writing(self._engine, self.address) as connection:
            last, at_ms = connection.execute(upto).one()
            wanted = select(*FILL_COLUMNS).where(FILLS.c.book == book)
            if last is not None:
                balance = carry(self._read(connection, wanted))
                row = {"book": book, "upto": last, "at_ms": at_ms, "balance": balance}
                connection.execute(insert(CARRIED), [row])

    def find(self, fill_id: str, book: str, venue: str | None = None) -> list[Fill]:
        """Return the fills of a book with this id: at most one, unless several venues use it."""
        wanted = select(*FILL_COLUMNS).where((FILLS.c.book == book) & (FILLS.c.id == fill_id))
        wanted = wanted if venue is None else wanted.where(FILLS.c.venue == venue)
        with reading(self._engine, self.address) as connection:
            return self._read(connection, wanted)

    def books(self) -> list[str]:
        """Return the books that have fills, by name."""
        with reading(self._engine, self.address) as connection:
            return list(connection.execute(select(FILLS.c.book).distinct().order_by(FILLS.c.book)).scalars())

    def imports(self) -> list[Mapping[str, Any]]:
        """Return which files were imported, the oldest first, each with its columns by name."""
        with reading(self._engine, self.address) as connection:
            found: list[Mapping[str, Any]] = [
                dict(row) for row in connection.execute(select(IMPORTS).order_by(IMPORTS.c.seq)).mappings()
            ]
        if not all(is_time(row["at_ms"]) and set(map(type, row.values())) == {str, int} for row in found):
            raise LedgerDamaged(self.address, "a row of its imports is none")
        return found

    def deliveries(self, venue: str | None = None) -> list[Delivery]:
        """Return the price that stands of each expiry, in the order of entry."""
        with reading(self._engine, self.address) as connection:
            return [delivery for delivery in self._deliveries(connection) if venue in (None, delivery.venue)]

    def delivery_prices(self) -> dict[tuple[str, str, int], Decimal]:
        """Return the price that stands of each expiry, USD by venue, asset and expiry, as an account asks for it."""
        return {(each.venue, each.asset, each.expiry_at): each.price for each in self.deliveries()}

    def _deliveries(self, connection: Connection) -> list[Delivery]:
        expiry = (DELIVERIES.c.venue, DELIVERIES.c.asset, DELIVERIES.c.expiry_at)
        newest = select(func.max(DELIVERIES.c.seq)).group_by(*expiry)
        wanted = select(*DELIVERY_COLUMNS).where(DELIVERIES.c.seq.in_(newest)).order_by(DELIVERIES.c.seq)
        try:
            return [row_delivery(row) for row in connection.execute(wanted)]
        except ValueError as error:
            raise LedgerDamaged(self.address, str(error)) from error

    def add_delivery(self, delivery: Delivery, *, corrects: bool = False) -> bool:
        """Keep the price of an expiry, and tell whether it was new.

        Parameters
        ----------
        corrects : the price that stands is wrong; both are kept, and this one stands from now on.

        Raises
        ------
        ConflictingDelivery
            Another price stands, and this does not correct it; or there is none to correct.
        BadInput
            A name or a number that the database cannot hold, or a price that is not > 0.
        """
        row = delivery_row(delivery)
        key = (delivery.venue, delivery.asset, delivery.expiry_at)
        with writing(self._engine, self.address) as connection:
            stands = {(each.venue, each.asset, each.expiry_at): each.price for each in self._deliveries(connection)}
            if stands.get(key) == delivery.price:
                return False
            if (key in stands) != corrects:
                name = f"{delivery.venue} {delivery.asset} {utc(delivery.expiry_at)}"
                raise ConflictingDelivery(self.address, name, stands.get(key, "no price"), delivery.price)
            connection.execute(insert(DELIVERIES), [row])
        return True


def open_store(url_or_path: str | Path) -> Store:
    """Open the ledger of a URL of PostgreSQL or a path of SQLite; make it where there is none, migrate an older one.

    Raises
    ------
    LedgerError, BadConfig, MissingTool
        What stands in the way: each names the database and what to do.
    """
    return Store(str(url_or_path))


def now_ms() -> int:
    """Return the time of this machine."""
    return time.time_ns() // 1_000_000
