"""Breakers and automation as people read them; `alvh watch` and `alvh oracle status` share it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bridge.governance.safeguards import AutomationStatus, BreakerStatus


def safeguard_lines(breakers: Sequence[BreakerStatus], automations: Mapping[str, AutomationStatus]) -> list[str]:
    """Return a line for each breaker and each automation; those are by asset, the main one under an empty name."""
    from bridge.cli.show import percent
    from bridge.units import utc, volatility_from_e8

    lines = []
    for breaker in breakers:
        state = f"TRIPPED since {utc(breaker.tripped_at)}" if breaker.tripped_at else "closed"
        pair = [volatility_from_e8(x) if x is not None else None for x in (breaker.implied_e8, breaker.realized_e8)]
        said = breaker.trouble or f"implied {percent(pair[0])}, realised {percent(pair[1])}"
        lines.append(f"breaker {breaker.asset}: {state}, {said}{', TOO FAR APART' if breaker.apart else ''}")
    return lines + [_automation_line(asset, automation) for asset, automation in automations.items()]


def _automation_line(asset: str, automation: AutomationStatus) -> str:
    from bridge.units import utc

    power = "in power" if automation.in_power else "without power"
    if automation.next_row is not None:
        following = f"row {automation.next_row} can be applied now"
    else:
        following = f"nothing to apply now: {automation.reason}"
        following += f", next possible {utc(automation.possible_at)}" if automation.possible_at else ""
    state = "STOPPED" if automation.stopped else f"row {automation.row} holds"
    return f"automation{f' of {asset}' if asset else ''}: {power}, {state}; {following}"
