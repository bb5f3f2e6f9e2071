"""What layer 2 can be built from: every listed way to be long volatility, with its vega and what that costs.

On the volatility index, where one is listed and stated to move with the asset: a call, a call spread, a future. On the
asset: a straddle, a strangle, the strip of a variance swap. All are compared by two figures at executable quotes:

vega   USD per 1.00 of the asset's 30-day index: far options and futures feel less of a move than near ones.
cost   what one unit is expected to lose in 30 days while volatility stands at the index, per unit of that vega:
       half the spread, the fees, and what the quotes charge above the index (of a future: its roll).

Time value that fair bets win back is no cost here; `Layer.time_value_usd` shows it. Gamma, which options on the asset
bring and the index does not, is not counted: layer 2 is there for vega.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from hedge.chain import OptionChain
from hedge.errors import NotListed
from hedge.index_market import IndexLeg, IndexListing
from hedge.legs import Leg
from hedge.market import HORIZON_DAYS, YEAR_DAYS
from hedge.parameters import KEYS
from hedge.variance_swap import chord_weights

TENOR: Final = KEYS[7]
STRANGLE_DELTA: Final = 0.25
"""Absolute delta of a strangle's legs: the outermost that exchanges quote tightly at every expiry."""
CALL_DELTA: Final = 0.3
"""Delta of a call on the index: out of the money, where calls on an index trade most, and not yet a lottery ticket."""
SHORT_DELTA: Final = 0.15
"""Delta of the call that a call spread on the index sells: half as much, beyond most rises."""


@dataclass(frozen=True)
class Candidate:
    """Hold one way to be long volatility, one unit of it.

    Parameters
    ----------
    name : straddle, strangle, variance strip; or call, call spread, future with the index's name.
    legs : of one unit. lot : least units. vega, cost : see the module; cost is a volatility (decimal).
    """

    name: str
    legs: tuple[Leg, ...]
    lot: float
    vega: float
    cost: float

    @property
    def expiry(self) -> float:
        """Return years to the common expiry."""
        return self.legs[0].expiry

    @property
    def label(self) -> str:
        """Return name and strikes."""
        strikes = sorted({leg.strike for leg in self.legs if leg.strike > 0.0})
        if len(strikes) > 2:
            return f"{self.name} of {len(self.legs)} options from {strikes[0]:g} to {strikes[-1]:g}"
        return f"{self.name} at {'/'.join(f'{strike:g}' for strike in strikes)}" if strikes else self.name


def candidates(
    asset: str, spot: float, vol: float, chain: OptionChain, days: float, listing: IndexListing | None = None
) -> tuple[tuple[Candidate, ...], tuple[str, ...]]:
    """Return every candidate that is listed at the expiry nearest to `days`, and why each other one is not.

    Parameters
    ----------
    spot, vol : of the asset, the 30-day index as a decimal. chain : of the asset. listing : on its volatility index.
    """
    ways = _on_asset(chain, days) | _on_index(asset, days, listing)
    found: list[Candidate] = []
    refused: list[str] = [] if listing else ["nothing on a volatility index is listed"]
    for name, build in ways.items():
        try:
            made = _candidate(name, build(), spot, vol)
        except NotListed as error:
            refused.append(str(error))
            continue
        if made.vega > 0.0:
            found.append(made)
        else:
            refused.append(f"{name} has no vega for {asset} (beta {getattr(made.legs[0], 'beta', 1.0):g})")
    return tuple(found), tuple(dict.fromkeys(refused))


def _candidate(name: str, legs: tuple[Leg, ...], spot: float, vol: float) -> Candidate:
    vega = math.fsum(leg.index_vega(spot) for leg in legs)
    lost = math.fsum(leg.cost_usd - leg.fair(spot, HORIZON_DAYS / YEAR_DAYS, vol) for leg in legs)
    return Candidate(name, legs, legs[0].lot, vega, lost / vega if vega > 0.0 else math.inf)


Way = Callable[[], tuple[Leg, ...]]


def _on_asset(chain: OptionChain, days: float) -> dict[str, Way]:
    def at(build: Callable[[OptionChain, int], tuple[Leg, ...]]) -> Way:
        return lambda: build(chain, chain.nearest_expiry(days, TENOR.least, TENOR.most))

    return {"straddle": at(straddle), "strangle": at(strangle), "variance strip": at(variance_strip)}


def _on_index(asset: str, days: float, listing: IndexListing | None) -> dict[str, Way]:
    if listing is None:
        return {}
    terms = (asset, days, TENOR.least, TENOR.most)
    return {
        f"{listing.name} call": lambda: (_call(listing, terms),),
        f"{listing.name} call spread": lambda: _call_spread(listing, terms),
        f"{listing.name} future": lambda: (listing.future(*terms),),
    }


def straddle(chain: OptionChain, expiry_at: int) -> tuple[Leg, ...]:
    """Return one bought put and call at the strike nearest the forward. Raises `NotListed`."""
    puts = {put.strike: put for put in chain.buyable(expiry_at, is_call=False)}
    calls = {call.strike: call for call in chain.buyable(expiry_at, is_call=True)}
    if not puts.keys() & calls.keys():
        raise NotListed(f"{chain.underlying} straddle", "a strike with both asks", math.nan)
    strike = min(sorted(puts.keys() & calls.keys()), key=lambda strike: abs(strike - puts[strike].forward))
    return chain.bought(puts[strike]), chain.bought(calls[strike])


def strangle(chain: OptionChain, expiry_at: int) -> tuple[Leg, ...]:
    """Return one bought put and call out of the money, each nearest `STRANGLE_DELTA`. Raises `NotListed`."""
    legs = []
    for is_call in (False, True):
        quotes = [quote for quote in chain.buyable(expiry_at, is_call) if (quote.strike > quote.forward) == is_call]
        if not quotes:
            kind = "call" if is_call else "put"
            raise NotListed(f"{chain.underlying} strangle", f"an out-of-the-money {kind} with an ask", math.nan)
        legs.append(chain.bought(min(quotes, key=lambda quote: abs(abs(chain.delta(quote)) - STRANGLE_DELTA))))
    return tuple(legs)


def variance_strip(chain: OptionChain, expiry_at: int) -> tuple[Leg, ...]:
    """Return the strip of a variance swap from all out-of-the-money options quoted on both sides, two options in sum.

    Weights are those of `hedge.variance_swap`: the same gamma in USD whatever the price.

    Raises
    ------
    NotListed : no straddle stands in the middle, or a side has less than two options.
    """
    middle = straddle(chain, expiry_at)[0].strike
    both = {kind: [row for row in chain.buyable(expiry_at, kind) if row.bid > 0.0] for kind in (False, True)}
    puts = [row for row in both[False] if row.strike <= middle]
    calls = [row for row in both[True] if row.strike >= middle]
    least = min(len(puts), len(calls))
    if least < 2:
        raise NotListed(f"{chain.underlying} variance strip", "two options on each side", float(least))
    sides = (puts[::-1], calls)
    weights = np.concatenate([chord_weights(np.array([row.strike for row in side]), middle) for side in sides])
    weights *= 2.0 / weights.sum()
    bought = [chain.bought(row) for side in sides for row in side]
    legs = (replace(leg, quantity=float(weight)) for leg, weight in zip(bought, weights, strict=True))
    return tuple(sorted(legs, key=lambda leg: (leg.strike, leg.is_call)))


def _call(listing: IndexListing, terms: tuple[str, float, float, float]) -> IndexLeg:
    calls = listing.calls(*terms)
    if not calls:
        raise NotListed(f"{listing.name} call", "an ask", math.nan)
    return min((leg for _, leg in calls), key=lambda leg: abs(leg.forward_delta - CALL_DELTA))


def _call_spread(listing: IndexListing, terms: tuple[str, float, float, float]) -> tuple[Leg, ...]:
    bought = _call(listing, terms)
    beyond = [one for one in listing.calls(*terms) if one[0].strike > bought.strike and one[0].bid > 0.0]
    if not beyond:
        raise NotListed(f"{listing.name} call spread", f"a bid above {bought.strike:g}", math.nan)
    quote, _ = min(beyond, key=lambda one: abs(one[1].forward_delta - SHORT_DELTA))
    return bought, listing.sold(terms[0], quote)
