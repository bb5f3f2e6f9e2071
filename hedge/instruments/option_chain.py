"""A listed option chain at one moment: its quotes, validated, and the legs that trade at them."""

from __future__ import annotations

import hashlib
import math
from dataclasses import asdict, dataclass, field
from typing import Any, Final, NamedTuple

import pandas as pd

from hedge import options
from hedge.errors import BadQuote, ChainMismatch, CrossedQuote, DuplicateQuote, EmptyChain, MissingColumn, NotListed
from hedge.instruments.fees import DERIBIT, Fees
from hedge.instruments.leg import Leg
from hedge.market import MOST_VOL, Provenance
from hedge.units import DAY, YEAR_SECONDS

SPOT_TOLERANCE: Final = 0.05
"""Largest difference of a chain's spot from the market's: beyond it one of the two is stale or of another asset."""
COLUMNS: Final = ("expiry_at", "expiry", "strike", "is_call", "bid", "ask", "vol", "forward", "lot")


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
    rate: float = 0.0


@dataclass(frozen=True, eq=False)
class OptionChain:
    """Hold the listed options on one underlying, quoted in USD per unit of it.

    Build it with `from_frame`, which validates.

    Parameters
    ----------
    underlying : asset symbol. observed_at : unix seconds. spot : USD.
    quotes : one row per option, sorted by expiry, strike and kind: expiry_at (unix seconds), expiry (years), strike
        (USD), is_call, bid and ask (USD per unit, NaN if none), vol (mid implied, decimal up to `MOST_VOL`, NaN if
        none), forward (USD), lot (least quantity), rate (continuous, per year: what discounts from its expiry).
    source : where the quotes come from, in words. provenance : what kind of source that is.
    rate : of the rows that state none of their own. fees : of the exchange that lists the options.
    """

    underlying: str
    observed_at: int
    spot: float
    quotes: pd.DataFrame
    source: str
    rate: float = 0.0
    rows: tuple[Quote, ...] = field(default=(), repr=False)
    fees: Fees = DERIBIT
    provenance: Provenance = Provenance.STATED

    @classmethod
    def from_frame(
        cls,
        underlying: str,
        observed_at: int,
        spot: float,
        quotes: pd.DataFrame,
        source: str,
        rate: float = 0.0,
        fees: Fees = DERIBIT,
        provenance: Provenance = Provenance.STATED,
    ) -> OptionChain:
        """Validate `quotes` and build the chain from them; other columns are dropped.

        A column ``rate`` discounts row by row. Coin-settled options need it: their price in USD is coin x index, so
        that parity holds at the carry of each expiry, ln(forward / spot) / expiry, and at no other rate.

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
        rates = quotes["rate"].tolist() if "rate" in quotes.columns else [rate] * len(quotes)
        columns = (*(quotes[name].tolist() for name in COLUMNS), rates)
        rows = tuple(_quote(*values) for values in zip(*columns, strict=True))
        _check(underlying, observed_at, rows)
        rows = tuple(sorted(rows, key=lambda row: (row.expiry_at, row.strike, row.is_call)))
        frame = pd.DataFrame(rows, columns=list(Quote._fields))
        return cls(underlying, observed_at, spot, frame, source, rate, rows, fees, provenance)

    def alive(self, at: int) -> OptionChain:
        """Return the chain without what has expired by a time, unix seconds. Raises `EmptyChain` if that is all."""
        if all(row.expiry_at > at for row in self.rows):
            return self
        quotes = self.quotes[self.quotes["expiry_at"] > at]
        return OptionChain.from_frame(
            self.underlying, self.observed_at, self.spot, quotes, self.source, self.rate, self.fees, self.provenance
        )

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
        terms = (self.spot, quote.strike, quote.expiry, quote.vol, quote.rate, self._carry(quote), quote.is_call)
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
            rate=quote.rate,
            lot=quote.lot,
            fee=self.fees.usd(price, self.spot),
            exit=self._exit(quote, price),
        )

    def _exit(self, quote: Quote, price: float) -> float:
        """Return what closing one unit is estimated to cost: half the spread and the fee, at the quotes of now.

        Where the other side has no quote the whole price is counted: what cannot be closed is worth nothing.
        """
        half = 0.5 * (quote.ask - quote.bid)
        return self.fees.usd(price, self.spot) + (price if math.isnan(half) else half)

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
            "fees": asdict(self.fees),
            "source": self.source,
            "provenance": str(self.provenance),
            "quotes": len(self.rows),
            "quotes_sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
        }


def require_spot(chain: OptionChain, spot: float) -> None:
    """Raise `ChainMismatch` where a chain was seen at a spot more than `SPOT_TOLERANCE` from the market's."""
    if abs(chain.spot / spot - 1.0) > SPOT_TOLERANCE:
        raise ChainMismatch(chain.underlying, chain.spot, spot, SPOT_TOLERANCE)


def _quote(
    expiry_at: Any,
    expiry: Any,
    strike: Any,
    is_call: Any,
    bid: Any,
    ask: Any,
    vol: Any,
    forward: Any,
    lot: Any,
    rate: Any,
) -> Quote:
    """Return a row in plain Python types."""
    numbers = (float(value) for value in (bid, ask, vol, forward, lot, rate))
    return Quote(int(expiry_at), float(expiry), float(strike), bool(is_call), *numbers)


def _check(underlying: str, observed_at: int, rows: tuple[Quote, ...]) -> None:
    """Raise on the first row that no chain can have."""
    seen: set[tuple[int, float, bool]] = set()
    for number, row in enumerate(rows):
        for column in ("expiry", "strike", "forward", "lot"):
            if not (math.isfinite(getattr(row, column)) and getattr(row, column) > 0.0):
                raise BadQuote(underlying, number, column, getattr(row, column))
        if not math.isfinite(row.rate):
            raise BadQuote(underlying, number, "rate", row.rate)
        for column in ("bid", "ask", "vol"):
            if getattr(row, column) < 0.0 or math.isinf(getattr(row, column)):
                raise BadQuote(underlying, number, column, getattr(row, column))
        if row.vol > MOST_VOL:
            raise BadQuote(underlying, number, "vol", row.vol)
        if abs(row.expiry * YEAR_SECONDS - (row.expiry_at - observed_at)) > DAY:
            raise BadQuote(underlying, number, "expiry_at", row.expiry_at)
        if row.bid > row.ask:
            raise CrossedQuote(underlying, number, row.strike, row.bid, row.ask)
        option = (row.expiry_at, row.strike, row.is_call)
        if option in seen:
            raise DuplicateQuote(underlying, number, row.strike, row.expiry_at, row.is_call)
        seen.add(option)
