"""The last gate before a plan is printed, kept or proposed: every number that a decision rests on is one.

What may be unknown in a plan (the fees of a position, a signal) is None in it. An amount to trade, a loss or a greek
may not be: with one of them unknown there is no plan.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from bridge.errors import UntrustedNumber

NEEDED: Final = (
    "decision.numbers",
    "exposure.value_usd",
    "exposure.assets",
    "trades",
    "greeks",
    "cvar",
    "costs",
    "update.changes",
)
"""Parts of a plan in which no number may be unknown."""
MAY_BE_UNKNOWN: Final = frozenset({"fees_30d_usd", "quoted_vol", "lots_loss_usd", "limit_coin", "target_usd"})
"""But for these: fees of positions, a volatility without a chain, lots without a programme, coin prices, a target."""
SAID: Final = ("decision.headline", "decision.reasons", "notes")
"""Sentences, which hold numbers that were written already."""
NO_NUMBER: Final = re.compile(r"(?<![\w.])[-+]?(nan|inf)(?!\w)", re.IGNORECASE)


def require_numbers(plan: Mapping[str, Any]) -> None:
    """Refuse a plan, as `Plan.to_dict` gives it, that has no number where one is needed.

    Raises
    ------
    UntrustedNumber
        The first such number by its name.
    """
    if not _finite(plan):
        raise _refusal(next(name for name, value in _leaves(plan) if not _finite(value)))
    for part in NEEDED:
        for name, value in _leaves(_at(plan, part), part):
            if value is None and name.rpartition(".")[2] not in MAY_BE_UNKNOWN:
                raise _refusal(name)
    for part in SAID:
        for name, value in _leaves(_at(plan, part), part):
            if isinstance(value, str) and NO_NUMBER.search(value):
                raise _refusal(name)


def _refusal(name: str) -> UntrustedNumber:
    return UntrustedNumber(
        f"the plan has no number for {name}, so there is no plan: look at the prices, volatilities and quotes that it "
        "was made from"
    )


def _finite(value: Any) -> bool:
    """Tell whether all floats of plain JSON types are numbers, without their names, which take most of the time."""
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


def _at(plan: Mapping[str, Any], path: str) -> Any:
    found: Any = plan
    for name in path.split("."):
        found = found.get(name, {})
    return found


def _leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Return every plain value and its name, such as ``trades.0.quantity``, in the order of the plan."""
    found: list[tuple[str, Any]] = []
    _collect(value, path, found)
    return found


def _collect(value: Any, path: str, found: list[tuple[str, Any]]) -> None:
    if isinstance(value, dict):
        pairs: Iterable[tuple[Any, Any]] = value.items()
    elif isinstance(value, list | tuple):
        pairs = enumerate(value)
    else:
        found.append((path, value))
        return
    for name, part in pairs:
        _collect(part, f"{path}.{name}" if path else str(name), found)
