"""How far each position's price is from the ends of its range, and how long it has been in it.

For JSON and CSV, and in lines where an end is near.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from bridge.formats import percent, plain, significant

if TYPE_CHECKING:
    from hedge.book.exposure import PositionExposure
    from hedge.book.positions import Position

NEAR: Final = 0.05
"""Share of the price within which an end of the range is told of."""


def range_columns(position: Position, price: float) -> dict[str, Any]:
    """Return the ends of a range in quote per base, and the moves of the price that lead there as shares of it.

    None for an end that is not there.

    Examples
    --------
    >>> from hedge.book.positions import ConcentratedPosition
    >>> held = ConcentratedPosition("a", "ETH/USD", "ETH", "USD", 1.0, 1800.0, float("inf"), 0, 0, 0, 0, 0)
    >>> range_columns(held, 2000.0)
    {'lower': 1800.0, 'upper': None, 'to_lower': -0.1, 'to_upper': None}
    """
    ends = (getattr(position, "lower", 0.0), getattr(position, "upper", math.inf))
    lower, upper = (end if 0.0 < end < math.inf else None for end in ends)
    moves = (round(end / price - 1.0, 12) if end and price > 0.0 else None for end in (lower, upper))
    return {"lower": lower, "upper": upper} | dict(zip(("to_lower", "to_upper"), moves, strict=True))


def time_in_range(exact: Mapping[str, Any]) -> float | None:
    """Return which share of its time a position's price was in its range; None where the chain does not tell.

    Parameters
    ----------
    exact
        What the chain says of it; see `PoolPosition.exact`.

    Examples
    --------
    >>> time_in_range({"seconds_held": 1_000, "seconds_in_range": 750}), time_in_range({})
    (0.75, None)
    """
    inside, held = exact.get("seconds_in_range"), exact.get("seconds_held")
    return inside / held if inside is not None and held else None


def edge_lines(rows: Sequence[tuple[PositionExposure, Position]]) -> list[str]:
    """Return a line for each position in range whose price is near an end of it, the nearest first."""
    found = []
    for exposure, position in rows:
        columns = range_columns(position, exposure.price)
        for side in ("lower", "upper"):
            move = columns[f"to_{side}"]
            if exposure.in_range and move is not None and abs(move) < NEAR:
                end = f"the {side} end of its range, {plain(significant(columns[side], 6))}"
                found.append((abs(move), f"{exposure.id} is {plain(percent(abs(move)))} from {end}"))
    return [words for _, words in sorted(found)]
