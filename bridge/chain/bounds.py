"""What answers of our contracts can be, beside their types: times of this world, states that there are, waits that end.

A type says 256 bits, and a node may fill them: a time of 2^96 seconds or a ninth state of eight is named here, once,
and whoever reads need not ask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from bridge.errors import ChainError

EARLIEST: Final = 1_230_768_000
"""2009-01-01: no chain of this kind is older."""
LATEST: Final = 7_258_118_400
"""2200-01-01."""
CENTURY: Final = 100 * 366 * 86_400
STATES: Final = 8
"""Of a proposal, in OpenZeppelin's governor and in Compound's Bravo."""


class _Kind(NamedTuple):
    words: str
    holds: Callable[[int], bool]


TIME: Final = _Kind("time since 2009", lambda value: value == 0 or EARLIEST <= value <= LATEST)
UNTIL: Final = _Kind("time before 2200", lambda value: value <= LATEST)
WAIT: Final = _Kind("number of seconds that anyone waits", lambda value: value <= CENTURY)
POINT: Final = _Kind("time of a clock of 48 bits", lambda value: value < 1 << 48)
STATE: Final = _Kind("state of a proposal", lambda value: value < STATES)
EVERY: Final = -1
"""In a path: every element of a list."""

Path = tuple[int, ...]
BOUNDS: Final[dict[tuple[str, str], dict[Path, _Kind]]] = {
    ("VolatilityOracle", "peek"): {(1,): TIME, (3,): TIME},
    ("VolatilityOracle", "latest"): {(1,): TIME},
    ("VolatilityBreaker", "trippedAt"): {(): TIME},
    ("HedgeParameters", "windows"): {(EVERY, 3): UNTIL},
    ("HedgeParameters", "readyAt"): {(): UNTIL},
    ("HedgeParameters", "scheduled"): {(1,): TIME},
    ("RegimeAutomation", "checkpoint"): {(1,): TIME},
    ("HedgeGovernor", "state"): {(): STATE},
    ("HedgeGovernor", "proposalEta"): {(): TIME},
    ("HedgeGovernor", "proposalSnapshot"): {(): POINT},
    ("HedgeGovernor", "proposalDeadline"): {(): POINT},
    ("HedgeGovernor", "votingDelay"): {(): POINT},
    ("HedgeGovernor", "votingPeriod"): {(): POINT},
    ("HedgeGovernor", "QUEUE_LIFE"): {(): WAIT},
    ("HedgeTimelock", "EXECUTION_LIFE"): {(): WAIT},
    ("HedgeTimelock", "getMinDelay"): {(): WAIT},
    ("IGovernorBravo", "state"): {(): STATE},
    ("IGovernorBravo", "proposals"): {(2,): TIME, (3,): POINT, (4,): POINT},
}
"""By contract and function: where in the answer a number is, and what it can be."""


def within(contract: str, function: str, answer: Any) -> Any:
    """Return an answer of a contract whose numbers can be.

    Raises
    ------
    ChainError
        One of them is no time, state or wait.
    """
    for path, kind in BOUNDS.get((contract, function), {}).items():
        for value in _at(answer, path):
            if not kind.holds(value):
                shown = f"{value:,}" if value < 1 << 64 else f"a number of {value.bit_length()} bits"
                raise ChainError(f"{contract}.{function}: the node answers {shown}, no {kind.words}: ask another node")
    return answer


def possible_time(number: int, timestamp: int) -> bool:
    """Tell whether a block may have a time: a chain's first one may have none."""
    return EARLIEST <= timestamp <= LATEST or number == 0 == timestamp


def _at(answer: Any, path: Path) -> Iterator[int]:
    if not path:
        yield answer
        return
    first, *rest = path
    for part in answer if first == EVERY else [answer[first]]:
        yield from _at(part, tuple(rest))
