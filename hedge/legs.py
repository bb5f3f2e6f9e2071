"""Option legs and the layers made of them: cost, greeks, pay-off, break-evens.

Everything is linear in USD: a leg's price is USD per unit of the underlying and it settles in USD. A coin-settled quote
is converted before it comes here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

import numpy as np

from hedge import options
from hedge.inputs import FloatArray
from hedge.market import YEAR_DAYS

LayerName = Literal["tail", "volatility", "condor"]

LEAST_VOL: Final = 0.01
"""Floor of a shocked volatility: 1 % a year keeps Black-Scholes defined under any shock."""

ROUNDING: Final = 1e-9
"""Lots by which a size may miss a whole lot and still count as whole: float noise, far below one lot."""


def lots_down(size: float, lot: float) -> float:
    """Return the largest multiple of `lot` at or below `size` (never below 0).

    >>> lots_down(0.37, 0.1)
    0.3
    """
    return _lots(math.floor(size / lot + ROUNDING), lot)


def lots_up(size: float, lot: float) -> float:
    """Return the smallest multiple of `lot` at or above `size` (never below 0).

    >>> lots_up(0.21, 0.1)
    0.3
    """
    return _lots(math.ceil(size / lot - ROUNDING), lot)


def _lots(count: int, lot: float) -> float:
    """Return `count` lots as the decimal an exchange reads: three lots of 0.1 are 0.3, not 0.30000000000000004."""
    return round(max(count, 0) * lot, 10)


@dataclass(frozen=True)
class LegGreeks:
    """Sum the sensitivities of legs, all in USD: per unit of spot, per 1.00 of volatility and rate, per year."""

    delta: float = 0.0
    gamma: float = 0.0
    vega: float = 0.0
    theta: float = 0.0
    rho: float = 0.0

    def __add__(self, other: LegGreeks) -> LegGreeks:
        return LegGreeks(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True)
class Leg:
    """Hold one listed option that is bought (quantity > 0) or sold (< 0) at its executable quote.

    Parameters
    ----------
    underlying : asset symbol.
    expiry_at : unix seconds. expiry : years from the chain's observation, > 0.
    strike : USD. is_call : call, else put.
    quantity : units of the underlying, a multiple of `lot`; signed.
    price : USD per unit at which it trades: the ask where bought, the bid where sold.
    vol : mid implied volatility (decimal) at which it is valued.
    forward : USD. carry, rate : continuous, per year.
    lot : least quantity.
    fee : USD per unit that the exchange charges for the trade, >= 0.
    exit : USD per unit that closing is estimated to cost, half the spread and the fee, >= 0; not part of the cost.
    """

    underlying: str
    expiry_at: int
    expiry: float
    strike: float
    is_call: bool
    quantity: float
    price: float
    vol: float
    forward: float
    carry: float
    rate: float
    lot: float
    fee: float = 0.0
    exit: float = 0.0

    @property
    def label(self) -> str:
        """Return the instrument as an exchange writes it, such as ``ETH-27MAR26-2000-P``."""
        date, kind = expiry_name(self.expiry_at), "C" if self.is_call else "P"
        return f"{self.underlying}-{date}-{self.strike:g}-{kind}"

    @property
    def cost_usd(self) -> float:
        """Return the cash paid, fees in (negative: received)."""
        return self.quantity * self.price + self.fees_usd

    @property
    def fees_usd(self) -> float:
        """Return the fees of the trade."""
        return abs(self.quantity) * self.fee

    @property
    def exit_usd(self) -> float:
        """Return what closing is estimated to cost at the quotes of now; nothing where it is held to its expiry."""
        return abs(self.quantity) * self.exit

    @property
    def time_value_usd(self) -> float:
        """Return the price paid beyond the discounted intrinsic value at the forward; fees do not decay."""
        sign = 1.0 if self.is_call else -1.0
        intrinsic = math.exp(-self.rate * self.expiry) * max(sign * (self.forward - self.strike), 0.0)
        return self.quantity * (self.price - intrinsic)

    def payoff(self, spot: FloatArray | float) -> FloatArray:
        """Return the USD paid at expiry for each final `spot`, cost not deducted."""
        sign = 1.0 if self.is_call else -1.0
        return np.asarray(self.quantity * np.maximum(sign * (spot - self.strike), 0.0), dtype=np.float64)

    def value(self, spot: FloatArray | float, elapsed: float = 0.0, vol_move: FloatArray | float = 0.0) -> FloatArray:
        """Return the USD value after `elapsed` years at `spot`, its volatility moved by `vol_move`.

        A leg that has expired by then pays its intrinsic value at `spot`, as if the price had already stood there at
        its expiry: the path between its expiry and the horizon is not modelled.
        """
        remaining = self.expiry - elapsed
        if remaining <= 0.0:
            return self.payoff(spot)
        vol = np.maximum(self.vol + tenor_scale(remaining) * np.asarray(vol_move), LEAST_VOL)
        unit = options.price(spot, self.strike, remaining, vol, self.rate, self.carry, self.is_call)
        return np.asarray(self.quantity * unit, dtype=np.float64)

    def notional(self, spot: float) -> float:
        """Return the USD value of what one unit refers to."""
        return spot

    def fair(self, spot: float, elapsed: float, vol: float) -> float:
        """Return its mean value after `elapsed` years of volatility `vol`, its own unmoved, discounted to now.

        Lognormal steps add up: it is the Black-Scholes value at the mean variance of both stretches.
        """
        share = min(elapsed / self.expiry, 1.0)
        mixed = math.sqrt(share * vol * vol + (1.0 - share) * self.vol * self.vol)
        terms = (spot, self.strike, self.expiry, mixed, self.rate, self.carry, self.is_call)
        return self.quantity * float(options.price(*terms))

    def index_vega(self, spot: float) -> float:
        """Return the USD per 1.00 of the asset's 30-day index."""
        return self.greeks(spot).vega * tenor_scale(self.expiry)

    def greeks(self, spot: float) -> LegGreeks:
        """Return the sensitivities now at `spot`, quantity included."""
        unit = options.greeks(spot, self.strike, self.expiry, self.vol, self.rate, self.carry, self.is_call)
        return LegGreeks(
            *(self.quantity * float(greek) for greek in (unit.delta, unit.gamma, unit.vega, unit.theta, unit.rho))
        )

    def to_dict(self) -> dict[str, Any]:
        """Return pure JSON types."""
        return {"label": self.label, **asdict(self), "cost_usd": self.cost_usd}


def expiry_name(expiry_at: int) -> str:
    """Return a day as exchanges write it, such as ``27MAR26``."""
    day = datetime.fromtimestamp(expiry_at, UTC)
    return f"{day.day}{day.strftime('%b%y').upper()}"


def tenor_scale(remaining: float) -> float:
    """Return the share of a move of the 30-day index that an option with `remaining` years feels.

    1 up to 30 days, then sqrt(30 days / remaining): the far end of the term structure moves less.
    """
    return min(1.0, math.sqrt(30.0 / YEAR_DAYS / remaining))


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
    reason : why these legs in this size, or why none.
    """

    name: LayerName
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

    @property
    def financing(self) -> bool:
        """Tell whether the layer is sold for its premium; a condor may also be bought."""
        return self.name == "condor" and self.credit_usd > 0.0

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
    name: LayerName, underlying: str, structure: tuple[Leg, ...], units: float, spot: float, reason: str
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
    )


def sized(structure: Iterable[Leg], units: float) -> tuple[Leg, ...]:
    """Return `units` of a one-unit structure, every leg rounded down to whole lots; legs below one lot are left out."""
    lots = ((leg, lots_down(abs(leg.quantity) * units, leg.lot)) for leg in structure)
    return tuple(replace(leg, quantity=math.copysign(size, leg.quantity)) for leg, size in lots if size > 0.0)


def empty_layer(name: LayerName, underlying: str, reason: str) -> Layer:
    """Return a layer without legs and the reason for it."""
    return build_layer(name, underlying, (), 0.0, 0.0, reason)


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
