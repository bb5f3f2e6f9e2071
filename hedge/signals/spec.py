"""What a signal is, for the board, the regime and the report alike: one `SignalSpec` a signal, in one registry.

To add a signal, write one file that ends with `register_signal(SignalSpec(...))`; docs/extending.md walks through one.
The signals that come with us are the files of `hedge.signals.specs`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from pkgutil import iter_modules
from typing import Final, Protocol

from hedge.errors import BadInput
from hedge.signals.histories import Histories
from hedge.signals.signal import Signal


class SignalRole(StrEnum):
    """What a signal does in the regime, beside its score, which counts for every one.

    LEVEL      its value is the percentile of the book's index in its own past, its score a named state.
    GAUGE      its score alone.
    EVENTS     inside its window no condor is sold; its value is the seconds to the next release.
    SHOCK      an alarm forbids selling at once, and so does silence.
    SURPRISE   an alarm scales the protection as under stress.
    TURN       its value moves tenors: -1 peak, +1 trough.
    DIVERGENCE an alarm moves tenors out.
    """

    LEVEL = "level"
    GAUGE = "gauge"
    EVENTS = "events"
    SHOCK = "shock"
    SURPRISE = "surprise"
    TURN = "turn"
    DIVERGENCE = "divergence"


class SignalUnit(StrEnum):
    """What a signal's value is: a number, a share of its past, seconds to an event, or a turn up (1) or down (-1)."""

    NUMBER = "number"
    SHARE = "share"
    SECONDS = "seconds"
    TURN = "turn"


class Readable(Protocol):
    """What can say a signal at any time: a `Gauge`, or a calendar."""

    def at(self, at: int) -> Signal:
        """Return what was last known at the unix second."""
        ...


MakeGauge = Callable[[Histories, Mapping[str, float], str], Readable]
"""From histories as known, the assets' weights in the book and the source in words to what can be read at any time."""


@dataclass(frozen=True)
class SignalSpec:
    """State one signal.

    Parameters
    ----------
    name : in plans and settings. place : on the board, ascending.
    tables : of `hedge.signals.histories` that it cannot do without; ``index_{asset}`` means that of each asset.
    gauge : makes it from the tables; None for one that is measured elsewhere and handed to the board.
    role : in the regime. standard : in use unless the settings say otherwise.
    absent : why it is missing where it was not handed over. unit : what its value is, for people to read.
    """

    name: str
    place: int
    tables: tuple[str, ...]
    gauge: MakeGauge | None
    role: SignalRole = SignalRole.GAUGE
    standard: bool = True
    absent: str = "nothing is measured"
    unit: SignalUnit = SignalUnit.NUMBER

    def needed(self, assets: Mapping[str, float]) -> list[str]:
        """Return the tables that it needs for the assets of a book; none for a book without assets."""
        own = [name.format(asset=asset) for name in self.tables if "{asset}" in name for asset in assets]
        shared = [name for name in self.tables if "{asset}" not in name]
        return [*own, *shared] if own or len(shared) == len(self.tables) else []


_SPECS: Final[dict[str, SignalSpec]] = {}


def register_signal(spec: SignalSpec) -> SignalSpec:
    """Add a signal to the registry.

    Raises
    ------
    BadInput : its name is taken.
    """
    if spec.name in _SPECS:
        raise BadInput("signal", spec.name, "must have a name of its own")
    _SPECS[spec.name] = spec
    return spec


def unregister_signal(name: str) -> None:
    """Take a signal out again, for tests and plug-ins that are unloaded."""
    del _SPECS[name]


def signal_specs() -> tuple[SignalSpec, ...]:
    """Return the registered signals in the order of the board."""
    import hedge.signals.specs as built_in

    for module in iter_modules(built_in.__path__):
        import_module(f"{built_in.__name__}.{module.name}")
    return tuple(sorted(_SPECS.values(), key=lambda spec: (spec.place, spec.name)))


def signal_names(role: SignalRole | None = None) -> tuple[str, ...]:
    """Return the names of all signals in the order of the board, or of those with a role.

    >>> signal_names(SignalRole.SHOCK)
    ('funding', 'rate differential', 'dollar')
    """
    return tuple(spec.name for spec in signal_specs() if role in (None, spec.role))
