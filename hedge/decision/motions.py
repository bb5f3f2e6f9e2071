"""Hold or move, position by position: is its drift from the middle of its range worth a trade?

A position drifts as the price moves in its range. What it has drifted by is its exposure less that of a position of the
same worth and width about the price of now, which re-ranging would give. `hedge.decision.positions` says whether a
position earns its keep; this says whether one that stays is to be moved. One that should be left is not moved.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hedge import amm
from hedge.book.exposure import BookExposure, PositionExposure
from hedge.book.positions import Book, ConcentratedPosition, Position
from hedge.decision.positions import PositionVerdict
from hedge.errors import BadInput
from hedge.market import Market
from hedge.units import YEAR_DAYS, json_number
from hedge.valuation.motion import Frictions, Motion, hold_or_move


@dataclass(frozen=True)
class MoveTerms:
    """Hold what moving costs and how much drift is feared.

    Parameters
    ----------
    risk_aversion : relative, >= 0: of a book of that worth. proportional : share of what is swapped, >= 0.
    fixed_usd : of one move, >= 0. days : until the next look, >= 0.

    Raises
    ------
    BadInput : a number is negative, infinite or NaN.
    """

    risk_aversion: float
    proportional: float
    fixed_usd: float
    days: float

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not (math.isfinite(value) and value >= 0.0):
                raise BadInput(name, value, "must be finite and >= 0")


@dataclass(frozen=True)
class PositionMotion:
    """Hold what is to be done with one position, with the drift in USD of its base asset (NaN where unknown).

    Parameters
    ----------
    motion : None where the position should be left, or has no range to move.
    reason : in words, with the verdict that came before it.
    """

    id: str
    verdict: str
    drift_usd: float
    motion: Motion | None
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; NaN and infinity are None."""
        found = {"id": self.id, "verdict": self.verdict, "drift_usd": json_number(self.drift_usd)}
        moved = {} if self.motion is None else vars(self.motion)
        names = ("answer", "trade_usd", "hold_cost", "move_cost", "inner_usd", "outer_usd")
        return {**found, **{name: json_number(moved.get(name)) for name in names}, "reason": self.reason}


def position_motions(
    book: Book, exposure: BookExposure, verdicts: Sequence[PositionVerdict], market: Market, terms: MoveTerms
) -> tuple[PositionMotion, ...]:
    """Decide for each position of a book whether it is held as it is or moved, in the book's order.

    Parameters
    ----------
    exposure : of the book at the market. verdicts : of its positions, whose volatility to expect the drift costs at.
    """
    rows = zip(book.positions, exposure.positions, verdicts, strict=True)
    return tuple(_motion(*row, exposure.value_usd, market, terms) for row in rows)


def drift_usd(position: Position, seen: PositionExposure, market: Market) -> float:
    """Return the USD of a position's base asset beyond those of one of its worth and width about the price of now.

    0 for a full range, which has no middle to drift from; NaN for a range that ends at one side only, whose width is
    infinite, and for a position whose pool has no range.
    """
    if not isinstance(position, ConcentratedPosition):
        return math.nan
    if position.lower == 0.0 and math.isinf(position.upper):
        return 0.0
    if position.lower == 0.0 or math.isinf(position.upper) or seen.value_usd <= 0.0:
        return math.nan
    half = math.sqrt(position.upper / position.lower)
    base, quote = (float(held) for held in amm.amounts(seen.price, 1.0, seen.price / half, seen.price * half))
    share = base * seen.price / (base * seen.price + quote)
    return seen.deltas.get(position.base, 0.0) * market.spot(position.base) - share * seen.value_usd


def _motion(
    position: Position,
    seen: PositionExposure,
    verdict: PositionVerdict,
    book_usd: float,
    market: Market,
    terms: MoveTerms,
) -> PositionMotion:
    drift = drift_usd(position, seen, market)
    if verdict.verdict == "leave" or seen.value_usd <= 0.0 or not isinstance(position, ConcentratedPosition):
        why = "leave it: what is left is not moved" if verdict.verdict == "leave" else "hold: there is no range to move"
        return PositionMotion(seen.id, verdict.verdict, drift, None, why)
    aversion = terms.risk_aversion / book_usd
    frictions = Frictions(
        verdict.forecast_vol, terms.days / YEAR_DAYS, aversion, terms.proportional, fixed=terms.fixed_usd
    )
    found = hold_or_move(drift, frictions)
    idle = "; until it is re-ranged it earns no fees" if verdict.verdict == "re-range" else ""
    return PositionMotion(seen.id, verdict.verdict, drift, found, f"{found.reason}{idle}")
