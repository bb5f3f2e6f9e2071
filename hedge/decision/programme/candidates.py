"""What is listed and held, and which of it the programme may trade.

Prices are the cash that a unit costs or brings: a coin-settled quote is coin x index, never coin x forward.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from hedge import options
from hedge.errors import BadInput
from hedge.instruments.fees import DERIBIT, Fees
from hedge.numerics.arrays import BoolArray, FloatArray
from hedge.units import DAY, YEAR_SECONDS

DELIVERY: Final = Fees(0.00015, 0.125)
"""Deribit's fee for an option that settles with value, 2026: 0.015 % of the index, at most 12.5 % of the pay-off."""
BELOW_INTRINSIC: Final = 0.005
"""Share of the price below intrinsic value at which an option in the money without a bid is closed."""


@dataclass(frozen=True)
class Bands:
    """State which options may be bought; what is held may be sold wherever it is.

    Parameters
    ----------
    least_days, most_days : to expiry. least_delta, most_delta : absolute delta of one unit, in [0, 1].
    """

    least_days: float = 3.0
    most_days: float = 100.0
    least_delta: float = 0.05
    most_delta: float = 0.60

    def __post_init__(self) -> None:
        if not 0.0 < self.least_days <= self.most_days < math.inf:
            raise BadInput("least_days", self.least_days, f"must be > 0 and not above most_days = {self.most_days}")
        if not 0.0 <= self.least_delta <= self.most_delta <= 1.0:
            raise BadInput("least_delta", self.least_delta, f"must be in [0, most_delta = {self.most_delta}]")


@dataclass(frozen=True, eq=False)
class Listing:
    """Hold the options on one asset at one moment, with what is held of each.

    Parameters
    ----------
    asset, observed_at, spot : underlying, unix seconds, index in USD.
    expiry_at, strike, is_call, forward : of each option, shape (n,); expiries after `observed_at`.
    bid, ask, mark : USD of cash per unit, NaN where there is none. vol : implied, decimal, NaN where there is none.
    lot : least quantity, shape (n,). held : units, shape (n,), >= 0. fees, delivery : of the venue.

    Raises
    ------
    BadInput : columns of different lengths, a spot, strike, forward or lot that is not finite and > 0, a crossed quote,
        an expired option, or a holding that is short.
    """

    asset: str
    observed_at: int
    spot: float
    expiry_at: npt.NDArray[np.int64]
    strike: FloatArray
    is_call: BoolArray
    bid: FloatArray
    ask: FloatArray
    mark: FloatArray
    vol: FloatArray
    forward: FloatArray
    lot: FloatArray
    held: FloatArray
    fees: Fees = field(default=DERIBIT)
    delivery: Fees = field(default=DELIVERY)

    def __post_init__(self) -> None:
        for column in fields(self)[3:-2]:
            if (shape := getattr(self, column.name).shape) != (len(self),):
                raise BadInput(f"{column.name} of {self.asset}", shape, f"must be {len(self)} rows")
        for name in ("strike", "forward", "lot"):
            if not (np.isfinite(values := getattr(self, name)) & (values > 0.0)).all():
                raise BadInput(f"{name} of {self.asset}", "a row", "must be finite and > 0")
        if not (math.isfinite(self.spot) and self.spot > 0.0):
            raise BadInput(f"spot of {self.asset}", self.spot, "must be finite and > 0")
        if (self.expiry_at <= self.observed_at).any():
            raise BadInput(f"expiry of {self.asset}", int(self.expiry_at.min()), f"must be after {self.observed_at}")
        if (self.bid > self.ask).any():
            raise BadInput(f"bid of {self.asset}", "crossed", "must not be above its ask")
        if not (np.isfinite(self.held) & (self.held >= 0.0)).all():
            raise BadInput(f"held of {self.asset}", float(np.min(self.held)), "must be finite and >= 0")

    def __len__(self) -> int:
        return len(self.strike)

    @property
    def years(self) -> FloatArray:
        """Return the time to expiry, years, shape (n,)."""
        return np.asarray((self.expiry_at - self.observed_at) / YEAR_SECONDS, dtype=np.float64)

    @property
    def days(self) -> FloatArray:
        """Return the time to expiry, days, shape (n,)."""
        return np.asarray((self.expiry_at - self.observed_at) / DAY, dtype=np.float64)

    @property
    def carry(self) -> FloatArray:
        """Return ln(forward / spot) / years, shape (n,)."""
        return np.asarray(np.log(self.forward / self.spot) / self.years)

    @property
    def deltas(self) -> FloatArray:
        """Return the delta of one unit at its volatility, shape (n,), NaN without one."""
        vol = np.where(self.vol > 0.0, self.vol, np.nan)
        carry = self.carry
        found = options.greeks(self.spot, self.strike, self.years, vol, carry, carry, self.is_call)
        return np.asarray(found.delta, dtype=np.float64)

    @property
    def to_buy(self) -> FloatArray:
        """Return the ask and its fee, USD per unit, shape (n,); NaN without an ask."""
        return self.ask + _fees(self.fees, self.ask, np.full(len(self), self.spot))

    @property
    def to_sell(self) -> FloatArray:
        """Return what selling a held unit brings after its fee, shape (n,): the bid, else a little below intrinsic."""
        sign = np.where(self.is_call, 1.0, -1.0)
        unbid = np.maximum(sign * (self.spot - self.strike) - BELOW_INTRINSIC * self.spot, 0.0)
        bid = np.where(self.bid > 0.0, self.bid, unbid)
        return bid - _fees(self.fees, bid, np.full(len(self), self.spot))

    @property
    def worth(self) -> FloatArray:
        """Return the mark, else the middle, else what selling brings, shape (n,)."""
        middle = 0.5 * (self.bid + self.ask)
        found = np.where(self.mark >= 0.0, self.mark, middle)
        return np.where(found >= 0.0, found, self.to_sell)

    def take(self, rows: npt.NDArray[np.intp]) -> Listing:
        """Return some of its rows."""
        columns = {column.name: getattr(self, column.name)[rows] for column in fields(self)[3:-2]}
        return Listing(self.asset, self.observed_at, self.spot, **columns, fees=self.fees, delivery=self.delivery)


def candidates(listing: Listing, bands: Bands) -> tuple[Listing, BoolArray]:
    """Return the options that may be bought or are held, and which of them may be bought, shape (m,)."""
    with np.errstate(invalid="ignore"):
        delta = np.abs(listing.deltas)
        fits = (listing.days >= bands.least_days) & (listing.days <= bands.most_days)
        fits &= (delta >= bands.least_delta) & (delta <= bands.most_delta) & (listing.ask > 0.0)
    rows = np.flatnonzero(fits | (listing.held > 0.0))
    return listing.take(rows), fits[rows]


def _fees(fees: Fees, price: FloatArray, index: FloatArray) -> FloatArray:
    """Return the fee of a unit at each price, as `Fees.usd`."""
    return np.asarray(fees.per_unit + np.minimum(fees.of_underlying * index, fees.of_price * price))


def delivery_fee(fees: Fees, paid: FloatArray, index: FloatArray) -> FloatArray:
    """Return the fee of settling a unit that pays `paid` at an index, shape of the two."""
    return np.where(paid > 0.0, _fees(fees, paid, index), 0.0)
