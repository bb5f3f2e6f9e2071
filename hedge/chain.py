"""A listed option chain at one moment, and a synthetic one with a stated smile."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from hedge import options
from hedge.errors import BadQuote, CrossedQuote, DuplicateQuote, EmptyChain, MissingColumn, NotListed
from hedge.legs import Leg
from hedge.market import YEAR_DAYS, YEAR_SECONDS

COLUMNS: Final = ("expiry_at", "expiry", "strike", "is_call", "bid", "ask", "vol", "forward", "lot")
DAY: Final = 86_400


class Quote(NamedTuple):
    """Hold one row of a chain; the units are those of `OptionChain.quotes`."""

    expiry_at: int
    expiry: float
    strike: float
    is_call: bool
    bid: float
    ask: float
    vol: float
    forward: float
    lot: float


@dataclass(frozen=True, eq=False)
class OptionChain:
    """Hold the listed options on one underlying, quoted in USD per unit of it.

    Build it with `from_frame`, which validates.

    Parameters
    ----------
    underlying : asset symbol. observed_at : unix seconds. spot : USD.
    quotes : one row per option, sorted by expiry, strike and kind: expiry_at (unix seconds), expiry (years), strike
        (USD), is_call, bid and ask (USD per unit, NaN if none), vol (mid implied, decimal, NaN if none), forward (USD),
        lot (least quantity).
    source : where the quotes come from, in words.
    rate : continuous USD rate that discounts, per year.
    """

    underlying: str
    observed_at: int
    spot: float
    quotes: pd.DataFrame
    source: str
    rate: float = 0.0
    rows: tuple[Quote, ...] = field(default=(), repr=False)

    @classmethod
    def from_frame(
        cls, underlying: str, observed_at: int, spot: float, quotes: pd.DataFrame, source: str, rate: float = 0.0
    ) -> OptionChain:
        """Validate `quotes` and build the chain from them; other columns are dropped.

        Raises
        ------
        MissingColumn, EmptyChain, BadQuote, CrossedQuote, DuplicateQuote : the first row that is wrong.
        """
        for column in COLUMNS:
            if column not in quotes.columns:
                raise MissingColumn(underlying, column)
        if quotes.empty:
            raise EmptyChain(underlying)
        if not (math.isfinite(spot) and spot > 0.0):
            raise BadQuote(underlying, 0, "spot", spot)
        rows = tuple(_quote(*values) for values in zip(*(quotes[name].tolist() for name in COLUMNS), strict=True))
        _check(underlying, observed_at, rows)
        rows = tuple(sorted(rows, key=lambda row: (row.expiry_at, row.strike, row.is_call)))
        frame = pd.DataFrame(rows, columns=list(COLUMNS))
        return cls(underlying, observed_at, spot, frame, source, rate, rows)

    def expiries(self) -> tuple[int, ...]:
        """Return the listed expiries in unix seconds, ascending."""
        return tuple(sorted({row.expiry_at for row in self.rows}))

    def at(self, expiry_at: int) -> pd.DataFrame:
        """Return the rows of one expiry; empty where it is not listed."""
        return self.quotes[self.quotes["expiry_at"] == expiry_at].reset_index(drop=True)

    def days_to(self, expiry_at: int) -> float:
        """Return the days from the observation to an expiry."""
        return (expiry_at - self.observed_at) / DAY

    def first_expiry(self, least_days: float) -> int:
        """Return the first expiry at or after `least_days`. Raises `NotListed`."""
        for expiry_at in self.expiries():
            if self.days_to(expiry_at) >= least_days:
                return expiry_at
        longest = self.days_to(self.expiries()[-1])
        raise NotListed(f"{self.underlying} expiry", f"{least_days:g} days or more", longest)

    def nearest_expiry(self, days: float, least_days: float, most_days: float) -> int:
        """Return the expiry nearest to `days` (the earlier of two equally near) inside a band. Raises `NotListed`."""
        nearest = min(self.expiries(), key=lambda expiry_at: abs(self.days_to(expiry_at) - days))
        if not least_days <= self.days_to(nearest) <= most_days:
            wanted = f"{least_days:g} to {most_days:g} days"
            raise NotListed(f"{self.underlying} expiry", wanted, self.days_to(nearest))
        return nearest

    def buyable(self, expiry_at: int, is_call: bool) -> tuple[Quote, ...]:
        """Return the options of one expiry and kind that have an ask and a volatility, by strike."""
        return tuple(row for row in self._listed(expiry_at, is_call) if row.ask > 0.0)

    def sellable(self, expiry_at: int, is_call: bool) -> tuple[Quote, ...]:
        """Return the options of one expiry and kind that have a bid and a volatility, by strike."""
        return tuple(row for row in self._listed(expiry_at, is_call) if row.bid > 0.0)

    def _listed(self, expiry_at: int, is_call: bool) -> tuple[Quote, ...]:
        rows = (row for row in self.rows if row.expiry_at == expiry_at and row.is_call == is_call)
        return tuple(row for row in rows if not math.isnan(row.vol))

    def delta(self, quote: Quote) -> float:
        """Return the linear (USD) Black-Scholes spot delta of one unit at the mid volatility."""
        terms = (self.spot, quote.strike, quote.expiry, quote.vol, self.rate, self._carry(quote), quote.is_call)
        return float(options.greeks(*terms).delta)

    def bought(self, quote: Quote) -> Leg:
        """Return one unit bought at the ask."""
        return self._leg(quote, 1.0, quote.ask)

    def sold(self, quote: Quote) -> Leg:
        """Return one unit sold at the bid."""
        return self._leg(quote, -1.0, quote.bid)

    def _leg(self, quote: Quote, quantity: float, price: float) -> Leg:
        return Leg(
            underlying=self.underlying,
            expiry_at=quote.expiry_at,
            expiry=quote.expiry,
            strike=quote.strike,
            is_call=quote.is_call,
            quantity=quantity,
            price=price,
            vol=quote.vol,
            forward=quote.forward,
            carry=self._carry(quote),
            rate=self.rate,
            lot=quote.lot,
        )

    def _carry(self, quote: Quote) -> float:
        return math.log(quote.forward / self.spot) / quote.expiry

    def to_inputs(self) -> dict[str, Any]:
        """Return what identifies this chain in a plan's inputs: its numbers and a digest of every quote.

        The digest is SHA-256 over one line per row, floats in hexadecimal: equal exactly where all bits are.
        """
        lines = ("|".join(v.hex() if isinstance(v, float) else str(int(v)) for v in row) for row in self.rows)
        return {
            "underlying": self.underlying,
            "observed_at": self.observed_at,
            "spot": self.spot,
            "rate": self.rate,
            "source": self.source,
            "quotes": len(self.rows),
            "quotes_sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
        }


def _quote(
    expiry_at: Any, expiry: Any, strike: Any, is_call: Any, bid: Any, ask: Any, vol: Any, forward: Any, lot: Any
) -> Quote:
    """Return a row in plain Python types."""
    numbers = (float(value) for value in (bid, ask, vol, forward, lot))
    return Quote(int(expiry_at), float(expiry), float(strike), bool(is_call), *numbers)


def _check(underlying: str, observed_at: int, rows: tuple[Quote, ...]) -> None:
    """Raise on the first row that no chain can have."""
    seen: set[tuple[int, float, bool]] = set()
    for number, row in enumerate(rows):
        for column in ("expiry", "strike", "forward", "lot"):
            if not (math.isfinite(getattr(row, column)) and getattr(row, column) > 0.0):
                raise BadQuote(underlying, number, column, getattr(row, column))
        for column in ("bid", "ask", "vol"):
            if getattr(row, column) < 0.0 or math.isinf(getattr(row, column)):
                raise BadQuote(underlying, number, column, getattr(row, column))
        if abs(row.expiry * YEAR_SECONDS - (row.expiry_at - observed_at)) > DAY:
            raise BadQuote(underlying, number, "expiry_at", row.expiry_at)
        if row.bid > row.ask:
            raise CrossedQuote(underlying, number, row.strike, row.bid, row.ask)
        option = (row.expiry_at, row.strike, row.is_call)
        if option in seen:
            raise DuplicateQuote(underlying, number, row.strike, row.expiry_at, row.is_call)
        seen.add(option)


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
    lot: float = 0.1,
) -> OptionChain:
    """Price an exchange-like chain from a stated smile; for tests, demos and offline use.

    Parameters
    ----------
    spot : USD. observed_at : unix seconds. atm_vol : 30-day at-the-money volatility (decimal), > 0.
    smile : defaults to ``Smile()``. rate, carry : continuous, per year; forward = spot exp(carry T).
    lot : least quantity in units of the underlying.

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
    smile = smile or Smile()
    quotes = [
        _synthetic_quote(spot, expiry_at, observed_at, strike, is_call, atm_vol, smile, rate, carry, lot)
        for expiry_at in exchange_expiries(observed_at)
        for strike in exchange_strikes(spot)
        for is_call in (False, True)
    ]
    source = (
        f"synthetic: atm {atm_vol:g}, skew {smile.skew:g}, curvature {smile.curvature:g}, term slope "
        f"{smile.term_slope:g}, half spread {smile.half_spread:g} of volatility, tick {TICK:g} of spot, "
        f"rate {rate:g}, carry {carry:g}"
    )
    return OptionChain.from_frame(underlying, observed_at, spot, pd.DataFrame(quotes), source, rate)


def _synthetic_quote(
    spot: float,
    expiry_at: int,
    observed_at: int,
    strike: float,
    is_call: bool,
    atm_vol: float,
    smile: Smile,
    rate: float,
    carry: float,
    lot: float,
) -> Quote:
    """Return one synthetic quote: Black-Scholes at mid volatility minus and plus the half spread, on the tick."""
    expiry = (expiry_at - observed_at) / YEAR_SECONDS
    forward, tick = spot * math.exp(carry * expiry), spot * TICK
    vol = smile.vol(strike, forward, expiry, atm_vol)
    sides = np.array([max(vol - smile.half_spread, 0.0), vol + smile.half_spread])
    low, high = options.price(spot, strike, expiry, sides, rate, carry, is_call)
    bid, ask = math.floor(low / tick) * tick, (math.floor(high / tick) + 1) * tick
    return Quote(expiry_at, expiry, strike, is_call, bid if bid > 0.0 else math.nan, ask, vol, forward, lot)


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
