"""One regime out of many signals, by rules that a voter can follow with a finger.

1. A named state is a floor: the regime is never calmer than the worst state that any signal names, and never compressed
   if none names one.
2. A score of `alarm` or more is an alarm. One alarm ends "compressed"; `stressed_alarms` make it "stressed" at least,
   `crisis_alarms` make it "crisis".
3. A signal that is missing, stale or not yet known is silent. Silence counts as an alarm up to "stressed", never up to
   "crisis": a dead feed must not buy the whole hedge. A silent state counts as "stressed". What a stale signal last
   said still counts if it was worse: age may only take calm away.
4. The score lies in the regime's quarter of [0, 1]: (rank + mean severity) / 4, a silent signal at 2/3 or worse.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from hedge.errors import BadInput
from hedge.signals.known import written
from hedge.signals.signal import NEVER, STATES, Signal, State
from hedge.units import DAY

_SILENT_SEVERITY: Final = State.STRESSED.rank / (len(STATES) - 1)


@dataclass(frozen=True)
class RegimeRules:
    """Hold the governed rules.

    Parameters
    ----------
    alarm : score from which a signal is an alarm, in (0, 1].
    stressed_alarms, crisis_alarms : alarms that make the regime stressed and crisis, 1 <= stressed < crisis.
    """

    alarm: float = 0.5
    stressed_alarms: int = 2
    crisis_alarms: int = 4

    def __post_init__(self) -> None:
        if not 0.0 < self.alarm <= 1.0:
            raise BadInput("alarm", self.alarm, "must be in (0, 1]")
        if not 1 <= self.stressed_alarms < self.crisis_alarms:
            raise BadInput("stressed_alarms", self.stressed_alarms, f"must be in 1..{self.crisis_alarms - 1}")


@dataclass(frozen=True)
class Regime:
    """Hold the market state that signals give.

    Parameters
    ----------
    name : compressed, normal, stressed or crisis.
    score : in [0, 1], higher is worse; the quarter is the name's.
    reasons : one line per signal that is no plain calm, in the order of the signals, then the rule that decided.
    missing : names of the silent signals, in order.
    """

    name: State
    score: float
    reasons: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True)
class _Reading:
    """What one signal contributes: a state's floor, whether it is an alarm, why it is silent ("" if it is not)."""

    signal: Signal
    floor: int
    alarm: bool
    silence: str
    severity: float

    @property
    def counts(self) -> bool:
        """Tell whether it counts as an alarm up to stressed."""
        return self.alarm or (bool(self.silence) and not isinstance(self.signal.score, State))


def combine(
    signals: Sequence[Signal], at: int, rules: RegimeRules | None = None, expected: Collection[str] = ()
) -> Regime:
    """Combine signals into one regime by the rules at the top.

    Parameters
    ----------
    signals : of different names. at : unix seconds of the decision. rules : the defaults if None.
    expected : names that must be there; one that is absent is silent like a missing one.

    Returns
    -------
    Regime; no signal at all is stressed.

    Raises
    ------
    BadInput : a name appears twice.

    Examples
    --------
    >>> calm = Signal("volatility", 0.1, State.COMPRESSED, 100, 60, "example")
    >>> combine([calm], at=120).name, combine([calm], at=200).name
    (<State.COMPRESSED: 'compressed'>, <State.STRESSED: 'stressed'>)
    """
    used = rules or RegimeRules()
    names = [signal.name for signal in signals]
    if len(set(names)) != len(names):
        raise BadInput("signals", Counter(names).most_common(1)[0][0], "must have different names")
    absent = [Signal(name, math.nan, math.nan, NEVER, 0, "absent") for name in sorted(set(expected) - set(names))]
    readings = [_read(signal, at, used) for signal in (*signals, *absent)]
    rank, rule = _decide(readings, used)
    mean = sum(reading.severity for reading in readings) / len(readings) if readings else _SILENT_SEVERITY
    reasons = tuple(reason for reading in readings if (reason := _reason(reading)))
    missing = tuple(reading.signal.name for reading in readings if reading.silence)
    return Regime(STATES[rank], (rank + mean) / len(STATES), (*reasons, rule), missing)


def _read(signal: Signal, at: int, rules: RegimeRules) -> _Reading:
    silence = _silence(signal, at)
    said = 0.0 if signal.known_at > at or math.isnan(signal.severity) else signal.severity
    severity = max(said, _SILENT_SEVERITY) if silence else said
    if isinstance(signal.score, State):
        return _Reading(signal, round(severity * (len(STATES) - 1)), False, silence, severity)
    return _Reading(signal, 0, said >= rules.alarm, silence, severity)


def _silence(signal: Signal, at: int) -> str:
    if signal.missing:
        return (
            f"nothing is known ({signal.source})"
            if signal.known_at == NEVER
            else f"no value at {written(signal.known_at)} ({signal.source})"
        )
    if signal.known_at > at:
        return f"not known before {written(signal.known_at)}"
    if signal.stale(at):
        return f"{_span(signal.age(at))} old, {_span(signal.max_age_seconds)} allowed"
    return ""


def _span(seconds: int) -> str:
    return f"{seconds / DAY:.1f} days" if seconds >= DAY else f"{seconds} s"


def _decide(readings: Sequence[_Reading], rules: RegimeRules) -> tuple[int, str]:
    """Return the rank and the rule that sets it; of equal ranks the first."""
    floors = [reading.floor for reading in readings if isinstance(reading.signal.score, State)]
    floor = max(floors, default=State.NORMAL.rank if readings else State.STRESSED.rank)
    alarms, counted = sum(reading.alarm for reading in readings), sum(reading.counts for reading in readings)
    silent = f", {counted - alarms} of them silent" if counted > alarms else ""
    told = f"{counted} alarm{'s' * (counted > 1)}{silent}"
    said = f"worst named state: {STATES[floor]}" if floors else f"no named state: {STATES[floor]}"
    candidates = [(floor, said)]
    if counted:
        candidates.append((State.NORMAL.rank, f"{told}: not compressed"))
    if counted >= rules.stressed_alarms:
        candidates.append((State.STRESSED.rank, f"{told}: stressed from {rules.stressed_alarms}"))
    if alarms >= rules.crisis_alarms:
        candidates.append((State.CRISIS.rank, f"{alarms} alarms: crisis from {rules.crisis_alarms}"))
    return max(candidates, key=lambda candidate: candidate[0])


def _reason(reading: _Reading) -> str:
    signal = reading.signal
    if reading.silence:
        effect = "counts as stressed" if isinstance(signal.score, State) else "counts as an alarm"
        if reading.floor == State.CRISIS.rank:
            effect = "was crisis and stays it"
        return f"{signal.name}: silent, {reading.silence}; {effect}"
    if isinstance(signal.score, State):
        return f"{signal.name}: {signal.score} (value {signal.value:.4g})"
    return f"{signal.name}: alarm, score {signal.score:.2f} (value {signal.value:.4g})" if reading.alarm else ""
