"""What an exchange lists on a volatility index, and the legs that trade it: futures and options, quoted in points.

A leg on an index hedges the volatility of one asset. It is a `Leg` like any other, in USD, with these readings:
quantity is in USD per index point (contracts x multiplier); strike, price and forward are in points; `vol` is the
index's own.

future      a call with strike 0, counted fully funded: its whole price is set aside, as if the index could go to 0, so
            that cash, budget and largest loss mean what they mean for an option. An exchange asks for less margin.
roll        while the index does not move a quote moves in a straight line from its forward to the index at expiry: what
            a term structure that slopes up costs.
beta        points that the listed index moves per point of the asset's own 30-day volatility. It is an assumption and
            has to be stated: 1 for the asset's own index; measured, with its error, for any other. Without one it is 0:
            the index is taken to be unrelated, and nothing on it is ever bought.
response    a forward to a far expiry moves less than the index: `forward_share`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final, NamedTuple

import numpy as np

from hedge import options
from hedge.errors import BadInput, NotListed
from hedge.instruments.fees import Fees
from hedge.instruments.leg import Leg, LegGreeks, expiry_name
from hedge.instruments.option_chain import OptionChain, Quote
from hedge.instruments.perpetual import PerpetualLeg
from hedge.market import HORIZON_DAYS, Provenance
from hedge.numerics.arrays import FloatArray
from hedge.units import DAY, YEAR_DAYS, YEAR_SECONDS

POINTS: Final = 100.0
"""Index points per 1.00 of volatility."""
LEAST_POINTS: Final = 0.01
"""Floor of a moved index: it keeps Black's formula defined; no volatility index has been near it."""
FUTURES_FEES: Final = Fees(of_underlying=0.0005)
"""Deribit's taker fee on futures, 2026: 0.05 % of the contract's value."""


def forward_share(remaining: float) -> float:
    """Return the share of a move of the 30-day index that its forward with `remaining` years to go makes.

    The 30-day volatility at T is the variance between T and T + 30 days. Where a volatility of tenor t moves by
    min(1, sqrt(30 days / t)) of the index (`leg.tenor_scale`), the one between moves by sqrt(1 + n) - min(n, sqrt(n)),
    n = T in units of 30 days: all of it at expiry, 0.41 a month before.

    Examples
    --------
    >>> round(forward_share(0.0), 3), round(forward_share(30 / 365), 3)
    (1.0, 0.414)
    """
    terms = remaining * YEAR_DAYS / HORIZON_DAYS
    return math.sqrt(1.0 + terms) - min(terms, math.sqrt(terms))


@dataclass(frozen=True)
class IndexLeg(Leg):
    """Hold one listed future or option on a volatility index; see the module for how the fields of `Leg` read.

    Parameters
    ----------
    underlying : the asset whose volatility it hedges. index : the index by name. level : of the index now, points.
    beta : points of the index per point of the asset's 30-day volatility.
    """

    index: str = ""
    level: float = 0.0
    beta: float = 0.0

    @property
    def label(self) -> str:
        """Return the instrument as an exchange writes it; a future has neither strike nor kind."""
        name = f"{self.index}-{expiry_name(self.expiry_at)}"
        return name if self.strike == 0.0 else f"{name}-{self.strike:g}-{'C' if self.is_call else 'P'}"

    @property
    def time_value_usd(self) -> float:
        """Return the price paid beyond what it would pay if the index did not move: what decays."""
        return self.quantity * self.price - float(self.payoff(self.level))

    def notional(self, spot: float) -> float:
        """Return the USD value of what one unit refers to: its forward; the asset's spot plays no part."""
        return self.forward

    def rolled(self, elapsed: float) -> float:
        """Return the forward after `elapsed` years in which the index did not move, points."""
        return self.forward + (self.level - self.forward) * min(elapsed / self.expiry, 1.0)

    def value(self, spot: FloatArray | float, elapsed: float = 0.0, vol_move: FloatArray | float = 0.0) -> FloatArray:
        """Return the USD value after `elapsed` years, the asset's index moved by `vol_move`, whatever the spot."""
        remaining = max(self.expiry - elapsed, 0.0)
        moved = POINTS * self.beta * forward_share(remaining) * (np.zeros(np.shape(spot)) + vol_move)
        forward = np.maximum(self.rolled(elapsed) + moved, LEAST_POINTS)
        if remaining == 0.0:
            return self.payoff(forward)
        unit = options.price(forward, self.strike, remaining, self.vol, self.rate, 0.0, self.is_call)
        return np.asarray(self.quantity * unit, dtype=np.float64)

    def fair(self, spot: float, elapsed: float, vol: float) -> float:
        """Return its mean value if the index does not move on average: the roll, and a fair bet at its own vol."""
        terms = (self.rolled(elapsed), self.strike, self.expiry, self.vol, self.rate, 0.0, self.is_call)
        return self.quantity * float(options.price(*terms))

    @property
    def forward_delta(self) -> float:
        """Return the points that one unit gains per point of its forward."""
        terms = (self.forward, self.strike, self.expiry, self.vol, self.rate, 0.0, self.is_call)
        return float(options.greeks(*terms).delta)

    def greeks(self, spot: float) -> LegGreeks:
        """Return vega per 1.00 of the asset's volatility, every tenor moved alike; theta holds the roll."""
        terms = (self.forward, self.strike, self.expiry, self.vol, self.rate, 0.0, self.is_call)
        unit, roll = options.greeks(*terms), (self.level - self.forward) / self.expiry
        delta = self.quantity * float(unit.delta)
        theta = self.quantity * float(unit.theta) + delta * roll
        return LegGreeks(vega=POINTS * self.beta * delta, theta=theta, rho=self.quantity * float(unit.rho))

    def index_vega(self, spot: float) -> float:
        """Return the USD per 1.00 of the asset's 30-day index."""
        return self.greeks(spot).vega * forward_share(self.expiry)


class IndexFuture(NamedTuple):
    """Hold one listed future on a volatility index.

    expiry_at (unix seconds), expiry (years), bid and ask (points, NaN if none), multiplier: USD per point of the
    smallest order.
    """

    expiry_at: int
    expiry: float
    bid: float
    ask: float
    multiplier: float


@dataclass(frozen=True)
class IndexListing:
    """Hold what is listed on a volatility index at one moment.

    Parameters
    ----------
    name : of the index. observed_at : unix seconds. level : of the index, points.
    beta : see the module; 0, the default, says that it is unrelated to the asset.
    futures : any order. options : a chain whose underlying is the index, in points; its lots are in USD per point.
    fees : on futures; options bring their own. source : in words; provenance : its kind.

    Raises
    ------
    BadInput : a number out of its range, a crossed future, or a chain on something else.
    """

    name: str
    observed_at: int
    level: float
    beta: float = 0.0
    futures: tuple[IndexFuture, ...] = ()
    options: OptionChain | None = None
    fees: Fees = FUTURES_FEES
    source: str = ""
    provenance: Provenance = Provenance.STATED

    def __post_init__(self) -> None:
        if not 0.0 < self.level < math.inf:
            raise BadInput("level", self.level, "must be finite and > 0, in points")
        if not 0.0 <= self.beta < math.inf:
            raise BadInput("beta", self.beta, "must be finite and >= 0")
        if self.options is not None and self.options.underlying != self.name:
            raise BadInput("options", self.options.underlying, f"must be a chain on {self.name}")
        for future in self.futures:
            if abs(future.expiry * YEAR_SECONDS - (future.expiry_at - self.observed_at)) > DAY or future.expiry <= 0.0:
                raise BadInput("futures expiry", future.expiry, "must be > 0 and that of its date")
            if future.bid > future.ask or not future.multiplier > 0.0 or min(future.bid, future.ask) <= 0.0:
                raise BadInput("futures", future, "must have 0 < bid <= ask and a multiplier > 0")

    def future(self, asset: str, days: float, least_days: float, most_days: float) -> IndexLeg:
        """Return one unit of the future with an ask whose expiry is nearest to `days`. Raises `NotListed`."""
        wanted = f"{least_days:g} to {most_days:g} days"
        quoted = [future for future in self.futures if future.ask > 0.0 and future.bid > 0.0]
        nearest = min(quoted, key=lambda future: abs(future.expiry * YEAR_DAYS - days), default=None)
        if nearest is None or not least_days <= nearest.expiry * YEAR_DAYS <= most_days:
            raise NotListed(f"{self.name} future", wanted, nearest.expiry * YEAR_DAYS if nearest else math.nan)
        half, fee = 0.5 * (nearest.ask - nearest.bid), self.fees.usd(nearest.ask, nearest.ask)
        middle = nearest.bid + half
        leg = Leg(
            asset, nearest.expiry_at, nearest.expiry, 0.0, True, 1.0, nearest.ask, 0.0, middle, 0.0, 0.0,
            nearest.multiplier, fee, fee + half,
        )  # fmt: skip
        return self._on_index(asset, leg)

    def calls(self, asset: str, days: float, least_days: float, most_days: float) -> tuple[tuple[Quote, IndexLeg], ...]:
        """Return the calls with an ask at the expiry nearest to `days`, one unit each. Raises `NotListed`."""
        if self.options is None:
            raise NotListed(f"{self.name} option", f"{days:g} days", math.nan)
        expiry_at = self.options.nearest_expiry(days, least_days, most_days)
        quotes = self.options.buyable(expiry_at, is_call=True)
        return tuple((quote, self._on_index(asset, self.options.bought(quote))) for quote in quotes)

    def sold(self, asset: str, quote: Quote) -> IndexLeg:
        """Return one unit of an option sold at the bid."""
        if self.options is None:
            raise NotListed(f"{self.name} option", f"strike {quote.strike:g}", math.nan)
        return self._on_index(asset, self.options.sold(quote))

    def _on_index(self, asset: str, leg: Leg) -> IndexLeg:
        plain = {field.name: getattr(leg, field.name) for field in fields(Leg)}
        made = IndexLeg(**plain, index=self.name, level=self.level, beta=self.beta)
        return replace(made, underlying=asset)

    def to_inputs(self) -> dict[str, Any]:
        """Return what identifies this listing in a plan's inputs: its numbers and a digest of every quote."""
        chain = self.options.to_inputs() if self.options else None
        lines = ["|".join(float(value).hex() for value in future) for future in self.futures]
        lines.append(chain["quotes_sha256"] if chain else "")
        return {
            "name": self.name,
            "observed_at": self.observed_at,
            "level": self.level,
            "beta": self.beta,
            "source": self.source,
            "provenance": str(self.provenance),
            "fees": asdict(self.fees),
            "futures": len(self.futures),
            "options": chain,
            "quotes_sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest(),
        }


def read_leg(content: Mapping[str, Any]) -> Leg:
    """Return the leg that `Leg.to_dict` wrote: an option on the asset, on its index, or a perpetual."""
    kind = IndexLeg if "index" in content else PerpetualLeg if content.get("perpetual") else Leg
    return kind(**{field.name: content[field.name] for field in fields(kind) if field.name in content})
