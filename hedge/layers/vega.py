"""What layer 2 can be built from: every listed way to be long volatility, with its vega and what that costs.

On the volatility index, where one is listed and stated to move with the asset: a call, a call spread, a future. On the
asset: a straddle, a strangle, the strip of a variance swap. All are compared by two figures at executable quotes:

vega   USD per 1.00 of the asset's 30-day index: far options and futures feel less of a move than near ones.
cost   what one unit is expected to lose in 30 days while volatility stays at the index, per unit of that vega:
       half the spread, the fees, and what the quotes charge above the index (of a future: its roll).

Time value that fair bets win back is no cost here; `Layer.time_value_usd` shows it. Gamma, which options on the asset
bring and the index does not, is not counted: layer 2 is there for vega.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hedge.errors import NotListed
from hedge.instruments.index_listing import IndexLeg, IndexListing
from hedge.instruments.leg import Leg
from hedge.instruments.option_chain import OptionChain
from hedge.instruments.structures import straddle, strangle, variance_strip
from hedge.market import HORIZON_DAYS
from hedge.policy.layer_rules import VOLATILITY_TENOR
from hedge.units import YEAR_DAYS

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
        return lambda: build(chain, chain.nearest_expiry(days, VOLATILITY_TENOR.least, VOLATILITY_TENOR.most))

    return {"straddle": at(straddle), "strangle": at(strangle), "variance strip": at(variance_strip)}


def _on_index(asset: str, days: float, listing: IndexListing | None) -> dict[str, Way]:
    if listing is None:
        return {}
    terms = (asset, days, VOLATILITY_TENOR.least, VOLATILITY_TENOR.most)
    return {
        f"{listing.name} call": lambda: (_call(listing, terms),),
        f"{listing.name} call spread": lambda: _call_spread(listing, terms),
        f"{listing.name} future": lambda: (listing.future(*terms),),
    }


def _call(listing: IndexListing, terms: tuple[str, float, float, float]) -> IndexLeg:
    calls = listing.calls(*terms)
    if not calls:
        raise NotListed(f"{listing.name} call", "an ask", math.nan)
    return min((leg for _, leg in calls), key=lambda leg: abs(leg.forward_delta - CALL_DELTA))


def _call_spread(listing: IndexListing, terms: tuple[str, float, float, float]) -> tuple[Leg, ...]:
    bought = _call(listing, terms)
    beyond = [(quote, leg) for quote, leg in listing.calls(*terms) if quote.strike > bought.strike and quote.bid > 0.0]
    if not beyond:
        raise NotListed(f"{listing.name} call spread", f"a bid above {bought.strike:g}", math.nan)
    quote, _ = min(beyond, key=lambda call: abs(call[1].forward_delta - SHORT_DELTA))
    return bought, listing.sold(terms[0], quote)
