"""Which governed parameters change, in which bounds, and why: as executed on chain, else as the plan proposes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bridge.formats import UNKNOWN, number
from bridge.report.content import ReportContent
from hedge.policy.parameters import KEYS, Key


@dataclass(frozen=True)
class ParameterChange:
    """One key that changes, in its own unit.

    Parameters
    ----------
    least, most : absolute bounds. step : lowest and highest value that one update may reach from `old`, inside the
        bounds; None where the contract's steps are not known. reason, effect : the plan's words.
    """

    key: Key
    old: int
    new: int
    least: int
    most: int
    step: tuple[int, int] | None
    reason: str
    effect: str


def parameter_changes(content: ReportContent) -> tuple[ParameterChange, ...]:
    """Return every key that changed by execution, or that the plan would change where nothing was executed."""
    before = content.parameters_before
    after = _after(content)
    return tuple(
        _change(content, key, before[key.id], after[key.id]) for key in KEYS if after[key.id] != before[key.id]
    )


def departures(content: ReportContent) -> tuple[str, ...]:
    """Say where the values in force after execution are not those that the plan proposed."""
    after = content.parameters_after
    if after is None:
        return ()
    return tuple(
        f"{KEYS[change.key].name}: the plan proposes {number(change.new)}, in force is {number(after[change.key])}"
        for change in content.plan.update.changes
        if after[change.key] != change.new
    )


def _after(content: ReportContent) -> tuple[int, ...]:
    if content.parameters_after is not None:
        return content.parameters_after
    proposed = {change.key: change.new for change in content.plan.update.changes}
    return tuple(proposed.get(key, value) for key, value in enumerate(content.parameters_before))


def _change(content: ReportContent, key: Key, old: int, new: int) -> ParameterChange:
    limits: dict[str, Any] = (content.plan.inputs.get("limits") or {}).get(str(key.id)) or {}
    least, most = int(limits.get("min", key.least)), int(limits.get("max", key.most))
    step = (max(least, old - limits["step_down"]), min(most, old + limits["step_up"])) if limits else None
    words = {
        change.key: (change.reason, change.effect)
        for change in content.plan.update.changes
        if (change.old, change.new) == (old, new)
    }
    reason, effect = words.get(key.id, ("not a change that this plan proposes", UNKNOWN))
    return ParameterChange(key, old, new, least, most, step, reason, effect)
