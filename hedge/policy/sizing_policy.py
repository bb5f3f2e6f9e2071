"""What a regime asked of each layer where layers were sized by rules of their own; strategies compare with it.

regime      condor                                  volatility hedge               tail puts
compressed  theta press: harvests up to the budget  the index alone sizes it       as governed
normal      finances the decay of the protection    the index alone sizes it       as governed
stressed    none is sold                            half of full size at least     as governed, the steward asks more
crisis      bought instead of sold                  full size                      as governed, the steward asks more

On top: no condor is sold inside an event window or across the next announced release, and a shock of interest or
exchange rates ends the press at once; where these signals are silent nothing is sold either. After a macro surprise
protection is sized as under stress. All of it stays inside the governed caps; a regime moves a size between 0 and
what the rules cap, never beyond.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from hedge.policy.tenor_shifts import Shift, read_shifts
from hedge.signals.regime import Regime, RegimeRules, combine
from hedge.signals.signal import Signal, State
from hedge.signals.spec import SignalRole, signal_names
from hedge.units import DAY, json_number

CondorMode = Literal["press", "finance", "none", "buy"]

MODES: Final[dict[State, CondorMode]] = {
    State.COMPRESSED: "press",
    State.NORMAL: "finance",
    State.STRESSED: "none",
    State.CRISIS: "buy",
}
RAMP_FLOORS: Final = {State.COMPRESSED: 0.0, State.NORMAL: 0.0, State.STRESSED: 0.5, State.CRISIS: 1.0}


@dataclass(frozen=True)
class SizingPolicy:
    """Hold how the layers are sized.

    Parameters
    ----------
    regime : what the signals give. condor : press (sell up to the theta budget), finance (sell up to the decay of
        the protection), none, or buy. protection : state that sizes the protection, never calmer than the regime.
    ramp_floor : least share of the volatility hedge's full size, in [0, 1].
    index_percentile : of the index in its own past; NaN where no fresh signal tells it.
    shifts : of tenors. reasons : one line per rule that decided something.
    """

    regime: Regime
    condor: CondorMode
    protection: State
    ramp_floor: float
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
            "condor": self.condor,
            "protection": str(self.protection),
            "ramp_floor": self.ramp_floor,
            "index_percentile": json_number(self.index_percentile),
            "shifts": [shift.to_dict() for shift in self.shifts],
            "rules": list(self.reasons),
        }


def sizing_policy(
    signals: Sequence[Signal],
    at: int,
    rules: RegimeRules | None = None,
    expected: Collection[str] = (),
    condor_days: float = 0.0,
) -> SizingPolicy:
    """Turn signals into what the layers are asked for.

    Parameters
    ----------
    signals, at, rules, expected : as in `hedge.signals.combine`; without any signal the regime is stressed.
    condor_days : life of the condor that would be sold; it must end before the next announced release.

    Examples
    --------
    >>> policy = sizing_policy([Signal("volatility", 0.5, State.NORMAL, 100, 60, "example")], at=120)
    >>> policy.condor, sizing_policy([], at=120).condor
    ('finance', 'none')
    """
    used = rules or RegimeRules()
    regime = combine(signals, at, used, expected)
    mode, why = _condor(regime, signals, at, used, condor_days)
    protection, tightened = _protection(regime.name, _alarms(signals, at, used))
    floor = RAMP_FLOORS[protection]
    reasons = (
        f"regime {regime.name}: {regime.reasons[-1]}",
        why,
        *tightened,
        f"the volatility hedge has at least {floor:.0%} of full size",
    )
    readings = set(signal_names(SignalRole.LEVEL)) - set(regime.missing)
    level = next((signal.value for signal in signals if signal.name in readings), math.nan)
    return SizingPolicy(regime, mode, protection, floor, level, read_shifts(signals, at), reasons)


def _alarms(signals: Sequence[Signal], at: int, rules: RegimeRules) -> set[str]:
    return {signal.name for signal in signals if signal.known_at <= at and signal.severity >= rules.alarm}


def _protection(state: State, alarms: set[str]) -> tuple[State, tuple[str, ...]]:
    """Return the state that the protection is sized by, and why where it is not the regime's."""
    surprised = sorted(alarms & set(signal_names(SignalRole.SURPRISE)))
    if not surprised or state.rank >= State.STRESSED.rank:
        return state, ()
    return State.STRESSED, (f"the protection tightens as under stress: surprise of {', '.join(surprised)}",)


def _condor(
    regime: Regime, signals: Sequence[Signal], at: int, rules: RegimeRules, days: float
) -> tuple[CondorMode, str]:
    mode = MODES[regime.name]
    refused = _refusal(regime, signals, at, rules, days) if mode in ("press", "finance") else ""
    words = {
        "press": "theta press: the condor harvests up to the governed budget",
        "finance": "the condor finances the decay of the protection",
        "none": "no condor is sold under stress",
        "buy": "the condor is bought: it limits what a calm-priced range can lose",
    }
    return ("none", refused) if refused else (mode, words[mode])


def _refusal(regime: Regime, signals: Sequence[Signal], at: int, rules: RegimeRules, days: float) -> str:
    """Return why no condor is sold in a calm regime; empty where one may be."""
    alarms = _alarms(signals, at, rules)
    events, shock_names = set(signal_names(SignalRole.EVENTS)), set(signal_names(SignalRole.SHOCK))
    if events & alarms:
        return "no condor is sold inside an event window"
    shocks = sorted(alarms & shock_names)
    if shocks:
        return f"out of the condor: shock of {', '.join(shocks)}"
    silent = sorted((events | shock_names) & set(regime.missing))
    if silent:
        return f"no condor is sold while {', '.join(silent)} is silent"
    coming = next((signal for signal in signals if signal.name in events and 0.0 <= signal.value <= days * DAY), None)
    return f"no condor is sold across a release: {coming.source}" if coming else ""
