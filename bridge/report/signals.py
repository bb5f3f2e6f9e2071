"""The signals of a plan as the report shows them, from the plan's own inputs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from bridge.formats import UNKNOWN, duration, number, percent
from hedge.plan.build import Plan
from hedge.signals.signal import NEVER, State
from hedge.signals.spec import signal_names

SHARES: Final = frozenset({"volatility"})
"""Signals whose value is a share of their past."""


@dataclass(frozen=True)
class SignalView:
    """One signal.

    Parameters
    ----------
    value, believed : in words. severity : 0 calm to 1 protect in full; NaN if unknown. state : named one, or empty.
    silent : missing or stale at the plan's time. known_at : unix seconds, None where nothing was known.
    """

    name: str
    value: str
    severity: float
    state: str
    silent: bool
    known_at: int | None
    believed: str
    source: str

    @property
    def score(self) -> float | None:
        """Return the severity where it is known."""
        return None if math.isnan(self.severity) else self.severity


def signal_views(plan: Plan) -> tuple[SignalView, ...]:
    """Return the signals in the board's order, others after them."""
    order = {name: place for place, name in enumerate(signal_names())}
    rows = sorted(plan.inputs["signals"], key=lambda one: (order.get(one["name"], len(order)), one["name"]))
    return tuple(_view(one, one["name"] in plan.regime_policy.regime.missing) for one in rows)


def _view(one: dict[str, Any], silent: bool) -> SignalView:
    state = str(one["score"]) if isinstance(one["score"], str) else ""
    severity = State(state).rank / 3.0 if state else math.nan if one["score"] is None else float(one["score"])
    known = None if one["known_at"] == NEVER else int(one["known_at"])
    believed = duration(one["max_age_seconds"]) if known else UNKNOWN
    return SignalView(one["name"], _value(one), severity, state, silent, known, believed, one["source"])


def _value(one: dict[str, Any]) -> str:
    """Write a value in the unit that people read it in."""
    value = one["value"]
    if value is None:
        return UNKNOWN
    if one["name"] in SHARES:
        return percent(value, 0)
    if one["name"] == "events":
        return ("in " if value >= 0 else "") + duration(abs(int(value))) + ("" if value >= 0 else " ago")
    if one["name"] == "MACD turn":
        return {1.0: "turned up", -1.0: "peaked"}.get(value, "none")
    return number(value, 2)
