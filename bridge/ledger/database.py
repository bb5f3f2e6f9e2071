"""The database under the ledger: a SQLite file or a PostgreSQL server, brought to our version, its errors named.

One writer at a time: SQLite by BEGIN IMMEDIATE, PostgreSQL by an advisory lock. So `seq` grows in the order of commits,
and a program that migrates is alone. What is committed is on the disk: SQLite writes ahead (WAL) and waits for the
disk at every commit (synchronous FULL), PostgreSQL with synchronous_commit. A SQLite file in a folder that may not be
written is only read: WAL would need files of its own beside it.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from bridge.errors import (
    BadConfig,
    LedgerDamaged,
    LedgerError,
    LedgerFull,
    LedgerLocked,
    LedgerNewer,
    LedgerReadOnly,
    LedgerUnreachable,
    MissingTool,
)
from bridge.files import make_private, refuse_link
from bridge.foreign import TEXT, shown_address, url_place
from bridge.ledger.schema import REVISIONS, VERSION_TABLE

WAIT_SECONDS: Final = 10.0
"""How long a writer waits for another one."""

LIKE_A_URL: Final = re.compile(r"^[a-z][a-z0-9+]*:|^[^/]*@|(//|:)[^/]*@", re.IGNORECASE)
"""What begins like a URL, or holds a login: a folder must not be made of it."""
BESIDE: Final = ("", "-wal", "-shm", "-journal")
"""How the names end of the files that SQLite keeps a ledger in."""
EMPTY_SECONDS: Final = 2.0
"""How long a file may be empty: a program that makes a new ledger fills it at once."""

MIGRATIONS: Final = Path(__file__).parent / "migrations"
WRITES: Final = "alvh_writes"
ADVISORY_LOCK: Final = 0x616C7668  # "alvh"

_SQLITE: Final[dict[str, type[LedgerError]]] = {
    "BUSY": LedgerLocked, "LOCKED": LedgerLocked, "FULL": LedgerFull, "IOERR": LedgerFull, "CORRUPT": LedgerDamaged,
    "NOTADB": LedgerDamaged, "READONLY": LedgerReadOnly, "CANTOPEN": LedgerReadOnly, "PERM": LedgerReadOnly,
}  # fmt: skip
_POSTGRES: Final[dict[str, type[LedgerError]]] = {
    "55P03": LedgerLocked, "40P01": LedgerLocked, "57014": LedgerLocked, "53100": LedgerFull, "53200": LedgerFull,
    "25006": LedgerReadOnly, "42501": LedgerReadOnly, "XX001": LedgerDamaged, "XX002": LedgerDamaged,
}  # fmt: skip


def open_engine(address: str) -> Engine:
    """Return an engine whose database is there and of our version.

    Raises
    ------
    LedgerError, BadConfig, MissingTool
        What stands in the way: each names the database and what to do.
    """
    if "://" not in address and LIKE_A_URL.search(address):
        raise BadConfig("ledger.url or ALVH_LEDGER_URL is no path: write postgresql+psycopg://USER@HOST:PORT/DATABASE")
    engine = _postgres(address) if "://" in address else _sqlite(Path(address))
    fresh = "://" not in address and not Path(address).exists()
    with ExitStack() as undo:
        undo.callback(engine.dispose)
        try:
            _bring_up(engine, address)
        except LedgerFull:
            if fresh and not Path(address).stat().st_size:
                Path(address).unlink()  # ours, and nothing is in it: it would be taken for a damaged one
            raise
        undo.pop_all()
    return engine


def _postgres(address: str) -> Engine:
    shown = shown_address(address)
    if not _is_escaped(address):
        why = "a password or name in it has signs that end it too early"
        raise BadConfig(
            f"ledger.url or ALVH_LEDGER_URL is a malformed URL, {why}: write %40 for @, %2F for /, %3F for ?"
        )
    how = "write postgresql+psycopg://USER@HOST:PORT/DATABASE, or leave it empty for a file in the state folder"
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise BadConfig(f"ledger.url {shown} is no URL of a database: {how}") from None
    if url.drivername not in ("postgresql", "postgresql+psycopg"):
        raise BadConfig(f"ledger.url names another kind of database: {how}")
    # No prepared statements: their plan is made while the table is empty, and then 100,000 fills took minutes.
    how_to_connect = {"connect_timeout": url.query.get("connect_timeout", "10"), "prepare_threshold": None}
    try:
        return create_engine(url.set(drivername="postgresql+psycopg"), connect_args=how_to_connect)
    except ImportError as error:
        raise MissingTool(f"a ledger in PostgreSQL needs psycopg: pip install 'alvh[postgres]' ({error})") from error


def _is_escaped(address: str) -> bool:
    """Tell whether the one @ of a URL, if any, is that behind its login: else a driver would quote the password."""
    place, *behind = re.split("[/?#]", address.partition("://")[2], maxsplit=1)
    return place.count("@") <= 1 and "@" not in "".join(behind)


def _sqlite(path: Path) -> Engine:
    try:
        if "\0" in str(path) or (path.exists() and not path.is_file()):
            raise LedgerDamaged(str(path), "is no file")
        for end in BESIDE:
            refuse_link(Path(f"{path}{end}"))
        make_private(path.parent)
        _check_not_empty(path)
        only_read = _only_read(path)
    except OSError as error:
        raise LedgerReadOnly(str(path), f"its folder cannot be used ({error})") from error
    url = URL.create("sqlite", database=str(path))
    if only_read:
        return create_engine(url, creator=lambda: _open_unchanging(path))
    engine = create_engine(url, connect_args={"timeout": WAIT_SECONDS, "isolation_level": None})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _check_not_empty(path: Path) -> None:
    """Refuse a file of no bytes, which is no new ledger but the rest of one."""
    until = time.monotonic() + EMPTY_SECONDS
    while path.exists() and not path.stat().st_size:
        if time.monotonic() > until:
            reason = "is empty, 0 bytes: damaged or truncated, or made by another program; if it never held anything"
            raise LedgerDamaged(str(path), f"{reason}, remove it")
        time.sleep(0.05)


def _only_read(path: Path) -> bool:
    """Tell whether a file is there whose folder may not be written, and all that was committed stands in it."""
    ahead = path.with_name(f"{path.name}-wal")
    effective = os.access in os.supports_effective_ids
    closed = path.exists() and not os.access(path.parent, os.W_OK, effective_ids=effective)
    return closed and not (ahead.exists() and ahead.stat().st_size)


def _open_unchanging(path: Path) -> sqlite3.Connection:
    """Open a file that nobody changes meanwhile, as on a read-only medium: without locks or files beside it."""
    uri = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
    return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)


def _prepare(connection: sqlite3.Connection, _: object) -> None:
    """Write ahead, and wait for the disk."""
    until = time.monotonic() + WAIT_SECONDS
    while connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            break
        except sqlite3.OperationalError as error:  # SQLite does not wait by itself for the lock that this takes
            if not error.sqlite_errorname.startswith("SQLITE_BUSY") or time.monotonic() > until:
                raise
            time.sleep(0.05)
    connection.execute("PRAGMA synchronous = FULL")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(engine: Engine, address: str) -> Iterator[Connection]:
    """Open a transaction that reads one state of the database."""
    with naming(address), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine, address: str, *, undo: bool = False) -> Iterator[Connection]:
    """Open a transaction that is the only one to write; it is undone where that is wanted, or anything is raised in it.

    Raises
    ------
    LedgerLocked
        Another program wrote for longer than WAIT_SECONDS.
    """
    with (
        naming(address),
        engine.connect().execution_options(**{WRITES: True}) as connection,
        connection.begin() as work,
    ):
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = {round(WAIT_SECONDS * 1000)}"))
            connection.execute(text("SET LOCAL synchronous_commit = on"))
            connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
        yield connection
        if undo:
            work.rollback()


@contextmanager
def naming(address: str) -> Iterator[None]:
    """Raise what the database says as one of our errors.

    Raises
    ------
    LedgerError
        Of the kind that the database's own code stands for.
    """
    try:
        yield
    except DBAPIError as error:
        raise _named(address, error) from error
    except SQLAlchemyError as error:
        raise LedgerError(address, str(error).splitlines()[0]) from error


def _named(address: str, error: DBAPIError) -> LedgerError:
    said: Any = error.orig
    words = str(said).strip().splitlines() or [type(said).__name__]
    reason = _without_login(words[0].rstrip(":. "))
    if isinstance(said, sqlite3.Error):
        name = getattr(said, "sqlite_errorname", "").split("_")
        return _SQLITE.get(name[1] if len(name) > 1 else "", LedgerError)(address, reason)
    if shown_address(address) == url_place(""):  # what the driver took for the host may be a part of the password
        reason = "no server answers, or refuses"
    state = getattr(said, "sqlstate", None)
    if state is None or state[:2] in ("08", "28", "3D", "57"):
        return _POSTGRES.get(state or "", LedgerUnreachable)(address, reason)
    return _POSTGRES.get(state, LedgerError)(address, reason)


def _without_login(words: str) -> str:
    """Return what a driver says without anything before an @: of a URL with a password that is not escaped, it quotes
    the end of the password as the host."""
    return re.sub(r"[^\s'\"(]*@", "", words[:TEXT])  # of megabytes the pattern would take its square


def _bring_up(engine: Engine, address: str) -> None:
    """Create or migrate the tables where they are not of our version."""
    with reading(engine, address) as connection:
        if _current(connection, address):
            return
    with writing(engine, address) as connection:
        if not _current(connection, address):  # nobody else did it while we waited
            _migrate(connection)


def _current(connection: Connection, address: str) -> bool:
    """Tell whether the tables are of our version.

    Raises
    ------
    LedgerNewer, LedgerDamaged
        They are of a version that we do not know, or not ours.
    """
    seen = inspect(connection)
    if seen.has_table(VERSION_TABLE):
        version = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()
        if version is not None and version not in REVISIONS:
            raise LedgerNewer(address, str(version), REVISIONS[-1])
        return bool(version == REVISIONS[-1])
    on_sqlite = connection.dialect.name == "sqlite"
    if seen.get_table_names() if on_sqlite else seen.has_table("fills"):
        raise LedgerDamaged(address, "holds tables of another program")
    return False


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config as AlembicConfig

    settings = AlembicConfig(attributes={"connection": connection})
    settings.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    settings.set_main_option("path_separator", "os")
    command.upgrade(settings, "head")
