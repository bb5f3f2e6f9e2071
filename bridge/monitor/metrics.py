"""Numbers of a running monitor for Prometheus, in its text formats: a view of the last look, and counts of the loop.

The families of a view are in `bridge.monitor.measured`. Numbers of a look are worked out once, when it is told, and
replaced as a whole: who reads meanwhile gets all of one look.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from bridge import __version__
from bridge.errors import MissingTool
from bridge.monitor.measured import FAMILIES, LABEL, MOST_VALUES, OTHER, Family, Row, measured, number

if TYPE_CHECKING:
    from prometheus_client import Metric

BUCKETS: Final = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0)
"""Seconds of a cycle: 2 is usual with a node nearby, 15 the time between looks, 600 the most that a look may wait."""
NOTICE_STATES: Final = ("pending", "sent", "given up")


class Metrics:
    """The numbers of one monitor, in a registry of their own.

    Raises
    ------
    MissingTool
        prometheus-client is not installed.
    """

    def __init__(self) -> None:
        try:
            from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, ProcessCollector
        except ImportError as error:
            raise MissingTool(f"metrics need prometheus-client: pip install 'alvh[monitor]' ({error})") from error
        self._registry = registry = CollectorRegistry()
        self._rows: tuple[tuple[Family, tuple[Row, ...]], ...] = ()
        self._cycle: int | None = None
        self._errors: set[str] = set()
        self._lock = threading.Lock()
        ProcessCollector(registry=registry)
        Info("alvh_build", "The program.", registry=registry).info({"version": __version__})
        self._took = Histogram(
            "alvh_cycle_duration_seconds", "Time that a cycle took.", buckets=BUCKETS, registry=registry
        )
        self._failures = Counter("alvh_look_failures", "Looks that failed, by error.", ["error"], registry=registry)
        self._failing = Gauge("alvh_look_failing", "Whether the newest look failed.", registry=registry)
        self._notices = Gauge("alvh_notices", "Messages by state.", ["state"], registry=registry)
        registry.register(self)

    def update(self, view: Mapping[str, Any], notices: Mapping[str, int]) -> None:
        """Take the numbers of a look.

        Parameters
        ----------
        view
            What people see of it. One that tells of trouble is of an earlier look: its cycle is not counted again.
        notices
            How many messages are in each state of the outbox.
        """
        rows = tuple((family, measured(family, view)) for family in FAMILIES)
        with self._lock:
            self._rows = rows
            self._failing.set(bool(view.get("trouble")))
            if not view.get("trouble") and view.get("cycle") != self._cycle:
                self._cycle = view.get("cycle")
                if (took := number(view, "took")) is not None:
                    self._took.observe(took)
            for state in dict.fromkeys((*NOTICE_STATES, *notices)):
                self._notices.labels(state).set(notices.get(state, 0))

    def failed(self, error: BaseException) -> None:
        """Count a look that failed."""
        name = type(error).__name__[:LABEL]
        with self._lock:
            if name not in self._errors and len(self._errors) >= MOST_VALUES:
                name = OTHER
            self._errors.add(name)
            self._failing.set(1)
            self._failures.labels(name).inc()

    def collect(self) -> Iterator[Metric]:
        """Yield the families of the last look, as prometheus-client asks for them."""
        from prometheus_client.core import GaugeMetricFamily

        for family, rows in self._rows:
            if rows:
                made = GaugeMetricFamily(family.name, family.words, labels=family.labels)
                for labels, value in rows:
                    made.add_metric(labels, value)
                yield made

    def exposition(self, openmetrics: bool = True) -> tuple[bytes, str]:
        """Return the numbers as text, and its content type.

        Parameters
        ----------
        openmetrics
            As OpenMetrics, which every Prometheus since 2.5 asks for; else in the older text format.
        """
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
        from prometheus_client.openmetrics import exposition

        with self._lock:
            if openmetrics:
                body: bytes = exposition.generate_latest(self._registry)  # type: ignore[no-untyped-call]
                return body, exposition.CONTENT_TYPE_LATEST
            return generate_latest(self._registry), CONTENT_TYPE_LATEST
