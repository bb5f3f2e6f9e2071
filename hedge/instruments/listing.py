"""The options on one asset as columns, with what is held of each: what a programme computes with.

Prices are the cash that a unit costs or brings: a coin-settled quote is coin x index, never coin x forward.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from hedge import options
from hedge.errors import BadInput
from hedge.instruments.contract import Contract
from hedge.instruments.fees import DERIBIT, Fees
from hedge.instruments.option_chain import OptionChain
from hedge.numerics.arrays import BoolArray, FloatArray
from hedge.units import DAY, YEAR_SECONDS

DELIVERY: Final = Fees(0.00015, 0.125)
"""Deribit's fee for an option that settles with value, 2026: 0.015 % of the index, at most 12.5 % of the pay-off."""
BELOW_INTRINSIC: Final = 0.005
"""Share of the price below intrinsic value at which an option in the money without a bid is closed."""


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

    @classmethod
    def of_chain(cls, chain: OptionChain, held: Mapping[Contract, float], delivery: Fees = DELIVERY) -> Listing:
        """Return a chain as columns; its mark is Black-Scholes at the mid volatility.

        Parameters
        ----------
        held : units of contracts on the chain's asset, >= 0; others are left out.
        """
        rows = chain.rows
        at = np.array([row.expiry_at for row in rows], dtype=np.int64)
        strike, vol, forward = (np.array([getattr(row, name) for row in rows]) for name in ("strike", "vol", "forward"))
        is_call = np.array([row.is_call for row in rows], dtype=np.bool_)
        years = (at - chain.observed_at) / YEAR_SECONDS
        carry = np.log(forward / chain.spot) / years
        mark = options.price(chain.spot, strike, years, np.where(vol > 0.0, vol, np.nan), carry, carry, is_call)
        bid, ask = (np.array([getattr(row, name) for row in rows]) for name in ("bid", "ask"))
        named = [Contract(chain.underlying, row.expiry_at, row.strike, row.is_call) for row in rows]
        return cls(
            chain.underlying, chain.observed_at, chain.spot, at, strike, is_call, bid, ask,
            np.asarray(mark, dtype=np.float64), vol, forward, np.array([row.lot for row in rows]),
            np.array([held.get(contract, 0.0) for contract in named]), chain.fees, delivery,
        )  # fmt: skip

    def contracts(self) -> list[Contract]:
        """Return the contract of each row."""
        rows = zip(self.expiry_at.tolist(), self.strike.tolist(), self.is_call.tolist(), strict=True)
        return [Contract(self.asset, *row) for row in rows]

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
    def gammas_usd(self) -> FloatArray:
        """Return the gamma of one unit, USD per 1 % move, shape (n,), 0 without a volatility."""
        vol = np.where(self.vol > 0.0, self.vol, np.nan)
        carry = self.carry
        found = options.greeks(self.spot, self.strike, self.years, vol, carry, carry, self.is_call)
        return np.nan_to_num(np.asarray(found.gamma, dtype=np.float64)) * self.spot**2 / 100.0

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
    def unbid(self) -> FloatArray:
        """Return what an option without a bid is closed at, shape (n,): a little below intrinsic value, or 0."""
        sign = np.where(self.is_call, 1.0, -1.0)
        return np.maximum(sign * (self.spot - self.strike) - BELOW_INTRINSIC * self.spot, 0.0)

    @property
    def to_sell(self) -> FloatArray:
        """Return what selling a held unit brings after its fee, shape (n,): the bid, else a little below intrinsic."""
        bid = np.where(self.bid > 0.0, self.bid, self.unbid)
        return bid - _fees(self.fees, bid, np.full(len(self), self.spot))

    @property
    def worth(self) -> FloatArray:
        """Return the mark, else the middle, else what selling brings, shape (n,)."""
        middle = 0.5 * (self.bid + self.ask)
        found = np.where(self.mark >= 0.0, self.mark, middle)
        return np.where(found >= 0.0, found, self.to_sell)

    def holding(self, held: Mapping[Contract, float]) -> Listing:
        """Return it with other units held."""
        return replace(self, held=np.array([held.get(contract, 0.0) for contract in self.contracts()]))

    def take(self, rows: npt.NDArray[np.intp]) -> Listing:
        """Return some of its rows."""
        columns = {column.name: getattr(self, column.name)[rows] for column in fields(self)[3:-2]}
        return Listing(self.asset, self.observed_at, self.spot, **columns, fees=self.fees, delivery=self.delivery)


def _fees(fees: Fees, price: FloatArray, index: FloatArray) -> FloatArray:
    """Return the fee of a unit at each price, as `Fees.usd`."""
    return np.asarray(fees.per_unit + np.minimum(fees.of_underlying * index, fees.of_price * price))


def delivery_fee(fees: Fees, paid: FloatArray, index: FloatArray) -> FloatArray:
    """Return the fee of settling a unit that pays `paid` at an index, shape of the two."""
    return np.where(paid > 0.0, _fees(fees, paid, index), 0.0)
