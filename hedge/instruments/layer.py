"""Layers: option legs in the size that is held, with what they cost and what they can lose."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

from hedge.instruments.leg import ROUNDING, Leg, LegGreeks, lots_down
from hedge.numerics.arrays import FloatArray


class LayerRole(StrEnum):
    """What a layer is there for: protection is bought; financing is sold for its premium, or bought in a crisis."""

    PROTECTION = "protection"
    FINANCING = "financing"


@dataclass(frozen=True)
class Layer:
    """Hold one sized layer on one underlying with what it costs and what it can lose.

    Parameters
    ----------
    units : structures held (puts, straddles, condors), in units of the underlying, or USD per point of an index, >= 0.
    notional_usd : units x spot, or x the index's forward.
    cost_usd : cash paid now at executable quotes, fees in (negative: credit received).
    greeks : at mid volatility, now.
    break_evens : prices at expiry (points of an index) where the layer ends without profit or loss, ascending.
    max_loss_usd : largest loss at expiry, >= 0; infinite if unbounded.
    time_value_usd : price paid beyond intrinsic value; what decays.
    reason : why these legs in this size, or why none. role : what the layer is there for.
    """

    name: str
    underlying: str
    legs: tuple[Leg, ...]
    units: float
    notional_usd: float
    cost_usd: float
    greeks: LegGreeks
    break_evens: tuple[float, ...]
    max_loss_usd: float
    time_value_usd: float
    reason: str
    role: LayerRole = LayerRole.PROTECTION

    @property
    def financing(self) -> bool:
        """Tell whether the layer is sold for its premium; one of that role may also be bought."""
        return self.role is LayerRole.FINANCING and self.credit_usd > 0.0

    @property
    def credit_usd(self) -> float:
        """Return the time value received less fees: of a condor without synthetics, minus its cost."""
        return -(self.time_value_usd + self.fees_usd)

    @property
    def fees_usd(self) -> float:
        """Return the exchange's fees, which `cost_usd` holds."""
        return math.fsum(leg.fees_usd for leg in self.legs)

    @property
    def exit_usd(self) -> float:
        """Return what closing every leg is estimated to cost, which `cost_usd` does not hold."""
        return math.fsum(leg.exit_usd for leg in self.legs)

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types; an unbounded loss is None."""
        scalars = ("name", "underlying", "units", "notional_usd", "cost_usd", "fees_usd", "exit_usd", "time_value_usd")
        return {
            **{name: getattr(self, name) for name in (*scalars, "reason")},
            "legs": [leg.to_dict() for leg in self.legs],
            "greeks": asdict(self.greeks),
            "break_evens": list(self.break_evens),
            "max_loss_usd": self.max_loss_usd if math.isfinite(self.max_loss_usd) else None,
        }


def build_layer(
    name: str,
    underlying: str,
    structure: tuple[Leg, ...],
    units: float,
    spot: float,
    reason: str,
    role: LayerRole = LayerRole.PROTECTION,
) -> Layer:
    """Return `units` of a one-unit `structure` as a layer, each leg in whole lots; empty where `units` is 0."""
    legs = sized(structure, units)
    return Layer(
        name=name,
        underlying=underlying,
        legs=legs,
        units=units,
        notional_usd=units * max((leg.notional(spot) for leg in legs), default=0.0),
        cost_usd=math.fsum(leg.cost_usd for leg in legs),
        greeks=sum_greeks(legs, {underlying: spot}),
        break_evens=break_evens(legs),
        max_loss_usd=max_loss(legs),
        time_value_usd=math.fsum(leg.time_value_usd for leg in legs),
        reason=reason,
        role=role,
    )


def sized(structure: Iterable[Leg], units: float) -> tuple[Leg, ...]:
    """Return `units` of a one-unit structure, every leg rounded down to whole lots; legs below one lot are left out."""
    lots = ((leg, lots_down(abs(leg.quantity) * units, leg.lot)) for leg in structure)
    return tuple(replace(leg, quantity=math.copysign(size, leg.quantity)) for leg, size in lots if size > 0.0)


def empty_layer(name: str, underlying: str, reason: str, role: LayerRole = LayerRole.PROTECTION) -> Layer:
    """Return a layer without legs and the reason for it."""
    return build_layer(name, underlying, (), 0.0, 0.0, reason, role)


def all_legs(layers: Iterable[Layer]) -> tuple[Leg, ...]:
    """Return the legs of `layers` in order."""
    return tuple(leg for layer in layers for leg in layer.legs)


def sum_greeks(legs: Iterable[Leg], spots: Mapping[str, float]) -> LegGreeks:
    """Return the summed greeks of `legs` at the spots of their underlyings."""
    return sum((leg.greeks(spots[leg.underlying]) for leg in legs), LegGreeks())


def value_legs(
    legs: Iterable[Leg], spots: Mapping[str, FloatArray], elapsed: float, vol_moves: Mapping[str, FloatArray]
) -> FloatArray:
    """Return the summed USD value of `legs` per scenario, shape (n,).

    Parameters
    ----------
    spots, vol_moves : per underlying, shape (n,) each; vol moves are of the 30-day index, decimal.
    elapsed : years since the chain was observed, >= 0.
    """
    size = len(next(iter(spots.values())))
    values = (leg.value(spots[leg.underlying], elapsed, vol_moves[leg.underlying]) for leg in legs)
    return sum(values, np.zeros(size))


def _corners(legs: tuple[Leg, ...]) -> tuple[FloatArray, FloatArray, float]:
    """Return the corners of the profit at expiry, the profit there, and its slope beyond the last corner."""
    corners = np.array(sorted({0.0, *(leg.strike for leg in legs)}))
    profit = sum((leg.payoff(corners) - leg.cost_usd for leg in legs), np.zeros(len(corners)))
    return corners, profit, math.fsum(leg.quantity for leg in legs if leg.is_call)


def max_loss(legs: tuple[Leg, ...]) -> float:
    """Return the largest loss at the common expiry of `legs` over all prices, >= 0; infinite if unbounded."""
    _, profit, slope = _corners(legs)
    unbounded = slope < -ROUNDING * max((leg.lot for leg in legs), default=1.0)
    return math.inf if unbounded else max(0.0, -float(profit.min()))


def break_evens(legs: tuple[Leg, ...]) -> tuple[float, ...]:
    """Return the prices at the common expiry of `legs` where their profit changes sign, ascending."""
    if not legs:
        return ()
    corners, profit, slope = _corners(legs)
    found = [
        low + (high - low) * start / (start - end)
        for low, high, start, end in zip(corners[:-1], corners[1:], profit[:-1], profit[1:], strict=True)
        if start * end < 0.0
    ]
    if slope * profit[-1] < 0.0:
        found.append(corners[-1] - profit[-1] / slope)
    return tuple(float(price) for price in found)
