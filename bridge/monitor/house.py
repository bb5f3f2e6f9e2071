"""What the monitor does beside looking: it sends what waits, tells of each day, and thins what is old."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bridge.config import Config
from bridge.formats import number, plain
from bridge.monitor.clock import Clock
from bridge.monitor.notices import digest, digest_due
from bridge.monitor.outbox import Outbox
from bridge.monitor.service import BookMonitor
from bridge.monitor.store import MonitorStore
from bridge.monitor.upkeep import thin

PUMP_SECONDS: Final = 5.0
"""For how long one call sends what waits."""
THIN_SECONDS: Final = 3600.0
"""Between two times that old looks are thinned."""
DIGEST: Final = "digest"
"""The cursor that says of which day people were told last."""
DAY_SECONDS: Final = 86_400
MOST_CHANGES: Final = 10_000
WORTH: Final = {"value_usd": "pools, USD", "hedge_value_usd": "hedge, USD", "net_delta_usd": "net delta, USD"}


class House:
    """Keeps the outbox empty and the store small; `tick` is called again and again by one thread."""

    def __init__(
        self, monitors: Iterable[BookMonitor], store: MonitorStore, outbox: Outbox, settings: Config, clock: Clock
    ) -> None:
        self._monitors, self._store, self._outbox = tuple(monitors), store, outbox
        self._settings, self._clock = settings, clock
        self._thinned = -THIN_SECONDS

    def tick(self) -> int:
        """Do what is due; return how many messages no target took.

        Raises
        ------
        LedgerError
            The store cannot be used now; the next call tries again.
        """
        before = self._outbox.counts.failed
        failed = self._outbox.deliver(PUMP_SECONDS).failed - before
        for monitor in self._monitors:
            monitor.overdue()
            self._tell_of_day(monitor)
        if self._clock.passed() - self._thinned >= THIN_SECONDS:
            thin(self._store, self._clock.now(), self._settings.keep)
            self._thinned = self._clock.passed()
        return failed

    def close(self) -> None:
        """Let messages that are on their way arrive, and note it: else they are sent again at the next start."""
        self._outbox.finish(PUMP_SECONDS)

    def _tell_of_day(self, monitor: BookMonitor) -> None:
        at, book = self._clock.now(), monitor.watching.name
        settings = monitor.watching.settings.notify
        day = digest_due(settings, self._store.cursors(book).get(DIGEST), at)
        if day is None or not (monitor.totals or monitor.failures):  # the first look is on its way
            return
        totals = {
            name: plain(number(value)) if (value := monitor.totals.get(key)) is not None else "not known"
            for key, name in WORTH.items()
        }
        changed = self._store.transitions(book, at - DAY_SECONDS, MOST_CHANGES)
        told = digest(book, settings, self._store.standings(book).values(), changed, totals, at)
        self._store.write_changes(book, at, notices=told, cursors={DIGEST: day})
