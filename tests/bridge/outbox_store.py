"""An outbox in a SQLite file of its own: the store that the outbox asks for, and nothing else."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from bridge.monitor.notices import Due, Notice

TABLE = """CREATE TABLE IF NOT EXISTS notices (number INTEGER PRIMARY KEY, id TEXT UNIQUE, target TEXT, title TEXT,
    body TEXT, severity TEXT, state TEXT DEFAULT 'pending', since INTEGER, attempts INTEGER DEFAULT 0,
    next_at INTEGER DEFAULT 0, error TEXT DEFAULT '')"""
DUE = """SELECT id, target, title, body, severity, attempts, since FROM notices AS one
    WHERE state = 'pending' AND NOT EXISTS (SELECT 1 FROM notices AS first WHERE first.target = one.target
        AND first.state = 'pending' AND first.number <= one.number AND first.next_at BETWEEN ?1 + 1 AND ?1 + 86400)
    ORDER BY number"""


class OutboxStore:
    """The notices of a file; each method is one transaction that is on the disk when it returns."""

    def __init__(self, path: Path) -> None:
        self._lines = sqlite3.connect(path, isolation_level=None)
        self._lines.execute("PRAGMA synchronous = FULL")
        self._lines.execute(TABLE)

    def add(self, *notices: Notice, at: int = 0) -> None:
        """Keep notices, one of each id."""
        rows = [(each.id, each.target, each.title, each.body, each.severity, at) for each in notices]
        self._lines.executemany(
            "INSERT OR IGNORE INTO notices (id, target, title, body, severity, since) VALUES (?, ?, ?, ?, ?, ?)", rows
        )

    def due_notices(self, now: int, limit: int) -> Sequence[Due]:
        """Return what is due, the oldest of each target first."""
        found: dict[str, list[Due]] = {}
        for *words, attempts, since in self._lines.execute(DUE, (now,)):
            found.setdefault(words[1], []).append(Due(Notice(*words), "main", since, attempts))
        return [due for each in found.values() for due in each[:limit]]

    def note_sent(self, notice_id: str, at: int) -> None:
        """Note that a notice was taken."""
        self._lines.execute("UPDATE notices SET state = 'sent' WHERE id = ?", (notice_id,))

    def note_failed(self, notice_id: str, at: int, error: str, next_at: int) -> None:
        """Note a try in vain."""
        self._lines.execute(
            "UPDATE notices SET attempts = attempts + 1, error = ?, next_at = ? WHERE id = ?",
            (error, next_at, notice_id),
        )

    def give_up(self, notice_id: str, at: int, error: str, instead: Notice | None = None) -> None:
        """Note that a notice is not tried again."""
        self._lines.execute("BEGIN IMMEDIATE")
        self._lines.execute("UPDATE notices SET state = 'given up', error = ? WHERE id = ?", (error, notice_id))
        if instead is not None:
            self.add(instead, at=at)
        self._lines.execute("COMMIT")

    def states(self) -> dict[str, tuple[str, int, str, int]]:
        """Return state, tries, error and next time by the id."""
        rows = self._lines.execute("SELECT id, state, attempts, error, next_at FROM notices ORDER BY number")
        return {row[0]: row[1:] for row in rows}

    def undone(self) -> list[str]:
        """Return what is still to be sent."""
        return [id_ for id_, (state, *_) in self.states().items() if state == "pending"]
