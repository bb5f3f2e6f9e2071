"""An alert: the book is smaller than what is worth a hedge."""

from __future__ import annotations

from bridge.alerts.rules import alert_rule
from bridge.alerts.snapshots import Alert, MonitorSnapshot

LEAST_USD = 1e9


@alert_rule(MonitorSnapshot)
def small_book(seen: MonitorSnapshot) -> list[Alert]:
    """The book is worth less than a billion."""
    small = seen.exposure is not None and seen.exposure.value_usd < LEAST_USD
    return [Alert("example", "the book is worth less than a billion USD")] if small else []
