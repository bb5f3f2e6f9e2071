"""What a regime asks of each layer: the one place where signals turn into hedging.

regime      layer 1                                 layer 2                        layer 3
compressed  theta press: harvests up to the budget  the index alone sizes it       as governed
normal      finances the decay of layers 2 and 3    the index alone sizes it       as governed
stressed    none is sold                            half of full size at least     as governed, the steward asks more
crisis      bought instead of sold                  full size                      as governed, the steward asks more

On top: no condor is sold inside an event window, and a shock of interest or exchange rates ends the press at once. All
of it stays inside the governed caps; a regime moves a size between 0 and what the DAO voted, never beyond.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from hedge.layers.roll import Shift, read_shifts
from hedge.signals.regime import Regime, RegimeRules, combine
from hedge.signals.signal import Signal, State

CondorMode = Literal["press", "finance", "none", "buy"]

EVENTS: Final = "events"
"""Name of the signal of `hedge.signals.calendar`: score 1 inside a window around a release."""
SHOCKS: Final = frozenset({"funding", "rate differential", "dollar", "exchange rate"})
"""Names of the interest and exchange-rate shocks (`hedge.signals.shocks`) that end the press."""

MODES: Final[dict[State, CondorMode]] = {
    State.COMPRESSED: "press",
    State.NORMAL: "finance",
    State.STRESSED: "none",
    State.CRISIS: "buy",
}
RAMP_FLOORS: Final = {State.COMPRESSED: 0.0, State.NORMAL: 0.0, State.STRESSED: 0.5, State.CRISIS: 1.0}


@dataclass(frozen=True)
class Stance:
    """Hold how the layers are sized.

    Parameters
    ----------
    regime : what the signals give. condor : press (sell up to the theta budget), finance (sell up to the decay of
        layers 2 and 3), none, or buy. ramp_floor : least share of layer 2's full size, in [0, 1].
    shifts : of tenors. reasons : one line per rule that decided something.
    """

    regime: Regime
    condor: CondorMode
    ramp_floor: float
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
            "ramp_floor": self.ramp_floor,
            "shifts": [shift.to_dict() for shift in self.shifts],
            "rules": list(self.reasons),
        }


def take_stance(
    signals: Sequence[Signal], at: int, rules: RegimeRules | None = None, expected: Collection[str] = ()
) -> Stance:
    """Turn signals into a stance.

    Parameters
    ----------
    signals, at, rules, expected : as in `hedge.signals.combine`; without any signal the regime is stressed.

    Examples
    --------
    >>> stance = take_stance([Signal("volatility", 0.5, State.NORMAL, 100, 60, "example")], at=120)
    >>> stance.condor, take_stance([], at=120).condor
    ('finance', 'none')
    """
    used = rules or RegimeRules()
    regime = combine(signals, at, used, expected)
    mode, why = _condor(regime.name, signals, at, used)
    floor = RAMP_FLOORS[regime.name]
    reasons = (f"regime {regime.name}: {regime.reasons[-1]}", why, f"layer 2 has at least {floor:.0%} of full size")
    return Stance(regime, mode, floor, read_shifts(signals, at), reasons)


def _condor(state: State, signals: Sequence[Signal], at: int, rules: RegimeRules) -> tuple[CondorMode, str]:
    mode = MODES[state]
    alarms = {one.name for one in signals if one.known_at <= at and one.severity >= rules.alarm}
    if mode in ("press", "finance") and EVENTS in alarms:
        return "none", "no condor is sold inside an event window"
    shocks = sorted(alarms & SHOCKS)
    if mode in ("press", "finance") and shocks:
        return "none", f"out of layer 1: shock of {', '.join(shocks)}"
    words = {
        "press": "theta press: layer 1 harvests up to the governed budget",
        "finance": "layer 1 finances the decay of layers 2 and 3",
        "none": "no condor is sold under stress",
        "buy": "layer 1 is bought: it limits what a calm-priced range can lose",
    }
    return mode, words[mode]
