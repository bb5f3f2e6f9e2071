"""What a regime asks of the programme: the one place where signals turn into hedging.

policy      compressed  normal  stressed  crisis    of the governed budgets and caps of protection
steady            1        1        1        1      the default: what the DAO voted
scale_in        1/2        1      3/2        2      more as volatility rises
scale_out       3/2        1      3/4      1/2      more while volatility is low

The DAO votes which one holds (`regimePolicy`). Steady is first because the data has not shown another to be better:
after a calm index more was realised than implied, after a high one less, and of the worst months nearly all began calm.
Under a policy that scales, the tenor bands move with the turns of the index too (`hedge.policy.tenor_shifts`).

After a macro surprise protection is scaled as under stress. Whatever the policy, nothing is sold inside an event window
or across the next announced release, after a shock of interest or exchange rates, or while one of these signals is
silent.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from hedge.policy.parameters import Parameters
from hedge.policy.tenor_shifts import Shift, read_shifts
from hedge.signals.regime import Regime, RegimeRules, combine
from hedge.signals.signal import Signal, State
from hedge.signals.spec import SignalRole, signal_names
from hedge.units import DAY, json_number


class PolicyName(StrEnum):
    """Name the ways in which protection follows the regime, in the order of the governed key."""

    STEADY = "steady"
    SCALE_IN = "scale_in"
    SCALE_OUT = "scale_out"


SCALES: Final = {
    PolicyName.STEADY: dict.fromkeys(State, 1.0),
    PolicyName.SCALE_IN: {State.COMPRESSED: 0.5, State.NORMAL: 1.0, State.STRESSED: 1.5, State.CRISIS: 2.0},
    PolicyName.SCALE_OUT: {State.COMPRESSED: 1.5, State.NORMAL: 1.0, State.STRESSED: 0.75, State.CRISIS: 0.5},
}
"""Share of the governed budgets and premium caps, by regime; stated before any data was looked at."""


@dataclass(frozen=True)
class RegimePolicy:
    """Hold what the regime leaves of the governed budgets, and whether anything may be sold.

    Parameters
    ----------
    regime : what the signals give. protection : state that scales the protection, never calmer than the regime.
    name : of the policy. scale : of budgets and premium caps, > 0.
    selling : whether a condor may be sold. index_percentile : of the index in its own past; NaN where no fresh signal
        tells it. shifts : of the tenor bands. reasons : one line per rule that decided something.
    """

    regime: Regime
    protection: State
    name: PolicyName
    scale: float
    selling: bool
    index_percentile: float
    shifts: tuple[Shift, ...] = ()
    reasons: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types."""
        return {
            "name": str(self.regime.name),
            "score": self.regime.score,
            "reasons": list(self.regime.reasons),
            "missing": list(self.regime.missing),
            "protection": str(self.protection),
            "policy": str(self.name),
            "scale": self.scale,
            "selling": self.selling,
            "index_percentile": json_number(self.index_percentile),
            "shifts": [shift.to_dict() for shift in self.shifts],
            "rules": list(self.reasons),
        }


def choose_policy(
    signals: Sequence[Signal],
    at: int,
    parameters: Parameters,
    rules: RegimeRules | None = None,
    expected: Collection[str] = (),
) -> RegimePolicy:
    """Turn signals into what the programme may do.

    Parameters
    ----------
    signals, at, rules, expected : as in `hedge.signals.combine`; without any signal the regime is stressed.

    Examples
    --------
    >>> policy = choose_policy([Signal("volatility", 0.5, State.NORMAL, 100, 60, "example")], 120, Parameters())
    >>> policy.scale, policy.selling, choose_policy([], 120, Parameters()).selling
    (1.0, True, False)
    """
    used = rules or RegimeRules()
    regime = combine(signals, at, used, expected)
    alarms = {signal.name for signal in signals if signal.known_at <= at and signal.severity >= used.alarm}
    protection, surprised = _protection(regime.name, alarms)
    name = list(PolicyName)[parameters.regime_policy]
    scale = SCALES[name][protection]
    days = float(parameters.condor_tenor_days)
    refused = _refusal(regime, signals, alarms, days) if signals else "no signal is known"
    shifts = () if name is PolicyName.STEADY else read_shifts(signals, at)
    readings = set(signal_names(SignalRole.LEVEL)) - set(regime.missing)
    level = next((signal.value for signal in signals if signal.name in readings), math.nan)
    reasons = (
        f"regime {regime.name}: {regime.reasons[-1]}",
        *surprised,
        f"policy {name}: protection at {scale:.0%} of the governed budgets",
        f"no condor is sold: {refused}" if refused else "a condor may be sold where it pays",
    )
    return RegimePolicy(regime, protection, name, scale, not refused, level, shifts, reasons)


def _protection(state: State, alarms: set[str]) -> tuple[State, tuple[str, ...]]:
    """Return the state that the protection is scaled by, and why where it is not the regime's."""
    surprised = sorted(alarms & set(signal_names(SignalRole.SURPRISE)))
    if not surprised or state.rank >= State.STRESSED.rank:
        return state, ()
    return State.STRESSED, (f"the protection is scaled as under stress: surprise of {', '.join(surprised)}",)


def _refusal(regime: Regime, signals: Sequence[Signal], alarms: set[str], days: float) -> str:
    """Return why no condor is sold; empty where one may be."""
    events, shock_names = set(signal_names(SignalRole.EVENTS)), set(signal_names(SignalRole.SHOCK))
    if events & alarms:
        return "an event window is open"
    shocks = sorted(alarms & shock_names)
    if shocks:
        return f"shock of {', '.join(shocks)}"
    silent = sorted((events | shock_names) & set(regime.missing))
    if silent:
        return f"{', '.join(silent)} {'is' if len(silent) == 1 else 'are'} silent"
    coming = next((signal for signal in signals if signal.name in events and 0.0 <= signal.value <= days * DAY), None)
    return f"a release comes first: {coming.source}" if coming else ""
