"""The upkeep of the monitor's store: what is in it, copies of it, and looks that are thinned by their age."""

from __future__ import annotations

import os
import shlex
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, func, make_url, or_, select, text

from bridge.errors import BadFile, LedgerDamaged, UsageError
from bridge.files import open_draft, refuse_circle, sync_folder
from bridge.foreign import shown_address
from bridge.ledger.database import reading, writing
from bridge.ledger.schema import METADATA, VERSION_TABLE
from bridge.monitor.store import MonitorStore
from bridge.monitor.tables import ALERTS, LOOKS, OF_LOOKS
from bridge.monitor_settings import KeepConfig

DAY_SECONDS: Final = 86_400
HOUR_SECONDS: Final = 3_600
BATCH: Final = 500
"""Looks that are removed in one transaction: whoever else writes waits no longer."""
_ENDS: Final = ("", "-wal")


@dataclass(frozen=True)
class LastLook:
    """When a book was last looked at by this machine's clock, and at which block."""

    book: str
    at: int
    chain_id: int
    block_number: int


@dataclass(frozen=True)
class Checked:
    """What is in a database.

    Parameters
    ----------
    where, version
        Where it is, as people may see it, and the version of its tables.
    faults
        What the database's own check found; empty where it is sound, or where the server checks by itself.
    size_bytes, rows
        Of all of it, and by table.
    last_looks
        One of each book.
    open_alerts
        That stand.
    notices
        How many are pending, sent and given up.
    """

    where: str
    version: str
    faults: tuple[str, ...]
    size_bytes: int
    rows: dict[str, int]
    last_looks: tuple[LastLook, ...]
    open_alerts: int
    notices: dict[str, int]


def check(store: MonitorStore) -> Checked:
    """Look through a database; SQLite reads all of it, so that a large one takes a while.

    Raises
    ------
    LedgerError
        It cannot be read.
    """
    notices = store.notice_counts()
    with reading(store.engine, store.address) as connection:
        on_server = connection.dialect.name == "postgresql"
        version = str(connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}")))
        rows = {
            table.name: connection.scalar(select(func.count()).select_from(table)) or 0
            for table in METADATA.sorted_tables
        }
        newest = select(func.max(LOOKS.c.seq)).group_by(LOOKS.c.book)
        looked = select(LOOKS.c.book, LOOKS.c.at, LOOKS.c.chain_id, LOOKS.c.block_number)
        found = connection.execute(looked.where(LOOKS.c.seq.in_(newest)).order_by(LOOKS.c.book))
        last = tuple(LastLook(*row) for row in found)
        opened = connection.scalar(select(func.count()).where(ALERTS.c.cleared_at.is_(None))) or 0
        faults = () if on_server else _faults(connection)
        size = _server_bytes(connection) if on_server else _file_bytes(Path(store.address))
    return Checked(
        shown_address(store.address), version, faults, size, dict(sorted(rows.items())), last, opened, notices
    )


def _faults(connection: Connection) -> tuple[str, ...]:
    said = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)")]
    return () if said == ["ok"] else tuple(said)


def _file_bytes(path: Path) -> int:
    return sum(each.stat().st_size for each in (Path(f"{path}{end}") for end in _ENDS) if each.exists())


def _server_bytes(connection: Connection) -> int:
    size = func.pg_total_relation_size(func.to_regclass(text(":name")))
    return sum(connection.scalar(select(size), {"name": f'"{name}"'}) or 0 for name in METADATA.tables)


def backup(store: MonitorStore, path: Path) -> int:
    """Copy a SQLite database into one new file while others write to it; return the size of the copy, bytes.

    Raises
    ------
    UsageError
        It is on a server, whose own tool copies it; the error says how.
    BadFile
        The file is there already, or cannot be written.
    LedgerDamaged
        The copy is not sound: the database is not.
    """
    if "://" in store.address:
        raise UsageError(f"a database of PostgreSQL is copied by its own tool: {_dump(store.address, path)}")
    refuse_circle(path)
    if os.path.lexists(path):
        raise BadFile(path, "is there already: name a file that is not")
    draft: Path | None = None
    try:
        draft, handle = open_draft(path)
        os.close(handle)
        _copy(store.address, draft)
        draft.rename(path)
        sync_folder(path.absolute().parent)
        return path.stat().st_size
    except (OSError, sqlite3.Error) as error:
        raise BadFile(path, f"cannot be written: {error}") from error
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)


def _copy(address: str, draft: Path) -> None:
    """Copy in one step, which reads one state and keeps no writer waiting; the copy needs no file beside it."""
    source, copy = sqlite3.connect(address), sqlite3.connect(draft)
    try:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")
        said = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    finally:
        copy.close()
        source.close()
    if said != "ok":
        raise LedgerDamaged(address, f"the copy is not sound ({said})")
    with open(draft, "rb") as file:
        os.fsync(file.fileno())


def _dump(address: str, path: Path) -> str:
    """Return the command that copies a database of a server, without the password, for which it asks."""
    url = make_url(address)
    named = {"host": url.host, "port": url.port, "username": url.username, "dbname": url.database}
    options = [word for name, value in named.items() if value for word in (f"--{name}", str(value))]
    return shlex.join(["pg_dump", "--format=custom", *options, "--file", str(path)])


def thin(store: MonitorStore, now: int, keep: KeepConfig, *, dry_run: bool = False) -> dict[str, int]:
    """Remove looks by their age, with all that is theirs; return how many rows of each table went, or would go.

    Every look is kept for `every_days`, then the first of each hour (UTC) for `hourly_days`, then the first of each
    day; the newest of each book always. So it makes no difference how often it is called. Alerts, transitions,
    proposals, rounds, plans and notices stay.

    Parameters
    ----------
    now
        Unix seconds.
    dry_run
        Only count.

    Raises
    ------
    LedgerError
        The database does not take it; what was removed before stays removed.
    """
    old = _superfluous(now, keep)
    counts = {table.name: 0 for table in (LOOKS, *OF_LOOKS)}
    if dry_run:
        with reading(store.engine, store.address) as connection:
            counts["looks"] = connection.scalar(select(func.count()).select_from(old.subquery())) or 0
            for table in OF_LOOKS:
                wanted = select(func.count()).where(table.c.look.in_(old))
                counts[table.name] = connection.scalar(wanted) or 0
        return counts
    while True:
        with writing(store.engine, store.address) as connection:
            looks = list(connection.scalars(old.limit(BATCH)))
            for table in OF_LOOKS:
                counts[table.name] += connection.execute(delete(table).where(table.c.look.in_(looks))).rowcount
            counts["looks"] += connection.execute(delete(LOOKS).where(LOOKS.c.seq.in_(looks))).rowcount
        if len(looks) < BATCH:
            return counts


def _superfluous(now: int, keep: KeepConfig) -> Select[tuple[int]]:
    """Return the query of the looks that are old, and neither the first of their time nor the newest of their book."""
    every = now - round(keep.every_days * DAY_SECONDS)
    hourly = every - round(keep.hourly_days * DAY_SECONDS)
    newest = select(func.max(LOOKS.c.seq)).group_by(LOOKS.c.book)
    return (
        select(LOOKS.c.seq)
        .where(
            or_(and_(LOOKS.c.at < hourly, _not_first(DAY_SECONDS)), and_(LOOKS.c.at < every, _not_first(HOUR_SECONDS))),
            LOOKS.c.seq.not_in(newest),
        )
        .order_by(LOOKS.c.seq)
    )


def _not_first(seconds: int) -> ColumnElement[bool]:
    """Return whether another look at the book came before this one in the same hour, or day."""
    earlier = LOOKS.alias()
    begins = LOOKS.c.at // seconds * seconds
    before = or_(earlier.c.at < LOOKS.c.at, and_(earlier.c.at == LOOKS.c.at, earlier.c.seq < LOOKS.c.seq))
    near = earlier.c.at.between(begins, LOOKS.c.at)
    return select(earlier.c.seq).where(earlier.c.book == LOOKS.c.book, near, before).exists()
