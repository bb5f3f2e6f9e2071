"""The signals of a plan as the report shows them, from the plan's own inputs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from bridge.formats import UNKNOWN, duration, number, percent
from hedge.plan.build import Plan
from hedge.signals.signal import NEVER, State
from hedge.signals.spec import SignalUnit, signal_names, signal_specs


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
    rows = sorted(plan.inputs["signals"], key=lambda row: (order.get(row["name"], len(order)), row["name"]))
    return tuple(_view(row, row["name"] in plan.regime_policy.regime.missing) for row in rows)


def _view(signal: dict[str, Any], silent: bool) -> SignalView:
    state = str(signal["score"]) if isinstance(signal["score"], str) else ""
    severity = State(state).rank / 3.0 if state else math.nan if signal["score"] is None else float(signal["score"])
    known = None if signal["known_at"] == NEVER else int(signal["known_at"])
    believed = duration(signal["max_age_seconds"]) if known else UNKNOWN
    return SignalView(signal["name"], _value(signal), severity, state, silent, known, believed, signal["source"])


def _value(row: dict[str, Any]) -> str:
    """Write a value in the unit that people read it in."""
    value = row["value"]
    units = {spec.name: spec.unit for spec in signal_specs()}
    unit = units.get(row["name"], SignalUnit.NUMBER)
    if value is None:
        return UNKNOWN
    if unit is SignalUnit.SHARE:
        return percent(value, 0)
    if unit is SignalUnit.SECONDS:
        return ("in " if value >= 0 else "") + duration(abs(int(value))) + ("" if value >= 0 else " ago")
    if unit is SignalUnit.TURN:
        return {1.0: "turned up", -1.0: "peaked"}.get(value, "none")
    return number(value, 2)
