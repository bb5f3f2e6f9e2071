"""One position in one pool: entered around a price, valued, watched, re-centred; and a whole month of it at once.

Frozen values go in and new ones come out. Prices are quote per base of the pool; `quote_usd` is the USD price of its
quote token, 1 for a stable coin, so that two volatile tokens are no special case. Fees are not here: they are what
`PoolBars.fees` says, and stand beside the position until somebody spends them.

Re-centring
-----------
The position is taken out at the price, brought to the token mix of the new range, and put in again. `swap_usd` is what
changes hands: the difference of the base amounts before and after at the same value, once, at the pool's price. It
costs `gas_usd` and `swap_cost` of that. Compounding, the new position is worth what is left; otherwise it has the first
capital again, and the difference is a flow: a deposit if positive.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hedge import amm
from hedge.backtest.pools import IntArray, PoolBars
from hedge.errors import BadInput
from hedge.numerics.arrays import FloatArray
from hedge.units import DAY

_HOUR = 3_600


@dataclass(frozen=True)
class LiquidityTerms:
    """State how a position is placed and kept.

    Parameters
    ----------
    lower_ratio, upper_ratio : edges of the range over the price at entry, 0 <= lower < upper; 0 and inf for v2. Both on
        one side of 1 for a position that waits out of range.
    every_days : re-centre so many days after entry, > 0; None for never.
    out_hours : re-centre once the price was out of range for so many hours without a break, >= 0; None for never.
        Whichever of the two comes first counts.
    compounding : whether a re-centred position is worth what the old one left, or the first capital again.
    gas_usd : of one re-centring, all its transactions, >= 0.
    swap_cost : share of what is swapped that it costs, in [0, 1): the pool's fee and the slippage.

    Raises
    ------
    BadInput : a number out of its range.
    """

    lower_ratio: float = 0.8
    upper_ratio: float = 1.25
    every_days: float | None = None
    out_hours: float | None = None
    compounding: bool = True
    gas_usd: float = 0.0
    swap_cost: float = 0.0

    def __post_init__(self) -> None:
        rules = {
            "lower_ratio": (0.0 <= self.lower_ratio < math.inf, "must be finite and >= 0"),
            "upper_ratio": (self.upper_ratio > self.lower_ratio, "must be above lower_ratio"),
            "every_days": (self.every_days is None or 0.0 < self.every_days < math.inf, "must be > 0, or None"),
            "out_hours": (self.out_hours is None or 0.0 <= self.out_hours < math.inf, "must be >= 0, or None"),
            "gas_usd": (0.0 <= self.gas_usd < math.inf, "must be finite and >= 0"),
            "swap_cost": (0.0 <= self.swap_cost < 1.0, "must be in [0, 1)"),
        }
        for name, (kept, rule) in rules.items():
            if not kept:
                raise BadInput(name, getattr(self, name), rule)


@dataclass(frozen=True)
class LpState:
    """Hold one position as it is.

    Parameters
    ----------
    liquidity : human units, as in `hedge.amm.positions`. lower, upper : range, quote per base.
    entered_at : unix seconds. price : quote per base at entry. capital_usd : what the first entry put in, USD.
    out_since : unix seconds since which the price is out of range, as far as `seen`; None in range.
    """

    liquidity: float
    lower: float
    upper: float
    entered_at: int
    price: float
    capital_usd: float
    out_since: int | None = None

    def amounts(self, price: float) -> tuple[float, float]:
        """Return the base and quote amounts held at a price."""
        base, quote = amm.amounts(_known("price", price), self.liquidity, self.lower, self.upper)
        return float(base), float(quote)

    def value_usd(self, price: float, quote_usd: float) -> float:
        """Return what the position is worth at a price, fees apart."""
        base, quote = self.amounts(price)
        return (base * price + quote) * _known("quote_usd", quote_usd)

    def seen(self, price: float, at: int) -> LpState:
        """Return the position having seen a price: what `out_hours` counts starts and ends here."""
        if self.lower <= _known("price", price) < self.upper:
            return self if self.out_since is None else dataclasses.replace(self, out_since=None)
        return self if self.out_since is not None else dataclasses.replace(self, out_since=at)


class Recentred(NamedTuple):
    """The new position, what was swapped and paid for it, and the deposit (+) or withdrawal (-) with it, all in USD.

    value before - cost_usd + flow_usd = value after.
    """

    state: LpState
    swap_usd: float
    cost_usd: float
    flow_usd: float


def enter(terms: LiquidityTerms, price: float, quote_usd: float, capital_usd: float, at: int) -> LpState:
    """Return a position of so much capital around a price.

    Parameters
    ----------
    price : quote per base, > 0. quote_usd : USD per quote, > 0. capital_usd : > 0. at : unix seconds.

    Raises
    ------
    BadInput : a number that is unknown or out of its range.

    Examples
    --------
    >>> state = enter(LiquidityTerms(0.0, math.inf), price=2_500.0, quote_usd=1.0, capital_usd=1e5, at=0)
    >>> state.liquidity, state.amounts(2_500.0)
    (1000.0, (20.0, 50000.0))
    """
    lower, upper = terms.lower_ratio * _known("price", price), terms.upper_ratio * price
    unit = float(amm.value(price, 1.0, lower, upper)) * _known("quote_usd", quote_usd)
    liquidity = _known("capital_usd", capital_usd) / unit
    return LpState(liquidity, lower, upper, int(at), float(price), float(capital_usd))


def recentre_due(terms: LiquidityTerms, state: LpState, price: float, at: int) -> bool:
    """Tell whether a rule of the terms asks for a new range now.

    `state` is one that has `seen` the prices until now; the price of now is looked at here as well.
    """
    late = terms.every_days is not None and at - state.entered_at >= terms.every_days * DAY
    out_since = state.seen(price, at).out_since
    out = terms.out_hours is not None and out_since is not None and at - out_since >= terms.out_hours * _HOUR
    return late or out


def swap_usd(state: LpState, terms: LiquidityTerms, price: float, quote_usd: float) -> float:
    """Return what must be swapped to re-centre at a price with the same value, USD >= 0; the rule is in the module."""
    value = state.value_usd(price, quote_usd)
    new = enter(terms, price, quote_usd, value, state.entered_at)
    return abs(new.amounts(price)[0] - state.amounts(price)[0]) * price * quote_usd


def recentre(terms: LiquidityTerms, state: LpState, price: float, quote_usd: float, at: int) -> Recentred:
    """Return the position around a new price, with what that cost.

    Raises
    ------
    BadInput : the position is worth no more than what it costs to move.
    """
    swapped = swap_usd(state, terms, price, quote_usd)
    cost = terms.gas_usd + terms.swap_cost * swapped
    left = state.value_usd(price, quote_usd) - cost
    if left <= 0.0:
        raise BadInput("gas_usd", terms.gas_usd, f"a position that is left with {left:g} USD cannot be re-centred")
    capital = left if terms.compounding else state.capital_usd
    new = dataclasses.replace(enter(terms, price, quote_usd, capital, at), capital_usd=state.capital_usd)
    return Recentred(new, swapped, cost, capital - left)


class LpMonth(NamedTuple):
    """One position over all bars, from the end of the first.

    liquidity, human units; times (n,); value (n,) of everything, in quote; base and quote (n,), amounts in the
    position; fee_base and fee_quote (n,), earned until then and not put to work; idle_base and idle_quote, amounts that
    did not fit into the position at entry.
    """

    liquidity: float
    times: IntArray
    value: FloatArray
    base: FloatArray
    quote: FloatArray
    fee_base: FloatArray
    fee_quote: FloatArray
    idle_base: float
    idle_quote: float


def lp_month(bars: PoolBars, lower: float, upper: float, base: float, quote: float) -> LpMonth:
    """Return the path of a position that enters at the end of the first bar and stays until the last.

    Parameters
    ----------
    lower, upper : its range, quote per base. base, quote : amounts offered, >= 0; the pool takes as much as fits.

    Raises
    ------
    BadInput : nothing fits into the range, or a number out of its range.

    From a bar whose fees are unknown on, fees and value are NaN.

    The same position on demeter has the same values but for three things. It marks a bar at the price with which the
    bar begins, so its value of a bar is the one before here, with the fees of the bar at that price. The bar of entry
    counts whole if it ends in range, however it began. And it holds ranges in ticks of token0, whose lower edge is in
    range: where token1 is the base, that is the upper edge of the price, which is out here.
    """
    need_base, need_quote = (float(need) for need in amm.amounts(bars.price[0], 1.0, lower, upper))
    liquidity = min(have / need for have, need in ((base, need_base), (quote, need_quote)) if need > 0.0)
    if not 0.0 < liquidity < math.inf:
        raise BadInput("base, quote", (base, quote), f"nothing fits into [{lower:g}, {upper:g}] at {bars.price[0]:g}")
    idle_base, idle_quote = base - liquidity * need_base, quote - liquidity * need_quote
    earned = np.empty(bars.times.size, dtype=np.complex128)  # both tokens in one pass: a running sum waits for each add
    earned.real, earned.imag = bars.earned(liquidity, lower, upper)
    earned[0] = 0.0
    fees = np.cumsum(earned)
    root = np.sqrt(np.clip(bars.price, lower, upper))
    # The roots' own differences, unlike `amm.amounts`: in one position's path their last digits do not matter.
    held_base = liquidity / root - liquidity / math.sqrt(upper)
    held_quote = liquidity * root - liquidity * math.sqrt(lower)
    value = (held_base + fees.real + idle_base) * bars.price + (held_quote + fees.imag + idle_quote)
    return LpMonth(liquidity, bars.times, value, held_base, held_quote, fees.real, fees.imag, idle_base, idle_quote)


def _known(name: str, value: float) -> float:
    if not 0.0 < value < math.inf:
        raise BadInput(name, value, "must be known, finite and > 0")
    return value
