"""A synthetic option chain with a stated smile, listed as an exchange lists it; for tests, demos and offline use."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import numpy as np
import pandas as pd

from hedge import options
from hedge.instruments.lots import lot_of
from hedge.instruments.option_chain import OptionChain
from hedge.market import Provenance
from hedge.units import YEAR_DAYS, YEAR_SECONDS


@dataclass(frozen=True)
class Smile:
    """State the volatility surface and the spread of a synthetic chain.

    vol(K, T) = atm (1 + term_slope ln(T / 30 days)) + skew x + curvature x^2, x = ln(K / F) / (atm sqrt(T)) within
    +-`REACH`, never below 5 %.

    Parameters
    ----------
    skew, curvature : volatility (decimal) per standard deviation and per its square.
    term_slope : share of the level per e-fold of tenor.
    half_spread : bid and ask are this much volatility (decimal) below and above mid, > 0.
    """

    skew: float = -0.03
    curvature: float = 0.015
    term_slope: float = 0.0
    half_spread: float = 0.01

    def vol(self, strike: float, forward: float, expiry: float, atm_vol: float) -> float:
        """Return the mid implied volatility (decimal) at one strike and expiry (years)."""
        x = math.log(strike / forward) / (atm_vol * math.sqrt(expiry))
        x = min(max(x, -REACH), REACH)
        level = atm_vol * (1.0 + self.term_slope * math.log(expiry * YEAR_DAYS / 30.0))
        return max(level + self.skew * x + self.curvature * x * x, 0.05)


REACH: Final = 3.0
"""Standard deviations beyond which the synthetic smile is flat."""
TICK: Final = 1e-4
"""Tick of synthetic quotes as a share of spot: bids are rounded down to it and asks up; a bid of 0 is no bid."""


def synthetic_chain(
    underlying: str,
    spot: float,
    observed_at: int,
    atm_vol: float,
    smile: Smile | None = None,
    *,
    rate: float = 0.0,
    carry: float = 0.0,
    lot: float | None = None,
) -> OptionChain:
    """Price an exchange-like chain from a stated smile, with Deribit's fees.

    Parameters
    ----------
    spot : USD. observed_at : unix seconds. atm_vol : 30-day at-the-money volatility (decimal), > 0.
    smile : defaults to ``Smile()``. rate, carry : continuous, per year; forward = spot exp(carry T).
    lot : least quantity in units of the underlying; by default that of `hedge.instruments.lots`.

    Returns
    -------
    OptionChain : Fridays 08:00 UTC (four weeks, three month ends, six quarter ends), strikes every 2 % of spot or less
        within 20 % and coarser to 0.3 and 2.5 times spot.

    Examples
    --------
    >>> chain = synthetic_chain("ETH", 2000.0, 1_700_000_000, 0.6)
    >>> round(chain.days_to(chain.expiries()[-1])) > 365
    True
    """
    listed = [
        (expiry_at, strike, is_call)
        for expiry_at in exchange_expiries(observed_at)
        for strike in exchange_strikes(spot)
        for is_call in (False, True)
    ]
    maker = _MarketMaker(spot, observed_at, atm_vol, smile or Smile(), rate, carry, lot or lot_of(underlying))
    return OptionChain.from_frame(
        underlying, observed_at, spot, maker.quotes(listed), maker.source, rate, provenance=Provenance.SIMULATED
    )


@dataclass(frozen=True)
class _MarketMaker:
    """Quote every option from one smile: Black-Scholes at mid volatility less and plus the half spread, on the tick."""

    spot: float
    observed_at: int
    atm_vol: float
    smile: Smile
    rate: float
    carry: float
    lot: float

    def quotes(self, listed: Sequence[tuple[int, float, bool]]) -> pd.DataFrame:
        """Return the quotes of options given by expiry (unix seconds), strike and kind, priced in one call."""
        expiries = [(expiry_at - self.observed_at) / YEAR_SECONDS for expiry_at, _, _ in listed]
        forwards = [self.spot * math.exp(self.carry * expiry) for expiry in expiries]
        vols = [
            self.smile.vol(strike, forward, expiry, self.atm_vol)
            for (_, strike, _), forward, expiry in zip(listed, forwards, expiries, strict=True)
        ]
        strikes, calls = np.array([row[1] for row in listed]), np.array([row[2] for row in listed])
        half = self.smile.half_spread
        sides = [np.maximum(np.array(vols) - half, 0.0), np.array(vols) + half]
        low, high = options.price(self.spot, strikes, np.array(expiries), sides, self.rate, self.carry, calls)
        tick = self.spot * TICK
        bid, ask = np.floor(low / tick) * tick, (np.floor(high / tick) + 1.0) * tick
        return pd.DataFrame(
            {
                "expiry_at": [row[0] for row in listed],
                "expiry": expiries,
                "strike": strikes,
                "is_call": calls,
                "bid": np.where(bid > 0.0, bid, np.nan),
                "ask": ask,
                "vol": vols,
                "forward": forwards,
                "lot": self.lot,
            }
        )

    @property
    def source(self) -> str:
        """Return every number that the quotes come from, in words."""
        smile = self.smile
        return (
            f"synthetic: atm {self.atm_vol:g}, skew {smile.skew:g}, curvature {smile.curvature:g}, term slope "
            f"{smile.term_slope:g}, half spread {smile.half_spread:g} of volatility, tick {TICK:g} of spot, "
            f"rate {self.rate:g}, carry {self.carry:g}"
        )


def exchange_strikes(spot: float) -> tuple[float, ...]:
    """Return strikes as an exchange lists them around `spot`, ascending, all multiples of one round step."""
    power = 10.0 ** math.floor(math.log10(0.02 * spot))
    step = max(nice for nice in (power, 2.0 * power, 2.5 * power, 5.0 * power) if nice <= 0.02 * spot)
    bands = ((0.8, 1.2, 1), (0.6, 1.4, 2), (0.3, 2.5, 4))
    multiples = {
        count * k
        for low, high, count in bands
        for k in range(math.ceil(low * spot / step / count), math.floor(high * spot / step / count) + 1)
    }
    return tuple(multiple * step for multiple in sorted(multiples))


def exchange_expiries(observed_at: int) -> tuple[int, ...]:
    """Return the listed expiries after `observed_at`: Fridays 08:00 UTC, unix seconds, ascending."""
    now = datetime.fromtimestamp(observed_at, UTC)
    first = (now + timedelta(days=(4 - now.weekday()) % 7)).replace(hour=8, minute=0, second=0, microsecond=0)
    fridays = [day for week in range(84) if (day := first + timedelta(weeks=week)) > now + timedelta(hours=1)]
    last = [day for day in fridays if (day + timedelta(weeks=1)).month != day.month]
    chosen = {*fridays[:4], *last[:3], *[day for day in last if day.month % 3 == 0][:6]}
    return tuple(sorted(int(day.timestamp()) for day in chosen))
