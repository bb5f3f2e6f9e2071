"""One option leg: cost, greeks, pay-off and value.

Everything is linear in USD: a leg's price is USD per unit of the underlying and it settles in USD. A coin-settled quote
is converted before it comes here.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final

import numpy as np

from hedge import options
from hedge.numerics.arrays import FloatArray
from hedge.units import YEAR_DAYS

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

        A leg that has expired by then pays its intrinsic value at `spot`, as if the price had already been there at
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
