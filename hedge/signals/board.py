"""The board: every signal of a book at one time, from its histories as they were known then.

    histories -> known at the time -> series -> gauges -> signals

Each signal is always there: what cannot be computed is missing, with the table that it lacks named in its source. The
windows are those of docs/signals.md, the ages those of each signal's file in `hedge.signals.specs`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import replace

from hedge.errors import BadInput
from hedge.market import Provenance
from hedge.signals.histories import Histories
from hedge.signals.signal import NEVER, Signal, State
from hedge.signals.spec import SignalRole, SignalSpec, signal_specs


def read_board(
    histories: Histories,
    weights: Mapping[str, float],
    at: int,
    *,
    use: Collection[str] | None = None,
    given: Collection[Signal] = (),
) -> tuple[Signal, ...]:
    """Return the signals in use, as known at the time.

    Parameters
    ----------
    weights : of the book's assets by value, summing to 1; empty for an empty book. at : unix seconds.
    use : names of registered signals; those of a crypto book by default, whose interest differential is funding.
    given : signals that histories do not hold, such as the quick ratio of a pool; each replaces the board's own of that
        name.

    Returns
    -------
    One signal per name in use, in the board's order; a missing one says why in its source.

    Raises
    ------
    BadInput : a name that the board does not have.

    Examples
    --------
    >>> (dollar,) = read_board(Histories({}), {"ETH": 1.0}, 0, use=["dollar"])
    >>> dollar.missing, dollar.source
    (True, 'no dollar')
    """
    specs = signal_specs()
    used = {spec.name for spec in specs if spec.standard} if use is None else set(use)
    unknown = sorted(used - {spec.name for spec in specs})
    if unknown:
        raise BadInput("use", unknown[0], f"must be one of {', '.join(spec.name for spec in specs)}")
    past, ready = histories.known(at), {signal.name: signal for signal in given}
    return tuple(ready.get(spec.name) or _read(past, weights, at, spec) for spec in specs if spec.name in used)


def _read(past: Histories, weights: Mapping[str, float], at: int, spec: SignalSpec) -> Signal:
    needed = spec.needed(weights)
    if spec.gauge is None or not needed:
        return _missing(spec, spec.absent if spec.gauge is None else "the book has no asset")
    lacking = "" if spec.role is SignalRole.EVENTS else past.lacking(*needed)
    if lacking:
        return _missing(spec, lacking)
    source = ", ".join([*needed, past.origin]) if past.origin else ", ".join(needed)
    return replace(spec.gauge(past, weights, source).at(at), name=spec.name, provenance=past.provenance)


def _missing(spec: SignalSpec, why: str) -> Signal:
    state = State.STRESSED if spec.role is SignalRole.LEVEL else math.nan
    return Signal(spec.name, math.nan, state, NEVER, 0, why, Provenance.STATED)
