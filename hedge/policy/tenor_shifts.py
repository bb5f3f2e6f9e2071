"""How far the tenors of the protection are shifted in time.

Forward    volatility hedge and tail puts move a third of their tenors out where volatility turns up (a trough of the
           MACD histogram of the index), or where few carry a rise (advance-decline line far below price): protection
           before it is dear.
Back       the volatility hedge moves a third in where the momentum of volatility peaks: long vega is about to lose,
           and near options carry less of it. The tail puts never move back: their governed tenor is a least one.

A shift stays inside the key's own bounds and the rules across keys; where it cannot, the tenor stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

from hedge.policy.layer_rules import TAIL_TENOR, VOLATILITY_TENOR, Band, LayerRules
from hedge.policy.parameters import KEY_IDS, KEYS, Parameters, broken_rules
from hedge.signals.signal import Signal
from hedge.signals.spec import SignalRole, signal_names

ALARM: Final = 0.5
"""Score from which a divergence shifts tenors."""
SHARE: Final = 1 / 3
"""Share of the governed tenor by which a layer is shifted."""


@dataclass(frozen=True)
class Shift:
    """Hold one shift in time: layer, +1 forward (later) or -1 back, and why."""

    layer: Literal["volatility", "tail"]
    direction: int
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types."""
        return asdict(self)


def read_shifts(signals: Sequence[Signal], at: int) -> tuple[Shift, ...]:
    """Return the shifts that fresh signals ask for; a missing or stale signal shifts nothing."""
    fresh = {
        signal.name: signal for signal in signals if not (signal.missing or signal.known_at > at or signal.stale(at))
    }
    turn, gap = (_first(fresh, role) for role in (SignalRole.TURN, SignalRole.DIVERGENCE))
    if gap is not None and gap.severity >= ALARM:
        why = f"few carry the move: divergence {gap.value:.2f}"
        return Shift("volatility", 1, why), Shift("tail", 1, why)
    if turn is not None and turn.value > 0.0:
        why = "the index's MACD histogram turned up"
        return Shift("volatility", 1, why), Shift("tail", 1, why)
    if turn is not None and turn.value < 0.0:
        return (Shift("volatility", -1, "the index's MACD histogram peaked"),)
    return ()


def _first(fresh: Mapping[str, Signal], role: SignalRole) -> Signal | None:
    return next((fresh[name] for name in signal_names(role) if name in fresh), None)


def shifted(rules: LayerRules, shifts: Sequence[Shift]) -> LayerRules:
    """Return the rules of size with their tenors moved, each inside its band and never past the longer one, or not.

    Examples
    --------
    >>> shifted(LayerRules(), [Shift("volatility", -1, "example")]).volatility_tenor_days
    30
    """
    volatility, tail = rules.volatility_tenor_days, rules.tail_tenor_days
    for shift in sorted(shifts, key=lambda shift: shift.layer):  # tail first: it must stay the longer one
        if shift.layer == "tail":
            tail = max(_moved(tail, shift.direction, TAIL_TENOR), volatility)
        else:
            moved = _moved(volatility, shift.direction, VOLATILITY_TENOR)
            volatility = moved if rules.condor_tenor_days < moved <= tail else volatility
    return rules.replaced(volatility_tenor_days=volatility, tail_tenor_days=tail)


def _moved(days: int, direction: int, band: Band) -> int:
    return min(max(round(days * (1.0 + direction * SHARE)), band.least), band.most)


def shifted_bands(parameters: Parameters, shifts: Sequence[Shift]) -> Parameters:
    """Return the parameters with the tenor bands moved, each as far as bounds and rules across keys allow or not.

    Examples
    --------
    >>> shifted_bands(Parameters(), [Shift("volatility", 1, "example")]).volatility_most_days
    60
    """
    for shift in shifts:
        keys = [KEYS[KEY_IDS[f"{shift.layer}{end}Days"]] for end in ("Least", "Most")]
        values = parameters.to_values()
        tried = parameters.replaced(
            {key.id: _moved(values[key.id], shift.direction, Band(key.least, key.most)) for key in keys}
        )
        parameters = parameters if broken_rules(tried) else tried
    return parameters
