"""The store of the monitor as tests of the outbox look into it."""

from __future__ import annotations

from sqlalchemy import text

from bridge.monitor.notices import Notice
from bridge.monitor.store import MonitorStore


class OutboxStore(MonitorStore):
    """The monitor's own store, and what is in its outbox."""

    def add(self, *notices: Notice, at: int = 0) -> None:
        """Keep notices, one of each id."""
        self.write_changes("main", at, notices=notices)

    def states(self) -> dict[str, tuple[str, int, str, int]]:
        """Return state, tries, error and next time by the id."""
        with self.engine.connect() as connection:
            rows = connection.execute(text("SELECT id, state, attempts, error, next_at FROM notices ORDER BY seq"))
            return {row[0]: tuple(row[1:]) for row in rows}

    def undone(self) -> list[str]:
        """Return what is still to be sent."""
        return [id_ for id_, (state, *_) in self.states().items() if state == "pending"]
