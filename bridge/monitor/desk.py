"""The monitor as its page asks for it: the newest view, history, answers to alerts, numbers for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bridge.monitor.clock import Clock
from bridge.monitor.metrics import Metrics
from bridge.monitor.service import BookMonitor
from bridge.monitor.store import MonitorStore


class Desk:
    """One book's monitor, for requests in threads of their own."""

    def __init__(self, monitor: BookMonitor, store: MonitorStore, metrics: Metrics, clock: Clock) -> None:
        self._monitor, self._store, self._metrics, self._clock = monitor, store, metrics, clock

    def newest(self) -> tuple[int, bytes] | None:
        """Return the number of the newest view and its JSON; None before the first."""
        return self._monitor.published.newest()

    async def changed(self, after: int) -> tuple[int, bytes]:
        """Wait for a newer view."""
        return await self._monitor.published.changed(after)

    def history(self, names: Sequence[str], since: int, points: int) -> Mapping[str, Sequence[float | None]]:
        """Return numbers of earlier looks, see `MonitorStore.history`."""
        return self._store.history(self._monitor.watching.name, names, since, self._clock.now(), points)

    def acknowledge(self, key: str, by: str) -> None:
        """Take an alert for known."""
        self._monitor.acknowledge(key, by)

    def silence(self, key: str, until: int, by: str) -> None:
        """Tell nothing of an alert until a time."""
        self._monitor.silence(key, until, by)

    def metrics(self) -> tuple[bytes, str]:
        """Return the numbers for machines."""
        return self._metrics.exposition()

    def ready(self) -> tuple[bool, str]:
        """Tell whether looks succeed, and why not."""
        return self._monitor.ready()
