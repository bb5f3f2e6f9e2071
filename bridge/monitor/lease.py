"""One monitor a database: who works with it holds a lock that the system lets go of however the process ends.

SQLite: `flock` on a file beside the database, in which the holder says who it is. PostgreSQL: an advisory lock of the
schema, held by a session of its own whose name says who it is; when the connection breaks, the next check takes it
anew.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Final, Protocol

from sqlalchemy import Connection, Engine, text

from bridge.errors import LedgerDamaged, LedgerError, LedgerReadOnly, MonitorRunning
from bridge.files import open_own
from bridge.ledger.database import ADVISORY_LOCK, naming
from bridge.units import utc

BESIDE: Final = "-monitor"
"""How the name of the lock's file ends, beside the database."""
_MOST_WORDS: Final = 500
_NAME: Final = "alvh"
_KEYS: Final = f"{ADVISORY_LOCK + 1}, hashtext(coalesce(current_schema(), '')) & 2147483647"
_TAKE: Final = f"SELECT pg_try_advisory_lock({_KEYS})"
_HOLDER: Final = f"""
SELECT a.application_name FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (l.classid::bigint, l.objid::bigint) = ({_KEYS})
"""
_ALIVE: Final = {"tcp_keepalives_idle": 30, "tcp_keepalives_interval": 10, "tcp_keepalives_count": 3}
"""A server notices within a minute that the holder's machine is gone."""


class Lease(Protocol):
    """The right to be the one monitor of a database."""

    def check(self) -> None:
        """Raise `MonitorRunning` where it was lost and another monitor has it."""


@contextmanager
def leased(engine: Engine, address: str) -> Iterator[Lease]:
    """Be the one monitor of a database while the block runs.

    Raises
    ------
    MonitorRunning
        Another one is; the error says which.
    LedgerError
        The database, or the folder it is in, cannot be used.
    """
    on_server = engine.dialect.name == "postgresql"
    lease = _OnServer(engine, address) if on_server else _InFile(address)
    try:
        yield lease
    finally:
        lease.close()


class _InFile:
    def __init__(self, address: str) -> None:
        self._file = _locked(address)
        self._file.truncate(0)
        self._file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": int(time.time())}))
        self._file.flush()
        self._address, self._kept = address, _file_of(address)

    def check(self) -> None:
        """Check that lock and database are still the files that we hold: else another monitor can begin, or what is
        written goes into a file that nobody finds again.

        Raises
        ------
        LedgerDamaged
            One of them was moved, removed or replaced.
        """
        held = os.fstat(self._file.fileno())
        if _file_of(f"{self._address}{BESIDE}") != (held.st_dev, held.st_ino) or _file_of(self._address) != self._kept:
            raise LedgerDamaged(self._address, "it, or the lock beside it, was moved or replaced while a monitor works")

    def close(self) -> None:
        self._file.close()


def _file_of(path: str) -> tuple[int, int] | None:
    """Return which file a path leads to; None where it leads to none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _locked(address: str) -> IO[str]:
    try:
        file = os.fdopen(open_own(Path(f"{address}{BESIDE}"), read=True), "r+", encoding="utf-8")
    except OSError as error:
        raise LedgerReadOnly(address, f"the lock beside it cannot be opened ({error.strerror})") from error
    if sys.platform != "win32":
        import fcntl

        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with file:
                raise MonitorRunning(address, _said(file)) from None
        except OSError as error:
            file.close()
            raise LedgerError(address, f"the lock beside it cannot be taken ({error.strerror})") from error
    return file


def _said(file: IO[str]) -> str:
    """Return who holds a lock by what is written in its file, which may be half written now."""
    try:
        said = json.loads(file.read(_MOST_WORDS))
        return _who(int(said["pid"]), str(said["host"]), int(said["since"]))
    except (ValueError, KeyError, TypeError, OverflowError, OSError):
        return _who(0, "", 0)


def _who(pid: int, host: str, since: int) -> str:
    who = f"process {pid} on {host} since {utc(since)}" if pid else "which does not say who it is"
    return f"a monitor works with it already, {who}"


class _OnServer:
    def __init__(self, engine: Engine, address: str) -> None:
        self._engine, self._address = engine, address
        self._since = int(time.time())
        self._session = self._take()

    def _take(self) -> Connection:
        with naming(self._address), ExitStack() as undo:
            session = undo.enter_context(self._engine.connect().execution_options(isolation_level="AUTOCOMMIT"))
            session.detach()  # closed when we are done, not kept for others with the lock in it
            for name, seconds in _ALIVE.items():
                session.execute(text(f"SET {name} = {seconds}"))
            if not session.execute(text(_TAKE)).scalar():
                raise MonitorRunning(self._address, self._holder(session))
            words = f"{_NAME} {os.getpid()} {self._since} {socket.gethostname()}"
            session.execute(text("SELECT set_config('application_name', :words, false)"), {"words": words[:63]})
            undo.pop_all()
        return session

    def _holder(self, session: Connection) -> str:
        words = str(session.execute(text(_HOLDER)).scalar() or "").split(" ", 3)
        try:
            return _who(int(words[1]), words[3], int(words[2]))
        except (ValueError, IndexError, OverflowError):
            return _who(0, "", 0)

    def check(self) -> None:
        """Take the lock anew where the connection that held it broke."""
        try:
            with naming(self._address):
                self._session.execute(text("SELECT 1"))
        except LedgerError:
            self._session.close()
            self._session = self._take()

    def close(self) -> None:
        self._session.close()
