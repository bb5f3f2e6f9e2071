"""What listed options are worth at the horizon: sticky moneyness on each expiry's own smile, plus the index's move.

An option keeps no volatility of its own: at the horizon it has that of the moneyness that it has come to, in standard
deviations of what remains, on today's smile of its expiry; so a put that comes to the money slides down the skew. To
that the move of the 30-day index is added, in the share that its tenor feels. An option that expires on the way pays
at the price of its own day, less the delivery fee.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hedge import options
from hedge.errors import NotListed
from hedge.instruments.leg import LEAST_VOL, tenor_scale
from hedge.instruments.listing import Listing, delivery_fee
from hedge.numerics.arrays import FloatArray
from hedge.numerics.jit import BULK_OPTIONS
from hedge.risk.scenarios import Scenarios
from hedge.units import YEAR_DAYS, YEAR_SECONDS


class ExpirySmile(NamedTuple):
    """Volatilities of one expiry by moneyness in standard deviations, ascending; flat beyond what is quoted."""

    expiry_at: int
    years: float
    at_money: float
    moneyness: FloatArray
    vol: FloatArray

    def at(self, moneyness: FloatArray) -> FloatArray:
        """Return the volatility at each moneyness."""
        return np.asarray(np.interp(moneyness, self.moneyness, self.vol))


@dataclass(frozen=True, eq=False)
class Smiles:
    """Hold the smiles of a listing in order of expiry; build it with `of`."""

    expiries: tuple[ExpirySmile, ...]

    @classmethod
    def of(cls, listing: Listing) -> Smiles:
        """Return the smiles of the volatilities quoted out of the money.

        Raises
        ------
        NotListed : no option of the listing has a volatility.
        """
        out = listing.is_call == (listing.strike >= listing.forward)
        usable = out & (listing.vol > 0.0)
        found = tuple(
            _smile(listing, expiry_at, usable & (listing.expiry_at == expiry_at))
            for expiry_at in np.unique(listing.expiry_at[usable]).tolist()
        )
        if not found:
            raise NotListed(f"{listing.asset} option", "a volatility out of the money", math.nan)
        return cls(found)

    def of_expiry(self, expiry_at: int) -> ExpirySmile:
        """Return the smile of an expiry, of the nearest one where it has none."""
        return min(self.expiries, key=lambda smile: abs(smile.expiry_at - expiry_at))

    def at_money(self, days: float) -> float:
        """Return the volatility at the money over so many days: total variance is linear between expiries."""
        years = np.array([smile.years for smile in self.expiries])
        variance = np.array([smile.at_money**2 for smile in self.expiries]) * years
        wanted = days / YEAR_DAYS
        if wanted <= years[0] or wanted >= years[-1]:
            return self.expiries[0 if wanted <= years[0] else -1].at_money
        return math.sqrt(float(np.interp(wanted, years, variance)) / wanted)


def _smile(listing: Listing, expiry_at: int, rows: FloatArray) -> ExpirySmile:
    order = np.argsort(listing.strike[rows], kind="stable")
    strike, forward = listing.strike[rows][order], listing.forward[rows][order]
    vol, years = listing.vol[rows][order], (expiry_at - listing.observed_at) / YEAR_SECONDS
    log = np.log(strike / forward)
    at_money = float(np.interp(0.0, log, vol))
    return ExpirySmile(expiry_at, years, at_money, log / (at_money * math.sqrt(years)), vol)


def values_at(listing: Listing, smiles: Smiles, scenarios: Scenarios) -> FloatArray:
    """Return what one unit of each option is worth in each scenario, USD, shape (scenarios, options).

    Parameters
    ----------
    scenarios : of the listing's asset at least; an option that expires on the way meets the price of its own day.
    """
    spots, moves = scenarios.spots[listing.asset], scenarios.vol_moves[listing.asset]
    found = np.empty((len(spots), len(listing)))
    for expiry_at, rows in _blocks(listing, len(spots)):
        part = listing.take(rows)
        years = (expiry_at - listing.observed_at) / YEAR_SECONDS
        if years <= scenarios.elapsed:
            found[:, rows] = _settled(part, scenarios.spots_at(years)[listing.asset])
        else:
            found[:, rows] = _alive(part, smiles.of_expiry(expiry_at), spots, moves, years - scenarios.elapsed)
    return found


def _blocks(listing: Listing, scenarios: int) -> Iterator[tuple[int, npt.NDArray[np.intp]]]:
    """Yield rows of one expiry each, few enough that numpy prices them: compiling a kernel would take longer than a
    whole plan, and saves none of its time."""
    most = max((BULK_OPTIONS - 1) // max(scenarios, 1), 1)
    for expiry_at in np.unique(listing.expiry_at).tolist():
        rows = np.flatnonzero(listing.expiry_at == expiry_at)
        for first in range(0, len(rows), most):
            yield expiry_at, rows[first : first + most]


def _settled(listing: Listing, spots: FloatArray) -> FloatArray:
    sign = np.where(listing.is_call, 1.0, -1.0)
    paid = np.maximum(sign * (spots[:, None] - listing.strike), 0.0)
    return paid - delivery_fee(listing.delivery, paid, spots[:, None])


def _alive(
    listing: Listing, smile: ExpirySmile, spots: FloatArray, index_moves: FloatArray, remaining: float
) -> FloatArray:
    """Return Black-Scholes at the smile's volatility; discounting at the carry makes it coin x index."""
    carry = listing.carry
    move = (tenor_scale(remaining) * index_moves)[:, None]
    level = np.maximum(smile.at_money + move, LEAST_VOL)
    log = np.log(listing.strike / spots[:, None]) - carry * remaining
    vol = np.maximum(smile.at(log / (level * math.sqrt(remaining))) + move, LEAST_VOL)
    found = options.price(spots[:, None], listing.strike, remaining, vol, carry, carry, listing.is_call)
    return np.asarray(found, dtype=np.float64)
