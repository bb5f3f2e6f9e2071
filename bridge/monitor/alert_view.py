"""Alerts as people see them: those that stand, worst first, then those that were over within a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, Final

from bridge.alerts.rules import ALERT_RULES
from bridge.monitor.notices import Guidance
from bridge.monitor.standing import Standing

ORDER: Final = ("critical", "warning", "information")
CLEARED_SECONDS: Final = 86_400
"""For how long an alert that is over is shown."""


def guidance() -> dict[str, Guidance]:
    """Return what each rule says to whom it alarms, by its name."""
    return {name: Guidance(rule.who, rule.step, rule.runbook) for name, rule in ALERT_RULES.items()}


def alert_rows(standings: Iterable[Standing], now: int) -> list[dict[str, Any]]:
    """Return alerts as pure JSON, each with who can act and what to do first."""
    shown = [each for each in standings if each.cleared_at is None or now - each.cleared_at < CLEARED_SECONDS]
    ordered = sorted(shown, key=lambda each: (each.cleared_at is not None, ORDER.index(each.severity), each.opened_at))
    told = guidance()
    return [_row(each, told.get(each.rule)) for each in ordered]


def _row(standing: Standing, rule: Guidance | None) -> dict[str, Any]:
    """Return one alert; a rule of a plug-in that is gone says nothing."""
    known = asdict(rule) if rule else {"who": "", "step": "", "runbook": ""}
    return asdict(standing) | known
