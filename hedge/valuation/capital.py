"""The weighted cost of the capital that carries a hedge, and whether borrowing for it is allowed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

from hedge.errors import BadInput


@dataclass(frozen=True)
class CapitalLayer:
    """Hold one source of capital.

    Parameters
    ----------
    amount_usd : on average over the hedge's life, finite, >= 0.
    cost : per year, decimal, > -1: what its owner asks, or forgoes elsewhere (margin that earns interest costs less).

    Raises
    ------
    BadInput : a number outside its range, NaN included.
    """

    amount_usd: float = 0.0
    cost: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.amount_usd) and self.amount_usd >= 0.0):
            raise BadInput("amount_usd", self.amount_usd, "must be finite and >= 0")
        if not (math.isfinite(self.cost) and self.cost > -1.0):
            raise BadInput("cost", self.cost, "must be finite and > -1")


NONE: Final = CapitalLayer()


@dataclass(frozen=True)
class HedgeCapital:
    """Hold what carries a hedge: own capital (premiums), margin posted, and an optional borrowed layer.

    The borrowed layer is the "second engine": it enlarges the overlay, and every dollar of it is owed.

    Examples
    --------
    >>> capital = HedgeCapital(CapitalLayer(60.0, 0.10), CapitalLayer(30.0, 0.04), CapitalLayer(10.0, 0.12))
    >>> round(wacc(capital), 6), round(capital.leverage, 6)
    (0.084, 0.111111)
    """

    own: CapitalLayer
    margin: CapitalLayer = field(default=NONE)
    borrowed: CapitalLayer = field(default=NONE)

    @property
    def total_usd(self) -> float:
        """Return the sum of the three layers."""
        return math.fsum(layer.amount_usd for layer in (self.own, self.margin, self.borrowed))

    @property
    def leverage(self) -> float:
        """Return borrowed capital over own capital and margin; infinite if all is borrowed, NaN if there is none."""
        equity = self.own.amount_usd + self.margin.amount_usd
        if equity > 0.0:
            return self.borrowed.amount_usd / equity
        return math.inf if self.borrowed.amount_usd > 0.0 else math.nan


def wacc(capital: HedgeCapital) -> float:
    """Return the cost of the capital per year, each layer weighted by its amount; NaN where there is no capital.

    Source: Modigliani and Miller, "The cost of capital, corporation finance and the theory of investment", 1958;
    a DAO pays no tax, so there is no tax shield.
    """
    if capital.total_usd == 0.0:
        return math.nan
    layers = (capital.own, capital.margin, capital.borrowed)
    return math.fsum(layer.amount_usd * layer.cost for layer in layers) / capital.total_usd


def levered_return(irr: float, capital: HedgeCapital) -> float:
    """Return what own capital and margin earn per year when the whole earns `irr`.

    irr + leverage (irr - cost of the borrowed layer).     Borrowing lifts the return only where `irr` is above the cost
    of the borrowed layer, and multiplies the loss where it is not. NaN where `irr` is NaN or nothing is the owner's.

    >>> round(levered_return(0.10, HedgeCapital(CapitalLayer(50.0), NONE, CapitalLayer(50.0, 0.14))), 6)
    0.06
    """
    leverage = capital.leverage
    return irr + leverage * (irr - capital.borrowed.cost) if math.isfinite(leverage) else math.nan


@dataclass(frozen=True)
class LeverageDecision:
    """Hold whether a borrowed layer is allowed, the reason in words, and the numbers (NaN where one is unknown)."""

    allowed: bool
    irr: float
    wacc: float
    borrowing_cost: float
    reason: str

    @property
    def spread(self) -> float:
        """Return IRR minus WACC, per year."""
        return self.irr - self.wacc


def leverage_allowed(irr: float, wacc: float, borrowing_cost: float = math.nan) -> LeverageDecision:
    """Decide whether a hedge may borrow: never when its IRR is below its WACC.

    Parameters
    ----------
    irr : of the overlay's cash flows per year (`overlay_return.OverlayReturn.rate`).
    wacc : of its capital, the borrowed layer included.
    borrowing_cost : of that layer per year, or NaN: an IRR above the average but below the debt's own cost is refused
        too, since each dollar borrowed would then lose.

    Returns
    -------
    The decision. An unknown IRR or WACC is a refusal, not an error; equality is allowed.

    >>> leverage_allowed(0.05, 0.08).reason
    'refused: the overlay returns 5.00 % a year, its capital costs 8.00 %'
    """
    if math.isnan(irr) or math.isnan(wacc):
        missing = "IRR" if math.isnan(irr) else "WACC"
        return LeverageDecision(False, irr, wacc, borrowing_cost, f"refused: there is no {missing} to compare")
    earned = f"the overlay returns {100 * irr:.2f} % a year"
    if irr < wacc:
        reason = f"refused: {earned}, its capital costs {100 * wacc:.2f} %"
        return LeverageDecision(False, irr, wacc, borrowing_cost, reason)
    if irr < borrowing_cost:
        reason = f"refused: {earned}, the borrowed layer costs {100 * borrowing_cost:.2f} %"
        return LeverageDecision(False, irr, wacc, borrowing_cost, reason)
    reason = f"allowed: {earned}, its capital costs {100 * wacc:.2f} %"
    return LeverageDecision(True, irr, wacc, borrowing_cost, reason)
